"""The halted machine's memory, through gdb: the one place that knows how its bytes come.

    virtual()    as the processor sees it now; the kernel's half is the same in every space
    page()       by physical page: from the machine's memory file if there is one (window.py);
                 else what the kernel's linear map has is read there, which live machines and
                 recordings both can, and the rest by QEMU's Qqemu.PhyMemMode
"""
import gdb

from .trouble import Missing, Trouble
from .window import Window

PAGE, PART = 4096, 1024
WINDOW = Window()


class Memory:
    def __init__(self, linear_base):
        self.linear_base = linear_base
        if not gdb.selected_inferior().pid:
            raise Trouble("the machine has ended; leave gdb and start it again")
        self.pages = {}  # physical page number: bytes; while the machine is halted here
        self.linear_pages = self.number("MiLinearPages")
        if not self.linear_pages:
            raise Trouble("the kernel does not manage memory yet; continue to a program first")

    def virtual(self, address, size):
        """size bytes, or Missing."""
        try:
            return gdb.selected_inferior().read_memory(address, size).tobytes()
        except (gdb.MemoryError, gdb.error):
            return Missing(address, "no page is there")

    def number(self, expression):
        """A number of the kernel's, by its symbol.  Trouble: it cannot be read."""
        try:
            return int(gdb.parse_and_eval(expression)) & 0xFFFFFFFF
        except gdb.error as wrong:
            raise Trouble(f"{expression}: {wrong}; is the kernel up yet?") from None

    def page(self, pfn):
        """The bytes of a physical page, or Missing."""
        if pfn not in self.pages:
            self.pages[pfn] = WINDOW.page(pfn) or self._asked(pfn)
        return self.pages[pfn]

    def _asked(self, pfn):
        """The same by gdb's remote protocol."""
        if pfn < self.linear_pages:
            return self.virtual(self.linear_base + pfn * PAGE, PAGE)
        return far_page(pfn)


def far_page(pfn):
    """A page that the kernel has no address for."""
    try:
        ask = gdb.selected_inferior().connection.send_packet
        if ask("Qqemu.PhyMemMode:1") != b"OK":
            return Missing(pfn * PAGE, f"physical page {pfn:X} is not in the kernel's linear map")
        try:
            parts = [ask(f"m{pfn * PAGE + at:x},{PART:x}") for at in range(0, PAGE, PART)]
        finally:
            ask("Qqemu.PhyMemMode:0")
        return bytes.fromhex(b"".join(parts).decode())
    except (AttributeError, gdb.error, ValueError):
        return Missing(pfn * PAGE, f"physical page {pfn:X} cannot be read by this gdb")
