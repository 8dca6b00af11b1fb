"""Numbers that the system's headers define: DWARF has no macros, and none is written down twice.

    number("kernel/mm/layout.h", "MI_PTE_BASE")  ->  0xC0000000

Only `#define NAME NUMBER` counts, and one by names of its own header or of ntos.h, shifted or not:
`(MM_PEB_VA >> PAGE_SHIFT)`.  The headers are those of the tree that this tool belongs to.
"""
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
NUMBER = r"\(?(0[xX][0-9a-fA-F]+|\d+)[uUlL]*\)?"
DEFINE = re.compile(rf"^\s*#\s*define\s+(\w+)\s+{NUMBER}\s*(?:/[*/].*)?$")
BY_NAME = re.compile(r"^\s*#\s*define\s+(\w+)\s+\(?([A-Z]\w+)(?: >> (\w+)\))?\s*(?:/[*/].*)?$")
COMMON = "include/ntos.h"
READ = {}  # path: {name: number}


def numbers(path):
    """{name: number} of a header of the tree, in its order."""
    if path not in READ:
        READ[path] = known = {}
        others = {} if path == COMMON else numbers(COMMON)
        with open(os.path.join(TOP, path), errors="replace") as lines:
            for line in lines:
                if match := DEFINE.match(line):
                    known[match[1]] = int(match[2], 0)
                elif match := BY_NAME.match(line):
                    names = (name for name in match.groups()[1:] if name)
                    parts = [known.get(name, others.get(name)) for name in names]
                    if None not in parts:
                        known[match[1]] = parts[0] >> sum(parts[1:])
    return READ[path]


def number(path, name):
    return numbers(path)[name]
