#!/usr/bin/env python3
"""How prove runs one test: a .t speaks TAP itself, a .list is a batch of guest programs,
anything else is a host program, in TAP if it speaks it (cmocka does), else judged by its
exit code.  FATHOM_MEM: how many MiB the guest programs' machines have."""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


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


def main(path):
    path = os.path.abspath(path)
    if path.endswith(".t"):
        os.execv(path, [path])
    if path.endswith(".list"):
        fathom = os.path.join(TOP, "tools", "fathom")
        mem = os.environ.get("FATHOM_MEM")
        os.execv(fathom, [fathom, "batch", *(["--mem", mem] if mem else []), path])
    sys.exit(host(path))


if __name__ == "__main__":
    main(sys.argv[1])
