"""What `fathom gdb` has gdb read first: symbols of the kernel, of each module as it
loads, and a backtrace that crosses the ring.

  (gdb) break PageAlloc           break RtlAllocateHeap       break main
  (gdb) continue                  bt                          si (also through sysenter)

$FATHOM_GDB is a JSON file: {"out": build directory, "modules": {"name.exe": host path,
...}}; for a recording also what it is ("recording") and its modules ("loaded": [[name, base]]).
"""
import json
import os
import sys

import gdb

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import entrycfi
import entrycode
import frames  # noqa: F401  it registers itself
import linkmap
import manners
import modules
import unwind
from kept import quoted

for setting in (
    "pagination off",
    "confirm off",
    "breakpoint pending on",
    "disassembly-flavor intel",
    "print symbol-filename off",
    "backtrace past-main on",
    "print pretty on",
    "target-wide-charset UTF-16LE",
    "print thread-events off",
    "python print-stack message",
    "style enabled " + ("on" if sys.stdout.isatty() else "off"),
):
    gdb.execute("set " + setting, to_string=True)

with open(os.environ["FATHOM_GDB"]) as handed:
    session = json.load(handed)
out = session["out"]
gdb.execute(f"directory {quoted(session['top'])}", to_string=True)  # DWARF has paths from the top
kernel = os.path.join(out, "gdb", "ntoskrnl.elf")
gdb.execute(f"file {quoted(kernel)}", to_string=True)
code = linkmap.add_assembler(os.path.join(out, "kernel", "ntoskrnl.map"), out)
for name, (start, end) in code:
    if "/dispatch/" in name:
        describe = entrycfi.add_return if "/exit." in name else entrycfi.add
        describe(start, end, out)
    if "/sysenter." in name:
        unwind.register((start, end))
entrycode.register()
if "recording" in session:
    modules.place(out, session["modules"], session["loaded"])
    print(f"recorded: {session['recording']}")
else:
    modules.watch(out, session["modules"])
manners.begin("recording" in session)
