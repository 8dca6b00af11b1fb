#!/usr/bin/env python3
"""make bench-host: the heap's core as malloc of the host, beside those that people use.

One run, interleaved: in each round every allocator runs host.c's rows once, another one
first each time; a figure is the best of all rounds.  So a ratio is of two things that were
measured by turns, on the same machine, in the same minute.  `host_ROW_NAME value ns`, then
`host_ROW_to_NAME value ratio`: Fathom's time over the other's.  With valgrind there,
`host_ROW_NAME value instructions`: those of the allocator alone.

bench-preload (--commands): python3, gcc and git at work with the heap under them, beside the
C library's own, by turns.
"""
import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.abspath(os.environ.get("FATHOM_OUT") or os.path.join(TOP, "build"))
BENCH = os.path.join(OUT, "host", "bench")
# By name: what LD_PRELOAD says, and what the file that malloc comes from is called.
ALLOCATORS = {
    "fathom": os.path.join(OUT, "host", "libfathomheap.so"),
    "glibc": "",
    "jemalloc": "libjemalloc.so.2",
    "mimalloc": "libmimalloc.so.2",
    "tcmalloc": "libtcmalloc_minimal.so.4",
}
COUNTED = [
    *(
        "pair_16",
        "pair_32",
        "pair_64",
        "churn_1e2",
        "churn_3e2",
        "churn_1e3",
        "churn_3e3",
    ),
    *(
        "churn_1e4",
        "churn_3e4",
        "churn_1e5",
        "batch_same",
        "batch_reverse",
        "batch_random",
    ),
    *("realloc_append", "vectors"),
]


def under(library):
    """The environment of a program whose malloc is the library's."""
    return {**os.environ, "LD_PRELOAD": library}


def run(words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, **more)
    if done.returncode:
        sys.exit(f"bench-host: {' '.join(words)} ended with {done.returncode}")
    return done.stdout


def check_owner(name, library):
    """Stop unless each of the four functions is the library's own; say whose they are."""
    wanted = os.path.basename(library) or "libc.so.6"
    for line in run([BENCH, "owner"], env=under(library)).splitlines():
        function, path = line.split()
        if os.path.basename(path) != wanted:
            sys.exit(f"bench-host: {name}: {function} is of {path}, not of {wanted}")
    print(f"# {name}: malloc, free, realloc and calloc are of {path}", flush=True)


def times(rounds):
    """({(row, name): least}, {row: unit}) of so many rounds."""
    best, units = {}, {}
    names = list(ALLOCATORS)
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            for line in run([BENCH], env=under(ALLOCATORS[name])).splitlines():
                row, value, units[row] = line.split()
                key = row, name
                best[key] = min(best.get(key, float("inf")), float(value))
    return best, units


def instructions(mode, row, library):
    """(instructions, operations) of one row under valgrind."""
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--instr-atstart=no"]
        + ["--callgrind-out-file=/dev/null", BENCH, mode, row],
        env=under(library),
        capture_output=True,
        text=True,
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        sys.exit(f"bench-host: valgrind: {done.stderr}")
    return int(found[1]), float(done.stdout.split()[1])


def say(name, value, unit):
    print(f"host_{name} {value:.{3 if value < 100 else 1}f} {unit}", flush=True)


def allocators(rounds):
    for name, library in ALLOCATORS.items():
        check_owner(name, library)
    best, units = times(rounds)
    for row, unit in units.items():
        for name in ALLOCATORS:
            say(f"{row}_{name}", best[row, name], unit)
    for name in ALLOCATORS:
        growth = best["churn_1e5", name] / best["churn_1e3", name]
        say(f"growth_1e3_1e5_{name}", growth, "ratio")
    for row in units:
        for name in list(ALLOCATORS)[1:]:
            say(f"{row}_to_{name}", best[row, "fathom"] / best[row, name], "ratio")
    header = "/usr/include/valgrind/callgrind.h"
    if not shutil.which("valgrind") or not os.path.exists(header):
        print("# no valgrind: instructions are not counted", flush=True)
        return
    for row in COUNTED:
        loop, _ = instructions("loop", row, "")
        for name, library in ALLOCATORS.items():
            count, operations = instructions("count", row, library)
            say(f"{row}_{name}", (count - loop) / operations, "instructions")


def work(folder):
    """{name: commands}, each a few seconds of what people do; all in the folder."""
    library = os.path.join(folder, "stdlib")
    os.mkdir(library)
    stdlib = os.path.dirname(os.__file__)
    for package in ("asyncio", "email", "json", "unittest", "xml", "concurrent"):
        shutil.copytree(
            os.path.join(stdlib, package),
            os.path.join(library, package),
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    source = os.path.join(folder, "all.c")
    with open(source, "w") as out:
        for path in (
            "core/create",
            "core/segment",
            "core/extend",
            "core/freelist",
            "core/allocate",
            "core/free",
            "check/validate",
        ):
            out.write(f'#include "{TOP}/ntdll/heap/{path}.c"\n')
    flags = [f"-I{TOP}/{path}" for path in ("include", "tests/host", ".")]
    flags += [f"-I{OUT}/gen", "-iquote", f"{TOP}/ntdll"]
    copy = os.path.join(folder, "copy")
    run(["git", "init", "-q", copy])
    for path in ("ntdll", "kernel", "kernel32", "docs"):
        shutil.copytree(os.path.join(TOP, path), os.path.join(copy, path))
    git = ["git", "-C", copy, "-c", "user.name=x", "-c", "user.email=x@example.org"]
    git += ["-c", "gc.auto=0"]
    run([*git, "add", "-A"])
    run([*git, "commit", "-q", "-m", "all of it"])
    return {
        "python3": [["python3", "-m", "compileall", "-q", "-f", library]],
        "gcc": [
            [
                "gcc",
                "-O2",
                "-fno-strict-aliasing",
                *flags,
                "-c",
                source,
                "-o",
                "/dev/null",
            ]
        ],
        "git": [
            [*git, "repack", "-q", "-a", "-d", "-f"],
            [*git, "log", "-p", "--stat"],
            [*git, "fsck", "--full"],
        ],
    }


def spent(lines, env):
    """(what they print, seconds by the clock, seconds of processor time) of some commands."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    out = [run(words, env=env, stderr=subprocess.DEVNULL) for words in lines]
    clock, after = time.monotonic() - start, resource.getrusage(
        resource.RUSAGE_CHILDREN
    )
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return out, clock, busy


def commands(rounds):
    pair = {name: ALLOCATORS[name] for name in ("fathom", "glibc")}
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in work(folder).items():
            said, clocks, busies = {}, {}, {}
            for turn in range(rounds):
                for which in sorted(pair, reverse=turn % 2 == 1):
                    said[which], clock, busy = spent(lines, under(pair[which]))
                    clocks[which] = min(clocks.get(which, clock), clock)
                    busies[which] = min(busies.get(which, busy), busy)
            if said["fathom"] != said["glibc"]:
                sys.exit(f"bench-preload: {name} said something else")
            for unit, best in (("seconds", clocks), ("cpu_seconds", busies)):
                for which in pair:
                    say(f"{name}_{which}", best[which], unit)
            say(f"{name}_to_glibc", clocks["fathom"] / clocks["glibc"], "ratio")
            say(f"{name}_cpu_to_glibc", busies["fathom"] / busies["glibc"], "ratio")


def main():
    about = argparse.ArgumentParser()
    about.add_argument("--rounds", type=int, default=8)
    about.add_argument("--commands", action="store_true")
    wanted = about.parse_args()
    (commands if wanted.commands else allocators)(wanted.rounds)


if __name__ == "__main__":
    main()
