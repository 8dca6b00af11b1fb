"""A recording without a plugin: each instruction is one step of QEMU's gdb stub, and all the
memory that the machine has used is compared after it.

    stub  --g--> registers                       about 100 times slower than recorder.c,
    RAM   --memcmp with the shadow--> changes    and it needs neither a compiler nor plugins

The memory is a sparse file: where it has no data nothing was ever written, so what is compared is
what it has data for, and nothing can change unseen.  The stub keeps interrupts out of a step.  With
preemption it lets them in where the idle thread runs and at every 10,000th step: QEMU's timer is
due again at each step that it is let into, and a program that took every tick would never come on.
"""
import ctypes
import mmap
import os
import re
import struct

from host.refused import Refused

from .recording import CR3, EIP, FXSAVE_BYTES, PAGE_BYTES, REGISTERS, encode

BLOCK_STEPS = 4096
LINE = 64  # bytes: the most of one change
OPEN, CLOSED = "Qqemu.sstep=0x1", "Qqemu.sstep=0x7"  # a step; 2: interrupts out; 4: timers out
SSE = (0x0F, 0xF2, 0xF3, 0x66)  # how instructions of MMX and SSE begin; x87: D8 to DF
PREEMPTED = 10000  # steps from one chance of an interrupt to the next
CONTROL = {"cr0": 76, "cr2": 80, "cr3": 84, "cr4": 88}  # where in the stub's answer
FLOATING = slice(100, None)

memcmp = ctypes.CDLL(None).memcmp
memcmp.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]


def general(answer):
    """The registers of a recording, from the stub's."""
    first = struct.unpack_from("<16I", answer)
    return (*first, *(struct.unpack_from("<I", answer, CONTROL[n])[0] for n in REGISTERS[16:]))


def fxsave(text):
    """The FXSAVE image of what QEMU's monitor prints: it names the x87 registers by their place,
    FXSAVE by their distance from the top."""
    numbers = {name: value for name, value in re.findall(r"(\w+)=([0-9a-f]+(?: [0-9a-f]+)?)", text)}
    word = lambda name: int(numbers[name].split()[0], 16)
    image = bytearray(FXSAVE_BYTES)
    struct.pack_into("<HHB", image, 0, word("FCW"), word("FSW"), word("FTW"))
    struct.pack_into("<I", image, 24, word("MXCSR"))
    for i in range(8):
        mantissa, exponent = (int(part, 16) for part in numbers[f"FPR{i}"].split())
        struct.pack_into(
            "<QH", image, 32 + 16 * ((i - (word("FSW") >> 11)) & 7), mantissa, exponent
        )
        high, low = (int(part, 16) for part in numbers[f"XMM{i:02}"].split())
        struct.pack_into("<QQ", image, 160 + 16 * i, low, high)
    return bytes(image)


class Memory:
    """Guest RAM and its shadow: what differs since the last look."""

    def __init__(self, file, size):
        self.file, self.ram = file, size
        self.now = mmap.mmap(file, size)
        self.shadow = mmap.mmap(-1, size + PAGE_BYTES)
        self.at = ctypes.addressof(ctypes.c_char.from_buffer(self.now))
        self.shadow_at = ctypes.addressof(ctypes.c_char.from_buffer(self.shadow))
        self.blocks, self.extents = -1, []
        self._extents()
        for start, end in self.extents:
            self.shadow[start:end] = self.now[start:end]

    def _extents(self):
        """Where the file has data; asked again only when it has grown."""
        blocks = os.fstat(self.file).st_blocks
        if blocks == self.blocks:
            return
        self.blocks, self.extents, end = blocks, [], 0
        while end < self.ram:
            try:
                start = os.lseek(self.file, end, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(self.file, start, os.SEEK_HOLE)
            self.extents.append((start, min(end, self.ram)))

    def same(self, start, size):
        return memcmp(self.at + start, self.shadow_at + start, size) == 0

    def changes(self):
        """[(physical address, old XOR new)]; the shadow is then as the memory is."""
        self._extents()
        found = []
        for start, end in self.extents:
            if self.same(start, end - start):
                continue
            for page in range(start, end, PAGE_BYTES):
                if not self.same(page, PAGE_BYTES):
                    for line in range(page, page + PAGE_BYTES, LINE):
                        self._line(line, self.now[line : line + LINE], found)
        return found

    def _line(self, at, new, found):
        old = self.shadow[at : at + len(new)]
        if old == new:
            return
        differ = [i for i in range(len(new)) if new[i] != old[i]]
        first, last = differ[0], differ[-1] + 1
        found.append((at + first, bytes(a ^ b for a, b in zip(old[first:last], new[first:last]))))
        self.shadow[at : at + len(new)] = new

    def floating(self, image):
        """The changes of the x87 and SSE registers, which follow the memory."""
        found = []
        for at in range(0, FXSAVE_BYTES, LINE):
            self._line(self.ram + at, image[at : at + LINE], found)
        return found


class Stepper:
    """The stretch from where the machine is halted now."""

    def __init__(self, stub, memory, idle, preemption):
        """memory: a Memory, made while the machine is halted.  idle: (start, end) of the loop that
        runs when every thread waits."""
        self.stub, self.memory, self.idle, self.preemption = stub, memory, idle, preemption
        self.count = 0
        self.answer = self._registers()
        self.memory.floating(fxsave(stub.monitor("info registers")))

    def _registers(self):
        return bytes.fromhex(self.stub.ask("g"))

    def _opcode(self, eip):
        text = self.stub.ask(f"m{eip:x},1")
        return int(text, 16) if not text.startswith("E") else 0

    def _advance(self, interrupts):
        if interrupts:
            self.stub.ask(OPEN)
        self.stub.ask("s")
        if interrupts:
            self.stub.ask(CLOSED)

    def _step(self):
        """One instruction: (registers, changes)."""
        eip = general(self.answer)[EIP]
        opcode, idle = self._opcode(eip), self.idle[0] <= eip < self.idle[1]
        if idle and not self.preemption:
            raise Refused(
                "the program waits for the timer, which stepping keeps out: --preemption lets it in"
            )
        self.count += 1
        self._advance(self.preemption and (idle or self.count % PREEMPTED == 0))
        before, self.answer = self.answer, self._registers()
        changes = self.memory.changes()
        if 0xD8 <= opcode <= 0xDF or opcode in SSE or before[FLOATING] != self.answer[FLOATING]:
            changes += self.memory.floating(fxsave(self.stub.monitor("info registers")))
        return general(self.answer), changes

    def blocks(self, stop, most):
        """(how many steps, their data) until the instruction at stop[0], with ESP at least
        stop[1], or most steps."""
        before = general(self.answer)
        first = before[CR3]
        steps, count = [(before, [])], 1
        while count < most:
            steps.append(self._step())
            count += 1
            state = steps[-1][0]
            ends = state[EIP] == stop[0] and state[4] >= stop[1]
            ends = ends and (not stop[1] or state[CR3] == first)  # as recorder.c
            if len(steps) == BLOCK_STEPS or ends:
                yield len(steps), encode(before, steps)
                before, steps = state, []
            if ends:
                return
        if steps:
            yield len(steps), encode(before, steps)
