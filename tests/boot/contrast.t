#!/usr/bin/env python3
# needs:
"""Each of the screen's colours is legible on its first: a contrast of 4.5 and more.
WCAG 2.1, 1.4.3: (L1 + 0.05) / (L2 + 0.05) of the relative luminances."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import TOP, Plan

LEAST = 4.5


def linear(part):
    part /= 255
    return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4


def luminance(colour):
    red, green, blue = colour >> 16, colour >> 8 & 255, colour & 255
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


plan = Plan()
with open(os.path.join(TOP, "kernel", "executive", "io", "framebuffer.c")) as source:
    table = re.search(r"IopPalette\[16\] = \{(.*?)\}", source.read(), re.S)[1]
palette = [int(word, 16) for word in re.findall(r"0x[0-9A-F]{6}", table)]
plan.equal(len(set(palette)), 16, "sixteen colours")
plan.equal(round(contrast(0xFFFFFF, 0), 1), 21.0, "white on black is 21")
plan.equal(round(contrast(0x777777, 0xFFFFFF), 2), 4.48, "a known grey")
for number, colour in enumerate(palette[1:], 1):
    ratio = contrast(colour, palette[0])
    plan.true(ratio >= LEAST, f"colour {number}, {colour:06X}: {ratio:.1f}")
plan.done()
