#!/usr/bin/env python3
# needs: system gdb programs
# long: too
"""An exception stops at the program's own line, with the chance and its name: the access violation
(in make test-long also DebugBreak, a damaged heap, RaiseException, throws), and the end is its exit
code."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import LONG, OUT, TOP, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "gdb", "programs", "raises.exe")
with open(os.path.join(TOP, "tests", "gdb", "programs", "raises.cpp")) as source:
    LINES = {
        found[1]: n
        for n, text in enumerate(source, 1)
        if (found := re.search(r"/\* (\w+) \*/", text))
    }
TWICE = ("first", "second")
CASES = (  # argument, line, chances, name, exit code
    ("throw", "throw", ("first",), "C++ exception std::runtime_error", 5),
    ("access", "access", TWICE, "access violation (0xc0000005): read of 0x00000000", 0xC0000005),
    ("break", "break", ("first",), "breakpoint (0x80000003)", 0x80000003),
    ("heap", "heap", ("second",), "heap corruption (0xc0000374)", 0xC0000374),
    ("raise", "raise", TWICE, "exception (0xe0001234)", 0xE0001234),
    ("uncaught", "throw", TWICE, "C++ exception", 3),
)
for word, line, chances, name, code in CASES if LONG else CASES[:2]:
    with tempfile.NamedTemporaryFile("w", prefix="fathom-gdb-") as script:
        script.write(
            "python\nwhile gdb.selected_inferior().pid:\n    gdb.execute('continue')\nend\nprint/x "
            "$_exitcode\n"
        )
        script.flush()
        done = subprocess.run(
            [os.path.join(TOP, "tools", "fathom"), "gdb", "--script", script.name, PROGRAM, word],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
        )
    text = done.stdout + done.stderr
    stops = re.findall(
        r"^(first|second) chance: (.*)\n#\d+ .*raises\.cpp:(\d+)$", done.stdout, re.M
    )
    plan.true(
        [stop[0] for stop in stops][: len(chances)] == list(chances)
        and all(name in stop[1] or "C++" in name for stop in stops[: len(chances)])
        and {stop[2] for stop in stops[: len(chances)]} == {str(LINES[line])},
        f"{word}: {', '.join(chances)} chance at its line",
        text,
    )
    plan.true(re.search(f"^\\$1 = {code:#x}$", text, re.M), f"{word}: ends with {code:#x}", text)
plan.done()
