"""The window: a ring in the machine's memory, the fast way for frames (kernel/observe/host.c).

The machine's memory is a memory file that QEMU and we both map.  The kernel says where its
window lies; we say that we look (Attached), move Head as we take bytes, and put a program's
input into In.
"""
import mmap
import os
import struct

ATTACHED, HEAD, TAIL = 0, 4, 8  # offsets of the three words


class Window:
    def __init__(self, descriptor, base, inward, inward_size, size):
        if base + inward + inward_size + size > os.fstat(descriptor).st_size:
            raise ValueError("a window outside memory")
        self.memory = mmap.mmap(descriptor, 0)
        self.base, self.inward, self.inward_size, self.size = (
            base,
            base + inward,
            inward_size,
            size,
        )
        self.data = self.inward + inward_size
        self._set(ATTACHED, 1)

    def _get(self, word):
        return struct.unpack_from("<I", self.memory, self.base + word)[0]

    def _set(self, word, value):
        struct.pack_into("<I", self.memory, self.base + word, value & 0xFFFFFFFF)

    def take(self):
        """What the kernel has put there since the last time."""
        head, tail = self._get(HEAD), self._get(TAIL)
        length = (tail - head) & 0xFFFFFFFF
        if length > self.size:
            return b""
        at = head % self.size
        first = min(length, self.size - at)
        taken = self.memory[self.data + at : self.data + at + first]
        taken += self.memory[self.data : self.data + length - first]
        self._set(HEAD, tail)
        return taken

    def put(self, data):
        """Lay input there; what the frame that announces it carries."""
        data = data[: self.inward_size]
        self.memory[self.inward : self.inward + len(data)] = data
        return struct.pack("<I", len(data))

    def close(self):
        self.memory.close()
