"""Make ntdll's stubs, the kernel's dispatch table and the numbers from include/services.tbl.

stubs_gen.asm    one stub a service, exactly as Windows 7 SP1 x86 has it, exported also as Zw*
services_gen.h   SERVICE_NtName = number; how many numbers each table has, and where the second begins
services_gen.def exports of ntdll: each service by both its names
services_list.h  SERVICE(number, name, "argument names"): for programs that call them all
services_gen.c   KiServiceTable and KiFathomTable: routine, argument bytes; a hole is KiNoService
"""
import os
import sys

sys.dont_write_bytecode = True
import settled

MADE = "/* Made by tools/services.py from include/services.tbl. */\n"
FATHOM_BASE = 0x1000  # the second table


def rows(path):
    """Yield (number, name, [argument, ...]) for each row, checking order."""
    last = -1
    with open(path) as table:
        for line in table:
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            number, name = int(words[0], 16), words[1]
            if number <= last:
                raise SystemExit(f"{path}: {name}: rows must ascend")
            last = number
            yield number, name, [] if words[2] == "-" else words[2].split(",")


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
    yield '#include "dispatch/service.h"'
    for _, name, arguments in services:
        ulongs = ", ".join(["ULONG"] * len(arguments)) or "void"
        yield f"extern NTSTATUS NTAPI {name}_service({ulongs}) __asm__(\"_{name}@{4 * len(arguments)}\");"
    for base, label, count in tables(services):
        rows = [("KiNoService", 0)] * count
        for number, name, arguments in services:
            if base <= number < base + count:
                rows[number - base] = f"{name}_service", 4 * len(arguments)
        yield f"KSERVICE Ki{label}Table[{count}] = {{"
        yield from (f"    {{(PVOID){routine}, {size}}}," for routine, size in rows)
        yield f"}};\nconst PVOID Ki{label}Routines[{count}] = {{"
        yield from (f"    {routine}," for routine, _ in rows)
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
            f'SERVICE({number:#x}, {name}, "{" ".join(arguments)}")\n'
            for number, name, arguments in services
        ),
        "services_gen.h": MADE
        + f"#ifndef SERVICES_GEN_H\n#define SERVICES_GEN_H\nenum {{\n{numbers}}};\n#endif\n",
    }
    for name, text in made.items():
        settled.write(os.path.join(folder, name), text)


if __name__ == "__main__":
    main(*sys.argv[1:])
