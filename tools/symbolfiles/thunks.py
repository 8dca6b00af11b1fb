"""The thunks of imports in an ELF copy of a PE file: what gdb takes for a PLT.  No gdb in here.

    main:  call malloc     ---> import.malloc:  jmp *[__imp__malloc]     ---> msvcrt's malloc

A thunk has no line, so gdb's `step` would go over the call.  In a section called .plt gdb expects
just such code, and steps through it, forward and back.  Therefore .text is cut where thunks lie:

    .text | .plt | .text | .plt | .text        the same bytes at the same addresses

and the thunk of malloc is called import.malloc.  malloc@plt, a name that gdb knows for a way to
malloc, is not for it: reverse-finish would then go past the call to the recording's begin.
"""
from .elf import ADDRESS, OFFSET, SIZE

BYTES, BEFORE, JUMP = 8, "import.", b"\xff\x25"


def imports(elf):
    """The names of functions whose code is a jump through the pointer of an import."""
    names = {name for _, name, _, _ in elf.symbols()}
    number = elf.names.index(".text")
    row, found = elf.sections[number], set()
    for _, name, value, section in elf.symbols():
        at = row[OFFSET] + value - row[ADDRESS]
        if section == number and "_imp__" + name in names and elf.data[at : at + 2] == JUMP:
            found.add(name)
    return found


def runs(addresses):
    """[start, end) of thunks that lie next to each other."""
    found = []
    for address in sorted(addresses):
        if found and found[-1][1] == address:
            found[-1][1] = address + BYTES
        else:
            found.append([address, address + BYTES])
    return found


def parts(start, end, thunks):
    """[(name, start, end)] of what .text is cut into."""
    cut, at = [], start
    for first, last in thunks:
        cut += [(".text", at, first), (".plt", first, min(last, end))]
        at = min(last, end)
    return [part for part in [*cut, (".text", at, end)] if part[1] < part[2]]


def make_plt(elf):
    """Cut .text where a symbol's name begins with import.."""
    number = elf.names.index(".text")
    row = elf.sections[number]
    thunks = {
        value
        for _, name, value, section in elf.symbols()
        if section == number and name.startswith(BEFORE)
    }
    if thunks:
        elf.cut(number, parts(row[ADDRESS], row[ADDRESS] + row[SIZE], runs(thunks)))
