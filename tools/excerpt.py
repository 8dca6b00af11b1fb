#!/usr/bin/env python3
"""The door that README.md shows, from what `make walk` prints.

  excerpt.py WALK            write it into README.md
  excerpt.py --check WALK    exit 1 if README.md shows other frames; addresses and figures,
                             which move with every build, are not compared
"""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
README = os.path.join(TOP, "README.md")
DOOR = "malloc (msvcrt.dll)"
SHOWN = re.compile(rf"(?<=```\n){re.escape(DOOR)}\n=+\n.*?(?=\n```)", re.S)


def excerpt(walk):
    """The section of the door, up to the title of the next."""
    found = re.search(rf"^{re.escape(DOOR)}\n=+\n.*?(?=\n\n[^\n]+\n===)", walk, re.M | re.S)
    if not found:
        sys.exit(f"excerpt.py: no section '{DOOR}' in the walk")
    return found[0].rstrip()


def frames(text):
    return re.sub(r"\b[0-9A-Fa-f]{3,}\b", "N", text)


def main():
    with open(sys.argv[-1]) as walk:
        new = excerpt(walk.read())
    with open(README) as readme:
        text = readme.read()
    old = SHOWN.search(text)
    if not old:
        sys.exit("excerpt.py: README.md has no place for it")
    if sys.argv[1] == "--check":
        sys.exit(frames(old[0]) != frames(new))
    with open(README, "w") as readme:
        readme.write(text[: old.start()] + new + text[old.end() :])


main()
