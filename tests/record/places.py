"""Read by gdb on a recording: what `bt` prints at each step of $PLACES, its names in one line each:
STEP n pc name name ...  Steps are comma-separated numbers."""
import os
import re

import gdb

FRAME = re.compile(r"^#\d+ +(?:0x[0-9a-f]+ in )?(.*?) ?\(", re.M)


def names():
    return [
        name.replace(" ", "_") or "?" for name in FRAME.findall(gdb.execute("bt", to_string=True))
    ]


for n in os.environ["PLACES"].split(","):
    gdb.execute(f"goto {n}", to_string=True)
    print("STEP", n, hex(gdb.newest_frame().pc()), *names(), flush=True)
