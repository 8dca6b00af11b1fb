"""Target: the memory of one address space, whichever the processor is in.

An address goes through the space's own page tables (PAE, Intel SDM vol. 3, 4.4), each read by its
physical address, so that another process is looked at as easily as the current one:

    CR3 -> PDPT[4] -> directory[512] -> table[512] -> page
           bits 31..30    29..21          20..12       11..0

A page that traps on every access (PTE_TRANSITION: guard, no access) has a frame, and is read too.
read() and record() return Missing, never an exception.
"""
from .layout import Record
from .trouble import Missing

PAGE, ENTRY_BYTES = 4096, 8
VALID, LARGE, TRANSITION = 0x001, 0x080, 0x800  # kernel/mm/pte.h
FRAME = 0x000FFFFFFFFFF000
MOST = 1 << 24  # bytes of one read: a damaged size ends here


class Walk:
    """What the tables say of an address: (name, physical address, value) of each entry read."""

    def __init__(self):
        self.steps, self.value, self.large, self.why = [], 0, False, ""

    @property
    def frame(self):
        """The physical page, valid or in transition; None: there is none."""
        if self.large:
            return (self.value & FRAME & ~0x1FF000) >> 12
        return (self.value & FRAME) >> 12 if self.value & (VALID | TRANSITION) else None


class Target:
    """memory: see memory.py; layouts: by name; pdpt: where the space's first table is, physical."""

    def __init__(self, memory, layouts, pdpt, name=""):
        self.memory, self.layouts, self.pdpt, self.name = memory, layouts, pdpt, name
        self.pages = {}  # virtual page number: bytes or Missing

    # ---- tables ----
    def _entry(self, where):
        page = self.memory.page(where >> 12)
        at = where & PAGE - 1
        return int.from_bytes(page[at : at + ENTRY_BYTES], "little") if page else None

    def walk(self, address):
        """Down the tables as far as they lead."""
        walk, table = Walk(), self.pdpt
        for name, shift in (("PDPTE", 30), ("PDE", 21), ("PTE", 12)):
            index = address >> shift & (3 if name == "PDPTE" else 0x1FF)
            where = table + index * ENTRY_BYTES
            value = self._entry(where)
            if value is None:
                walk.why = f"the table at physical {where & FRAME:X} cannot be read"
                break
            walk.steps.append((name, where, value))
            if name == "PTE" or name == "PDE" and value & LARGE and value & VALID:
                walk.value, walk.large = value, name == "PDE"
                break
            if not value & VALID:
                walk.why = f"its {name} is not valid: there is no page table"
                break
            table = value & FRAME
        return walk

    def physical(self, address):
        """The physical address of a byte, or Missing."""
        walk = self.walk(address)
        if walk.frame is None:
            return Missing(address, walk.why or said_of(walk.value))
        frame = walk.frame + (address >> 12 & 0x1FF if walk.large else 0)
        return frame << 12 | address & PAGE - 1

    # ---- bytes ----
    def read(self, address, size):
        """size bytes, or Missing: which is the first page that is not there."""
        if not 0 <= size <= MOST or not 0 <= address <= (1 << 32) - size:
            return Missing(address & 0xFFFFFFFF, f"{size:#x} bytes there are no range of addresses")
        parts, at, end = [], address, address + size
        while at < end:
            page = self._page(at)
            if isinstance(page, Missing):
                return page
            start = at & PAGE - 1
            parts.append(page[start : start + end - at])
            at += len(parts[-1])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _page(self, address):
        """The bytes of the page that holds an address, or Missing."""
        vpn = address // PAGE
        page = self.pages.get(vpn)
        if page is None:
            where = self.physical(address)
            page = where if isinstance(where, Missing) else self.memory.page(where >> 12)
            self.pages[vpn] = page
        if isinstance(page, Missing):
            return Missing(address, page.why)
        return page

    def number(self, address, size=4):
        """An unsigned number, or Missing; test that with isinstance, as 0 is false too."""
        data = self.read(address, size)
        return data if isinstance(data, Missing) else int.from_bytes(data, "little")

    def record(self, name, address):
        """The structure of this name (or Layout) at address, or Missing."""
        layout = self.layouts[name] if isinstance(name, str) else name
        data = self.read(address, layout.size)
        return data if isinstance(data, Missing) else Record(layout, address, data)

    def text(self, string):
        """The characters of a UNICODE_STRING record; "?" if they cannot be read."""
        data = self.read(string.Buffer, string.Length) if string.Buffer else b""
        return "?" if isinstance(data, Missing) else data.decode("utf-16-le", "replace")

    def string(self, address, most=64):
        """The characters up to a 0, within the page; "?" if they cannot be read."""
        data = self.read(address, min(most, PAGE - address % PAGE))
        return "?" if isinstance(data, Missing) else data.split(b"\0")[0].decode("utf-8", "replace")

    def wide(self, address, most=260):
        """UTF-16 up to a 0; "" for a null pointer, "?" where it cannot be read."""
        data = b""
        while address and len(data) < most * 2:
            word = self.read(address + len(data), 2)
            if isinstance(word, Missing):
                return "?"
            if word == b"\0\0":
                break
            data += word
        return data.decode("utf-16-le", "replace")

    # ---- lists ----
    def links(self, head, most=4096):
        """(the addresses of a LIST_ENTRY's members, what is wrong with it or "").

        Bounded; each member is visited once, and its Blink must lead back."""
        seen, found, before = {head}, [], head
        while (at := self.number(before)) != head:
            why = self._broken(before, at, seen)
            if not why and len(found) == most:
                why = f"it has more than {most} members"
            if why:
                return found, f"the list at {head:08X} is broken: {why}"
            seen.add(at)
            found.append(at)
            before = at
        return found, ""

    def _broken(self, before, at, seen):
        """What is wrong with the step from one member to the next; "" for nothing."""
        if isinstance(at, Missing):
            return str(at)
        if at in seen:
            return f"it runs in a circle, as {before:08X} leads back to {at:08X}"
        back = self.number(at + 4)
        if isinstance(back, Missing):
            return f"{before:08X} leads to {at:08X}, where no page is"
        return "" if back == before else f"{at:08X}.Blink is {back:08X}, not {before:08X}"


def said_of(pte):
    """Why a page that has no frame is not there, as far as its entry says."""
    if not pte:
        return "no page is there (its PTE is 0: reserved, or committed and never touched)"
    code = pte >> 5 & 0x1F
    if code == 0x10:
        return "the page is reserved (decommitted)"
    return "the page is committed, and was never touched"
