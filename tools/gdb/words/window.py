"""The live machine's memory as a file that this process maps: no packet for each page.

tools/fathom makes the memory of its machines a memory file, and hands its name to start.py.
Without it (a recording, a machine under icount) pages come through gdb.

QEMU's PC has its memory from 0; what does not fit below 3 GiB goes on at 4 GiB.
"""
import mmap
import os

PAGE = 4096
FITS, SPLIT, FAR = 0xE0000000, 0xC0000000, 1 << 32  # hw/i386/pc_piix.c: max-ram-below-4g


class Window:
    """page(pfn): the bytes, or None where the file has none."""

    def __init__(self):
        self.memory, self.low = None, 0

    def open(self, path):
        """From now on: the file of this name; where it cannot be had, none."""
        try:
            descriptor = os.open(path, os.O_RDONLY)
            self.memory = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
            os.close(descriptor)
        except (OSError, ValueError):
            return
        self.low = SPLIT if len(self.memory) >= FITS else len(self.memory)

    def page(self, pfn):
        if self.memory is None:
            return None
        at = pfn * PAGE
        if self.low <= at < FAR:
            return None
        at += self.low - FAR if at >= FAR else 0
        data = self.memory[at : at + PAGE]
        return data if len(data) == PAGE else None
