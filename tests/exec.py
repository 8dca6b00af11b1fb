#!/usr/bin/env python3
"""How prove runs one test, and what it cost.

A .t speaks TAP itself, a .list is a batch of guest programs, anything else is a host program: in
TAP if it speaks it (cmocka does), else judged by its exit code.  FATHOM_MEM: how many MiB the
guest programs' machines have; tests/guest/SET/options: more options for the batch of a SET.  The
CPU seconds of the test and of all its children go as one line to the file that FATHOM_CPU names
(tests/run.py).
"""
import os
import re
import resource
import signal
import subprocess
import sys

from tap import TOP  # and what ends us is shown as comments: prove is silent about the rest


def host(path):
    done = subprocess.run(
        [path],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"},
    )
    text = done.stdout.decode("utf-8", "replace")
    print(text, end="" if text.endswith("\n") or not text else "\n")
    if not re.search(r"^1\.\.\d+", text, re.M):
        print(
            f"1..1\n{'ok' if done.returncode == 0 else 'not ok'} 1 - {os.path.basename(path)}"
        )
    return 0 if done.returncode == 0 else 1


def options(path):
    """More options for the batch of this list."""
    known = os.path.join(TOP, "tests", "guest", os.path.basename(path).split(".")[0], "options")
    words = ["--mem", os.environ["FATHOM_MEM"]] if os.environ.get("FATHOM_MEM") else []
    if os.path.exists(known):
        with open(known) as file:
            words += file.read().split()
    return words


def run(path):
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # a shell's background job has them ignored
    if path.endswith(".t"):
        return subprocess.run([path]).returncode
    if path.endswith(".list"):
        fathom = [os.path.join(TOP, "tools", "fathom"), "batch"]
        return subprocess.run([*fathom, *options(path), path]).returncode
    return host(path)


def note_cost(name):
    """One line of one write: two tests that end at once do not mix."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(os.environ["FATHOM_CPU"], "a") as table:
        table.write(f"{used.ru_utime + used.ru_stime:.2f} {name}\n")


def main(name):
    status = run(os.path.abspath(name))
    sys.stdout.flush()
    if "FATHOM_CPU" in os.environ:
        note_cost(name)
    sys.exit(status if 0 <= status < 128 else 1)


if __name__ == "__main__":
    main(sys.argv[1])
