#!/usr/bin/env python3
# needs: system gdb programs
"""Pages of a process in gdb: what was not touched yet is read as its first touch would bring it,
and what is written is never seen by another process."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "gdb", "programs", "pages.exe")
scratch = tempfile.TemporaryDirectory(prefix="fathom-gdb-")


def session(script):
    path = os.path.join(scratch.name, "script")
    with open(path, "w") as out:
        out.write(script)
    command = [os.path.join(TOP, "tools", "fathom"), "gdb", "--script", path, PROGRAM]
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL
    )
    return done.stdout + done.stderr


def page_of(text, what):
    return re.findall(rf"fathom: the page [0-9A-F]{{8}} of pages.exe {what}", text)


text = session(
    "break main\ncontinue\noutput data[0] + constant[0] + zeros[1024]\necho \\n\n"
    "disassemble code\nset var data[0] = 7777\nset var *(int *)&constant[0] = 8888\n"
    "set var zeros[1024] = 9999\nset var *(int *)((char *)code + 1) = 5555\n"
    "output data[0] + constant[0] + zeros[1024]\necho \\n\ninfo registers eip\ndelete\ncontinue\n"
)
plan.true("3333\n" in text, "untouched data, constants and zeros are read", text)
plan.true("0xd05" in text, "untouched code is disassembled", text)
plan.true(len(page_of(text, "is not in memory yet")) >= 3, "and a line says so, once a page", text)
plan.true(
    len(page_of(text, "was ")) == 4,
    "a write to each has the program's own thread copy or bring the page",
    text,
)
plan.true(
    "26664" in text and "<main+" in text, "it is written, and the thread is where it was", text
)
plan.true(
    "parent: 7777 8888 9999 5555" in text,
    "the process that was written to has all four values",
    text,
)
plan.true("child: 1111 2222 0 3333" in text, "its child has none of them", text)

text = session(
    "break main\ncontinue\ntbreak nt!NtCreateSection\ncontinue\n"
    "python\ntry: gdb.execute('set var data[0] = 7777')\nexcept gdb.error as said: "
    "print(said)\nend\ndelete\ncontinue\n"
)
plan.true(
    "nothing is written; stop in the program's own code first" in text,
    "in the kernel the write is refused",
    text,
)
plan.true("parent: 1111" in text and "child: 1111" in text, "and nothing has changed", text)

text = session("break show\ncontinue\nup\nset var view[0] = 5\ndelete\ncontinue\n")
plan.true(
    "is a section's: every process that maps it sees this" in text,
    "shared memory is written as the program would",
    text,
)
plan.done()
