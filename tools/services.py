"""Make ntdll's stubs, the kernel's dispatch table and the numbers from include/services.tbl.

stubs_gen.asm    one stub a service, exactly as Windows 7 SP1 x86 has it, exported also as Zw*
services_gen.h   SERVICE_NtName = number; how many numbers each table has; the second's first
services_types.h prototypes of all: the kernel's files and ntdll's callers are compiled against them
services_gen.def exports of ntdll: each service by both its names
services_list.h  SERVICE(number, name, "argument names"): for programs that call them all
services_gen.c   KiServiceTable and KiFathomTable: routine, argument bytes; a hole is KiNoService
"""
import os
import re
import sys

sys.dont_write_bytecode = True
import settled

MADE = "/* Made by tools/services.py from include/services.tbl. */\n"
FATHOM_BASE = 0x1000  # the second table


ARGUMENT = re.compile(r"(.+?)\s*(\*?)(\w+)")  # type, does it show what it points to, name


def rows(path):
    """Yield (number, name, [argument as C has it, ...]) for each row, checking order."""
    last = -1
    with open(path) as table:
        text = re.sub(r"\n[ \t]+", " ", "".join(row for row in table if row[0] != "#"))
    for row in filter(None, text.split("\n")):
        parts = re.fullmatch(r"(0x[0-9a-fA-F]+)\s+(Nt\w+)\s+\((.+)\)", row)
        if not parts:
            raise SystemExit(f"{path}: {row}: NUMBER NAME (PROTOTYPE) expected")
        number, name, arguments = int(parts[1], 16), parts[2], parts[3].split(", ")
        if number <= last:
            raise SystemExit(f"{path}: {name}: rows must ascend")
        last = number
        yield number, name, [] if arguments == ["void"] else arguments


def shown(arguments):
    """The tracer's names: those of pointers whose target it shows end with a star."""
    return " ".join(name + star for _, star, name in map(split, arguments))


def split(argument):
    parts = ARGUMENT.fullmatch(argument)
    if not parts:
        raise SystemExit(f"services: {argument}: TYPE NAME expected")
    return parts.groups()


def types(services):
    yield "#ifndef SERVICES_TYPES_H\n#define SERVICES_TYPES_H"
    for _, name, arguments in services:
        yield f"SERVICE_API NTSTATUS NTAPI {name}({', '.join(arguments) or 'void'});"
    by_value = {
        kind for _, _, arguments in services for kind, star, _ in map(split, arguments) if not star
    }
    for kind in sorted(by_value):
        yield f'_Static_assert(sizeof({kind}) <= 4, "{kind} is one stack dword");'
    yield "#endif"


def stubs(services):
    yield "; Made by tools/services.py from include/services.tbl."
    yield "section .text"
    for number, name, arguments in services:
        size = 4 * len(arguments)
        zw = "Zw" + name[2:]
        for label in (name, zw):
            yield f"global _{label}@{size}"
        yield f"_{name}@{size}:\n_{zw}@{size}:"
        yield f"    mov eax, {number:#x}\n    mov edx, 7FFE0300h\n    call [edx]"
        yield f"    ret {size:#x}" if size else "    ret"
        yield "    align 16, db 90h"


def tables(services):
    """(first number, name, how many numbers) of the two tables."""
    for base, label in ((0, "Service"), (FATHOM_BASE, "Fathom")):
        mine = [s[0] for s in services if (s[0] >= FATHOM_BASE) == (base > 0)]
        yield base, label, mine[-1] - base + 1


def table(services):
    yield "/* Made by tools/services.py from include/services.tbl. */"
    yield '#include "dispatch/service.h"\n#include "services.h"'
    for base, label, count in tables(services):
        rows = [("KiNoService", 0)] * count
        for number, name, arguments in services:
            if base <= number < base + count:
                rows[number - base] = name, 4 * len(arguments)
        yield f"KSERVICE Ki{label}Table[{count}] = {{"
        yield from (f"    {{(PVOID){routine}, {size}}}," for routine, size in rows)
        yield f"}};\nconst PVOID Ke{label}Routines[{count}] = {{"
        yield from (f"    (PVOID){routine}," for routine, _ in rows)
        yield "};"


def main(path, folder):
    services = list(rows(path))
    numbers = "".join(f"    SERVICE_{name} = {number:#x},\n" for number, name, _ in services)
    for base, label, count in tables(services):
        numbers += f"    {label.upper()}_FIRST = {base:#x},\n    {label.upper()}_COUNT = {count},\n"
    made = {
        "stubs_gen.asm": "\n".join(stubs(services)) + "\n",
        "services_gen.def": "".join(f"{name}\nZw{name[2:]}\n" for _, name, _ in services),
        "services_gen.c": "\n".join(table(services)) + "\n",
        "services_list.h": MADE
        + "".join(
            f'SERVICE({number:#x}, {name}, "{shown(arguments)}")\n'
            for number, name, arguments in services
        ),
        "services_types.h": MADE + "\n".join(types(services)) + "\n",
        "services_gen.h": MADE
        + f"#ifndef SERVICES_GEN_H\n#define SERVICES_GEN_H\nenum {{\n{numbers}}};\n#endif\n",
    }
    for name, text in made.items():
        settled.write(os.path.join(folder, name), text)


if __name__ == "__main__":
    main(*sys.argv[1:])
