#!/usr/bin/env python3
# needs: system gdb programs
# long: only
"""finish, until and advance lead to the caller from a callback, an APC, an exception's handler, a
service and a fault; with values, and never into another function."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "gdb", "programs", "crossings.exe")
with open(os.path.join(TOP, "tests", "gdb", "programs", "crossings.c")) as source:
    LINES = {
        found[1]: n
        for n, text in enumerate(source, 1)
        if (found := re.search(r"/\* (\w+) \*/", text))
    }


def session(commands):
    """{step: what gdb said of it}; commands: (step, gdb's commands)."""
    with tempfile.NamedTemporaryFile("w", prefix="fathom-gdb-") as script:
        script.writelines(
            f"echo \\n== {step}\\n\n" + "\n".join(lines) + "\n" for step, *lines in commands
        )
        script.flush()
        done = subprocess.run(
            [os.path.join(TOP, "tools", "fathom"), "gdb", "--script", script.name, PROGRAM],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
        )
    parts = re.split(r"^== (.*)\n", done.stdout + done.stderr, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def line(word):
    return rf"^{LINES[word]}\t"


SERVICE = "NtAllocateVirtualMemory if (unsigned)$pc > 0x80000000"
CASES = (  # step, commands, what it must show, its name
    (
        "compare",
        ["tbreak compare", "continue", "finish"],
        r"stdlib\.c:\d+\n.*\n?Value returned is \$\d+ = 2",
        "finish from a callback",
    ),
    ("qsort", ["finish"], r"main \(\) at .*crossings\.c", "and from qsort"),
    ("apc", ["tbreak called", "continue", "finish"], r"in DispatchApc", "finish from an APC"),
    ("apc dispatcher", ["finish"], r"^KiUserApcDispatcher \(\)", "and to the dispatcher"),
    ("apc up", ["up 2"], r"SleepEx|NtDelayExecution|KiFastSystemCall", "whose caller waits"),
    (
        "exception",
        ["continue"],
        r"first chance: illegal instruction.*\n#\d+ +main \(\)[^\n]*\n" + str(LINES["ud2"]),
        "an exception",
    ),
    (
        "handler",
        ["tbreak skip", "continue", "bt"],
        rf"main \(\) at [^\n]*:{LINES['ud2']}$",
        "bt from its handler has the line",
    ),
    ("handler out", ["finish"], r"Value returned is \$\d+ = -1", "finish from the handler"),
    (
        "thread",
        ["tbreak thread", "continue", "finish"],
        r"in BaseThreadInitThunk",
        "finish from a thread's function",
    ),
    (
        "until",
        [f"tbreak crossings.c:{LINES['loop']}", "continue", "next", "next", "until"],
        line("looped"),
        "until at a loop's end goes on",
    ),
    (
        "return",
        [f"advance crossings.c:{LINES['touch']}"],
        line("call"),
        "advance stops where the function returns",
    ),
    (
        "advance",
        [f"advance crossings.c:{LINES['touch']}"],
        line("touch"),
        "advance to a line of the caller",
    ),
    (
        "fault",
        ["tbreak MmAccessFault", "continue", "finish"],
        "NTSTATUS STATUS_SUCCESS",
        "finish from a fault's handler",
    ),
    (
        "fault entry",
        ["finish"],
        r"^KiTrap0E \(\) at .*pagefault\.asm:\d+\n\d+\t",
        "to the entry, by its name",
    ),
    (
        "fault out",
        ["finish"],
        rf"main \(\) at [^\n]*\n{LINES['touch']}\t",
        "and to the line that faulted",
    ),
    ("after", ["next"], line("end"), "which goes on then"),
)
SERVICES = (
    (
        "service",
        ["break main", "continue", f"tbreak {SERVICE}", "continue", "continue", "up"],
        r"^#1  KiFastCallEntry \(\) at \S*sysenter\.asm:\d+\n\d+\t",
        "up to the crossing, by its name",
    ),
    (
        "up",
        ["up"],
        r"^#2  KiFastSystemCall \(\) at \S*syscall\.asm:\d+\n\d+\t.*sysenter",
        "and up to sysenter",
    ),
    ("down", ["down", "down"], r"^#1  KiFastCallEntry \(\) at .*\n.*\n#0 ", "and down"),
    (
        "frame 1",
        ["frame 1"],
        r"^#1  KiFastCallEntry \(\) at \S*sysenter\.asm:\d+\n\d+\t",
        "frame N on it",
    ),
    (
        "frame 2",
        ["frame 2"],
        r"^#2  KiFastSystemCall \(\) at .*\n\d+\t.*sysenter",
        "and on its caller",
    ),
    (
        "frame",
        ["frame"],
        r"^#2  KiFastSystemCall \(\) at .*\n\d+\t.*sysenter",
        "which stays selected",
    ),
    ("words", ["frame 0 + 1", "frame"], r"one word is taken.*\n#2 ", "several words select none"),
    ("expression", ["frame 0+1", "frame 2"], r"^#1  KiFastCallEntry", "but an expression does"),
    (
        "by name",
        ["frame function NtAllocateVirtualMemory", "up", "info frame", "frame level 0"],
        r"^#0 .*NtAllocateVirtualMemory(.*\n)*#1  KiFastCallEntry \(\) at .*\n.*\nStack level 1",
        "frame function and frame level",
    ),
    (
        "apply",
        ["frame apply level 1-2 -q print 1", "frame apply 2 print 2", "frame apply -1 print 3"],
        r"\$\d+ = 1\n\$\d+ = 1\n#0  .*\n\$\d+ = 2\n#1  KiFastCallEntry \(\) at .*\n\$\d+ = 2\n"
        r"#\d+ .*RtlUserThreadStart \(\) at .*\n\$\d+ = 3",
        "frame apply",
    ),
    (
        "apply all",
        ["faas print process"]
        + [f"frame apply {words} print nosuch" for words in ("all -c -q", "1 -s")],
        r"^#0 .*\n\$\d+ = .*\n#4 .*\n\$\d+ = .*\n(No symbol \"nosuch\".*\n){8,}\s*\Z",
        "and its flags",
    ),
    (
        "backwards",
        ["frame apply 1 -c -q frame apply level 2-1 print 1"],
        r"^level 2-1: the lower one comes first",
        "levels from the higher to the lower one are refused, as gdb's own does",
    ),
    (
        "address",
        [
            "python place = gdb.execute('info frame 1', to_string=True).split('frame at ')[1][:10]",
            "python gdb.execute('frame address ' + place)",
            "list",
            "frame level 0",
        ],
        r"^#1  KiFastCallEntry \(\) at \S*sysenter\.asm:(\d+)\n\1\t.*\n(\d+\t.*\n){5}\1\t",
        "frame address, and list around it",
    ),
    (
        "raw",
        ["bt -no-filters 3", "where -raw-frame-arguments on 2", "bt -full -no-filters 2"],
        r"#1  KiFastCallEntry \(\) at .*\n#2  KiFastSystemCallRet(.*\n)*#1  KiFastCallEntry \(\) at"
        r"(.*\n)*#1  KiFastCallEntry \(\) at .*\nNo locals",
        "bt without filters",
    ),
    (
        "out",
        ["finish", "frame"],
        r"^KiFastCallEntry \(\) at .*\n\d+\t.*\nValue returned is .*"
        r"\nNTSTATUS STATUS_(.*\n)*#0  KiFastCallEntry",
        "finish from a service",
    ),
    (
        "stepi",
        ["stepi"],
        r"^KiFastCallEntry \(\) at \S*sysenter\.asm:\d+\n\d+\t",
        "stepi in the crossing",
    ),
    (
        "threads",
        ["info threads", "thread 1", "tbreak *$pc+4", "stepi", "bt 2"],
        r"^\* 1 .*KiFastCallEntry \(\)(.*\n)*#0  KiFastCallEntry(.*\n)*#1  .*KiFastSystemCall",
        "gdb's threads",
    ),
    ("entry", ["finish"], r"^KiFastSystemCallRet \(\) at", "from KiFastCallEntry to user mode"),
    (
        "first",
        ["tbreak KiFastCallEntry", "continue", "bt 3", "finish"],
        r"^#1 .*\bKiFastSystemCall \(\) at (.*\n)*KiFastSystemCallRet \(\) at",
        "from its first instruction, too",
    ),
)
for cases in (CASES, SERVICES):
    said = session([(step, *commands) for step, commands, *_ in cases])
    for step, _, wanted, name in cases:
        plan.true(re.search(wanted, said.get(step, ""), re.M), name, said.get(step))
    everything = "".join(said.values())
    plan.true("<signal handler" not in everything, "never `<signal handler called>`", everything)
plan.done()
