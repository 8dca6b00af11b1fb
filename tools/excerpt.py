#!/usr/bin/env python3
"""The door that README.md shows, from what `make walk` prints, in at most 25 lines.

  excerpt.py WALK            write it into README.md
  excerpt.py --check WALK    exit 1 if README.md shows other frames, or a number of
                             instructions that is more than 5 % away.  Addresses, which move
                             with every build, are not compared; another compiler or firmware
                             changes the figures a little

The lines are the walk's own.  Frames of the program's start, and the heap's own functions
between RtlAllocateHeap and the system service, are replaced by a line that counts them.
"""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
README = os.path.join(TOP, "README.md")
DOOR = "malloc (msvcrt.dll)"
SHOWN = re.compile(rf"(?<=```\n){re.escape(DOOR)}.*?(?=\n```)", re.S)
LIMIT = 25
WIDTH = 118  # columns; a longer line loses its last arguments
FRAME = re.compile(r"^  [0-9A-F]{8} +(\w+)!(\w+)")
INSIDE = re.compile(r"ntdll!_?Rtlp")  # the heap's own functions
DOORS = re.compile(r"walk!(door_|first_touch)")  # the program's start ends here


def section(walk):
    """The section of the door, up to the title of the next, without checks and the free."""
    found = re.search(rf"^{re.escape(DOOR)}\n=+\n.*?(?=\n\n[^\n]+\n===)", walk, re.M | re.S)
    if not found:
        sys.exit(f"excerpt.py: no section '{DOOR}' in the walk")
    kept = [line for line in found[0].split("\n") if not line.startswith("  holds ")]
    text = "\n".join(kept)
    return text[: text.index("\n\n  the warm call")].rstrip().split("\n")


def left_out(lines):
    """Replace each run of frames that README.md leaves out by a line that counts them."""
    out, run, started = [], 0, False
    for line in lines + [""]:
        frame = FRAME.match(line)
        started = bool(frame) and (started or bool(DOORS.search(line)))
        above = frame and not started and "nt!" not in line
        if above or (frame and INSIDE.search(line)):
            run += 1
            continue
        if "~~~" in line:
            started = True
        if run:
            out.append(f"  [{run} frames]")
            run = 0
        out.append(shorter(line))
    return out[:-1]


def shorter(line):
    if len(line) <= WIDTH:
        return line
    return line[: line.rindex(",", 0, WIDTH - 6)] + ", ...)"


def excerpt(walk):
    lines = [line for line in left_out(section(walk)) if line.strip("=")]
    if len(lines) > LIMIT:
        sys.exit(f"excerpt.py: {len(lines)} lines, at most {LIMIT}")
    return "\n".join(lines)


def frames(text):
    return re.sub(r"\b[0-9A-Fa-f]{3,}\b|\[\d+", "N", text)


def figures_agree(old, new):
    pairs = zip(*(re.findall(r"(\d+) instructions", text) for text in (old, new)))
    return all(abs(int(a) - int(b)) <= 0.05 * int(b) for a, b in pairs)


def main():
    with open(sys.argv[-1]) as walk:
        new = excerpt(walk.read())
    with open(README) as readme:
        text = readme.read()
    old = SHOWN.search(text)
    if not old:
        sys.exit("excerpt.py: README.md has no place for it")
    if sys.argv[1] == "--check":
        same = frames(old[0]) == frames(new) and figures_agree(old[0], new)
        sys.exit(0 if same else "README.md does not show what the walk prints: make readme")
    with open(README, "w") as readme:
        readme.write(text[: old.start()] + new + text[old.end() :])


main()
