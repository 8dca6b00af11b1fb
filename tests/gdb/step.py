"""Read by gdb: step through the ring with si, and name the source lines on the way."""
import os

import gdb


def line():
    sal = gdb.newest_frame().find_sal()
    return f"{os.path.basename(sal.symtab.filename)}:{sal.line}" if sal.symtab else "none"


def ring():
    return 0 if gdb.newest_frame().pc() >= 0x80000000 else 3


gdb.Breakpoint("door_begin")
gdb.execute("continue")
gdb.Breakpoint(
    "*" + hex(int(gdb.parse_and_eval("(unsigned int)&KiFastSystemCall"))), temporary=True
)
gdb.execute("continue")
names = [gdb.newest_frame().name()]
for _ in range(8):
    gdb.execute("stepi", to_string=True)
    if ring() == 0:
        names.append(gdb.newest_frame().name())
        break
print("DOWN", *names, flush=True)
print("NASM-KERNEL", line(), flush=True)
# Out again by steps of whole instructions, all of them: a null service is short.
for _ in range(20000):
    gdb.execute("stepi", to_string=True)
    if ring() == 3:
        break
print("UP", gdb.newest_frame().name(), flush=True)
gdb.execute("finish", to_string=True)
print("NASM-NTDLL", line(), flush=True)
gdb.execute("delete")
gdb.execute("tbreak PageAlloc if use == MmPageUser", to_string=True)
gdb.execute("continue", to_string=True)
print("C", line(), flush=True)
