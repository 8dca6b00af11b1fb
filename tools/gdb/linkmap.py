"""Line tables of NASM code: each .asm was assembled a second time as ELF with DWARF
(X.dbg.o, the same bytes); the link map says where its sections came to lie."""
import os
import subprocess

import gdb

from kept import kept, quoted
from mapfile import sections


def add_assembler(path, out, slide=0):
    """Add the line tables of all NASM objects in the map at path; slide: by how much the
    module was moved.  Returns [(object, (start, end))] of their code."""
    objects, code = {}, []
    for name, address, size, file in sections(path):
        debug = (
            os.path.join(os.path.dirname(out), file) if not os.path.isabs(file) else file
        )
        debug = debug.removesuffix(".o") + ".dbg.o"
        if os.path.exists(debug):
            objects.setdefault(debug, {}).setdefault(name, address + slide)
            if name in (".text", ".boot"):
                code.append((debug, (address + slide, address + slide + size)))
    for debug, placed in objects.items():
        bare = strip_names(debug, out)
        where = " ".join(f"-s {name} {address:#x}" for name, address in placed.items())
        gdb.execute(f"add-symbol-file {quoted(bare)} {where}", to_string=True)
    return code


NAMES = ("--strip-unneeded-symbol=_*", "--strip-unneeded-symbol=..@*")


def strip_names(debug, out):
    """The object without its own names (they carry the underscore of i386 PE): only
    lines."""
    bare = kept(out, debug, ".lines")
    if not os.path.exists(bare):
        subprocess.run(
            ["objcopy", "-w", *NAMES, debug, bare], check=True
        )
    return bare
