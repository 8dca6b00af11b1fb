"""The program's own thread does something for gdb, as if its code had: a page is brought or copied.

A debugger on Windows writes to another process's page through the kernel, which copies a page that
is shared first.  Here a thread that is stopped in ring 3 is borrowed: it executes `mov [ecx], eax`
somewhere in ntdll, which stores what is there already, and the kernel does the rest.  A page that
may not be written gets NtProtectVirtualMemory before and after.

    registers kept -> EIP at such a place -> runs to the next instruction -> registers given back

Other threads may run meanwhile.  Nothing is borrowed in the kernel: it holds locks, or no stack.
"""
import struct

from . import registers
from .points import BREAK
from .space import USER_END

STORE = b"\x89\x01"  # mov [ecx], eax
GENERAL = range(10)  # gdb's numbers of EAX to EFLAGS
EAX, ECX, ESP, EIP = 0, 1, 4, registers.EIP
CALL_BYTES, LIMIT = 0x80, 0x100000
SELF = 0xFFFFFFFF  # the pseudo-handle of one's own process
FS_BASE = 16
PAGE_WRITECOPY, PAGE_EXECUTE_WRITECOPY = 0x08, 0x80


class Impossible(Exception):
    """Why not, in words."""


class Thread:
    """proxy: its machine is stopped.  ntdll: the base of its image; protect: the address of
    NtProtectVirtualMemory."""

    def __init__(self, proxy, ntdll, protect):
        self.proxy, self.protect = proxy, protect
        if not proxy.word(registers.CS) & 3 or proxy.process() != proxy.shown:
            raise Impossible("stop in the program's own code first")
        self.space, self.cr3 = proxy.kernel.memory, proxy.shown.cr3
        self.store = self._find(ntdll)
        self.kept = [proxy.word(number) for number in GENERAL]

    def _find(self, ntdll):
        """A place in ntdll with a STORE whose page is there."""
        for start in range(ntdll + 0x1000, ntdll + LIMIT, 0x1000):
            at = self.space.read(start, 0x1000, self.cr3).find(STORE)
            if 0 <= at < 0xFFE:
                return start + at
        raise Impossible("no code of ntdll is in memory yet")

    def _set(self, values):
        self.proxy.regs = None
        for number, value in values.items():
            self.proxy.qemu.ask(b"P%x=%s" % (number, struct.pack("<I", value).hex().encode()))

    def _run(self, end):
        """On to the instruction at end, in this thread."""
        proxy, teb = self.proxy, self.proxy.word(FS_BASE)
        for key in list(proxy.inserted):
            proxy.change("z", key)
        while True:
            proxy.change("Z", (BREAK, end), 1)
            reply = proxy.motion(b"c")
            proxy.change("z", (BREAK, end))
            if reply[:1] != b"T":
                raise Impossible("the machine has ended")
            if proxy.word(EIP) == end and proxy.word(FS_BASE) == teb:
                return
            proxy.motion(b"s")

    def _give_back(self):
        self._set(dict(zip(GENERAL, self.kept)))

    def touch(self, address, data):
        """Store the four bytes data, which are there, at address: the page becomes its own."""
        self._set({EAX: struct.unpack("<I", data)[0], ECX: address, EIP: self.store})
        self._run(self.store + len(STORE))
        self._give_back()

    def set_protection(self, address, protection):
        """NtProtectVirtualMemory for the page of address; the old protection."""
        stack = (self.kept[ESP] - CALL_BYTES) & ~15
        room = len(self.space.read(stack, CALL_BYTES, self.cr3))
        if not 0 < stack < USER_END or room < CALL_BYTES:
            raise Impossible("the thread's stack is full")
        base, size, old = stack + 0x40, stack + 0x44, stack + 0x48
        words = (self.store + len(STORE), SELF, base, size, protection, old)
        data = struct.pack("<6I", *words).ljust(0x40, b"\0") + struct.pack("<3I", address, 1, 0)
        before = self.space.read(stack, len(data), self.cr3)
        self._poke(stack, data)
        self._set({ESP: stack, EIP: self.protect})
        self._run(self.store + len(STORE))
        status = self.proxy.word(EAX)
        was = self.space.word(old, self.cr3)
        self._poke(stack, before)
        self._give_back()
        if status:
            raise Impossible(f"NtProtectVirtualMemory says {status:#010x}")
        return was

    def _poke(self, address, data):
        self.proxy.qemu.ask(b"M%x,%x:%s" % (address, len(data), data.hex().encode()))
