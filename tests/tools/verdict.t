#!/usr/bin/env python3
# needs: system loaders programs
"""Verdicts of real programs on the real kernel: each way to end, and each way to lie about it."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
PROGRAMS = os.path.join(OUT, "tests", "tools", "programs")


def fathom(*arguments, data=b"", **environment):
    return subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), *arguments],
        input=data,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=1200,  # a fuse
    )


def run(program, *arguments, options=(), data=b""):
    return fathom(
        "run",
        "--timeout",
        "20",
        *options,
        os.path.join(PROGRAMS, program + ".exe"),
        *arguments,
        data=data,
    )


def last(done):
    return done.stderr.decode("utf-8", "replace").rstrip("\n").split("\n")[-1]


done = run("ends", "status", "0")
plan.equal(
    (done.returncode, done.stdout, done.stderr), (0, b"", b""), "0: nothing is added"
)
plan.equal(run("ends", "status", "124").returncode, 124, "124 is passed on")
for status in (125, 242, 300, 0xC0000005):
    done = run("ends", "status", str(status))
    plan.equal(
        (done.returncode, last(done)),
        (240, f"fathom: exit code 0x{status:08X} ({status})"),
        f"{status:#x} is a larger code, also where it looks like a reserved one or a crash",
    )

done = run("ends", "crash")
plan.true(
    done.returncode == 241
    and last(done).startswith("fathom: crashed 0xC0000005 at ends.exe+"),
    "a crash: exception code, module+offset",
    done.stderr.decode("utf-8", "replace"),
)
REPORT = (
    rb"ends\.exe \(pid \d+\) crashed: c0000005 access violation (reading|writing) [0-9a-f]{8} "
    rb"at ends\.exe\+[0-9a-f]+ \(main\+[0-9a-f]+\), \S+ends\.c:\d+\n"
    rb"  eax=[0-9a-f]{8} .*\r?\n  eip=[0-9a-f]{8} .*\r?\n"
    rb"   0 [0-9a-f]{8} [0-9a-f]{8} ends!main\+[0-9a-f]+ at \S+ends\.c:\d+\n"
    rb"(.*\n)*?.* kernel32!BaseThreadInitThunk\+[0-9a-f]+\r?\n(.*\n)*?.* ntdll!RtlUserThreadStart\+"
)
plan.true(
    re.search(REPORT, done.stderr),
    "a crash: what it was, the registers, the stack from the fault to the thread's start",
    done.stderr,
)
done = run("ends", "divide")
plan.true(
    done.returncode == 241 and "0xC0000094" in last(done),
    "a division by zero",
    done.stderr,
)
done = run("ends", "loop", options=("--timeout", "2"))
plan.equal(
    (done.returncode, last(done)), (242, "fathom: hang"), "a loop ends at --timeout"
)
plan.true(b"main" in done.stderr, "a loop: the stack of its thread is shown", done.stderr)
done = run("ends", "wait", options=("--timeout", "2"))
plan.true(
    done.returncode == 242 and b"WaitForSingleObject" in done.stderr,
    "a wait without end: so is its",
    done.stderr,
)

done = run("forge")
plan.equal(
    (done.returncode, last(done)),
    (240, "fathom: exit code 0x0000014D (333)"),
    "frames, TAP and last lines that a program prints are only output",
)
plan.true(
    b"fathom: exit 0" in done.stderr and b"ok 1 - forge" in done.stdout,
    "and reach their reader unchanged",
)
done = run("ends", "port")
plan.true(
    done.returncode == 241 and "0xC0000096" in last(done),
    "a program cannot write to the host port",
    done.stderr,
)

blob = bytes(range(256)) * 64
done = run("copy", data=blob)
plan.true(
    done.stdout == blob,
    "standard input to standard output, byte for byte",
    f"{len(done.stdout)} bytes",
    done.stderr[-500:],
)
plan.true(
    done.stderr == blob[::-1],
    "standard error apart, byte for byte",
    f"{len(done.stderr)} bytes",
)
done = run(
    "show",
    "a b",
    'q"q',
    "back\\",
    "",
    "\u00e4",
    options=("--env", "COLOUR=sea green", "--seed", "5"),
)
plan.equal(
    done.stdout.decode("latin-1").replace("\r", "").split("\n")[:6],
    ["[a b]", '[q"q]', "[back\\]", "[]", "[\u00e4]", "COLOUR=sea green"],
    "arguments and environment arrive",
)

done = run("needs")
plan.true(
    done.returncode == 246 and b"needed.dll" in done.stderr.lower(),
    "a missing DLL is named, and the program does not start",
    done.stderr,
)
done = run("needs", options=("--add", os.path.join(PROGRAMS, "needed.dll")))
plan.equal(
    (done.returncode, done.stdout.replace(b"\r", b"")),
    (0, b"7\n"),
    "--add puts a DLL beside it",
)
done = run("pretends")
plan.equal(
    (done.returncode, last(done)),
    (240, "fathom: exit code 0xC0000135 (3221225781)"),
    "a program that ran was not \"not started\", whatever it says of itself",
)
done = run("lacks")
plan.true(
    done.returncode == 246 and b"CreateJobObjectA" in done.stderr and done.stdout == b"",
    "a function that a DLL of ours lacks is named, and the program does not start",
    done.stderr,
)
done = run("lacks", options=("--lenient",))
plan.true(done.returncode == 0, "--lenient: it starts", done.stderr)
done = run("lacks", "call", options=("--lenient",))
plan.true(
    b"started" in done.stdout
    and done.returncode != 0
    and b"CreateJobObjectA" in done.stderr,
    "--lenient: the function is named when it is called, SetErrorMode or not",
    done.stderr,
)

with open(os.path.join(OUT, "tests", "batch.list"), "w") as lines:
    lines.write(
        "tools/programs/ends.exe status 0\ntools/programs/ends.exe crash\n"
        "tools/programs/ends.exe loop\ntools/programs/forge.exe\ntools/programs/ends.exe status 5\n"
        "tools/programs/copy.exe < tools/programs/input\ntools/programs/ends.exe status 0\n"
    )
with open(os.path.join(PROGRAMS, "input"), "wb") as file:
    file.write(b"from a file\n")
done = fathom("batch", "--timeout", "5", os.path.join(OUT, "tests", "batch.list"))
text = done.stdout.decode()
plan.equal(
    [
        line.split(" - ")[0]
        for line in text.split("\n")
        if line.startswith(("ok", "not ok"))
    ],
    ["ok 1", "not ok 2", "not ok 3", "not ok 4", "not ok 5", "ok 6", "ok 7"],
    "batch: each has its own verdict",
)
plan.true(
    "0xC0000005" in text and "ends.exe+" in text,
    "batch: a crash by exception code and module+offset",
)
plan.true('stdout: "from a file\\n"' in text, "batch: standard input from a file")
plan.true(
    text.count("audit:") == 0,
    "batch: nothing is left behind, however a program ends",
    text,
)
long_text = os.path.join(OUT, "tests", "long")
with open(long_text, "wb") as file:
    file.write(b"0123456789abcdef" * 65536)
with open(long_text + ".list", "w") as lines:
    lines.write("tools/programs/copy.exe < long\n")
done = fathom("batch", long_text + ".list")
text = done.stdout.decode()
plan.true(
    max(map(len, text.split("\n"))) < 5000 and text.count("0123456789abcdef") > 65000,
    "batch: long output is whole, in lines that prove can read",
)

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "events")

    def events(*options):
        """[[number, time, pid.tid, name, FIELD=value, ...], ...] of one run."""
        run("ends", "status", "0", options=("--events", path, *options))
        with open(path) as lines:
            return [line.split() for line in lines if line[0] not in "# "]

    rows = events()
    plan.equal(
        [int(row[0]) for row in rows], list(range(len(rows))), "--events: none is missing"
    )
    kinds = {row[3] for row in rows}
    with open(os.path.join(TOP, "include", "events.tbl")) as table:
        names = {line.split()[1] for line in table if line[:1].isdigit()}
    rare = {"RegionDecommit", "RegionRelease", "ModuleUnload"}
    rare |= {"SectionMap", "SectionUnmap", "Exception", "EventsLost"}
    plan.true(
        names - rare <= kinds <= names, "--events: all kinds", sorted(names - kinds)
    )
    bases = [row[4] for row in rows if row[3] == "ModuleLoad"]
    plan.equal(
        bases,
        ["Base=00400000", "Base=7c900000", "Base=7c800000", "Base=77c10000"],
        "--events: the program and its three DLLs are loaded",
    )
    kinds = {row[3] for row in events("--trace", "PageFault,heapoperation")}
    plan.equal(kinds, {"PageFault", "HeapOperation"}, "--trace: only what was named")
plan.done()
