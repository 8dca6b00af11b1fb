#!/usr/bin/env python3
# needs: system programs
"""Many small programs in one boot: what each costs QEMU, and the pages that the machine ends with.

The cost of a small program is the translation of its code.  QEMU counts the blocks that it
translates (`info jit`), which no load of the host changes: with a DLL's image made anew for each
program there were 620 a program, with those images kept 145.  The CPU seconds are only said.
"""
import os
import re
import resource
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

sys.path.insert(0, os.path.join(TOP, "tools"))
from host import batch, commands, frames, options, session

plan = Plan()
COUNT, FIRST, LAST = 100, 10, 90  # programs; the two that are asked at
MOST = 250  # blocks a program
PROGRAM = os.path.join(OUT, "tests", "tools", "programs", "ends.exe")
GREETING = b'{"execute": "qmp_capabilities"}\n'
QUESTION = b'{"execute": "human-monitor-command", "arguments": {"command-line": "info jit"}}\n'


class Asking(session.Session):
    """A session that asks QEMU how many blocks there were, at two programs' starts."""

    counts, audited = {}, {}

    def _frame(self, kind, payload):
        if kind == frames.START:
            index = frames.words(payload, 1)[0]
            if index in (FIRST, LAST):
                self.counts[index] = self.blocks(GREETING if index == FIRST else b"")
        super()._frame(kind, payload)
        self.audited.update(self.audits)

    def blocks(self, before):
        line, said = self.machine.qmp, b""
        line.settimeout(60)  # a fuse
        line.sendall(before + QUESTION)
        while b"TB invalidate count" not in said:
            said += line.recv(65536)
        return int(re.search(rb"TB count +(\d+)", said)[1])


commands.Session = Asking
with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
    listing.write(f"{PROGRAM} status 0\n" * COUNT)
    listing.flush()
    chosen = options.parser("", commands.CALLS).parse_args(["batch", listing.name])
    chosen.recorded, chosen.out = None, OUT
    jobs = batch.read_list(listing.name)
    sink = []
    reporter = type(
        "Reporter", (), {"finished": lambda self, job: sink.append(job.verdict.status)}
    )()
    commands.boot_batch(chosen, jobs, reporter)

plan.equal(sink, [0] * COUNT, f"{COUNT} programs end with 0")
each = (Asking.counts[LAST] - Asking.counts[FIRST]) / (LAST - FIRST)
plan.true(each <= MOST, f"QEMU translates {each:.0f} blocks for a program, at most {MOST}")
audits = [Asking.audited[index] for index in range(COUNT)]
plan.equal(audits[-1][2], audits[0][1], "free pages at the end are those at the start")
plan.equal(
    {audit[5] for audit in audits[1:]},
    {audits[1][5]},
    "each makes as many of the kernel's own allocations",
)
own, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
spent = own.ru_utime + own.ru_stime + theirs.ru_utime + theirs.ru_stime
print(
    f"# {COUNT} programs in {spent:.2f} CPU seconds: "
    f"{COUNT / spent:.0f} a second, the boot included"
)
plan.done()
