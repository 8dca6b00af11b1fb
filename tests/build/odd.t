#!/usr/bin/env python3
# long: only
# needs: system
"""Odd changes of a tree: make builds what they touch, and what it builds has the same bytes."""
import os
import random
import shutil
import signal
import subprocess
import time

from copied import ENVIRONMENT, SYSTEM, Copy
from tap import Plan

plan = Plan()
VAD, AVL = "build/kernel/mm/vad.o", "build/kernel/rtl/avl.o"
MADE = ["kernel/mm/vad.o"]
NAMES = ("ntoskrnl.exe", "archive.tar", "services_gen.h", "ksym.o")
KILLS = 20


def bytes_of(copy):
    """{path: bytes} of what the system is made of; X.dbg.o tells gdb where the tree lies."""
    found = {}
    for folder, _, names in os.walk(copy.path("build")):
        for name in names:
            if name in NAMES or name.endswith((".dll", ".o", ".a")) and ".dbg." not in name:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, copy.path("build"))] = file.read()
    return found


def other(one, two):
    """The paths that are not the same in both."""
    return sorted(path for path in {*one, *two} if one.get(path) != two.get(path))


def killed(copy, seconds):
    """A make that is killed with all that it has started, after so long."""
    make = subprocess.Popen(
        ["make", "-j3", *SYSTEM],
        cwd=copy.tree,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    try:
        os.killpg(make.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it had nothing left to do
    make.wait()


with Copy() as copy:
    fresh = bytes_of(copy)
    copy.make(*SYSTEM)

    # A file becomes a folder, and a folder a file: both have changed before, as make saw.
    for text in ("/* a */\n", "/* b */\n"):
        copy.write("kernel/mm/odd.h", text)
        os.makedirs(copy.path("kernel/mm/even"), exist_ok=True)
        copy.write("kernel/mm/even/odd.h", text)
        copy.make(VAD)
    os.remove(copy.path("kernel/mm/odd.h"))
    os.mkdir(copy.path("kernel/mm/odd.h"))
    copy.write("kernel/mm/odd.h/vad.h", '#include "../vad.h"\n')
    shutil.rmtree(copy.path("kernel/mm/even"))
    copy.write("kernel/mm/even", "no folder\n")
    made, said = copy.make(VAD)
    plan.true(made is not None and said.count("\n") == len(made), "a file becomes a folder", said)
    os.remove(copy.path("kernel/mm/even"))
    shutil.rmtree(copy.path("kernel/mm/odd.h"))
    copy.make(VAD)

    # Another file with the same date and the same size: an archive gives all its files one date.
    text, path = copy.read("kernel/mm/vad.c"), copy.path("kernel/mm/vad.c")
    date = os.stat(path).st_mtime_ns
    with open(path + ".new", "w") as new:
        new.write(text.replace("NULL;", "0   ;", 1))
    os.utime(path + ".new", ns=(date, date))
    os.rename(path + ".new", path)
    plan.equal(copy.make(VAD)[0], MADE, "another file of that date and that size")
    copy.write("kernel/mm/vad.c", text)
    os.utime(path, ns=(date, date))
    plan.equal(copy.make(VAD)[0], MADE, "and the first again")
    os.chmod(path, 0o600)
    plan.equal(copy.make(VAD)[0], [], "another mode is no news")

    # The list of what was read is cut off in the middle of a name: its make was killed.
    copy.make(VAD)
    listed = copy.read("build/kernel/mm/vad.d")
    copy.write("build/kernel/mm/vad.d", listed[: listed.index("kernel/mm/vad.h") + 12])
    os.remove(copy.path(VAD + ".cmd"))
    plan.equal(copy.make(VAD)[0], MADE, "a half written list of dependencies")

    # A link, and what it shows.
    far = copy.mine("far.c", text)
    os.remove(path)
    os.symlink(far, path)
    plan.equal(copy.make(VAD)[0], MADE, "a link in place of a file")
    with open(far, "a") as more:
        more.write("int more;\n")
    plan.equal(copy.make(VAD)[0], MADE, "what it shows has changed")
    os.remove(path)
    copy.write("kernel/mm/vad.c", text)
    plan.equal(copy.make(VAD)[0], MADE, "a file again")

    # A header that goes: who reads it does not compile, and compiles when it is back.
    os.rename(copy.path("kernel/mm/vad.h"), copy.path("vad.bak"))
    made, said = copy.make(VAD, AVL)
    plan.true(made is None and "vad.h" in said, "a header is gone", said)
    os.rename(copy.path("vad.bak"), copy.path("kernel/mm/vad.h"))
    plan.equal(copy.make(VAD, AVL)[0], MADE, "and comes back")

    # A row goes from the table of services: who has its number is made anew.
    table = copy.read("include/services.tbl")
    rows = table.split("\n")
    copy.write("include/services.tbl", "\n".join(r for r in rows if " NtFathomNull " not in r))
    made, said = copy.make("build/dll/stubs_gen.o")
    plan.equal(made, ["gen/services.made", "dll/stubs_gen.o"], "a row of the services goes")
    copy.write("include/services.tbl", table)

    # The clock goes back by less than the build took: some products have dates to come.
    copy.make(VAD)
    soon = time.time() + 30
    for made in (VAD, VAD + ".cmd"):
        os.utime(copy.path(made), (soon, soon))
    copy.add("kernel/mm/vad.c", "\n")
    made, said = copy.make(VAD)
    plan.true("kernel/mm/vad.o" in (made or ()), "the clock goes back within a build", said)
    copy.write("kernel/mm/vad.c", text)

    copy.make(*SYSTEM)
    plan.equal(other(fresh, bytes_of(copy)), [], "after all of this the bytes are the same")

    # The modes of files are not what the archive is made of.
    shutil.rmtree(copy.path("build/archive"))
    copy.run("sh", "-c", "umask 077 && make build/archive.tar")
    plan.equal(other(fresh, bytes_of(copy)), [], "whatever umask says")

    # Killed at any moment, and made to its end.
    seed = int(os.environ.get("SEED") or time.time())
    chance = random.Random(seed)
    for number in range(KILLS):
        if number % 5 == 0:
            for folder in ("kernel/mm", "dll/ntdll", "gen", "archive", "bin"):
                shutil.rmtree(copy.path("build", folder), ignore_errors=True)
        killed(copy, chance.uniform(0.2, 2))
    made, said = copy.make("-j3", *SYSTEM)
    plan.true(made is not None, f"make after {KILLS} that were killed (SEED={seed})", said[-2000:])
    plan.equal(other(fresh, bytes_of(copy)), [], "has the bytes of a build that was not")
    plan.equal(copy.make(*SYSTEM)[0], [], "and has nothing left to do")
plan.done()
