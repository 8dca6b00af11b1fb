"""ELF copies of PE files for gdb, with C's names: no underscore, no @bytes.  No gdb in here.

    _HeapAlloc@12   of a DLL's own function   HeapAlloc
    _HeapAlloc@12   of an import's thunk      import.HeapAlloc   (thunks.py)

    python3 -m symbolfiles.elfcopy FILE.elf   the same of the kernel's copy, in place (mk/run.mk)
"""
import os
import re
import subprocess
import sys

import leb128

from . import clobbered, entries, qualified, thunks
from .elf import Elf
from .kept import kept

OBJDUMP = "i686-w64-mingw32-objdump"
OBJCOPY, ELF = "i686-w64-mingw32-objcopy", ["-I", "elf32-i386", "-O", "elf32-i386"]
FORM = ".6.elf"  # another number where a copy of the same file becomes another one
LABEL = re.compile(
    r"_?([\w@]+)\.(?!cold$)[A-Za-z_]\w*"
)  # NASM's, within a function; f.cold is GCC's


def elf_copy(path, out):
    """The path of the copy, which is made when it is first wanted."""
    copy = kept(out, path, FORM)
    if os.path.exists(copy):
        return copy
    new = f"{copy}.{os.getpid()}"
    subprocess.run([OBJCOPY, "--remove-leading-char", "-O", "elf32-i386", path, new], check=True)
    ours = os.path.dirname(path) == os.path.join(out, "bin") and path.endswith(".dll")
    improve(new, qualified.module_name(path), ours)
    os.replace(new, copy)
    return copy


def improve(path, module, ours):
    """module: its name in module!name; ours: it is one of Fathom's own."""
    rename(path)
    qualified.add(path, module)
    elf = Elf(path)
    thunks.make_plt(elf)
    entries.improve(elf, path, OBJDUMP)
    if ours:
        elf.replace(".debug_abbrev", forget_linkage_names(elf.section(".debug_abbrev")))
    for name in (".debug_frame", ".eh_frame"):
        if frames := elf.section(name):
            elf.replace(name, clobbered.forget(frames, name == ".eh_frame"))
    elf.write(path)


def plain_name(name):
    """HeapAlloc of HeapAlloc@12, KfRaiseIrql of @KfRaiseIrql@4."""
    return name if name.startswith("?") else name.lstrip("@").split("@")[0]


def new_names(names, imports):
    """{name as it is: name as gdb is to have it} of those that change; imports: the thunks'."""
    own = names - imports
    renamed = {}  # plain name: name with @bytes
    for name in sorted(own):
        if plain_name(name) and plain_name(name) not in own:
            renamed.setdefault(plain_name(name), name)
    found = {name: plain for plain, name in renamed.items()}
    return found | {name: thunks.BEFORE + plain_name(name) for name in imports}


def rename(path):
    elf = Elf(path)
    names = {name for _, name, _, _ in elf.symbols() if name}
    # A stub has two names, of which stacks show the one that programs call.
    extra = [name for name in names if name.startswith("Zw") and "Nt" + name[2:] in names]
    extra += [name for name in names if is_label(name, names)]
    strip = [f"--strip-symbol={name}" for name in extra]
    subprocess.run([OBJCOPY, *ELF, *strip, path], check=True)
    with open(path + ".names", "w") as table:
        table.writelines(
            f"{old} {new}\n" for old, new in new_names(names, thunks.imports(elf)).items()
        )
    subprocess.run([OBJCOPY, *ELF, f"--redefine-syms={path}.names", path], check=True)
    os.remove(path + ".names")


def is_label(name, names):
    """Of NASM, within the function whose name comes before the dot."""
    label = LABEL.fullmatch(name)
    return label is not None and not {label[1], "_" + label[1]}.isdisjoint(names)


def forget_linkage_names(abbreviations):
    """.debug_abbrev with which gdb calls functions by C's names: DWARF's linkage names
    (RtlAllocateHeap@12) get an attribute number that means nothing."""
    linkage_name, nothing, implicit_const = 0x6E, 0x04, 0x21
    data, at = bytearray(abbreviations), 0
    while at < len(data):
        code, at = leb128.get(data, at)
        if not code:
            continue  # the end of one unit's table
        _, at = leb128.get(data, at)
        at += 1  # whether it has children
        while True:
            start = at
            attribute, at = leb128.get(data, at)
            form, at = leb128.get(data, at)
            if form == implicit_const:
                _, at = leb128.get(data, at)
            if not attribute and not form:
                break
            if attribute == linkage_name:
                data[start] = nothing
    return bytes(data)


if __name__ == "__main__":
    improve(sys.argv[1], "nt", True)
