#!/usr/bin/env python3
# needs: nothing
"""A step from which QEMU comes back without the instruction is taken again, so that the breakpoint
there is told once; no interrupt comes in the step after one that moved the stack
(tools/stub/proxy.py)."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from stub.proxy import Proxy  # noqa: E402

plan = Plan()


class Machine(Proxy):
    """moves: of each motion, whether an instruction is executed."""

    def __init__(self, *moves):
        self.moves, self.done, self.state = list(moves), [], 0

    def registers(self):
        return bytes([self.state])

    def _run(self, packet):
        self.done.append(packet)
        self.state += self.moves.pop(0)
        return b"T05thread:p01.01;"


for moves, packet, count, words in (
    ((1,), b"s", 1, "a step is one step"),
    ((0, 1), b"s", 2, "a step that did nothing is taken again"),
    ((0, 0), b"s", 2, "a jump to itself is no endless step"),
    ((0,), b"c", 1, "to go on is never repeated"),
):
    machine = Machine(*moves)
    plan.equal((machine.motion(packet)[:3], len(machine.done)), (b"T05", count), words)


class Stepped(Proxy):
    """rows: (ESP, EBP) before each step; masked: what each step had of interrupts."""

    def __init__(self, rows, masks):
        self.rows, self.masks, self.stack = list(rows), masks, None
        self.inserted, self.flags, self.masked = {}, masks, []

    def word(self, number):
        return {4: self.rows[0][0], 5: self.rows[0][1]}.get(number, 0)

    def _insert_all(self):
        pass

    def _stepping(self, rest):
        self.flags = rest

    def motion(self, packet):
        self.masked.append(self.flags == b"0x7")
        self.rows.pop(0)
        return b"T05thread:p01.01;"


SPIN, LEAVE = [(100, 120)] * 4, [(100, 120), (100, 120), (124, 140), (128, 140), (128, 140)]
for rows, masks, wanted, words in (
    (SPIN, b"0x1", [True, False, False, False], "a loop that waits lets interrupts come"),
    (LEAVE, b"0x1", [True, False, True, True, False], "after leave, and after ret, none comes"),
    (SPIN, b"0x7", [True] * 4, "stepi never lets one come"),
):
    machine = Stepped(rows, masks)
    for _ in rows:
        machine._go(True)
    plan.equal((machine.masked, machine.flags), (wanted, masks), words)
plan.done()
