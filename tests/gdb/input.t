#!/usr/bin/env python3
# needs: system gdb programs
# long: only
"""A session on a terminal: a line typed while the machine is halted is gdb's, one typed while it
runs the program's; the prompt says process and ring; colours; Ctrl-C ends a long command; finish
names the NTSTATUS that the function returned."""
import glob
import os
import pty
import re
import select
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "gdb", "programs", "number.exe")
FUSE = 120  # seconds without a byte: something hangs


class Terminal:
    """A session on a terminal, as a person has it."""

    def __init__(self, *command):
        self.process, self.line = pty.fork()
        if not self.process:
            os.execvp(command[0], command)
        self.text = self.taken = ""

    def wait(self, wanted):
        """Whether wanted comes after all that was waited for before."""
        while not (found := re.search(wanted, self.text[len(self.taken) :])):
            ready, _, _ = select.select([self.line], [], [], FUSE)
            try:
                self.text += os.read(self.line, 65536).decode("utf-8", "replace") if ready else ""
            except OSError:  # the other end is closed
                return False
            if not ready:
                return False
        self.taken = self.text[: len(self.taken) + found.end()]
        return True

    def type(self, text):
        os.write(self.line, text.encode())

    def computed(self):
        """Seconds of processor that its machine has had."""
        ticks = 0
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path) as file:
                    name, _, rest = file.read().partition("(")[2].rpartition(")")
            except OSError:
                continue  # it has ended
            fields = rest.split()
            if name.startswith("qemu") and int(fields[1]) == self.process:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


session = Terminal(os.path.join(TOP, "tools", "fathom"), "gdb", PROGRAM)
session.wait(r"\(gdb\)")
session.type("continue\n")
plan.true(session.wait("number\\? "), "the program asks", session.text)
session.type("\x03")
plan.true(session.wait(r"\(gdb\)"), "Ctrl-C stops the machine", session.text)
session.type("print 111\n")
plan.true(session.wait(r"= 111\b"), "a line at gdb's prompt is gdb's", session.text)
session.wait(r"\(gdb\)")
session.type("print 222\n")
plan.true(session.wait(r"= 222\b"), "and the next one, too", session.text)
for line, wanted in (
    ("print ntdll!RtlAllocateHeap", r"0x7c9[^>]*RtlAllocateHeap[^>]*>"),
    ("print nt!MiCurrentSpace", r"\(MMSPACE \*.*0x8"),
    ("print 333 != 333", r"= 0\b"),
):
    session.wait(r"\(gdb\)")
    session.type(line + "\n")
    plan.true(session.wait(wanted), f"typed: {line}", session.text)
session.wait(r"\(gdb\)")
session.type("continue\n")
session.wait("Continuing")
session.type("42\n")
plan.true(
    session.wait("got 42"), "a line typed while the program runs is the program's", session.text
)
plan.true(session.wait("exit code 42"), "its end is its exit code", session.text)
plan.true(session.wait(r"\(gdb\)"), "and gdb's prompt", session.text)
session.type("quit\n")
os.waitpid(session.process, 0)

session = Terminal(os.path.join(TOP, "tools", "fathom"), "gdb", PROGRAM)
session.wait(r"no process r0 \(gdb\)")
session.type("tbreak main\n")
plan.true(
    session.wait(r"\nno process r0 \(gdb\)|hno process r0 \(gdb\)"),
    "the prompt stays",
    session.text,
)
session.type("continue\n")
plan.true(
    session.wait(r"(?<!no process r0 )number.exe r3 \(gdb\)"), "process and ring", session.text
)
session.type("words\n")
plan.true(session.wait("\x1b\\[33mchain"), "colours on a terminal", session.text)
session.wait(r"\(gdb\)")
session.type("chain printf\n")
session.wait("called")
session.type("\x03")
plan.true(
    session.wait(r"(?s)(instructions:|stopped).*r[03] \(gdb\)"), "Ctrl-C ends chain", session.text
)
session.type("quit\n")
os.waitpid(session.process, 0)

session = Terminal(os.path.join(TOP, "tools", "fathom"), "gdb", PROGRAM.replace("number", "ever"))
session.wait(r"\(gdb\)")
session.type("break main\n")
session.wait("pending")
session.type("continue\n")
session.wait("Breakpoint 1, ")
session.wait(r"\(gdb\)")
session.type("next\n")
session.wait("next")
session.type("next\n")
session.wait("next")
before, end = session.computed(), time.monotonic() + FUSE
while session.computed() < before + 1 and time.monotonic() < end:
    time.sleep(0.1)  # only a machine that has been let go computes
session.type("\x03")
plan.true(session.wait("SIGINT"), "Ctrl-C stops a next over an endless wait", session.text)
session.wait(r"\(gdb\)")
session.type("print 40 + 4\n")
plan.true(session.wait(r"= 44\b"), "and gdb listens again", session.text)
session.type("kill\nquit\n")
os.waitpid(session.process, 0)

session = Terminal(os.path.join(TOP, "tools", "fathom"), "gdb", PROGRAM)
for line in ("tbreak MmAccessFault", "continue", "finish"):
    session.wait(r"r[03] \(gdb\)")
    session.type(line + "\n")
session.wait("Value returned")
session.wait(r"r[03] \(gdb\)")
plan.true("NTSTATUS STATUS_SUCCESS (0x0)" in session.taken, "finish names the status", session.text)
session.type("kill\nquit\n")
os.waitpid(session.process, 0)
plan.done()
