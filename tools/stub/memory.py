"""Reads and writes of memory for gdb, in the process that it looks at.

    in RAM by the page tables          copied from the map of the machine's memory
    not touched yet                    what the first touch would bring; a line says so, once a page
    anything else                      QEMU is asked: the firmware's ROM, before there are tables
"""
from . import borrow, modules, region, registers
from .space import PAGE_BYTES, USER_END

ROM = range(0xA0000, 0x100000)  # video memory, firmware
PAE = 0x20  # in CR4
PAGING = 0x80000000  # in CR0


class Memory:
    def __init__(self, stub):
        self.stub, self.space = stub, stub.kernel.memory
        self.by_qemu = False  # it is asked for physical addresses
        self.regions, self.said = region.Regions(stub.kernel), set()

    def paging(self):
        stub = self.stub
        return bool(stub.word(registers.CR0) & PAGING and stub.word(registers.CR4) & PAE)

    def cr3(self, address):
        """Of the space in which gdb means an address: that of the process that it looks at."""
        shown = self.stub.shown
        return shown.cr3 if shown and address < USER_END else self.stub.word(registers.CR3)

    def modules(self, process):
        return modules.modules(self.space, process.cr3, process.peb)

    def read(self, rest):
        address, size = (int(word, 16) for word in rest.split(b","))
        data = self.bytes(address, size)
        if data:
            return data.hex().encode()
        return self.stub.elsewhere(b"m%x,%x" % (address, size)) or b"E14"

    def bytes(self, address, size):
        """As many as are in RAM, or would be."""
        data = b""
        while size > 0 and not self.by_qemu and self.paging():
            part = min(size, PAGE_BYTES - address % PAGE_BYTES)
            page = self._page(address, part)
            if page is None:
                break
            data, address, size = data + page, (address + part) & 0xFFFFFFFF, size - part
        return data

    def _page(self, address, size):
        """Bytes within one page; None: they are not in RAM."""
        where = self.space.physical(address, self.cr3(address))
        if where is None:
            return self._untouched(address, size)
        if where in ROM or where + size > self.space.ram:
            return None
        return self.space.memory[where : where + size]

    def _untouched(self, address, size):
        process = self.stub.shown or self.stub.process()
        if process is None or address >= USER_END:
            return None
        page = self.regions.page(process, address)
        if page is None:
            return None
        self._tell(process, address - address % PAGE_BYTES, page[1])
        return page[0][address % PAGE_BYTES :][:size]

    def _tell(self, process, start, source):
        """Once a page, and not what gdb reads for itself."""
        if source and not self.stub.quiet and (process.id, start) not in self.said:
            self.said.add((process.id, start))
            self._say(start, f"is not in memory yet; this is {source}")

    def _name(self, page):
        name = next((n for n, base, size in self.stub.modules if base <= page < base + size), "")
        return name and f" of {name}"

    # ---- writes ----
    def write(self, rest):
        """`M`: into a page that only this process has; made so first, or nothing is written."""
        place, _, data = rest.partition(b":")
        address, size = (int(word, 16) for word in place.split(b","))
        if not self.by_qemu and address < USER_END and self.stub.shown and self.paging():
            for page in range(address & ~(PAGE_BYTES - 1), address + size, PAGE_BYTES):
                if not self._own(self.stub.shown, page):
                    return b"E01"
        return self.stub.elsewhere(b"M" + rest)

    def _own(self, process, page):
        """Whether page may be written to now."""
        state = self.regions.state(process, page)
        there = self.space.physical(page, process.cr3) is not None
        if state in (region.SHARED, region.LOCKED) and not self._made(process, page, state, there):
            return False
        if self.regions.state(process, page) == region.COMMON:
            self._say(page, "is a section's: every process that maps it sees this")
        return True  # of what is free, QEMU says so

    def _made(self, process, page, state, there):
        """The program's own thread touches the page, which copies or brings it."""
        try:
            self.stub.copy(page, self.regions.page_now(process, page), state == region.LOCKED)
        except borrow.Impossible as why:
            what = "is shared with other processes" if there else "is not in memory yet"
            self._say(page, f"{what}: nothing is written; {why}")
            return False
        shared = "was shared with other processes: this one has a copy now"
        absent = "was not in memory yet: the program's own thread has brought it"
        self._say(page, shared if there else absent)
        return True

    def _say(self, page, what):
        self.stub.say(f"fathom: the page {page:08X}{self._name(page)} {what}")
