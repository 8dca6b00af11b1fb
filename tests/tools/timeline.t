#!/usr/bin/env python3
# needs: nothing
"""tools/trace: events become slices that nest, marks and counters, in both formats."""
import io
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import TOP, Plan

sys.path.insert(0, os.path.join(TOP, "tools"))
import importer
from events import table
from events.stream import Event
from trace import perfetto, speedscope
from trace.timeline import Timeline

plan = Plan()
FACTS = {"program": "a.exe", "writer": "test"}
ALLOCATE, PROTECT = 0x13, 0xD7  # NtAllocateVirtualMemory, NtProtectVirtualMemory
MAIN, OTHER = (4, 8), (4, 12)


class Script:
    """Events of threads, 10 instructions apart."""

    def __init__(self):
        self.timeline, self.time, self.count = Timeline(table.read()), 1000, 0

    def say(self, thread, name, **fields):
        self.timeline.feed(Event(self.count, self.time, *thread, name, fields, []))
        self.time, self.count = self.time + 10, self.count + 1
        return self

    def born(self):
        self.say((0, 0), "ProcessCreate", Pid=4, Parent=0, Name="a.exe")
        return self.say((0, 0), "ThreadCreate", Pid=4, Tid=8, Start=0x401000)

    def fault(self, thread=MAIN, code=6, uses=(), status=0):
        self.say(thread, "PageFault", Address=0x10000, ErrorCode=code, Eip=0x401000)
        for use in uses:
            self.say(thread, "PageAlloc", Pfn=5, Use=use, Address=0x10000, Free=9)
        return self.say(thread, "PageFaultExit", Address=0x10000, Status=status)

    def enter(self, number=ALLOCATE, thread=MAIN):
        arguments = {"Arg0": 0xFFFFFFFF, "Arg1": 0x21FF00, "Arg2": 0}
        return self.say(thread, "ServiceEnter", Number=number, **arguments)

    def leave(self, number=ALLOCATE, thread=MAIN):
        return self.say(thread, "ServiceExit", Number=number, Status=0)

    def end(self):
        """(slices by name, perfetto's, speedscope's) of it all, both as imported."""
        self.timeline.finish()
        texts = []
        for writer in (perfetto, speedscope):
            file = io.StringIO()
            writer.write(self.timeline, FACTS, file)
            texts.append(file.getvalue())
        slices = {one.name: one for one in self.timeline.slices}
        return slices, importer.perfetto(texts[0]), importer.speedscope(texts[1])


def times(one):
    return one.start, one.end


ALLOCATES, PROTECTS = "NtAllocateVirtualMemory", "NtProtectVirtualMemory"

script = Script().born().enter().fault().leave()
slices, (wrong, page), (wrong_too, graph) = script.end()
plan.equal((wrong, wrong_too), ([], []), "a fault in a service: both formats are right")
plan.equal(times(slices[ALLOCATES]), (20, 50), "a service lasts from its beginning to its end")
plan.equal(times(slices["page fault (write)"]), (30, 40), "and a fault in it")
found = {one["name"]: one for one in page["slices"]}
plan.equal(
    [found[n]["depth"] for n in ("thread 8", ALLOCATES, "page fault (write)")],
    [0, 1, 2],
    "an importer nests them",
)
plan.equal(
    found[ALLOCATES]["args"],
    {"Process": "0xffffffff", "*Base": "0x21ff00", "ZeroBits": "0x0", "Status": "00000000"},
    "arguments by their names, and the status",
)
plan.equal((page["processes"][4], page["threads"][MAIN]), ("a.exe (4)", "thread 8"), "names")
plan.equal(list(graph), ["a.exe (4), thread 8"], "a flame graph for each thread")

script = Script().born()
KINDS = (
    ((6, [1], 0), "demand zero"),
    ((6, [2, 1], 0), "demand zero"),
    ((7, [1], 0), "copy on write"),
    ((4, [4], 0), "page of an image or section"),
    ((6, [4, 1], 0), "page of an image or section, copied"),
    ((4, [], 0), "a page that was in memory"),
    ((6, [1], 0x80000001), "guard page"),
    ((4, [], 0xC0000005), "refused"),
)
for (code, uses, status), _ in KINDS:
    script.fault(code=code, uses=uses, status=status)
script.end()
kinds = [one.fields["Kind"] for one in script.timeline.slices if one.kind == "fault"]
plan.equal(kinds, [kind for _, kind in KINDS], "what kind of page fault each was")

script = Script().born().enter().say(MAIN, "ThreadCreate", Pid=4, Tid=12, Start=0x402000)
script.enter(PROTECT, OTHER).leave().leave(PROTECT, OTHER)
slices, (wrong, page), (wrong_too, graph) = script.end()
plan.equal((wrong, wrong_too), ([], []), "two threads whose services overlap")
pair = times(slices[ALLOCATES]), times(slices[PROTECTS])
plan.equal(pair, ((20, 50), (40, 60)), "each has its own")
plan.equal(sorted(graph), ["a.exe (4), thread 12", "a.exe (4), thread 8"], "and its own graph")

script = Script().born().enter().enter(PROTECT).fault()
slices, (wrong, page), (wrong_too, _) = script.end()
plan.equal((wrong, wrong_too), ([], []), "services that never end")
plan.equal(
    [(one["name"], one["args"].get("end")) for one in page["slices"] if "Nt" in one["name"]],
    [(ALLOCATES, "not seen"), (PROTECTS, "not seen")],
    "it is said of them",
)

script = Script().born().leave().enter().enter(PROTECT).leave().leave().fault()
slices, (wrong, page), (wrong_too, _) = script.end()
plan.equal((wrong, wrong_too), ([], []), "lost records: ends and beginnings that are alone")
plan.equal(
    (slices[ALLOCATES].whole, times(slices[ALLOCATES])),
    (False, (30, 40)),
    "the next service ends the one before",
)
plan.equal(slices[PROTECTS].whole, False, "the end of another service is not its end")
alone = [mark for mark in script.timeline.marks if mark.name == "ServiceExit"]
plan.equal(len(alone), 3, "an end alone is a mark")

script = Script().born()
for name, pages in (("Commit", 3), ("Commit", 4), ("Decommit", 1), ("Release", 16)):
    script.say(MAIN, "Region" + name, Base=0x10000, Size=pages << 12, Protect=4)
script.say(MAIN, "RegionCommit", Base=0x20000, Size=0x1000, Protect=4)
script.say(MAIN, "ProcessExit", Pid=4, Status=0)
slices, (wrong, page), _ = script.end()
plan.equal(
    [value for _, value in page["counters"][4, "committed bytes"]],
    [0x3000, 0x4000, 0x3000, 0, 0x1000, 0],
    "a page that is committed twice counts once",
)
plan.equal(wrong, [], "counters are right")

CREATE = 0x5D  # NtCreateUserProcess
script = Script().say((0, 0), "RegionCommit", Base=0x10000, Size=0x2000, Protect=4).born()
script.enter(CREATE).say(MAIN, "RegionCommit", Base=0x10000, Size=0x5000, Protect=4)
script.say(MAIN, "ProcessCreate", Pid=16, Parent=4, Name="b.exe")
script.say(MAIN, "ThreadCreate", Pid=16, Tid=20, Start=0x401000).leave(CREATE)
script.say(MAIN, "RegionCommit", Base=0x20000, Size=0x1000, Protect=4)
slices, (wrong, page), _ = script.end()
found = {pid: [value for _, value in values] for (pid, _), values in page["counters"].items()}
plan.equal(found, {4: [0x2000, 0x3000], 16: [0x5000]}, "what is committed for a process being made")

HEAP = {"Heap": 0x10000, "Block": 0x11000, "Size": 9, "Granted": 16, "Old": 0, "Served": 3}
script = Script().born().enter().leave().enter().leave()
script.say(MAIN, "HeapOperation", Operation=1, Began=1035, **HEAP)
slices, (wrong, page), (wrong_too, _) = script.end()
plan.equal((wrong, wrong_too), ([], []), "a call of a heap")
plan.equal(times(slices["heap: allocate"]), (35, 60), "it began before its event")
found = [(one["name"], one["ts"], one["depth"]) for one in page["slices"]][1:]
plan.equal(
    found,
    [(ALLOCATES, 20, 1), ("heap: allocate", 35, 1), (ALLOCATES, 40, 2)],
    "it holds the services that came after",
)
script = Script().born().enter().leave().enter()
script.say(MAIN, "HeapOperation", Operation=1, Began=1025, **HEAP)
slices, (wrong, page), (wrong_too, _) = script.end()
plan.equal((wrong, wrong_too), ([], []), "a call that began within a service nests all the same")

script = Script().born().say(MAIN, "ContextSwitch", State=3, Pid=0, Tid=0)
script.enter().say((0, 0), "ContextSwitch", State=1, Pid=4, Tid=8).leave()
slices, (wrong, page), (wrong_too, graph) = script.end()
plan.equal((wrong, wrong_too), ([], []), "switches")
plan.equal(
    [(one["name"], one["ts"], one["dur"]) for one in page["slices"] if one["cat"] == "runs"],
    [("kernel", 20, 20), ("a.exe thread 8", 40, 10)],
    "what runs is a track of its own",
)
plan.true("kernel (0), processor" in graph, "with its name", list(graph))

# The importer sees what is wrong.
good = json.loads('{"ph": "X", "name": "a", "ts": 0, "dur": 10, "pid": 4, "tid": 8, "args": {}}')
head = {"ph": "M", "pid": 4, "tid": 8, "args": {"name": "a"}}
heads = [{**head, "name": "process_name"}, {**head, "name": "thread_name"}]


def said(*events):
    return importer.perfetto(json.dumps({"traceEvents": [*heads, *events]}))[0]


plan.equal(said(good, {**good, "ts": 5, "dur": 5}), [], "importer: one in the other")
plan.true("outlasts" in said(good, {**good, "ts": 5})[0], "importer: two that overlap")
for name, value, why in (
    ("ts", "5", "no time"),
    ("dur", -1, "no duration"),
    ("pid", None, "no pid"),
    ("ph", "Q", "phase"),
):
    plan.true(said({**good, name: value})[0].startswith(why), f"importer: {why}")
plan.true(said({**good, "tid": 9}) == ["(4, 9) has no name"], "importer: a thread without a name")
counter = {"ph": "C", "name": "c", "ts": 5, "pid": 4, "args": {"c": 1}}
wrong = said(counter, {**counter, "ts": 4})
plan.true("back in time" in wrong[0], "importer: a counter that goes back")


def graph_of(*events):
    profile = {"type": "evented", "name": "p", "unit": "none", "startValue": 0, "endValue": 10}
    profile["events"] = [{"type": t, "frame": f, "at": at} for t, f, at in events]
    whole = {"$schema": importer.SCHEMA, "shared": {"frames": [{"name": "a"}, {"name": "b"}]}}
    return importer.speedscope(json.dumps({**whole, "profiles": [profile]}))[0]


nested = ("O", 0, 0), ("O", 1, 1), ("C", 1, 1), ("C", 0, 9)
plan.equal(graph_of(*nested), [], "importer: frames that nest")
crossed = ("O", 0, 0), ("O", 1, 1), ("C", 0, 2), ("C", 1, 3)
for events, why in (
    (crossed, "innermost"),
    ((("O", 0, 5), ("C", 0, 4)), "back in time"),
    ((("O", 0, 5),), "open at its end"),
    ((("O", 7, 5), ("C", 7, 5)), "no such frame"),
):
    plan.true(why in graph_of(*events)[0], f"importer: {why}")
plan.done()
