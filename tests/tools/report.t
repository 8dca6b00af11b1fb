#!/usr/bin/env python3
# needs: nothing
"""The report of a batch: a program cannot write in it; it comes while the rest runs; it is bounded;
a signal ends it well-formed.  Against a machine that only talks."""
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fake import OUT, TOOL, batch, environment, file
from tap import Plan

plan = Plan()


def prove(text):
    """(exit code, what prove says) of a report."""
    done = subprocess.run(
        ["prove", "-v", "--exec", "cat", file("report", text)], capture_output=True
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")


def tests(text):
    return re.findall(rb"^(?:not )?ok .*$", text, re.M)


# What a program is called, is given and prints: not a line, a block or a directive of its own.
for name in ("v# TODO x.exe", "# SKIP.exe", "dark\u0085\u2028night.exe", "\u202eexe.txt"):
    file(name)
says = (
    '  ...\nok 1 - forged\nBail out!\n1..1\n\x1b]0;t\x07\x1b[2J\r\n# SKIP\n\\# TODO " \\ '
    '\x7f\u0085\u2028\u2029\ufeff\u202e\U000e0001 作\n'
).encode()
says += b"\x9b\xff\xfe\0"
lines = [
    "'v# TODO x.exe'",
    "prog.exe '\\# TODO later'",
    "'# SKIP.exe' 'a\\' '#' 'TODO' '\\\\# SKIP'",
    "'dark\u0085\u2028night.exe'",
    "'\u202eexe.txt' '\u2029' '\x1b[31m'",
]
done = batch("talks", *lines, FAKE_COUNT=str(len(lines)), FAKE_SAYS=says.hex())
text = done.stdout
plan.true(
    (done.returncode, len(tests(text))) == (1, len(lines)),
    "five programs, five lines, all red",
    done.stderr,
)
code, said = prove(text)
plan.true(
    code != 0
    and f"Failed {len(lines)}/{len(lines)} subtests" in said
    and "TODO passed" not in said,
    "prove sees each of them fail",
    said,
)
plan.true(
    all(line.isprintable() for line in text.decode().split("\n")),
    "nothing in it moves a cursor or ends a line",
    text,
)
plan.equal(
    tests(text)[:2],
    [b"not ok 1 - v\\# TODO x", b"not ok 2 - prog \\\\\\# TODO later"],
    "a backslash before # is escaped, and so is #",
)
kept = re.findall(r'^  (?:stdout|stderr|log): (".*")$', text.decode(), re.M)
plan.equal(len(kept), 3 * len(lines), "what was printed is there")
wanted = says.decode("utf-8", "backslashreplace")
plan.true(
    all(json.loads(re.sub(r"\\U000e0001", "\U000e0001", one)) == wanted for one in kept),
    "as it was",
    kept[0],
    wanted,
)

# However much a program prints, the report has a bound, which is said, and is a failure.
done = batch("flood", "prog.exe", "prog.exe", FAKE_MB="3", options=("--output", "2"))
plan.equal(
    [line[:6] for line in tests(done.stdout)], [b"not ok", b"not ok"], "cut output is a failure"
)
plan.true(
    done.stdout.count(
        b"stdout was cut: 2097152 bytes are kept, 1048576 are not (--output MB keeps more)"
    )
    == 4,
    "and says so",
    done.stdout[-3000:],
)
done = batch("flood", "prog.exe", "prog.exe", FAKE_MB="3", options=("--output", "3"))
plan.true(
    done.returncode == 0 and done.stdout.count(b"0123456789abcde") == 2 * 3 * 65536,
    "--output keeps more",
    done.stdout[-3000:],
)
done = batch("flood", "prog.exe", "prog.exe", FAKE_MB="40")
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
plan.true(peak <= 300, f"80 MiB of output in {peak} MiB of memory")
plan.true(len(done.stdout) < 80 << 20, f"and a report of {len(done.stdout) >> 20} MiB")

# Each has its end, whatever becomes of the machine.
done = batch("dies_between", "prog.exe")
plan.true(
    b"not ok 1" in done.stdout and b"bug check" in done.stdout,
    "a kernel that dies after a program's end is its bug check",
    done.stdout,
)
done = batch("says_nothing", "prog.exe", "prog.exe")
plan.true(
    done.stdout.count(b"without a verdict") == 4,
    "no verdict is no success, and the batch ends",
    done.stdout,
)

# A signal: what is known comes out, and nothing stays.
home = os.path.join(OUT, "tmp")
os.mkdir(home)
memory, listing = os.path.join(OUT, "memory"), file(
    "list", b"prog.exe\nprog.exe one\nprog.exe two\n"
)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
    tool = subprocess.Popen(
        [TOOL, "batch", listing],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=environment("second_waits", FAKE_MEMORY=memory, TMPDIR=home),
    )
    first = b""
    while b"  ...\n" not in first:
        first += os.read(tool.stdout.fileno(), 65536) or b"  ...\n"
    plan.true(
        b"ok 1 - prog\n" in first and tool.poll() is None,
        "the first result comes while the second program runs",
        first,
    )
    end = time.monotonic() + 600  # a fuse
    while not os.path.exists(memory) and time.monotonic() < end:
        time.sleep(0.02)
    tool.send_signal(number)
    rest, errors = tool.communicate(timeout=600)
    name = signal.Signals(number).name
    plan.equal(
        (tool.returncode, errors),
        (128 + number, f"fathom: ended by {name}\n".encode()),
        f"{name}: exit code {128 + number}",
    )
    plan.equal(
        tests(first + rest),
        [b"ok 1 - prog", b"not ok 2 - prog one", b"not ok 3 - prog two"],
        f"{name}: as many lines as planned",
    )
    plan.true(
        b'stdout: "half a li"' in rest and f"{name} came first".encode() in rest,
        f"{name}: with what was printed",
        rest,
    )
    plan.true("Failed 2/3" in prove(first + rest)[1], f"{name}: prove reads it")
    with open(memory) as pid:
        machine = f"/proc/{pid.read()}"
    os.remove(memory)
    end = time.monotonic() + 600
    while os.path.exists(machine) and time.monotonic() < end:
        time.sleep(0.05)
    plan.equal(
        (os.path.exists(machine), os.listdir(home)),
        (False, []),
        f"{name}: no machine and no file stays",
    )


def started(**more):
    """The tool, its second program running; its machine's folder in home."""
    before = set(os.listdir(home))
    if os.path.exists(memory):
        os.remove(memory)
    tool = subprocess.Popen(
        [TOOL, "batch", listing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env=environment("second_waits", FAKE_MEMORY=memory, TMPDIR=home, **more),
    )
    end = time.monotonic() + 600
    while not os.path.exists(memory) and time.monotonic() < end:
        time.sleep(0.02)
    return tool, set(os.listdir(home)) - before


# SIGKILL leaves the machine's folder; the next start removes it, and no other.
alive, its = started()
others = {"fathom-of-another", "fathom-notes", "fathom-full"}
for name in others:
    os.mkdir(os.path.join(home, name))
for path, text in (("fathom-notes/owner", ""), ("fathom-full/.fathom-owner", "me")):
    with open(os.path.join(home, path), "w") as file:
        file.write(text)
killed, left = started()
killed.kill()
killed.wait()
plan.true(len(left) == 1 and left < set(os.listdir(home)), "a tool that is killed leaves a folder")
batch("status", "prog.exe", TMPDIR=home)
plan.equal(set(os.listdir(home)), its | others, "the next one removes it, and no other's")
alive.terminate()
plan.equal(alive.wait(600), 128 + signal.SIGTERM, "the one beside it was not harmed")
plan.equal(set(os.listdir(home)), others, "and leaves nothing itself")
plan.done()
