"""A machine seen from outside: QEMU's stub for its registers, a shared file for its memory.

    Watch ── record/remote.py ──> QEMU's stub: stop at an address, step, registers
      └──── stub/space.py ─────> the memory file: words and pages of any address space

Nothing in the machine takes part, so nothing in it can answer in place of what is there.
"""
import collections
import mmap
import struct
import subprocess
import time

from record.remote import Remote
from stub.process import addresses
from stub.space import Space

NAMES = "eax ecx edx ebx esp ebp esi edi eip eflags cs ss ds es fs gs fs_base gs_base k_gs_base"
NAMES += " cr0 cr2 cr3"
Registers = collections.namedtuple("Registers", NAMES)
FORM = struct.Struct("<22I")
PAGE = 4096
LONGEST = 260  # characters of a text that is read
STRETCH = Registers._fields.index("cr3") + 1  # registers of an answer that are used
assert STRETCH * 4 == FORM.size


def sections_of(path, *names):
    """[(address, bytes)] of these sections of a PE file that is loaded where it is linked."""
    with open(path, "rb") as file:
        data = file.read()
    at = int.from_bytes(data[0x3C:0x40], "little")
    count, optional = struct.unpack_from("<H12xH", data, at + 6)
    base, found = int.from_bytes(data[at + 0x34 : at + 0x38], "little"), []
    for entry in range(at + 24 + optional, at + 24 + optional + 40 * count, 40):
        if data[entry : entry + 8].rstrip(b"\0") in names:
            size, rva, raw, start = struct.unpack_from("<4I", data, entry + 8)
            found.append((base + rva, data[start : start + min(size, raw)]))
    return found


def text_bytes(path):
    """How many bytes of code an object file has."""
    listed = subprocess.run(
        ["i686-w64-mingw32-objdump", "-h", "-j", ".text", path], capture_output=True, text=True
    ).stdout
    rows = (line.split() for line in listed.splitlines())
    return next((int(row[2], 16) for row in rows if len(row) > 2 and row[1] == ".text"), 0)


class Watch:
    """machine: started with halted.  All numbers are as they are while it stands still."""

    def __init__(self, machine):
        self.stub = Remote(machine)
        self.memory = mmap.mmap(machine.memory, 0)
        self.space = Space(self.memory, machine.mem << 20)
        self.stops = set()  # addresses with a breakpoint
        self.registers = None
        self.held, self.since = 0, time.monotonic()  # how long it stood still; since when it does
        self.look()

    def look(self):
        answer = self.stub.ask("g")[: FORM.size * 2]
        self.registers = Registers(*FORM.unpack(bytes.fromhex(answer)))

    def _set(self, wanted):
        for address in self.stops - wanted:
            self.stub.ask(f"z1,{address:x},1")
        for address in wanted - self.stops:
            self.stub.ask(f"Z1,{address:x},1")
        self.stops = set(wanted)

    def excused(self):
        """Seconds that it stood still, or was stepped: none of the program's."""
        since = self.since
        return self.held + (time.monotonic() - since if since is not None else 0)

    def step(self):
        """One instruction; no interrupt comes into it."""
        self.stub.ask("s")
        self.look()

    def run_to(self, wanted):
        """On to one of these addresses."""
        self._set(wanted)
        if self.registers.eip in self.stops:
            self.step()
            if self.registers.eip in self.stops:
                return
        self.held, self.since = self.excused(), None
        while not self.stub.ask("c").startswith(("T05", "S05")):
            pass
        self.since = time.monotonic()
        self.look()

    def leave(self):
        """The machine goes on alone."""
        self._set(set())
        self.held, self.since = self.excused(), None
        self.stub.ask("D")

    # ---- what lies in memory; cr3: whose, that of now by itself ----

    def _cr3(self, cr3):
        return self.registers.cr3 if cr3 is None else cr3

    def read(self, address, size, cr3=None):
        return self.space.read(address, size, self._cr3(cr3))

    def word(self, address, cr3=None):
        return self.space.word(address, self._cr3(cr3))

    def words(self, address, count):
        data = self.read(address, 4 * count)
        return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))

    def byte(self, address):
        return int.from_bytes(self.read(address, 1), "little")

    def text(self, address):
        return self.read(address, LONGEST).split(b"\0")[0].decode("latin-1")

    def pte(self, address):
        return self.space.pte(address, self.registers.cr3)

    def is_there(self, address, size):
        """Every byte lies on a page that is present."""
        pages = range(address & -PAGE, address + size, PAGE)
        return all(self.space.physical(page, self.registers.cr3) is not None for page in pages)

    def write(self, address, data):
        """Into the machine's memory, behind its processor's back; the page is there."""
        for at, value in enumerate(data):
            self.memory[self.space.physical(address + at, self.registers.cr3)] = value


__all__ = ["Watch", "addresses", "sections_of", "text_bytes", "PAGE"]
