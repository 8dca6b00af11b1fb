"""Make ntdll's stubs, the kernel's dispatch table and the numbers from include/services.tbl.

stubs_gen.asm    one stub a service, exactly as Windows 7 SP1 x86 has it, exported also as Zw*
services_gen.h   SERVICE_NtName = number
services_gen.def exports of ntdll: each service by both its names
services_list.h  SERVICE(number, name, "argument names"): for programs that call them all
services_gen.c   KiServiceTable: address, argument bytes, name, argument names; holes are invalid
"""
import os
import sys

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


def table(services):
    yield "/* Made by tools/services.py from include/services.tbl. */"
    yield '#include "dispatch/service.h"'
    for _, name, arguments in services:
        ulongs = ", ".join(["ULONG"] * len(arguments)) or "void"
        yield f"extern NTSTATUS NTAPI {name}_service({ulongs}) __asm__(\"_{name}@{4 * len(arguments)}\");"
    for base, label in ((0, "KiServiceTable"), (FATHOM_BASE, "KiFathomTable")):
        mine = [s for s in services if (s[0] >= FATHOM_BASE) == (base > 0)]
        count = mine[-1][0] - base + 1
        yield f"const ULONG {label}Count = {count};"
        yield f"const KSERVICE {label}[{count}] = {{"
        for number, name, arguments in mine:
            names = " ".join(arguments)
            yield f'    [{number - base:#x}] = {{(PVOID){name}_service, {4 * len(arguments)}, "{name}", "{names}"}},'
        yield "};"


def main(path, folder):
    services = list(rows(path))
    with open(os.path.join(folder, "stubs_gen.asm"), "w") as out:
        out.write("\n".join(stubs(services)) + "\n")
    with open(os.path.join(folder, "services_gen.def"), "w") as out:
        out.writelines(f"{name}\nZw{name[2:]}\n" for _, name, _ in services)
    with open(os.path.join(folder, "services_gen.c"), "w") as out:
        out.write("\n".join(table(services)) + "\n")
    with open(os.path.join(folder, "services_list.h"), "w") as out:
        out.write("/* Made by tools/services.py from include/services.tbl. */\n")
        out.writelines(f'SERVICE({number:#x}, {name}, "{" ".join(arguments)}")\n' for number, name, arguments in services)
    with open(os.path.join(folder, "services_gen.h"), "w") as out:
        out.write("/* Made by tools/services.py from include/services.tbl. */\n#ifndef SERVICES_GEN_H\n#define SERVICES_GEN_H\nenum {\n")
        out.writelines(f"    SERVICE_{name} = {number:#x},\n" for number, name, _ in services)
        out.write("};\n#endif\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
