#!/usr/bin/env python3
# long: only
# needs: system programs loaders state
"""What firmware leaves behind: its timers, its clock, its screen, its memory, its options.
state.c makes each state, then starts the loader.  What is drawn is read out of the screen's
memory: where the machine's own screen has another order of colours, the picture would not tell."""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from firmware import Odd
from tap import Plan

plan = Plan()
BASE = ["-rtc", "base=2026-01-01T15:30:00"]
PROMPT = ("C:\\>", "boot stopped", "bug check")
BAR = 32  # dots: three bars of these colours, four characters each
RED, GREEN, BLUE = 0xFF5A5A, 0x00B000, 0x5C8CFF
WIDTH = 1280


def bgr(colour):
    return struct.pack("<I", colour)


def rgb(colour):
    return struct.pack(">I", colour << 8)


def r5g6b5(colour):
    red, green, blue = colour >> 16, colour >> 8 & 255, colour & 255
    return struct.pack("<H", red >> 3 << 11 | green >> 2 << 5 | blue >> 3)


def drawn(machine, address, pixel, width):
    """Are the three bars there, with what is between the second and third line of pixels?"""
    path, size = machine.path("frame"), len(pixel(0))
    line = WIDTH * size
    machine.monitor(f'pmemsave {address:#x} {3 * line} "{path}"')
    with open(path, "rb") as memory:
        second = memory.read()[line : 2 * line]
    bar = BAR * (width // 640)  # a dot is a square of so many pixels
    wanted = b"".join(pixel(colour) * bar for colour in (RED, GREEN, BLUE))
    return second.startswith(wanted), f"{second[:8].hex()} for {wanted[:8].hex()}"


def boots(name, boot, state, words=(), frame=None, pixel=bgr, mem=256, without=()):
    with Odd(boot, mem, state=state, more=BASE, screen=True) as machine:
        text = machine.boot_with("init=machine.exe shell").until(*PROMPT)
        plan.true(
            "C:\\>" in text and "ticks in 0 cycles" not in text and "date 2026-01-01 15:3" in text,
            f"{name}: {boot} boots, it is 15:30 and the clock ticks",
            text[-2500:],
        )
        plan.true(
            all(word in text for word in words) and not any(word in text for word in without),
            f"{name}: {'; '.join(words) or 'nothing more is said'}",
            text[-2500:],
        )
        if frame:
            plan.true(*drawn_at(machine, text, frame, pixel, name))


def drawn_at(machine, text, frame, pixel, name):
    if frame is True:  # it is where the loader says
        frame = int(text.split("  screen        ")[1].split(" at ")[1].split(",")[0], 16)
    width = int(text.split("  screen        ")[1].split(" x ")[0])
    good, why = drawn(machine, frame, pixel, width)
    return good, f"{name}: the three bars are in the screen's memory", why


def stops(name, boot, words, state=None, mem=256, ballast=0):
    with Odd(boot, mem, state=state) as machine:
        text = machine.boot_with(ballast=ballast).until(*PROMPT)
    plan.true(words in text and "C:\\>" not in text, f"{name}: {words}", text[-2500:])


boots("as it is", "x64", "", frame=True)
boots("the local APIC's timer runs, 20h", "x64", "timer 20\n")
boots("the local APIC's timer runs, F0h", "ia32", "timer f0\n")
boots("LINT0 masked", "x64", "lint0 masked\n", without=["in its place"])
boots("red first", "x64", "pixels rgb\nrtc 12\n", frame=True, pixel=rgb)
boots("5:6:5", "ia32", "pixels 565\nrtc binary\n", ["16 bits a pixel"], True, r5g6b5)
boots(
    "no framebuffer",
    "x64",
    "pixels blt\n",
    ["only the firmware can draw on it", "none for the kernel"],
)
boots(
    "above 4 GiB", "x64", "frame 140000000\n", ["1280 x 800 at 140000000,"], 0x140000000, mem=5376
)
boots(
    "beyond the page tables",
    "x64",
    "frame 1000000000000\n",
    ["it lies where the kernel's page tables do not reach", "none for the kernel"],
)
boots("long lines", "x64", "crop 22\n", ["1246 x 800"], frame=True)
boots("600 holes in the memory", "x64", "fragments 258\n")
boots("the firmware refuses to leave at first", "ia32", "refuse 3\n")
for boot in ("x64", "ia32"):
    boots(
        f"{boot}, its place in use until we leave", boot, "place 4\n", ["the firmware still uses"]
    )
stops("its place in use for ever", "x64", "00110000 holds runtime services' data", "place 6\n")
for boot, size in (("x64", 60), ("ia32", 40)):
    stops(f"{boot}, 64 MiB, {size} MiB of files", boot, "too little memory", None, 64, size)
with Odd("x64", state="options FATHOM.EFI init=machine.exe quiet\n") as machine:
    text = machine.boot_with("init=walk.exe").until("colours", "row")
plan.true(
    "  options       init=machine.exe quiet\n" in text and "ticks in" in text,
    "a boot manager's options are before the file's, its program's name is not one",
    text[-2500:],
)
plan.equal(
    [
        line.split()[2].strip(",")
        for line in text.splitlines()
        if line.startswith("  options       ignored: ")
    ],
    ["quiet"],
    "the one word that the kernel does not know is named as ignored",
)
stops(
    "the firmware refuses to leave for ever",
    "x64",
    "the firmware refuses to leave",
    "refuse FFFF\n",
)
boots("bytes as options", "ia32", "options a#b\n", ["options       ignored: 6 bytes"])
plan.done()
