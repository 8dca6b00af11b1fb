"""The framebuffer's text, read back out of QEMU's picture by the letters of font.c."""
import os
import re
import time

from firmware import screen_pixels
from tap import TOP

FUSE = 600
TAILS = "gpqy"


def letters():
    """{the 16 rows of a cell, as bits: the character}, as IopFontRow has them."""
    with open(os.path.join(TOP, "kernel", "executive", "io", "font.c")) as source:
        table = re.search(r"IopGlyphs\[95\]\[\d\] = \{(.*?)\};", source.read(), re.S)[1]
    found = {(0,) * 16: " "}
    for number, glyph in enumerate(re.findall(r'"(\w{7})"', table)):
        lines = [int(digit, 32) << 2 for digit in glyph]
        first = 2 if chr(number + 32) in TAILS else 1
        rows = [0] * first + [line for line in lines for _ in "12"] + [0] * (2 - first)
        found.setdefault(tuple(rows[:16]), chr(number + 32))
    return found


LETTERS = letters()


def read_screen(machine):
    """The rows of text; a cell that is no letter is a question mark."""
    at = screen_pixels(machine)
    scale = at.width // 640
    rows = []
    for row in range(at.height // (16 * scale)):
        text = ""
        for column in range(at.width // (8 * scale)):
            left, top = column * 8 * scale, row * 16 * scale
            paper = at(left, top)  # the first row of dots of a letter is empty
            bits = tuple(
                sum(128 >> x for x in range(8) if at(left + x * scale, top + y * scale) != paper)
                for y in range(16)
            )
            text += LETTERS.get(bits, "?")
        rows.append(text.rstrip())
    return rows, scale


def keys(machine, names):
    for name in names.split():
        machine.monitor(f"sendkey {name}")
        time.sleep(0.2)


def keys_at_once(machine, *names):
    """They are pressed before the machine's processor has seen the first of them."""
    pressed = [
        {"type": "key", "data": {"down": True, "key": {"type": "qcode", "data": name}}}
        for name in names
    ]
    machine.ask("input-send-event", events=pressed)


def halted(machine):
    """The processor has nothing to do: what was to be drawn is drawn."""
    return "HLT=1" in machine.monitor("info registers")[0]


def until(machine, wanted, seconds=FUSE):
    """The screen, once wanted(rows) or the fuse is through.  What is wanted may be there while the
    rest is still drawn: it is looked at again once the processor halts, or nothing has changed."""
    end, before, drawn = time.monotonic() + seconds, None, False
    while True:
        rows, scale = read_screen(machine)
        if time.monotonic() > end or (drawn and wanted(rows)):
            return rows, scale
        drawn = wanted(rows) and (rows == before or halted(machine))
        before = rows
        if not drawn:
            time.sleep(1)


def prompted(rows):
    said = [row for row in rows if row]
    return bool(said) and said[-1] == "C:\\>"
