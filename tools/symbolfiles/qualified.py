"""Second names, sizes and a mark for an ELF copy of a module.

  module!name  beside each function of module M one more symbol, M!NAME, so that gdb takes `break
               ntdll!RtlAllocateHeap` as it stands
  sizes        of functions, which PE files lack: the name at an address is then the plain one
  DT_SYMBOLIC  a frame of this module finds its names in this module first (strlen, memcpy)
"""
import os
import re
import struct
import subprocess

from .elf import ADDRESS, FLAGS, SIZE, Elf
from .kept import quoted

OBJCOPY = ["i686-w64-mingw32-objcopy", "-I", "elf32-i386", "-O", "elf32-i386"]
SYMBOLIC = struct.pack("<4I", 16, 0, 0, 0)  # DT_SYMBOLIC, DT_NULL
TYPE, PROGBITS, EXECUTABLE = 1, 1, 4
SIZE_AT = 8  # in a symbol
SECTION_MARK = ".dynamic"


def module_name(path):
    """ntdll of C:\\...\\ntdll.dll: as `module!name` has it."""
    return re.sub(r"\W", "_", os.path.splitext(os.path.basename(path))[0].lower())


def linked_base(path):
    """ImageBase of a PE file."""
    with open(path, "rb") as file:
        head = file.read(4096)
    at = int.from_bytes(head[0x3C:0x40], "little")
    return int.from_bytes(head[at + 0x34 : at + 0x38], "little")


def functions(elf):
    """The symbols that lie in code."""
    for at, name, value, section in elf.symbols():
        code = section < len(elf.sections) and elf.sections[section][FLAGS] & EXECUTABLE
        if code and name[:1] not in ("", "."):
            yield at, name, value, section


def second_names(elf, module):
    """{module!name: objcopy's words for where it is}."""
    rows = {}
    for _, name, value, section in functions(elf):
        plain = name[1:] if name.startswith("_") and not name.startswith(("_Z", "__")) else name
        if re.fullmatch(r"\w+", plain):
            where = f"{elf.names[section]}:{value - elf.sections[section][ADDRESS]:#x}"
            rows[f"{module}!{plain}"] = f"{where},function,global"
    return rows


def give_sizes(elf):
    """Each function reaches to the next; the second names stay without."""
    rows = list(functions(elf))
    starts = sorted({(section, value) for _, _, value, section in rows})
    after = {}
    for (section, value), following in zip(starts, [*starts[1:], (None, 0)]):
        end = elf.sections[section][ADDRESS] + elf.sections[section][SIZE]
        after[section, value] = following[1] if following[0] == section else end
    for at, name, value, section in rows:
        if "!" not in name:
            struct.pack_into("<I", elf.data, at + SIZE_AT, max(after[section, value] - value, 0))


def mark(elf):
    """What objcopy takes for a part of the program is none."""
    row = elf.sections[elf.names.index(SECTION_MARK)]
    row[TYPE], row[FLAGS] = PROGBITS, 0


def add(path, module):
    """All three of a copy whose names are C's."""
    options, dynamic = path + ".options", path + SECTION_MARK
    with open(dynamic, "wb") as out:
        out.write(SYMBOLIC)
    with open(options, "w") as out:
        rows = second_names(Elf(path), module).items()
        out.writelines(f"--add-symbol={name}={where}\n" for name, where in rows)
        out.write(quoted(f"--add-section={SECTION_MARK}={dynamic}") + "\n")
    subprocess.run([*OBJCOPY, f"@{options}", path], check=True, stderr=subprocess.DEVNULL)
    os.remove(options)
    os.remove(dynamic)
    elf = Elf(path)
    give_sizes(elf)
    mark(elf)
    elf.write(path)
