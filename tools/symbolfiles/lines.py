"""The lines of a module's NASM code: each .asm was assembled a second time as ELF with DWARF
(X.dbg.o, the same bytes); the link map says where its sections came to lie.
"""
import os
import subprocess

from .kept import kept
from .mapfile import sections

NAMES = ("--strip-unneeded-symbol=_*", "--strip-unneeded-symbol=..@*")


def strip_names(debug, out):
    """The object without its own names (they carry the underscore of i386 PE): only lines."""
    bare = kept(out, debug, ".lines")
    if not os.path.exists(bare):
        new = f"{bare}.{os.getpid()}"
        subprocess.run(["objcopy", "-w", *NAMES, debug, new], check=True)
        os.replace(new, bare)
    return bare


def line_objects(path, out):
    """{object: {section: address}} of the NASM objects in the link map at path: each .asm was
    assembled a second time as ELF with DWARF (X.dbg.o, the same bytes)."""
    found = {}
    for name, address, _, file in sections(path):
        own = file if os.path.isabs(file) else file.split("/", 1)[-1]  # build/... in the map
        debug = os.path.join(out, own).removesuffix(".o") + ".dbg.o"
        if os.path.exists(debug):
            found.setdefault(debug, {}).setdefault(name, address)
    return found


def line_file(path, out):
    """All NASM line tables of the module at path as one ELF file at its link addresses; None."""
    table = os.path.splitext(path)[0] + ".map"
    objects = line_objects(table, out) if os.path.exists(table) else {}
    if not objects:
        return None
    result = kept(out, path, ".2.lines.elf")
    if os.path.exists(result):
        return result
    rows, bare = [], []
    for debug, placed in objects.items():
        bare.append(strip_names(debug, out))
        rows += [
            f"  .c{at:x} {at:#x} : {{ {os.path.basename(bare[-1])}({name}) }}"
            for name, at in placed.items() if name == ".text"
        ]
    script, new = f"{result}.{os.getpid()}.ld", f"{result}.{os.getpid()}"
    with open(script, "w") as text:
        rest = "  /DISCARD/ : { *(.text .data .bss .rdata) }"
        text.write("\n".join(["SECTIONS {", *rows, rest, "}\n"]))
    link = ["ld", "-m", "elf_i386", "--unresolved-symbols=ignore-all", "--no-warnings"]
    link += ["-T", script, "-o", new, *map(os.path.basename, bare)]
    folder = os.path.dirname(bare[0])
    subprocess.run(link, check=True, cwd=folder, stderr=subprocess.DEVNULL)
    os.remove(script)
    subprocess.run(["objcopy", "-w", "--strip-symbol=*", new], check=True)
    os.replace(new, result)
    return result
