"""Read by gdb on a recording: the frames at each step of $PLACES, one line each:
STEP n pc name name ...  Steps are comma-separated numbers."""
import os

import gdb


def names():
    found, frame = [], gdb.newest_frame()
    try:
        while frame is not None and len(found) < 80:
            found.append(str(frame.name()).replace(" ", "_"))
            frame = frame.older()
    except gdb.error as wrong:
        found.append(str(wrong).replace(" ", "_"))
    return found


for n in os.environ["PLACES"].split(","):
    gdb.execute(f"goto {n}", to_string=True)
    print("STEP", n, hex(gdb.newest_frame().pc()), *names(), flush=True)
