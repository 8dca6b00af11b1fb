"""Read by gdb: every instruction from cold_begin to cold_end of cold.exe, in order.

Writes $FATHOM_TRACE, one line each: `malloc PC` until cold_touch, `touch PC` from there.
Interrupts are no part of the call: gdb's stub masks the timer while it steps.
"""
import os

import gdb

LIMIT = 50000  # instructions; a cold malloc has about 4,000


def address(name):
    return int(gdb.parse_and_eval(f"(unsigned int)&{name}"))


gdb.execute("break cold_begin", to_string=True)
gdb.execute("continue", to_string=True)
gdb.execute("delete", to_string=True)
touch, end = address("cold_touch"), address("cold_end")
phase = "malloc"
with open(os.environ["FATHOM_TRACE"], "w") as out:
    for _ in range(LIMIT):
        gdb.execute("stepi", to_string=True)
        pc = gdb.selected_frame().pc()
        if pc == end:
            out.write("end\n")
            break
        phase = "touch" if pc == touch else phase
        out.write(f"{phase} {pc:08x}\n")
gdb.execute("kill")
gdb.execute("quit")
