#!/usr/bin/env python3
# needs: system record web programs
# long: only
"""A story names each kind of page fault, joins a touch to the commit that it pays for, folds a loop
over pages, and goes over to another process (web/model/story.js, loops.js, pays.js)."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import Plan  # noqa: E402
from told import told  # noqa: E402

plan = Plan()
WRITE, GUARD = 2, 0x10
recording, events, trouble = told("kinds")
plan.true(len(events) > 50, f"kinds: {recording.count} instructions, {len(events)} events", trouble)


def given(size):
    """The commits of so many bytes."""
    return [
        (i, e)
        for i, e in enumerate(events)
        if e.get("range") and e["range"]["size"] == size and e["range"]["type"] & 0x1000
    ]


(loop_at, loop_commit), *_ = given(8 * 4096)
pages = [e for _, e in given(4096)]
guard, late = pages[0]["range"]["base"], pages[-1]["range"]["base"]


def faults(address):
    return [e for e in events if e["kind"] == "fault" and e["address"] == address]


first, second = faults(guard)
plan.equal(
    (first["page"]["code"] & GUARD, "commit" in first),
    (GUARD, False),
    "a guard page: it takes none",
)
plan.equal(
    (second["page"]["state"], "commit" in second), ("promised", True), "touched again, it does"
)
reserved, there = faults(late)
plan.equal(reserved["page"]["state"], "reserved", "reserved: nothing is promised")
plan.equal(events[there["commit"]]["range"]["base"], late, "then the handler's commit is paid for")
ends = [e["again"] for e in events if e["kind"] == "resolved"]
plan.equal(ends.count(False), 2, f"two of {len(ends)} faults become exceptions")
touched = [
    e for e in events if e["kind"] == "fault" and e["page"] and e["page"]["state"] == "shown"
]
plan.true(touched, f"{len(touched)} touches of a view")

# ---- the loop ----
base = loop_commit["range"]["base"]
last = base + 7 * 4096
# Pages of images may be touched one after the other, too: how many depends on where code lies.
loops = [(i, e) for i, e in enumerate(events) if e["kind"] == "loop" and e["address"] == last]
plan.equal(
    [e["count"] for _, e in loops],
    [7],
    "eight touches: one is told, seven are counted, to the last page",
)
at, loop = loops[0]
plan.equal([e["kind"] for e in loop["events"]].count("fault"), 7, "seven faults are in it")
plan.equal(
    (loop["commit"], loop_commit["touches"][-1]),
    (loop_at, at),
    "it pays for the commit of eight pages",
)
plan.equal(
    sorted(
        e["address"] for e in faults(base) + [x for x in loop["events"] if x["kind"] == "fault"]
    ),
    [base + i * 4096 for i in range(8)],
    "each page once",
)

# ---- two processes ----
recording, events, trouble = told("two", "--from", "ready", "--to", "done")
switches = [e for e in events if e["kind"] == "switch"]
plan.equal([e["program"] for e in switches], ["two.exe", "two.exe"], f"over, and back: {trouble}")
plan.true(switches[0]["pid"] != switches[1]["pid"], f"processes {[e['pid'] for e in switches]}")
write = next(
    e for e in events if e["kind"] == "fault" and e["page"] and e["page"]["state"] == "present"
)
plan.equal(
    (write["code"] & WRITE, write["page"]["kind"]),
    (WRITE, "image"),
    "a write to a page that both have",
)
copy = next(e for e in events if e["kind"] == "entry" and e["address"] == write["address"] & ~0xFFF)
before, after = (int(copy[side], 16) >> 12 & 0xFFFFF for side in ("before", "after"))
given_pages = [e["value"] for e in events if e["kind"] == "return" and e["name"] == "PageAlloc"]
plan.true(
    before != after and after in given_pages, f"page {before:X} before, {after:X} now: a copy"
)
gone = [e for e in events if e["kind"] == "region"]
plan.true(all(not e["made"] for e in gone), "what goes is the second process's alone")
plan.done()
