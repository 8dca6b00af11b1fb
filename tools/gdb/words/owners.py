"""Who shows a physical page: every page table of every process and of the kernel is gone through.

There is no shorter way: an MMPFN does not say which PTE leads to its page.  Tables are bounded by
the address space, so the walk ends whatever they hold.
"""
import itertools
import struct

from .places import area
from .regions import around, walk
from .target import FRAME, LARGE, TRANSITION, VALID
from .trouble import Missing

USER_DIRECTORIES, KERNEL_DIRECTORY = (0, 1), 2
MOST_CONTROLS, MOST_PAGES, MOST_PTES = 4096, 1 << 16, 16


def entries(memory, pfn):
    """The 512 entries of a table; none if it cannot be read."""
    page = memory.page(pfn)
    return struct.unpack("<512Q", page) if page else ()


def frame_of(entry):
    return (entry & FRAME) >> 12


def shown_at(memory, pdpt, directories, pfn):
    """Yield (address, what): a PTE shows the page ("pte", "large"), or it is a table itself."""
    page = memory.page(pdpt >> 12)
    tops = struct.unpack_from("<4Q", page, pdpt & 0xFFF) if page else ()
    for i in directories:
        if i >= len(tops) or not tops[i] & VALID:
            continue
        if frame_of(tops[i]) == pfn:
            yield i << 30, "directory"
        for j, entry in enumerate(entries(memory, frame_of(tops[i]))):
            if entry & VALID:
                yield from shown_under(memory, entry, i << 30 | j << 21, pfn)


def shown_under(memory, entry, here, pfn):
    """Of a valid directory entry, whose first address is here."""
    if entry & LARGE:
        first = frame_of(entry) & ~0x1FF
        if first <= pfn < first + 512:
            yield here + (pfn - first << 12), "large"
        return
    if frame_of(entry) == pfn:
        yield here, "table"
    yield from shown_in(entries(memory, frame_of(entry)), here, pfn)


def shown_in(table, here, pfn):
    for k, entry in enumerate(table):
        if frame_of(entry) == pfn and entry & (VALID | TRANSITION):
            yield here | k << 12, "pte"


WORDS = {
    "pte": "shown at",
    "large": "shown at",
    "table": "page table of",
    "directory": "page directory of",
}
SPANS = {"table": 1 << 21, "directory": 1 << 30}


def range_text(where, what):
    return f"{where:08X}" + (f"..{where + SPANS[what] - 1:08X}" if what in SPANS else "")


def owners(look, pfn):
    """Lines: each process and each place in the kernel that shows the page."""
    lines = []
    for process in look.processes:
        if not process.has_ended:
            lines += process_lines(look, process, pfn)
    kernel = shown_at(look.memory, look.kernel.pdpt, (KERNEL_DIRECTORY,), pfn)
    for where, what in itertools.islice(kernel, MOST_PTES):
        place = area(where)
        there = place[2] if place else "nothing that is known"
        lines.append(f"kernel: {WORDS[what]} {range_text(where, what)}: {there}")
    return lines + control_lines(look, pfn)


def process_lines(look, process, pfn):
    space = process.space(look.kernel)
    if space.pdpt >> 12 == pfn:
        yield f"{process.title}: its MMSPACE, where CR3 points"
    regions = None
    found = shown_at(look.memory, space.pdpt, USER_DIRECTORIES, pfn)
    for where, what in itertools.islice(found, MOST_PTES):
        regions = regions or walk(look.kernel, process.record.Space)[0]
        region = around(regions, where)[0] if what == "pte" else None
        there = f": {region.kind} {region.name}".rstrip() if region else ""
        yield f"{process.title}: {WORDS[what]} {range_text(where, what)}{there}"


def control_lines(look, pfn):
    """Of a shared page: which file's or section's, and which page of it."""
    kernel = look.kernel
    offset = kernel.layouts["MMCONTROL"].fields["Links"].offset
    for links in kernel.links(look.symbol("MiControls"), MOST_CONTROLS)[0]:
        control = kernel.record("MMCONTROL", links - offset)
        if not control or control.Pages > MOST_PAGES:
            continue
        data = kernel.read(control.Shared, control.Pages * 4)
        if isinstance(data, Missing):
            continue
        for index, (word,) in enumerate(struct.iter_unpack("<I", data)):
            if word & 1 << 24 and word & 0xFFFFFF == pfn:
                file = kernel.record("MMFILE", control.File) if control.File else None
                name = kernel.string(file.Name) if file else "a section's memory"
                return [f"page {index} of {name} (MMCONTROL {control.address:08X})"]
    return []

