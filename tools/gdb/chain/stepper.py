"""Stepping without gdb in between: packets `s` and `g` to the machine, thousands a second.

gdb's own stepi looks for the frame and the line after each instruction, some 400 a second.  While a
Stepper goes, gdb believes that the machine is where it was; settle() tells it the truth.  Live and
recorded machines answer alike.  On a recording nothing runs: go() returns to any instruction.
"""
import re
import struct

import gdb

import goingon
from words.trouble import Trouble

KERNEL = 0x80000000
EAX, ESP, EIP = 0, 4, 8  # of gdb's registers
REGISTERS = struct.Struct("<9I")
POSITION = re.compile(r"^instruction (\d+) of (\d+)")


class Ended(Exception):
    """There is no next instruction: the machine is off, or the recording is over."""


class Stepper:
    def __init__(self):
        self.connection = gdb.selected_inferior().connection
        if self.connection is None or not gdb.selected_inferior().pid:
            raise Trouble("no machine is here any more: it has ended; leave gdb and start it again")
        goingon.going.interrupts(goingon.MASKED)
        self.eax = self.esp = self.pc = 0
        self.count = 0  # instructions since it was made
        self.look()

    def ask(self, packet):
        try:
            return self.connection.send_packet(packet)
        except gdb.error as wrong:
            raise Ended(str(wrong)) from None

    def look(self):
        """Registers of now."""
        values = REGISTERS.unpack(bytes.fromhex(self.ask("g")[: REGISTERS.size * 2].decode()))
        self.eax, self.esp, self.pc = values[EAX], values[ESP], values[EIP]

    def step(self):
        """One instruction, with interrupts masked where the machine is live."""
        answer = self.ask("s")
        if not answer.startswith((b"T05", b"S05", b"T02")) or b"replaylog" in answer:
            ended = answer[:1] in (b"W", b"X")
            raise Ended("the machine has ended" if ended else "the recording ends here")
        self.count += 1
        self.look()

    def word(self, address):
        """Four bytes as a number; None: no page is there."""
        answer = self.ask(f"m{address & 0xFFFFFFFF:x},4")
        if len(answer) != 8:
            return None
        return int.from_bytes(bytes.fromhex(answer.decode()), "little")

    def settle(self):
        """What gdb remembers of registers, frames and memory is forgotten."""
        for what in ("register-cache", "dcache"):
            gdb.execute(f"maintenance flush {what}", to_string=True)


def position():
    """(instruction, how many) of a recording; None: the machine is live."""
    try:
        match = POSITION.match(gdb.execute("monitor position", to_string=True))
    except gdb.error:
        return None
    return (int(match[1]), int(match[2])) if match else None


def go(number):
    """To that instruction of a recording."""
    gdb.execute(f"monitor goto {number}", to_string=True)
    for what in ("register-cache", "dcache"):
        gdb.execute(f"maintenance flush {what}", to_string=True)


def fault_address():
    """CR2: what the last page fault was about.  gdb has it of a live machine alone."""
    try:
        return int(gdb.parse_and_eval("$cr2")) & 0xFFFFFFFF
    except (gdb.error, ValueError):
        pass
    try:
        return int(gdb.execute("monitor register cr2", to_string=True), 16)
    except (gdb.error, ValueError):
        return None
