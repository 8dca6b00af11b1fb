#!/usr/bin/env python3
# needs: system gdb programs
"""A gdb session says where one is and breaks nothing: an exception stops at its line, the crossing
has its names, a call at a kernel stop is refused, two programs of one name keep their symbols, a
path may have blanks, the end is the program's exit code."""
import os
import shutil
import subprocess
import sys
import tempfile
import types

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from asked import session  # noqa: E402
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
FAULT = os.path.join(OUT, "tests", "gdb", "programs", "fault.exe")
scratch = tempfile.TemporaryDirectory(prefix="fathom-gdb-")

folder = os.path.join(scratch.name, "John Smith")
os.mkdir(folder)
program = os.path.join(folder, "my fault.exe")
shutil.copy(FAULT, program)
with open(os.path.join(TOP, "tests", "gdb", "programs", "fault.c")) as source:
    line = [n for n, text in enumerate(source, 1) if "the fault" in text][0]
code, text = session("continue\nbt\nup\nrun\n", program)
plan.true("Try:" in text and "break main" in text, "the first screen says what to type", text)
plan.true(
    "first chance: access violation (0xc0000005): read of 0x00000000" in text
    and f"fault.c:{line}" in text,
    "an access violation stops at its line, in a program whose path has blanks",
    text,
)
plan.true("KiTrap0E" in text and "<signal handler" not in text, "the crossing is KiTrap0E", text)
plan.true("deepest" in text and "main ()" in text, "bt goes on to main", text)
plan.true("run: the machine is there already" in text, "run explains itself", text)

code, text = session(
    "bt 1\nbreak nt!NtAllocateVirtualMemory\ncontinue\ninfo symbol $pc\nprint PageFree(1)\nprint "
    "(int)MiCountPages\n",
    FAULT,
)
plan.true("#0  0x0000fff0 in ?? ()" in text, "code without a name is ??", text)
# After its prologue it has a loop: a breakpoint there would stop six times at one call.
plan.true(
    "NtAllocateVirtualMemory in section" in text,
    "a breakpoint is at the function's first instruction",
    text,
)
plan.true(
    "may-call-functions is off" in text and "bug check" not in text,
    "no call at a kernel stop",
    text,
)

late = os.path.join(scratch.name, "late")
with open(late, "w") as out:  # its end is seen after gdb's own
    out.write('#!/bin/sh\nqemu-system-i386 "$@"\nstatus=$?\nsleep 2\nexit $status\n')
os.chmod(late, 0o755)
code, text = session("kill\nprint 1000 + 1\n", FAULT, FATHOM_QEMU=late)
plan.true(
    "fathom: ended by gdb's kill" in text and "= 1001" in text and "triple" not in text,
    "kill ends the machine, which did not reset itself",
    text,
)


class Broken:
    """A session whose line to gdb or to the machine breaks, and a sink that keeps what is said."""

    verdicts, end = {}, None

    def __init__(self):
        self.said, self.sink = [], self

    def follow(self):
        raise ConnectionResetError

    def nothing_known(self):
        return types.SimpleNamespace(line=lambda: "nothing is known", status=1)

    def last_line(self, text):
        self.said.append(text)


sys.path.insert(0, os.path.join(TOP, "tools"))
from host import debug  # noqa: E402

broken = Broken()
debug.follow(broken, types.SimpleNamespace(killed=True, end=lambda verdict: None))
plan.equal(broken.said, ["fathom: ended by gdb's kill"], "also when its line breaks meanwhile")

# A build folder by any name (O=DIR): link maps name its files from the tree, as build/...
far = os.path.join(scratch.name, "far")
os.symlink(OUT, far)
code, text = session(
    "info line ntdll!KiFastSystemCall\n", FAULT, FATHOM_OUT=far, FATHOM_BUILT="yes"
)
plan.true(
    "syscall.asm" in text and "Traceback" not in text, "the build folder has another name", text
)

# Another program of the same name has symbols of its own.
other = os.path.join(scratch.name, "other", "my fault.exe")
os.mkdir(os.path.dirname(other))
source = os.path.join(scratch.name, "other.c")
with open(source, "w") as out:
    out.write("int quite_another(void) { return 3; }\nint main(void) { return quite_another(); }\n")
subprocess.run(["i686-w64-mingw32-gcc", "-g", "-O0", "-o", other, source], check=True)
os.utime(other, (1, 1))
code, text = session(
    "break quite_another\ncontinue\nbt\ncontinue\nprint $_exitcode + 1000\n", other
)
plan.true(
    "#0  quite_another () at" in text and "#1 " in text and "deepest" not in text,
    "its own symbols",
    text,
)
plan.true(
    "exit code 3" in text and "= 1003" in text,
    "its end gives the exit code, and a script goes on",
    text,
)

for words, environment, said in (
    (("--boot", "x64"), {}, "gdb sees a 64-bit machine"),
    ((), {"FATHOM_GDB_PROGRAM": "/nowhere/gdb"}, "/nowhere/gdb: not found"),
    ((), {"FATHOM_GDB_PROGRAM": "true"}, "it has no Python"),
):
    code, text = session("quit\n", FAULT, *words, **environment)
    plan.true(code == 125 and said in text, f"refused: {said}", text)
plan.done()
