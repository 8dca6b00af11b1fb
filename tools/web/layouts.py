"""build/web/layouts.json: what web/model needs to know of the system's structures.

    gdb -batch -x layouts.py      with $FATHOM_LAYOUTS = {"out": FILE, "files": [PE file, ...]}

    {"layouts": {"HEAP": {"size": 640, "fields": {"Signature": {"offset": 96, "size": 4}}}},
     "numbers": {...}, "flags": {...}, "symbols": {"MiCurrentSpace": address}}

Offsets are the compiler's (DWARF), numbers those of the headers: nothing is written down twice.
"""
import json
import os
import sys

import gdb

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools", "gdb"))
from words import dwarf, headers  # noqa: E402

TYPES = """HEAP HEAP_SEGMENT HEAP_ENTRY HEAP_FREE_ENTRY HEAP_UCR_DESCRIPTOR HEAP_VIRTUAL_ALLOC_ENTRY
FRONT_HEAP FRONT_REGION FRONT_GROUP PEB TEB MMSPACE MIVADTREE MMVAD RTL_AVL_NODE MMPFN EPROCESS
ETHREAD""".split()
SYMBOLS = ("MiCurrentSpace", "PsAllProcesses", "KdpRing", "KdHostStacks")
HEAP, GROUPS = "ntdll/heap/heap.h", "ntdll/heap/front/groups.h"
NUMBERS = {
    "SIGNATURE": (HEAP, "HEAP_SIGNATURE"),
    "SEGMENT_SIGNATURE": (HEAP, "HEAP_SEGMENT_SIGNATURE"),
    "MOST_UNITS": (HEAP, "HEAP_MAXIMUM_BLOCK_SIZE"),
    "MOST_TAG": ("ntdll/heap/core/entry.h", "RANGE_TAG_MOST"),
    "GROUP_BLOCKS": (GROUPS, "GROUP_BLOCKS"),
    "FRONT_ZERO": (GROUPS, "FRONT_ZERO"),
    "PFN_BASE": ("kernel/mm/layout.h", "MI_PFN_BASE"),
}
ENUMERATORS = {"RELEASED": "RegionReleased"}  # front/groups.h
FLAGS = ("BUSY", "VIRTUAL_ALLOC", "LAST_ENTRY")


def title(layout):
    """Its name in the file; structures without one are told apart."""
    return layout.name if layout.name != "unnamed" else f"unnamed {id(layout):x}"


def plain(field):
    """A Field of tools/gdb/words/layout.py, for JSON."""
    shown = {"offset": field.offset, "size": field.size}
    if field.layout:
        shown["layout"] = title(field.layout)
    if field.element:
        shown |= {"element": plain(field.element), "count": field.count}
    if field.signed:
        shown["signed"] = True
    if field.bits:
        shown["bits"] = field.bits
    return shown


def add(layouts, layout):
    """This layout and those of the structures in it."""
    if title(layout) in layouts:
        return
    layouts[title(layout)] = made = {"size": layout.size, "fields": {}}
    for name, field in layout.fields.items():
        made["fields"][name] = plain(field)
        inner = field
        while inner.element:
            inner = inner.element
        if inner.layout:
            add(layouts, inner.layout)


def main(wanted):
    for path in wanted["files"]:
        gdb.execute(f'add-symbol-file "{path}"', to_string=True)
    known, layouts = dwarf.Layouts(), {}
    for name in TYPES:
        add(layouts, known[name])
    symbols = {name: int(gdb.parse_and_eval(f"(unsigned int)&{name}")) for name in SYMBOLS}
    numbers = {name: headers.number(*where) for name, where in NUMBERS.items()}
    numbers |= {name: int(gdb.parse_and_eval(said)) for name, said in ENUMERATORS.items()}
    flags = {name: headers.number(HEAP, f"HEAP_ENTRY_{name}") for name in FLAGS}
    facts = {"layouts": layouts, "numbers": numbers, "flags": flags, "symbols": symbols}
    with open(wanted["out"], "w") as out:
        json.dump(facts, out, indent=1)


main(json.loads(os.environ["FATHOM_LAYOUTS"]))
