"""Numbers that the system's headers define: DWARF has no macros, and none is written down twice.

    number("kernel/mm/layout.h", "MI_PTE_BASE")  ->  0xC0000000

Only `#define NAME NUMBER` counts; the headers are those of the tree that this tool belongs to.
"""
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
NUMBER = r"\(?(0[xX][0-9a-fA-F]+|\d+)[uUlL]*\)?"
DEFINE = re.compile(rf"^\s*#\s*define\s+(\w+)\s+{NUMBER}\s*(?:/[*/].*)?$")
READ = {}  # path: {name: number}


def numbers(path):
    """{name: number} of a header of the tree, in its order."""
    if path not in READ:
        with open(os.path.join(TOP, path), errors="replace") as lines:
            found = (DEFINE.match(line) for line in lines)
            READ[path] = {match[1]: int(match[2], 0) for match in found if match}
    return READ[path]


def number(path, name):
    return numbers(path)[name]
