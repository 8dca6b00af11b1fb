"""Symbols of user modules, each when ntdll's loader has it in its lists.

ntdll calls LdrpModuleLoaded(base, name) for that; it exists to be broken on, as r_brk
does in an ELF loader.  ntdll itself lies where it is linked in every process and is known
from the start. A process may have another program at the same address: then the older
symbols go.
"""
import os
import subprocess

import gdb

import dispatchers
import entrycfi
from kept import kept, quoted
import linkmap
import unwind

THREAD_START_BYTES = 16  # RtlUserThreadStart, as far as its alignment reaches


def elf_copy(path, out):
    """An ELF copy of a PE file whose names are C's: without underscore and @bytes."""
    copy = kept(out, path, ".elf")
    if os.path.exists(copy):
        return copy
    new = f"{copy}.{os.getpid()}"
    objcopy = "i686-w64-mingw32-objcopy"
    subprocess.run(
        [objcopy, "--remove-leading-char", "-O", "elf32-i386", path, new], check=True
    )
    listed = subprocess.run(["nm", new], capture_output=True, text=True).stdout
    names = {line.split()[-1] for line in listed.split("\n") if line}
    renamed = {}  # plain name: name with @bytes
    for name in sorted(names):
        plain = name.split("@")[0]
        if plain and plain not in names and not name.startswith("?"):
            renamed.setdefault(plain, name)
    with open(new + ".names", "w") as table:
        table.writelines(f"{old} {plain}\n" for plain, old in renamed.items())
    # The thunk of an import has the import's name: who breaks there means the function.
    # A stub has two names, of which stacks show the one that programs call.
    extra = [name for name in names if "_imp__" + name in names]
    extra += [n for n in names if n.startswith("Zw") and "Nt" + n[2:] in names]
    elf = ["-I", "elf32-i386", "-O", "elf32-i386"]
    strip = [f"--strip-symbol={name}" for name in extra]
    subprocess.run([objcopy, *elf, *strip, new], check=True)
    subprocess.run([objcopy, *elf, f"--redefine-syms={new}.names", new], check=True)
    os.remove(new + ".names")
    if os.path.dirname(path) == os.path.join(out, "bin") and path.endswith(".dll"):
        forget_linkage_names(new)
    os.replace(new, copy)
    return copy


def uleb(data, at):
    """(value, where the next begins) of a ULEB128 number."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def forget_linkage_names(path):
    """Have gdb call functions by C's names: DWARF's linkage names (RtlAllocateHeap@12) get
    an attribute number that means nothing."""
    linkage_name, nothing, implicit_const = 0x6E, 0x04, 0x21
    section = path + ".abbrev"
    subprocess.run(
        ["objcopy", f"--dump-section=.debug_abbrev={section}", path], check=True
    )
    with open(section, "rb") as file:
        data = bytearray(file.read())
    at = 0
    while at < len(data):
        code, at = uleb(data, at)
        if not code:
            continue  # the end of one unit's table
        _, at = uleb(data, at)
        at += 1  # whether it has children
        while True:
            start = at
            attribute, at = uleb(data, at)
            form, at = uleb(data, at)
            if form == implicit_const:
                _, at = uleb(data, at)
            if not attribute and not form:
                break
            if attribute == linkage_name:
                data[start] = nothing
    with open(section, "wb") as file:
        file.write(data)
    subprocess.run(
        ["objcopy", f"--update-section=.debug_abbrev={section}", path], check=True
    )
    os.remove(section)


def linked_base(path):
    """ImageBase of a PE file."""
    with open(path, "rb") as file:
        head = file.read(4096)
    at = int.from_bytes(head[0x3C:0x40], "little")
    return int.from_bytes(head[at + 0x34 : at + 0x38], "little")


class Modules:
    def __init__(self, out, known):
        self.out = out
        self.known = {name.lower(): path for name, path in known.items()}
        self.loaded = {}  # base: (path, [symbol file])

    def path_of(self, name):
        name = name.replace("/", "\\").split("\\")[-1].lower()
        if name in self.known:
            return self.known[name]
        built = os.path.join(self.out, "bin", name)
        return built if os.path.exists(built) else None

    def add(self, name, base):
        path = self.path_of(name)
        if not path or self.loaded.get(base) == path:
            return
        slide = base - linked_base(path)
        if base in self.loaded:
            gdb.execute(
                f"remove-symbol-file {quoted(elf_copy(self.loaded[base], self.out))}",
                to_string=True,
            )
        self.loaded[base] = path
        gdb.execute(
            f"add-symbol-file {quoted(elf_copy(path, self.out))} -o {slide:#x}", to_string=True
        )
        table = os.path.splitext(path)[0] + ".map"
        if os.path.exists(table):
            linkmap.add_assembler(table, self.out, slide)


class LoadHook(gdb.Breakpoint):
    """Internal, and never a stop that a person sees."""

    def __init__(self, modules):
        super().__init__("LdrpModuleLoaded", internal=True)
        self.silent = True
        self.modules = modules

    def stop(self):
        base, text = gdb.parse_and_eval("base"), gdb.parse_and_eval("name").dereference()
        try:
            wide = gdb.selected_inferior().read_memory(
                int(text["Buffer"]), int(text["Length"])
            )
        except gdb.MemoryError:
            return False
        self.modules.add(wide.tobytes().decode("utf-16-le", "replace"), int(base))
        return False


def begin(out, known):
    """Modules with ntdll, whose threads begin in RtlUserThreadStart."""
    modules = Modules(out, known)
    ntdll = os.path.join(out, "bin", "ntdll.dll")
    modules.add("ntdll.dll", linked_base(ntdll))
    start = int(gdb.parse_and_eval("(unsigned int)&RtlUserThreadStart"))
    end = start + THREAD_START_BYTES
    entrycfi.outermost(start, end, out)
    unwind.outermost((start, end))
    dispatchers.register()
    return modules


def watch(out, known):
    LoadHook(begin(out, known))


def place(out, known, loaded):
    """The same for a recording, whose modules have their places already."""
    modules = begin(out, known)
    for name, base in loaded:
        modules.add(name, base)
