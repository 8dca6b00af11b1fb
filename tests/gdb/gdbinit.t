#!/usr/bin/env python3
# needs: system gdb programs
# long: only
"""A user's own gdb commands work on top of ours: a prompt, a stop event, hook-stop; another gdb; a
QEMU that is slow to answer."""
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from asked import session  # noqa: E402
from tap import OUT, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "gdb", "programs", "fault.exe")
OWN = """
set prompt own>\\ 
set print pretty off
define hook-stop
echo own hook-stop\\n
info registers eip
end
python
import gdb
def stopped(event):
    print("own event:", type(event).__name__, gdb.newest_frame().name())
gdb.events.stop.connect(stopped)
from gdb.FrameDecorator import FrameDecorator
def panel(event):
    # What public dashboards show at each stop, by the same calls.
    lines = gdb.execute("info breakpoints", to_string=True).splitlines()
    listed = {line.split()[0] for line in lines}
    unknown = [point.number for point in gdb.breakpoints() if str(point.number) not in listed]
    frame, depth = gdb.newest_frame(), 0
    while frame is not None:
        known = FrameDecorator(frame)
        values = [*(known.frame_args() or ()), *(known.frame_locals() or ())]
        shown = [f"{one.symbol()}={one.symbol().value(frame)}" for one in values]
        place = frame.find_sal()
        shown.append(f"{place.symtab and place.symtab.fullname()}:{place.line}")
        frame, depth = frame.older(), depth + 1
    here, thread = gdb.selected_frame(), gdb.selected_thread()
    for one in gdb.selected_inferior().threads():
        one.switch()
    thread.switch()
    here.select()
    rows = gdb.execute("maintenance print register-groups", to_string=True).splitlines()
    general = [row.split()[0] for row in rows if row.rstrip().endswith("general,all,save,restore")]
    for name in general:
        str(gdb.parse_and_eval("$" + name))
    ranges = "disassemble", "info files", "info line", "monitor info mem", "show architecture"
    for command in ranges:
        gdb.execute(command, to_string=True)
    code = here.architecture().disassemble(here.pc(), count=4)
    gdb.selected_inferior().read_memory(int(here.read_register("esp")) & 0xFFFFFFFF, 16)
    threads = [thread.is_valid() for thread in gdb.selected_inferior().threads()]
    rows = gdb.execute("with print pretty on -- info registers", to_string=True).splitlines()
    words = [row.split()[0] for row in rows]
    odd = [word for word in words if not word.isidentifier() or word.startswith("xmm")]
    print("own panel:", unknown, depth > 0, len(code), threads, odd)
gdb.events.stop.connect(panel)
for name in ("cont", "exited", "new_objfile", "memory_changed", "register_changed"):
    getattr(gdb.events, name).connect(lambda event: None)
gdb.prompt_hook = lambda current: "own> "
class Heap(gdb.Command):
    def __init__(self):
        super().__init__("heap", gdb.COMMAND_USER)
    def invoke(self, text, from_tty):
        print("own heap")
Heap()
end
"""
scratch = tempfile.TemporaryDirectory(prefix="fathom-gdb-")
SCRIPT = (
    "show prompt\ntbreak nt!NtAllocateVirtualMemory\ncontinue\nfinish\n"
    "break main\ncontinue\nnext\nheap\nfathom heap\nshow print pretty\n"
    "continue\nbt 1\n"
)
own = os.path.join(scratch.name, "own commands")
with open(own, "w") as out:
    out.write(OWN)
for how, words, environment in (
    ("--gdbinit", ["--gdbinit", own], {}),
    ("FATHOM_GDBINIT", [], {"FATHOM_GDBINIT": own}),
):
    code, text = session(SCRIPT, PROGRAM, *words, **environment)
    plan.true('prompt is "own>' in text, f"{how}: the prompt", text)
    plan.true(
        "own event: BreakpointEvent main" in text and text.count("own hook-stop") >= 3,
        f"{how}: stops",
        text,
    )
    plan.true("#0  KiFastCallEntry () at" in text, f"{how}: the crossing has its name", text)
    plan.true("Pretty formatting of structures is off" in text, f"{how}: a setting", text)
    panels = re.findall(r"^own panel: (.*)", text, re.M)
    plan.true(
        len(panels) >= 3 and set(panels) == {"[] True 4 [True] []"},
        f"{how}: a dashboard's calls",
        text,
    )
    plan.true("own heap" in text and "heap address" in text, f"{how}: a command of both", text)
    plan.true(
        "first chance: access violation" in text and "deepest" in text, f"{how}: ours as well", text
    )

code, text = session(SCRIPT, PROGRAM, "--gdbinit", os.path.join(scratch.name, "none"))
plan.true(code == 125 and "no such file" in text, "a file that is not there is a sentence", text)
other = os.path.join(scratch.name, "another gdb")
os.symlink(shutil.which("gdb"), other)
code, text = session(SCRIPT, PROGRAM, FATHOM_GDB_PROGRAM=other)
plan.true("fault.c:15" in text, "FATHOM_GDB_PROGRAM is the gdb that runs", text)

slow = os.path.join(scratch.name, "slow")
with open(slow, "w") as out:  # the socket is there, and nobody answers for a while
    out.write('#!/bin/sh\ncase "$*" in *unix:stub*) ;; *) exec qemu-system-i386 "$@";; esac\n')
    out.write('qemu-system-i386 "$@" &\nwhile [ ! -S stub ]; do sleep 0.01; done\n')
    out.write("kill -STOP $!; sleep 12; kill -CONT $!; wait $!\n")
os.chmod(slow, 0o755)
code, text = session("info registers eip\n", PROGRAM, FATHOM_QEMU=slow)
plan.true(
    "0xfff0" in text and "Error" not in text, "a QEMU that is slow to answer is waited for", text
)
plan.done()
