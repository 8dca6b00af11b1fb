"""What a page shows of each executed address: its source line and its instruction.

    {"files": [path], "lines": {address: [file, line]}, "code": {address: text}, "sources": {...}}

Lines come from DWARF by addr2line (of NASM code: of its second, ELF assembly), instructions from
objdump.  Sources are those of this tree that were run through, line by line; a program's own source
is shown where its debug data names a file that is still there.
"""
import os
import re
import subprocess

from record.symbols import TOOL, image
from symbolfiles import lines as nasm

PLACE = re.compile(r"^(.*):(\d+)(?: \(discriminator \d+\))?$")


def places(path, addresses):
    """{address: (file, line)} of those that a file's debug data know."""
    asked = "\n".join(f"{at:#x}" for at in addresses)
    told = subprocess.run(
        [TOOL + "addr2line", "-e", path], input=asked, capture_output=True, text=True
    ).stdout.splitlines()
    found = {}
    for address, line in zip(addresses, told):
        match = PLACE.match(line)
        if match and not match[1].startswith("??") and int(match[2]):
            # NASM puts the folder of the source before its path from the top.
            found[address] = (match[1].split("//")[-1].removeprefix("./"), int(match[2]))
    return found


def code(path, addresses):
    """{address: instruction}."""
    wanted, found = set(addresses), {}
    first, last = min(wanted), max(wanted) + 16
    listed = subprocess.run(
        [TOOL + "objdump", "-d", "-M", "intel", "--no-show-raw-insn", path]
        + [f"--start-address={first:#x}", f"--stop-address={last:#x}"],
        capture_output=True,
        text=True,
    ).stdout
    for line in listed.splitlines():
        at, _, text = line.strip().partition(":")
        if text.startswith("\t") and re.fullmatch(r"[0-9a-f]+", at) and int(at, 16) in wanted:
            found[int(at, 16)] = re.sub(r"\s+", " ", text.strip())
    return found


def source(file, top):
    """The lines of a source; None: it is not here."""
    path = os.path.join(top, file)
    try:
        with open(path, errors="replace") as text:
            return text.read().splitlines()
    except OSError:
        return None


def facts(files, out, top, addresses):
    """files: paths of the recording's modules; addresses: every EIP of it."""
    lines, texts = {}, {}
    for path in files:
        base, size = image(path)
        mine = sorted(at for at in addresses if base <= at < base + size)
        if not mine:
            continue
        texts |= code(path, mine)
        assembled = nasm.line_file(path, out)
        lines |= (places(assembled, mine) if assembled else {}) | places(path, mine)
    inside = lambda file: os.path.relpath(file, top) if file.startswith(top + "/") else file
    lines = {at: (inside(file), line) for at, (file, line) in lines.items()}
    names = sorted({file for file, _ in lines.values()})
    sources = {i: found for i, file in enumerate(names) if (found := source(file, top)) is not None}
    number = {file: i for i, file in enumerate(names)}
    at = {address: [number[file], line] for address, (file, line) in lines.items()}
    shown = [os.path.basename(file) if os.path.isabs(file) else file for file in names]
    return {"files": shown, "lines": at, "code": texts, "sources": sources}
