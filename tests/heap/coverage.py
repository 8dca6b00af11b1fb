#!/usr/bin/env python3
"""make coverage: which lines of ntdll/heap the host tests run through.

coverage.py SCRATCH CC -- CFLAGS -- SOURCE ... -- TEST.c ...: each source is compiled once
with counters, each test linked with all of them and run; what they counted adds up.
`coverage_FILE value percent` for each file, then for the whole; each line that no test came
through is named.  The doors to the system (doors.c, os.c, probe.c, report.c,
surroundings.c) are no part of the host's build: their tests run in the guest.
"""
import collections
import glob
import gzip
import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEAP = os.path.join(TOP, "ntdll", "heap")


def groups(words):
    found = [[]]
    for word in words:
        if word == "--":
            found.append([])
        else:
            found[-1].append(word)
    return found


def command(words, **more):
    done = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more
    )
    if done.returncode:
        sys.stdout.write(done.stdout.decode(errors="replace"))
        sys.exit(f"coverage: {' '.join(words[:6])} ... ended with {done.returncode}")


def others(test):
    """What the test's own `sources:` line names besides the heap (mk/test.mk)."""
    with open(test) as text:
        head = "".join(text.readlines()[:4])
    named = re.search(r"sources: HEAP ([^*]*)", head)
    return [os.path.join(TOP, name) for name in (named[1].split() if named else [])]


def build_and_run(scratch, compiler, flags, sources, tests):
    objects = []
    for source in sources:
        objects.append(os.path.join(scratch, os.path.basename(source)[:-2] + ".o"))
        command(
            [*compiler, *flags, "--coverage", "-fprofile-update=atomic"]
            + ["-c", source, "-o", objects[-1]]
        )
    for test in tests:
        program = os.path.join(scratch, os.path.basename(test)[:-2])
        command(
            [*compiler, *flags, "-o", program, test, *others(test), *objects]
            + ["--coverage", "-lcmocka", "-lpthread"]
        )
        command([program], timeout=3600)


def lines(scratch, name):
    """{file: {line: times}} of one source and the headers it takes in."""
    command(["gcov", "--json-format", name + ".gcda"], cwd=scratch)
    with gzip.open(os.path.join(scratch, name + ".gcov.json.gz")) as packed:
        told = json.load(packed)
    return {
        os.path.realpath(
            os.path.join(told["current_working_directory"], part["file"])
        ): {line["line_number"]: line["count"] for line in part["lines"]}
        for part in told["files"]
    }


def main():
    (scratch, *compiler), flags, sources, tests = groups(sys.argv[1:])
    os.makedirs(scratch, exist_ok=True)
    for old in glob.glob(os.path.join(scratch, "*.gc*")):
        os.remove(old)
    build_and_run(scratch, compiler, flags, sources, tests)
    counts = collections.defaultdict(collections.Counter)
    for source in sources:
        for path, counted in lines(scratch, os.path.basename(source)[:-2]).items():
            for line, times in counted.items():
                counts[path][line] += times
    whole = missed = 0
    for path in sorted(counts):
        if not path.startswith(os.path.realpath(HEAP) + os.sep):
            continue
        empty = sorted(line for line, times in counts[path].items() if not times)
        whole += len(counts[path])
        missed += len(empty)
        share = 100 - 100 * len(empty) / len(counts[path])
        print(f"coverage_{os.path.basename(path)} {share:.1f} percent")
        with open(path) as source:
            text = source.read().split("\n")
        for line in empty:
            print(f"#   {os.path.basename(path)}:{line}: {text[line - 1].strip()}")
    print(f"coverage {100 - 100 * missed / whole:.2f} percent")
    print(f"# {missed} of {whole} lines are not run through")


if __name__ == "__main__":
    main()
