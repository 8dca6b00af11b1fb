#!/usr/bin/env python3
"""path.py OUT TRACE PATH.json: the functions of a trace, in the order of their first
instruction, with file and lines.

OUT is the build directory.  Each address is looked up in its module's line table, inline
functions included: the outer one comes first.  NASM's lines are in the second object of each
file (X.dbg.o), at the addresses of the link map.
"""
import json
import os
import re
import subprocess
import sys

import source

sys.path.insert(0, os.path.join(source.TOP, "tools"))
from symbolfiles import mapfile

MODULES = {  # name: (its file with DWARF, the link map, the first address, the last)
    "nt": ("gdb/ntoskrnl.elf", "kernel/ntoskrnl.map", 0x80100000, 0x80200000),
    "ntdll": ("bin/ntdll.dll", "bin/ntdll.map", 0x7C900000, 0x7CA00000),
    "kernel32": ("bin/kernel32.dll", "bin/kernel32.map", 0x7C800000, 0x7C900000),
    "msvcrt": ("bin/msvcrt.dll", "bin/msvcrt.map", 0x77C10000, 0x77D00000),
}


def addr2line(path, addresses):
    """{address: [(function, file, line), ...]}, the outermost function first."""
    words = ["i686-w64-mingw32-addr2line", "-e", path, "-f", "-i", "-a"]
    if path.endswith((".elf", ".dbg.o")):
        words[0] = "addr2line"
    asked = "\n".join(f"{a:#x}" for a in addresses)
    text = subprocess.run(words, input=asked, capture_output=True, text=True, check=True)
    found, at, lines = {}, None, text.stdout.split("\n")
    for number, line in enumerate(lines):
        if re.fullmatch(r"0x[0-9a-f]+", line):
            at = found.setdefault(int(line, 16), [])
            pair = number + 1
        elif at is not None and (number - pair) % 2 and line:
            file, _, row = line.split(" (")[0].rpartition(":")
            at.insert(0, (lines[number - 1], file, int(row) if row.isdigit() else 0))
    return found


def plain(name):
    return re.sub(r"@\d+$", "", name).lstrip("_@") if name[0] in "_@" else name.split("@")[0]


def in_tree(file):
    """A path from the top of the tree, or None for what is not in it."""
    file = file.split("//")[-1]  # NASM's directory comes twice
    file = os.path.relpath(file, source.TOP) if os.path.isabs(file) else os.path.normpath(file)
    return file if os.path.exists(os.path.join(source.TOP, file)) else None


class Module:
    def __init__(self, out, name, addresses):
        self.name, self.out = name, out
        file, table, *_ = MODULES[name]
        self.pieces = [
            (address, size, debug)
            for section, address, size, debug in self.assembler(os.path.join(out, table))
        ]
        mine = {a: self.piece(a) for a in addresses}
        self.where = addr2line(os.path.join(out, file), [a for a in mine if not mine[a]])
        for address, piece in mine.items():
            if piece:
                self.where[address] = self.label(address, *piece)

    def assembler(self, table):
        for section, address, size, file in mapfile.sections(table):
            debug = os.path.join(os.path.dirname(self.out), file).removesuffix(".o")
            if section in (".text", ".boot") and os.path.exists(debug + ".dbg.o"):
                yield section, address, size, debug + ".dbg.o"

    def piece(self, address):
        return next((p for p in self.pieces if p[0] <= address < p[0] + p[1]), None)

    def label(self, address, start, _, debug):
        found = addr2line(debug, [address - start]).get(address - start, [])
        file, line = found[0][1:] if found else ("??", 0)
        path = in_tree(file)
        if not path or not line:
            return [("", file, line)]
        text = source.lines(path)
        at = source.label_span(text, line)
        return [(source.LABEL.match(text[at[0] - 1])[1] if at else "", file, line)]


def functions(out, trace):
    """[{module, name, file, first, last, phase, instructions}, ...] in call order."""
    rows = [line.split() for line in trace if " " in line]
    rows = [(phase, int(pc, 16)) for phase, pc in rows]
    found = {}
    for name, (_, _, low, high) in MODULES.items():
        mine = sorted({pc for _, pc in rows if low <= pc < high})
        if mine:
            where = Module(out, name, mine).where
            found |= {pc: (name, where.get(pc, [])) for pc in mine}
    path, order = {}, []
    for phase, pc in rows:
        module, frames = found.get(pc, (None, []))
        for function, file, line in frames:
            file = in_tree(file)
            lines = source.span(file, plain(function or "?"), line) if file and line else None
            if not lines:
                continue
            key = (file, lines[0])
            if key not in path:
                path[key] = {"module": module, "name": plain(function), "file": file}
                path[key] |= {"first": lines[0], "last": lines[1], "phase": phase}
                path[key] |= {"instructions": 0, "seen": set()}
                order.append(path[key])
            path[key]["seen"].add(line)
        if frames and frames[-1][1]:
            order and mark(path, frames[-1])
    return order, len(rows)


def is_shared(row):
    """True if the row is there for one line of a longer body alone: the compiler merged an
    exit of that inline function with its caller's."""
    seen = len(row.pop("seen"))
    return seen == 1 and row["last"] - row["first"] > 8


def mark(path, frame):
    """Count an instruction for the innermost function of it."""
    function, file, line = frame
    file = in_tree(file)
    lines = source.span(file, plain(function or "?"), line) if file and line else None
    if lines:
        path[file, lines[0]]["instructions"] += 1


def main(out, trace, result):
    with open(trace) as text:
        captured = text.read().split("\n")
    if "end" not in captured:
        sys.exit(f"path.py: {trace} does not reach cold_end")
    order, count = functions(os.path.abspath(out), captured)
    names = {row["name"] for row in order}
    for needed in ("malloc", "RtlAllocateHeap", "NtAllocateVirtualMemory", "PageAlloc"):
        if needed not in names:
            sys.exit(f"path.py: {needed} is not on the captured path")
    order = [row for row in order if not is_shared(row)]
    with open(result, "w") as file:
        json.dump({"instructions": count, "functions": order}, file, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
