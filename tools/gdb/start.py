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
here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.dirname(here)]  # gdb's own files, and tools/ for stub/
import chain
import crossed  # noqa: F401  its commands are found here
import crossing
import entrycfi
import entrycode
import exceptions
import frames  # noqa: F401  it registers itself
import goingon
import hostwords
import linkmap
import manners
import modules
import ownership
import points
import printers
import samename
import typed
import unwind
import where
import words
from symbolfiles.kept import quoted

for setting in (
    "pagination off",
    "confirm off",
    "breakpoint pending on",
    "disassembly-flavor intel",
    "print symbol-filename off",
    "backtrace past-main on",
    "print frame-arguments all",
    "print pretty on",
    "target-wide-charset UTF-16LE",
    "print thread-events off",
    "print symbol-loading off",
    "python print-stack message",
    "remotetimeout 60",  # a computer that has much to do
    "sysroot /",
    "style enabled " + ("on" if os.isatty(1) else "off"),  # sys.stdout is gdb's: never a terminal
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
    print(f"recorded: {session['recording']}")
modules.begin(out)
if "port" in session and "recording" not in session:
    modules.early(session["program"], out)
crossing.begin()
points.begin()
ownership.begin()
where.begin()
samename.begin()
hostwords.begin()
manners.begin("recording" in session)
printers.begin()
goingon.begin("recording" in session, session.get("counts", False))
if "recording" not in session:
    exceptions.begin(out)
typed.begin()
chain.begin()
words.begin(session.get("memory", ""), "recording" in session)
