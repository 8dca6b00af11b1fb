#!/usr/bin/env python3
"""Runs guest and host programs many times, to find what fails once in a hundred runs.

  repeat.py [--times N] [--busy L] [--rounds R] NAME ...

NAME is a guest set (ps), one of its programs (ps/waits), or a host test (test_heap_threads); it has
been built (make test-NAME).  --busy: so many processes do nothing but compute meanwhile, because
races show under load.  A guest set runs R rounds of all its programs in one boot, then boots anew.
Each failure is printed with what the program said; the last lines count runs and failures.
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter

from exec import options
from tap import OUT, TOP

SPIN = "while True: pass"
runs, failures = Counter(), Counter()


def failed(name, text):
    failures[name] += 1
    print(f"--- {name}, run {runs[name]}\n{text.rstrip()}", flush=True)


def guest_lines(name):
    """The lines of the set's list that name this set or program, with absolute paths."""
    part, _, program = name.partition("/")
    path = os.path.join(OUT, "tests", "guest", part + ".list")
    with open(path) as lines:
        for line in lines:
            if (found := re.search(rf"\b{part}/(\S+)\.exe", line)) and program in ("", found[1]):
                yield line.strip().replace(found[0], os.path.join(os.path.dirname(path), found[0]))


def boot(lines, more):
    """One batch with these options; counts its results."""
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
        listing.write("\n".join(lines) + "\n")
        listing.flush()
        done = subprocess.run(
            [os.path.join(TOP, "tools", "fathom"), "batch", *more, listing.name],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
        )
    results = re.split(r"^((?:not )?ok) \d+ - (.*)$", done.stdout, flags=re.M)
    for good, name, report in zip(results[1::3], results[2::3], results[3::3]):
        runs[name] += 1
        if good != "ok":
            failed(name, report)
    if len(results) // 3 != len(lines):
        failed("the batch itself", done.stdout[-2000:] + done.stderr[-2000:])


def repeat_guest(name, times, rounds):
    lines = list(guest_lines(name))
    for first in range(0, times, rounds):
        boot(lines * min(rounds, times - first), options(name.partition("/")[0]))


def repeat_host(name, times):
    for _ in range(times):
        done = subprocess.run(
            [os.path.join(OUT, "tests", "host", name)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        runs[name] += 1
        if done.returncode:
            failed(name, f"exit {done.returncode}\n{done.stdout}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=300, metavar="N")
    parser.add_argument("--busy", type=int, default=0, metavar="L")
    parser.add_argument("--rounds", type=int, default=10, metavar="R")
    parser.add_argument("names", nargs="+", metavar="NAME")
    options = parser.parse_args()
    busy = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(options.busy)]
    try:
        for name in options.names:
            if glob.glob(os.path.join(OUT, "tests", "host", name)):
                repeat_host(name, options.times)
            else:
                repeat_guest(name, options.times, options.rounds)
    except KeyboardInterrupt:
        print("stopped: what was done so far")
    finally:
        for process in busy:
            process.kill()
    for name in sorted(runs | failures):
        print(f"{failures[name]:4} of {runs[name]:4} failed: {name}")
    print(f"{sum(failures.values())} failures in {sum(runs.values())} runs of {len(runs)} programs")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
