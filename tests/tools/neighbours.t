#!/usr/bin/env python3
# needs: system programs
"""The programs of a batch and C:: each finds it as the archive has it, whatever the ones before it
did, with its own file and what its line adds, and nothing of the others."""
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
PROGRAMS = os.path.join(OUT, "tests", "tools", "programs")
LISTING, UPSET, ENDS, COPY, NEEDS, SHOW, VARIABLES = (
    f"{PROGRAMS}/{name}.exe"
    for name in ("listing", "upset", "ends", "copy", "needs", "show", "variables")
)
BUILT = [name for name in os.listdir(os.path.join(OUT, "archive")) if not name.endswith(".cmd")]
SYSTEM = {*BUILT, "Windows", "Windows\\System32", "Temp"}
FOLDER = tempfile.TemporaryDirectory()


def file(name, data):
    path = os.path.join(FOLDER.name, name)
    with open(path, "wb") as out:
        out.write(data)
    return path


def fathom(*words, **more):
    return subprocess.run([os.path.join(TOP, "tools", "fathom"), *words],
                          **{"capture_output": True, "stdin": subprocess.DEVNULL, **more})


def batch(*lines, options=()):
    """[(ok, block)] of the tests of a list of these lines."""
    listing = file("list", "".join(f"{line}\n" for line in lines).encode())
    done = fathom("batch", *options, listing)
    tests = re.split(r"^(?=ok |not ok )", done.stdout.decode(), flags=re.M)[1:]
    plan.equal(len(tests), len(lines), f"{len(lines)} lines, as many tests")
    return [(test.startswith("ok"), test) for test in tests]


def printed(test):
    return "".join(
        json.loads(f'"{text}"') for text in re.findall(r'^  stdout\w*: "(.*)"$', test[1], re.M)
    )


def names(test):
    return {
        line.split(" ")[0].removeprefix("C:\\")
        for line in printed(test).splitlines()
        if line.startswith("C:")
    }


def sums(test):
    """Without the times, which are the boot's."""
    return re.sub(r" \w{16} \w{16} ", " ", printed(test))


# What a program does to C: is gone after it.
before, changes, after, again, victim, last = batch(
    LISTING, UPSET, LISTING, UPSET, f"{ENDS} status 7", LISTING
)
plan.true(
    changes[0] and again[0], "a program may change whatever it finds on C:", changes[1], again[1]
)
for number, test in (("one", after), ("two", last)):
    plan.true(
        printed(test) == printed(before),
        f"after {number}, the next finds C: as the first did",
        before[1],
        test[1],
    )
plan.true(
    not victim[0] and "  exit: 7\n" in victim[1],
    "a program that takes the next one's name does not pass for it",
    victim[1],
)

# What a program sees.
plan.equal(
    names(before),
    SYSTEM | {"listing.exe"},
    "C: has the system's files and the program's own, none of its neighbours'",
)
text = file("a text.txt", b"one line\n")
secret = file("secret", b"for the second alone\n")
system = file("msvcrt.dll", b"not a DLL\n")
runs = file("fathom.run", b"run=C:\\hello.exe\n")
first, own, second, third, broken, fourth = batch(
    f"--add '{text}' --add {runs} {LISTING}",
    f"--add {PROGRAMS}/needed.dll {NEEDS}",
    f"{COPY} < {secret}",
    COPY,
    f"--add {system} {LISTING}",
    LISTING,
)
plan.equal(
    names(first),
    SYSTEM | {"listing.exe", "fathom.run", "a"},
    "--add in a line: its program sees the file",
)
plan.true(
    first[0] and "text.txt 20 9 " in printed(first), "a file called fathom.run is a file", first[1]
)
plan.true(own[0], "--add in a line: a DLL of its own", own[1])
plan.equal(
    (printed(second), printed(third)),
    ("for the second alone\n", ""),
    "standard input is its own test's alone",
)
plan.true(
    "could not start" in broken[1],
    "a system DLL's name in a line: its program has that file in place of the DLL",
    broken[1],
)
plan.equal(sums(fourth), sums(before), "and the next program has the system's")
for test in batch(LISTING, LISTING, options=("--add", text)):
    plan.true(
        "text.txt 20 9 " in printed(test),
        "--add before the list: every program sees the file",
        test[1],
    )
done = fathom("run", "--add", runs, ENDS, "status", "7")
plan.equal(
    (done.returncode, done.stdout), (7, b""), "fathom run --add fathom.run runs what it was told to"
)

# Names, arguments and environment arrive whole.
with open(SHOW, "rb") as program:
    show = program.read()
paths = [file(name, show) for name in ("作业.exe", "ünï 🐟 cödé.exe", "x" * 240 + ".exe")]
for path, test in zip(paths, batch(*(f"'{path}' {'a' * 30000} last" for path in paths))):
    plan.true(
        test[0] and re.fullmatch(r"\[a{30000}\]\s+\[last\]\s+COLOUR=.*", printed(test), re.S),
        f"{os.path.basename(path)[:40]} runs, with an argument of 30,000 characters",
        test[1][:300],
    )
variables = {"BIG": 20000, **{f"V{n}": 4000 + n for n in range(20)}}
words = [
    word for name, length in variables.items() for word in ("--env", f"{name}=" + "作" * length)
]
done = fathom("run", *words, "--env", "path=C:\\Temp", VARIABLES)
said = dict(line.rsplit(" ", 1) for line in done.stdout.decode().splitlines())
plan.true(
    all(said.get(name) == str(length) for name, length in variables.items()),
    "100,000 characters of environment arrive",
    said,
    done.stderr,
)
plan.equal(
    [said[name] for name in said if name.lower() == "path"],
    ["7"],
    "a variable that Windows has too is the caller's",
)
plan.done()
