#!/usr/bin/env python3
# needs: nothing
"""tools/fathom against a machine that only talks: verdicts, streams, input, batches."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import TOP, Plan

plan = Plan()
FOLDER = tempfile.TemporaryDirectory()
OUT = FOLDER.name
for needed in ("kernel/ntoskrnl.exe", "prog.exe", "other/prog.exe"):
    os.makedirs(os.path.dirname(os.path.join(OUT, needed)), exist_ok=True)
    with open(os.path.join(OUT, needed), "wb") as stub:
        stub.write(needed.encode())
subprocess.run(
    ["tar", "-C", OUT, "-cf", os.path.join(OUT, "archive.tar"), "prog.exe"], check=True
)


def fathom(play, *arguments, stdin=subprocess.DEVNULL, **environment):
    return subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), *arguments],
        capture_output=True,
        timeout=600,  # a fuse: each takes a third of a second
        stdin=stdin,
        env={
            **os.environ,
            "FATHOM_OUT": OUT,
            "FATHOM_BUILT": "yes",
            "FAKE_PLAY": play,
            **environment,
            "FATHOM_QEMU": os.path.join(TOP, "tests", "tools", "fake_qemu.py"),
        },
    )


def run(play, *options, **more):
    return fathom(play, "run", *options, os.path.join(OUT, "prog.exe"), **more)


def last(done):
    return done.stderr.decode().rstrip("\n").split("\n")[-1]


for status, code in (
    (0, 0),
    (1, 1),
    (124, 124),
    (125, 240),
    (300, 240),
    (0xFFFFFFFF, 240),
):
    done = run("status", FAKE_STATUS=str(status))
    plan.equal(done.returncode, code, f"exit {status:#x} becomes {code}")
    plan.equal(
        last(done),
        f"fathom: exit code 0x{status:08X} ({status})" if code == 240 else "",
        f"exit {status:#x}: last line of standard error",
    )

done = run("crash")
plan.equal(
    (done.returncode, last(done)),
    (241, "fathom: crashed 0xC0000005 at prog.exe+1234"),
    "crash",
)
done = run("unstarted")
plan.equal(
    (done.returncode, last(done)),
    (246, "fathom: could not start 0xC0000135: a DLL was not found"),
    "not started",
)
plan.true(b"foo.dll not found" in done.stderr, "what is missing is named")

blob = bytes(range(256)) * 3
with tempfile.TemporaryFile() as source:
    source.write(blob)
    source.seek(0)
    done = run("echo", stdin=source)
pieces = [blob[i : i + 100] for i in range(0, len(blob), 100)]
plan.equal(
    done.stdout, blob, "standard input reaches the program, output is byte for byte"
)
plan.equal(
    done.stderr, b"".join(p[::-1] for p in pieces), "standard error apart, byte for byte"
)
reading, writing = os.pipe()
os.write(writing, b"for someone else\n")
run("silent_input", stdin=reading)
plan.equal(
    os.read(reading, 100),
    b"for someone else\n",
    "input that nobody asked for stays unread",
)
os.close(writing)
os.close(reading)

done = run("hang", "--timeout", "0.3")
plan.equal((done.returncode, last(done)), (242, "fathom: hang"), "hang ends at --timeout")
plan.true(b"prog!main+12" in done.stderr, "hang: the stacks are shown")
done = run("hung_kernel", "--timeout", "0.3")
plan.true(
    done.returncode == 242 and last(done).startswith("fathom: hang: the kernel no longer answer"),
    "the kernel hangs in the middle of a frame: hang",
    done.stderr,
)
done = run("forged")
plan.equal(
    (done.returncode, done.stdout[:1]), (7, b"X"), "a forged verdict is only output"
)
done = run("bugcheck")
plan.equal(done.returncode, 243, "bug check")
plan.true(
    b"MmAccessFault+10" in done.stderr and last(done).startswith("fathom: bug check"),
    "bug check: the report is shown, the kind stands last",
)
done = run("triple")
plan.equal(
    (done.returncode, last(done)[:20]), (244, "fathom: triple fault"), "triple fault"
)
done = run("noboot")
plan.equal(
    (done.returncode, last(done)),
    (245, "fathom: no boot: \\fathom\\ntoskrnl.exe: damaged"),
    "a loader that stopped is no boot, at once",
)
done = run("no_entry")
plan.equal(
    (done.returncode, last(done)),
    (245, "fathom: no boot: this processor has no PAE"),
    "the entry code's last words, a byte at a time",
)
done = run("stops_early")
plan.equal(
    (done.returncode, last(done)),
    (245, "fathom: no boot: at least 32 MiB of memory are needed, by UEFI 64."),
    "a kernel that stops before it can report: its last line",
)
done = run("early_end")
plan.equal(
    (done.returncode, last(done)),
    (245, "fathom: no boot: qemu: no such machine"),
    "a machine that cannot start is no boot, and says why",
)

done = fathom("status", "run", os.path.join(OUT, "absent.exe"), FAKE_STATUS="0")
plan.equal(done.returncode, 125, "a program that is not there")
plan.equal(fathom("status", "run").returncode, 125, "wrong usage")
plan.true(
    b"243" in fathom("status", "run", "--help").stdout, "--help lists the reserved codes"
)

with open(os.path.join(OUT, "list"), "w") as lines:
    lines.write("# three\nprog.exe one\n\nother/prog.exe 'a b' < prog.exe\nprog.exe\n")
done = fathom(
    "second_dies",
    "batch",
    os.path.join(OUT, "list"),
    FAKE_MEMORY=os.path.join(OUT, "memory"),
)
text = done.stdout.decode()
plan.equal(done.returncode, 1, "a batch with failures fails")
plan.equal(
    [line for line in text.split("\n") if line.startswith(("ok", "not ok", "1.."))],
    ["1..3", "not ok 1 - prog one", "not ok 2 - prog a b", "not ok 3 - prog"],
    "batch: one line each",
)
plan.true(
    "exit: 3" in text and 'stdout: "first\\n"' in text, "batch: exit code and output"
)
plan.true("bug check" in text, "batch: a bug check has its author")
plan.true(
    "free pages: 100 before, 99 after" in text and "2 handles left" in text,
    "batch: the rest runs in a fresh boot, and an audit that finds something fails",
)
with open(os.path.join(OUT, "list"), "w") as lines:
    lines.write("missing.exe\n")
plan.equal(
    fathom("status", "batch", os.path.join(OUT, "list")).returncode, 125, "a bad list"
)
plan.done()
