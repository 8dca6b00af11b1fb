#!/usr/bin/env python3
# needs: system programs
"""Clocks that are missing or set in another way: what ticks, how fast, and what day it is.

QEMU's microvm comes with or without a PIT, a PIC and a battery clock, and its firmware leaves the
local APIC off with LINT0 masked.  qboot does not touch the battery clock, so that register B is as
the monitor set it.  Under icount a cycle is a nanosecond: eight ticks are 125,000,000."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from firmware import Odd
from tap import Plan

plan = Plan()
BASE = ["-rtc", "base=2026-01-01T15:30:00,clock=vm"]
TICKS = 125_000_000
IN_PLACE = "the local APIC's timer ticks in its place"
REGISTER_B, HOURS_24, BINARY = 0x0B, 2, 4


def microvm(switches, *more, cpu="max"):
    return ["-M", "microvm," + switches, "-cpu", cpu, *BASE, *more]


def boots(name, more, date="2026-01-01 15:30", words=(), without=(), ticks=True, before=()):
    with Odd(more=more, icount=True, before=before) as machine:
        text = machine.boot_with().until("colours")
    found = re.search(r"8 ticks in (\d+) cycles", text)
    cycles = int(found[1]) if found else -1
    good = abs(cycles - TICKS) < TICKS // 100 if ticks else cycles == 0
    plan.true(good, f"{name}: {'64 ticks a second' if ticks else 'no tick'}", text[-1500:])
    plan.true(f"date {date}" in text, f"{name}: it is {date}", text[-1500:])
    plan.true(
        all(word in text for word in words) and not any(word in text for word in without),
        f"{name}: {'; '.join(words) or 'nothing is said of the clock'}",
        text[-1500:],
    )


def register_b(value):
    return [f"o /1b 0x70 {REGISTER_B:#x}", f"o /1b 0x71 {value:#x}"]


clocks = ("the PIT's interrupt", "the battery clock")
boots("pc", BASE, without=clocks)
boots("microvm with everything", microvm("pit=on,pic=on,rtc=on"), without=clocks)
boots("no PIT", microvm("pit=off,pic=on,rtc=on"), words=[IN_PLACE], without=["assumed"])
boots("no PIC", microvm("pit=on,pic=off,rtc=on"), words=[IN_PLACE], without=["assumed"])
boots(
    "no PIT, no battery clock",
    microvm("pit=off,pic=on,rtc=off"),
    "2020-01-01 00:00",
    ["the battery clock is absent", IN_PLACE, "assumed"],
)
boots(
    "no PIT, no local APIC",
    microvm("pit=off,pic=on,rtc=on", cpu="max,-apic"),
    words=["no clock ticks", "nor a local APIC's"],
    ticks=False,
)
qboot = ("pit=on,pic=on,rtc=on", "-bios", "qboot.rom")
boots("hours to 12", microvm(*qboot), before=register_b(0), without=clocks)
boots("binary", microvm(*qboot), before=register_b(HOURS_24 | BINARY), without=clocks)
boots("binary, hours to 12", microvm(*qboot), before=register_b(BINARY), without=clocks)
night = [*microvm(*qboot), "-rtc", "base=2028-02-29T00:05:00,clock=vm"]
boots("hours to 12, at night", night, "2028-02-29 00:05", before=register_b(0))
plan.done()
