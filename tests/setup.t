#!/usr/bin/env python3
# needs: nothing
"""tools/setup.sh on machines that lack things: apt-get, apt-cache, sudo and id are played."""
import glob
import os
import re
import shutil
import subprocess
import tempfile

from tap import TOP, Plan

plan = Plan()
SETUP = os.path.join(TOP, "tools", "setup.sh")


def setup(*words, absent=(), root=True, sudo=None, apt=True, sysroot="", offers="", host="x86_64"):
    """Run it with words (default: run) where the commands in absent are missing.  sudo: None none,
    else whether it asks nothing; offers: the packages whose name apt-cache knows beside the usual
    ones.  Returns (exit code, stdout, stderr, calls of apt-get)."""
    with tempfile.TemporaryDirectory() as folder:
        binaries = os.path.join(folder, "bin")
        os.mkdir(binaries)
        log = os.path.join(folder, "log")

        def play(name, text):
            path = os.path.join(binaries, name)
            with open(path, "w") as script:
                script.write("#!/bin/sh\n" + text)
            os.chmod(path, 0o755)

        for name in ("cat", "sh", "env", "true", "tr", "sed", "head", "readlink", *COMMANDS):
            if name not in absent and (
                found := shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
            ):
                os.symlink(found, os.path.join(binaries, name))
        play("id", f"echo {0 if root else 1000}\n")
        if apt:
            play("apt-get", f'echo "apt-get $*" >>{log}\n')
            depends = '[ "$1" = depends ] && echo "  Depends: clang-19" && exit\n'
            known = 'for last; do :; done; case " %s " in *" $last "*) exit 0 ;; esac; exit 1\n'
            play("apt-cache", depends + known % offers)
        if sudo is not None:
            play("sudo", f'[ {int(sudo)} = 1 ] || exit 1\nshift\nexec "$@"\n')
        # A PATH of only that folder: setup.sh adds the sbin folders, which the copy leaves out.
        with open(SETUP) as source:
            script = source.read().replace("PATH=$PATH:/usr/sbin:/sbin\n", "")
        done = subprocess.run(
            ["/bin/sh", "-c", script, "setup.sh", *(words or ("run",))],
            capture_output=True,
            text=True,
            env={"PATH": binaries, "FATHOM_SYSROOT": sysroot, "FATHOM_HOST": host},
            timeout=60,
        )
        calls = open(log).read().splitlines() if os.path.exists(log) else []
    return done.returncode, done.stdout, done.stderr, calls


with open(SETUP) as script:
    kinds = ("base ", "run ", "gdb ", "web ", "check ", "chinese ", "format ")
    rows = [line.split() for line in script if line.startswith(kinds)]
INSTALL = "apt-get -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends"  # it waits
COMMANDS = [row[2] for row in rows if "/" not in row[2]]

plan.equal(setup("test"), (0, "", "", []), "nothing missing: silence, no network")
code, _, said, calls = setup(absent=("nasm",))
plan.equal(
    (code, calls),
    (0, ["apt-get update -q", f"{INSTALL} nasm"]),
    "as root, what is missing is installed",
)
plan.true("nasm" in said, "and said so")
plan.equal(
    setup(absent=("nasm", "mformat"), root=False, sudo=True)[3][-1:],
    [f"{INSTALL} nasm mtools"],
    "by a sudo that asks nothing",
)
for sudo in (None, False):
    code, out, said, calls = setup(absent=("nasm", "mformat"), root=False, sudo=sudo)
    plan.equal(
        (code, out, calls),
        (1, "apt-get install --yes --no-install-recommends nasm mtools\n", []),
        f"no root, sudo {'absent' if sudo is None else 'asks'}: the exact line, and nothing else",
    )
code, out, said, _ = setup(absent=("nasm",), apt=False)
plan.true(code == 1 and "nasm" in said, "no apt-get: the packages are named")
everything = setup(absent=COMMANDS, sysroot="/nonexistent")[3][-1].removeprefix(INSTALL).split()
plan.equal(
    sorted(everything),
    sorted({row[1] for row in rows if row[0] in ("base", "run")}),
    "a bare machine: all packages",
)
plan.true("cmocka" not in " ".join(everything), "make run does not ask for what only tests need")
everything = setup("test", absent=COMMANDS, sysroot="/nonexistent")[3][-1].split()
plan.true(
    {"nodejs", "npm", "po4a", "clang-format"} <= set(everything),
    "make test asks for what a test would be skipped without",
    everything,
)
everything = setup("check", absent=COMMANDS, sysroot="/nonexistent")[3][-1].split()
plan.true("libcmocka-dev" in everything and "npm" not in everything, "a lab's tests for less")
plan.equal(
    setup("test", absent=("qemu-system-i386", "qemu-system-x86_64"))[3][-1]
    .removeprefix(INSTALL)
    .split(),
    ["qemu-system-x86"],
    "a package is named once",
)

# Debian's releases call some packages differently: the name is the one that apt offers.
TCMALLOC = ("libtcmalloc-minimal4t64", "libtcmalloc-minimal4")
for offers, want in ((" ".join(TCMALLOC), 0), (TCMALLOC[1], 1), ("", 0)):
    said = setup("bench", sysroot="/nonexistent", offers=offers)[3][-1].split()
    plan.true(
        TCMALLOC[want] in said and TCMALLOC[1 - want] not in said,
        f"of two names the one that apt offers ({offers or 'none: the first'})",
        said,
    )
said = setup("test", absent=("clang",), sysroot="/nonexistent")[3][-1].split()
plan.true(
    "clang" in said and "libclang-rt-19-dev" in said,
    "clang's runtime is that of the clang that apt would install",
    said,
)

# On a host that is not x86-64 no UEFI loader is built, and nothing of it is asked for.
uefi = {row[1] for row in rows if row[0] == "run"}
code, out, _, calls = setup("run", sysroot="/nonexistent", host="aarch64")
plan.equal((code, calls), (0, []), "aarch64: make run needs nothing of UEFI")
said = (
    setup("run", absent=COMMANDS, sysroot="/nonexistent", host="aarch64")[3][-1]
    .removeprefix(INSTALL)
    .split()
)
plan.true(said and not uefi & set(said), "aarch64: a bare machine gets no UEFI package", said)

# --list is what a container installs: everything, and nothing is run.
code, out, _, calls = setup("--list", "container", sysroot="/nonexistent")
plan.true(
    code == 0 and not calls and {"nasm", "gdb", "clang-tidy"} <= set(out.split()),
    "--list prints the packages of a group and installs nothing",
    out,
)
plan.equal(len(out.split()), len(set(out.split())), "each once")
code, out, said, calls = setup("nonsense")
plan.true(code == 2 and "nonsense" in said and not calls, "an unknown group is refused", said)

TOOLS_OF_MAKE = "make sh cat sed grep sort expand find mkdir echo uname".split()


def on_path(folder, names):
    for name in names:
        os.symlink(shutil.which(name), os.path.join(folder, name))


with tempfile.TemporaryDirectory() as bare:
    on_path(bare, TOOLS_OF_MAKE)
    with open(os.path.join(bare, "id"), "w") as script:
        script.write("#!/bin/sh\necho 1000\n")
    os.chmod(os.path.join(bare, "id"), 0o755)
    for target in ("run", "test", "walk"):
        done = subprocess.run(
            ["make", "-C", TOP, f"O={bare}/out", target],
            capture_output=True,
            text=True,
            env={"PATH": bare, "FATHOM_SYSROOT": "/nonexistent"},
            stdin=subprocess.DEVNULL,
        )
        plan.true(
            done.returncode != 0
            and "python3" in done.stderr
            and not os.path.exists(bare + "/out/kernel"),
            f"make {target} on a bare machine says what is missing and builds nothing",
            done.stdout,
            done.stderr,
        )

# A test says what it needs beside group check, and one run alone asks for that.
WANTS = {
    '["node", ': "web",
    "chinese.py": "chinese",
    "chain.pdf": "book",
    "clang-format": "format",
    "grub-mkrescue": "grub",
    "from browser import": "site",
}
CONTAINS = {"release": {"release", "site", "web", "chinese"}, "site": {"site", "chinese"}}


def groups(target, *words):
    """The groups of packages that make asks for."""
    shown = ["make", "-s", "-f", "mk/setup.mk", "--eval", "%: ; @echo $(SETUP_GROUPS)"]
    command = [*shown, "SETUP_DONE=yes", target, *words]
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True).stdout.split()


tests = {}
for path in sorted(glob.glob(os.path.join(TOP, "tests", "**", "*.t"), recursive=True)):
    with open(path) as text:
        tests[os.path.relpath(path, TOP)] = text.read()
wrong, unknown, long = [], set(), set()
for name, text in tests.items():
    head = "".join(text.splitlines(True)[:6])
    named = dict(re.findall(r"^# ((?:long )?tools): (\w+)$", head, re.M))
    given = set().union(*({group, *CONTAINS.get(group, ())} for group in named.values()))
    if name != "tests/setup.t":
        wrong += [f"{name}: {g}" for words, g in WANTS.items() if words in text and g not in given]
    unknown |= {group for group in named.values() if setup(group)[0]}
    for kind, group in named.items():
        alone = groups(f"test-{name}", *(["FATHOM_LONG=1"] if kind != "tools" else []))
        wrong += [] if alone == sorted({"check", group}) else [f"{name}: {kind} {alone}"]
        long |= {name} if kind != "tools" else set()
plan.equal(wrong, [], "a test names the tools that it uses, and run alone it asks for them")
plan.equal(unknown, set(), "by names that setup.sh knows")


def packages(group):
    return set(setup("--list", group, sysroot="/nonexistent")[1].split())


# make test and make test-long ask for one group each: every tool of their tests is in it.
all_of = {group: packages(group) for group in ("test", "long")}
without = []
for name, text in tests.items():
    for kind, group in re.findall(r"^# (long )?tools: (\w+)$", text, re.M):
        whole = "long" if kind or "# long: only" in text else "test"
        if lacks := packages(group) - all_of[whole]:
            without.append(f"{name}: make {whole} installs no {' '.join(sorted(lacks))}")
plan.equal(without, [], "all tests together install what each of them would alone")
plan.true(long, "some in its long form alone", tests.keys())
for name in sorted(long)[:1]:
    plan.equal(groups(f"test-{name}"), ["check"], f"which {name} asks for then alone")
plan.equal(groups("test-grub"), ["check", "grub"], "a part of its name will do")
plan.equal(groups("test-host"), ["check"], "the host tests want nothing more")

# What npm could not bring is asked for again: a network may come back.
with tempfile.TemporaryDirectory() as out:
    ready, missing = os.path.join(out, "web", "ready"), os.path.join(out, "web", "missing")
    tab = ["make", "-s", "-f", "mk/web.mk", "--eval", "product = $($1)", "--eval", "FORCE:"]
    for python, wanted in (("false", [missing]), ("true", [ready]), ("false", [missing])):
        subprocess.run([*tab, f"O={out}", "WEB_FROM=", f"PYTHON={python}", ready], cwd=TOP)
        plan.equal(
            [path for path in (ready, missing) if os.path.exists(path)],
            wanted,
            f"npm's part {'fails: it is to do' if python == 'false' else 'works: it is done'}",
        )

allocators = setup("bench", sysroot="/nonexistent")[3][-1]
plan.true(
    all(name in allocators for name in ("jemalloc", "mimalloc", "tcmalloc")),
    "bench-host has its allocators installed",
    allocators,
)
plan.true("jemalloc" not in setup("test", sysroot="/nonexistent")[3][-1], "and only it")

done = subprocess.run(["make", "-C", TOP, "help"], capture_output=True, text=True)
plan.true(
    done.returncode == 0 and "\n  test " in "\n" + done.stdout.replace("\n", "\n"),
    "make help needs nothing",
)
targets = [line.split()[0] for line in done.stdout.split("\n") if line.startswith("  ")]
plan.true(
    {"run", "walk", "test", "gdb", "image", "bench", "help"} <= set(targets),
    "make help lists the targets",
)
plan.done()
