#!/usr/bin/env python3
# needs: system programs overflow
"""A kernel whose NtFathomNull calls itself without end: the overflow of its stack is named, with
the service, the thread and the deepest frames; and tools/kstack.py sees the recursion before it
runs."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
import kstack  # noqa: E402

plan = Plan()
KERNEL = os.path.join(OUT, "tests", "second", "overflow", "ntoskrnl.exe")


def run(kernel):
    return subprocess.run(
        [
            os.path.join(TOP, "tools", "fathom"),
            "run",
            os.path.join(OUT, "tests/tools/programs/null.exe"),
        ],
        env={**os.environ, **({"FATHOM_KERNEL": kernel} if kernel else {})},
        capture_output=True,
        text=True,
        errors="replace",
    )


plan.equal(run(None).returncode, 0, "null.exe on our kernel: NtFathomNull succeeds")
done = run(KERNEL)
plan.equal(done.returncode, 243, "on a kernel whose service never returns: a bug check")
last = (done.stderr.splitlines() or [""])[-1]
plan.true(
    re.search(
        r"7f .*: kernel stack overflow in service 1000 NtFathomNull, thread \d+\.\d+ null", last
    ),
    "the last line names the overflow, the service and the thread",
    done.stderr,
)
plan.true(
    len(re.findall(r"nt!KiDeeper\+", done.stderr)) > 10, "the deepest frames follow", done.stderr
)
found = kstack.Kernel(OUT, kernel=KERNEL).graph.uncut()
plan.equal(found, ["KiDeeper -> KiDeeper"], "the recursion is seen in the kernel that has it")
plan.done()
