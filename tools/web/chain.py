"""The lines of the chain, for the machine in a tab: where each instruction of the functions that
one malloc runs through comes from.  Their names are those of docs/reading-order.md, which is
captured.

    {"files": [path], "rows": [address, file, line, ...], "sources": {file: {line: text}}}

A row goes on to the next; rows are flat and each number is what is added to the one before, so that
they compress.  A row of line 0: from here on nothing is known.
"""
import os
import re
import subprocess

from record.symbols import TOOL, symbols

from . import lines

ROW = re.compile(r"^\| \d+ \| `(\w+)` \| `([\w/]+)/[\w.]+` \|", re.M)
MODULES = {
    "kernel": "kernel/ntoskrnl.exe",
    "ntdll": "bin/ntdll.dll",
    "kernel32": "bin/kernel32.dll",
    "crt/msvcrt": "bin/msvcrt.dll",
    "ole32": "bin/ole32.dll",
}
AROUND = 6  # lines that are shown on either side


def functions(top):
    """{path of a module in the build: names} of the chain's functions."""
    found = {}
    with open(os.path.join(top, "docs", "reading-order.md"), encoding="utf-8") as table:
        for name, folder in ROW.findall(table.read()):
            for room, module in MODULES.items():
                if (folder + "/").startswith(room + "/"):
                    found.setdefault(module, set()).add(name)
    return found


def instructions(path, names):
    """The addresses of each instruction of these functions, and where each function ends."""
    known = symbols(path)
    starts = sorted(set(known.values()))
    found, ends = [], []
    for start in sorted(known[name] for name in names if name in known):
        end = next((at for at in starts if at > start), start + 1)
        listed = subprocess.run(
            [TOOL + "objdump", "-d", "--no-show-raw-insn", path]
            + [f"--start-address={start:#x}", f"--stop-address={end:#x}"],
            capture_output=True,
            text=True,
        ).stdout
        found += [int(at, 16) for at in re.findall(r"^\s*([0-9a-f]+):\t", listed, re.M)]
        ends.append(end)
    return found, ends


def flat(rows):
    """Each as the differences to the one before."""
    numbers, last = [], (0, 0, 0)
    for row in rows:
        numbers += [now - before for now, before in zip(row, last)]
        last = row
    return numbers


def table(out, top):
    paths, addresses, ends = [], [], []
    for module, names in functions(top).items():
        paths.append(os.path.join(out, module))
        mine, stops = instructions(paths[-1], names)
        addresses += mine
        ends += stops
    known = lines.facts(paths, out, top, addresses)
    at = dict.fromkeys(ends, (0, 0)) | {a: tuple(place) for a, place in known["lines"].items()}
    rows, last = [], None
    for address in sorted(at):
        if at[address] != last:
            rows.append((address, *at[address]))
        last = at[address]
    sources = {}
    for _, file, line in rows:
        text = known["sources"].get(file)
        if line and text:
            shown = range(max(1, line - AROUND), min(len(text), line + AROUND) + 1)
            sources.setdefault(file, {}).update({i: text[i - 1] for i in shown})
    return {"files": known["files"], "rows": flat(rows), "sources": sources}
