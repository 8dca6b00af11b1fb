"""What lies at a kernel address: kernel/mm/layout.h is the map."""
from .headers import number

LAYOUT = "kernel/mm/layout.h"
AREAS = [
    ("MI_LINEAR_BASE", "MI_PFN_BASE", "the linear map of physical memory"),
    ("MI_PFN_BASE", "MI_PFN_END", "the PFN database"),
    ("MI_STACK_BASE", "MI_STACK_END", "kernel stacks"),
    ("MI_POOL_BASE", "MI_POOL_END", "pool and device memory"),
    ("MI_HYPER_BASE", "MI_PTE_BASE", "hyperspace: a few slots for pages without an address"),
    ("MI_PTE_BASE", "MI_PDE_BASE", "page tables"),
    ("MI_PDE_BASE", "MI_PTE_END", "page directories"),
]


def area(address):
    """(start, end, what) of the area of the kernel's half; None: nothing is ever there."""
    for first, last, what in AREAS:
        start, end = number(LAYOUT, first), number(LAYOUT, last)
        if start <= address < end:
            return start, end, what
    return None


def table_text(address):
    """Of an address in the tables' own place: whose entry it is."""
    pte, pde, end = (number(LAYOUT, f"MI_{name}") for name in ("PTE_BASE", "PDE_BASE", "PTE_END"))
    if pte <= address < pde:
        page = (address - pte) // 8 << 12
        return f"the PTE of {page & 0xFFFFFFFF:08X}"
    if pde <= address < end:
        return f"the directory entry of {(address - pde) // 8 << 21 & 0xFFFFFFFF:08X}"
    return ""
