"""Pages that a process may touch and has not touched: what the first touch would bring.

    EPROCESS.Space -> MMSPACE.Vads -> tree of MMVAD -> private: zeros
                                                    -> MMCONTROL: a page that another process has
                                                       brought, the file's bytes, or zeros

The states of a PTE are those of kernel/mm/range.h.  Whatever makes no sense is no page: another
vad.c may keep its regions otherwise.
"""
import struct

from .space import PAGE_BYTES, USER_END

DEPTH = 64  # of the tree
FRAME_KEPT = 0x800  # PTE_TRANSITION: the page is there, every access traps
SOFT_SHIFT, SOFT_MASK, DECOMMIT = 5, 0x1F, 0x10  # PTE_SOFT_SHIFT, MM_DECOMMIT
PRESENT, COMMITTED, PFN = 1 << 24, 1 << 25, (1 << 24) - 1  # of MMSHARED
PRIVATE, MAPPED, IMAGE = range(3)  # MIVADKIND
MEMORY, FILE, IMAGE_FILE = range(3)  # MICONTROLKIND
SUBSECTIONS = 64  # most parts of an image
ZEROS = bytes(PAGE_BYTES)
CODE_SHIFT, CODE_MASK, WRITABLE, COPIED, WRITES = 9, 7, (4, 6), (5, 7), 4  # PTE_CODE_SHIFT, MM_*
# What a write to a page of a process does:
OWN = "own"  # nobody else sees it
COMMON = "common"  # shared memory that the program itself may write to: all see it
SHARED = "shared"  # copied, or brought, at the program's own first write
LOCKED = "locked"  # shared, and the program may not write to it
FREE = "free"


class Regions:
    """kernel: process.Kernel."""

    def __init__(self, kernel):
        self.kernel, self.space, self.at = kernel, kernel.memory, kernel.at

    def word(self, address, field, cr3):
        return self.space.word(address + self.at[field], cr3)

    def byte(self, address, field, cr3):
        return (self.space.read(address + self.at[field], 1, cr3) or b"\0")[0]

    def find(self, process, address):
        """The MMVAD that address lies in; 0."""
        cr3, page = process.cr3, address // PAGE_BYTES
        node = self.word(process.space, "MMSPACE.Vads", cr3)
        for _ in range(DEPTH):
            if node < USER_END:
                return 0
            if page < self.word(node, "MMVAD.StartingVpn", cr3):
                node = self.word(node, "RTL_AVL_NODE.Left", cr3)
            elif page > self.word(node, "MMVAD.EndingVpn", cr3):
                node = self.word(node, "RTL_AVL_NODE.Right", cr3)
            else:
                return node
        return 0

    def page(self, process, address):
        """(the bytes of an untouched page, where they are from in words); None: there is none."""
        vad = self.find(process, address)
        if not vad:
            return None
        entry = self.space.pte(address, process.cr3) & 0xFFFFFFFF
        if entry & FRAME_KEPT and not entry & 1:
            return self._frame(entry >> 12), ""
        if entry and (entry >> SOFT_SHIFT & SOFT_MASK) == DECOMMIT:
            return None
        control = self.word(vad, "MMVAD.Control", process.cr3)
        if control:
            return self._shown(control, self.index(vad, address, process.cr3), process.cr3)
        committed = entry or self.byte(vad, "MMVAD.MemCommit", process.cr3)
        return (ZEROS, "zeros") if committed else None

    def state(self, process, address):
        """OWN, COMMON, SHARED, LOCKED or FREE."""
        vad = self.find(process, address)
        if not vad:
            return FREE
        entry = self.space.pte(address, process.cr3) & 0xFFFFFFFF
        control = self.word(vad, "MMVAD.Control", process.cr3)
        if not entry & 1:
            return self._unborn(vad, control, entry, address, process)
        if not control:
            return OWN
        shared = self.shared(control, self.index(vad, address, process.cr3), process.cr3)
        if not shared & PRESENT or shared & PFN != entry >> 12:
            return OWN
        code = entry >> CODE_SHIFT & CODE_MASK
        return COMMON if code in WRITABLE else SHARED if code in COPIED else LOCKED

    def _unborn(self, vad, control, entry, address, process):
        """Of a page that is not there."""
        if self.page(process, address) is None or entry & FRAME_KEPT:
            return FREE
        protection = entry >> SOFT_SHIFT & SOFT_MASK
        if not entry:
            protection = self.byte(vad, "MMVAD.Untouched", process.cr3)
            if control:
                index = self.index(vad, address, process.cr3)
                protection = self._part_protection(control, index, process.cr3)
        return SHARED if protection & WRITES else LOCKED

    def _part_protection(self, control, index, cr3):
        """MM_* of an untouched page of an image; of other views: as if it could be written to."""
        if self.word(control, "MMCONTROL.Kind", cr3) != IMAGE_FILE:
            return WRITES
        row = self._row(control, index, cr3)
        return self.word(row, "MMSUBSECTION.Protection", cr3) if row else 0

    def page_now(self, process, address):
        """The bytes of a page, there or not."""
        where = self.space.physical(address, process.cr3)
        there = where is not None
        return self._frame(where // PAGE_BYTES) if there else self.page(process, address)[0]

    def index(self, vad, address, cr3):
        """Which page of its control an address of a view is."""
        first = self.word(vad, "MMVAD.StartingVpn", cr3)
        return self.word(vad, "MMVAD.FirstPage", cr3) + address // PAGE_BYTES - first

    def _frame(self, number):
        return bytes(self.space.memory[number * PAGE_BYTES : (number + 1) * PAGE_BYTES])

    def shared(self, control, index, cr3):
        """The MMSHARED of a control's page."""
        if index >= self.word(control, "MMCONTROL.Pages", cr3):
            return 0
        return self.space.word(self.word(control, "MMCONTROL.Shared", cr3) + 4 * index, cr3)

    def _shown(self, control, index, cr3):
        shared = self.shared(control, index, cr3)
        if shared & PRESENT:
            return self._frame(shared & PFN), "the page that the file's other views have"
        kind = self.word(control, "MMCONTROL.Kind", cr3)
        if kind == MEMORY:
            return (ZEROS, "zeros") if shared & COMMITTED else None
        part = (index * PAGE_BYTES, PAGE_BYTES)
        if kind == IMAGE_FILE:
            part = self._part(control, index, cr3)
        file = self.word(control, "MMCONTROL.File", cr3)
        return self._from_file(file, *part, cr3) if part else None

    def _row(self, control, index, cr3):
        """The MMSUBSECTION that a page of an image lies in; 0."""
        row = self.word(control, "MMCONTROL.Subsections", cr3)
        for _ in range(min(self.word(control, "MMCONTROL.SubsectionCount", cr3), SUBSECTIONS)):
            first = self.word(row, "MMSUBSECTION.FirstPage", cr3)
            pages = self.word(row, "MMSUBSECTION.Pages", cr3)
            if first <= index < first + pages:
                return row
            row += self.at["MMSUBSECTION"]
        return 0

    def _part(self, control, index, cr3):
        """(offset, bytes) in the file of a page of an image; the rest is zeros."""
        row = self._row(control, index, cr3)
        if not row:
            return None
        first, offset, size = (
            self.word(row, f"MMSUBSECTION.{name}", cr3)
            for name in ("FirstPage", "FileOffset", "FileBytes")
        )
        done = (index - first) * PAGE_BYTES
        return offset + done, max(0, min(PAGE_BYTES, size - done))

    def _from_file(self, file, offset, size, cr3):
        if not file:
            return None
        data = self.word(file, "MMFILE.Data", cr3)
        low = self.space.read(file + self.at["MMFILE.Size"], 8, cr3)
        length = struct.unpack("<Q", low)[0] if len(low) == 8 else 0
        size = max(0, min(size, length - offset))
        found = self.space.read(data + offset, size, cr3) if data else b""
        if len(found) < size:
            return None
        return found + ZEROS[size:], "what its file has" if size else "zeros"
