#!/usr/bin/env python3
# needs: system programs
"""The machine's events as they come: every kind with its fields, from two processes, by the ring
and by COM2; losses are counted; what tracing costs, in instructions."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

sys.path.insert(0, os.path.join(TOP, "tools"))
from events import stream, table

plan = Plan()
PROGRAMS = os.path.join(OUT, "tests", "tools", "programs")
folder = tempfile.TemporaryDirectory()
path = os.path.join(folder.name, "events")
SLOW = """
import sys
sys.path.insert(0, %r)
from host import commands, events
def take(self, calls=[0]):  # three times the reader comes too late
    calls[0] += 1
    if calls[0] > 3:
        whole(self)
whole, events.Ring.take = events.Ring.take, take
sys.exit(commands.main(""))
"""


def run(*words, tool=(os.path.join(TOP, "tools", "fathom"),), **environment):
    """(standard output, standard error) of a program under icount, with what it left in path."""
    line = [*tool, "run", "--icount", "--seed", "3", "--timeout", "300", *words]
    env = {**os.environ, **environment}
    done = subprocess.run(line, capture_output=True, text=True, env=env, timeout=1800)  # a fuse
    return done.stdout, done.stderr


def events(*words, **more):
    """(what it printed, the Stream, its events)"""
    options = ("--events", path, "--events-format", "binary")
    said = run(*options, *words, **more)
    with open(path, "rb") as file:
        one = stream.Stream(file)
        return said, one, list(one)


def of(name, **fields):
    """The events of that name with these fields."""
    wanted = fields.items()
    return [e for e in got if e.name == name and all(e.fields[k] == v for k, v in wanted)]


def one(what, name, **fields):
    found = of(name, **fields)
    plan.true(len(found) == 1, what, f"{len(found)} of {name} {fields}")
    return found[0] if found else None


kinds = os.path.join(PROGRAMS, "kinds.exe")
(out, _), whole, got = events("--add", kinds, kinds)
said = {w[0]: [int(n, 16) for n in w[1:]] for w in map(str.split, out.splitlines())}
rare = {"EventsLost"}
plan.equal(
    {row.name for row in table.read().rows.values()} - rare,
    {e.name for e in got},
    "every kind of event came, and no loss",
)
plan.equal((whole.lost, whole.head["clock"]), (0, "instructions"), "no number is missing")
times = [e.time for e in got]
plan.equal(times, sorted(times), "in the order in which they happened")
child, _, pid = said["child"]

heap, old, moved, large, front, _ = said["heap"]
served = {number: word for number, word in whole.table.words["served"].items()}
words = {word: number for number, word in served.items()}
one("a heap's creation", "HeapOperation", Operation=4, Heap=heap, Served=words["whole heap"])
first = one("an allocation", "HeapOperation", Operation=1, Heap=heap, Size=100)
plan.equal(
    (
        first.fields["Block"],
        first.fields["Granted"] >= 100,
        served[first.fields["Served"]],
        first.pid,
    ),
    (old, True, "free list", pid),
    "its block, what was granted, where it was served, whose it is",
)
again = one("a reallocation", "HeapOperation", Operation=3, Heap=heap, Size=3000)
plan.equal((again.fields["Old"], again.fields["Block"]), (old, moved), "from which block to which")
one("a large block", "HeapOperation", Operation=1, Block=large, Served=words["large"])
one("one of the front end", "HeapOperation", Operation=1, Block=front, Served=words["front end"])
one("and its free", "HeapOperation", Operation=2, Block=front, Served=words["front end"], Size=40)
one("a failure", "HeapOperation", Operation=1, Heap=heap, Block=0, Served=words["failed"])
one("a heap's end", "HeapOperation", Operation=5, Heap=heap)

(region,) = said["region"]
one("a reservation", "RegionReserve", Base=region, Size=0x20000)
one("a commit", "RegionCommit", Base=region, Size=0x2000)
one("a protection", "RegionProtect", Base=region, Protect=2, Old=4)
one("a decommit", "RegionDecommit", Base=region, Size=0x2000)
one("a release", "RegionRelease", Base=region, Size=0x20000)
page = of("PageAlloc", Address=region + 0x1000)
plan.true(len(page) == 1 and page[0].fields["Use"] == 1, "the page that was touched", page)
if page:
    freed = [e for e in of("PageFree", Pfn=page[0].fields["Pfn"]) if e.time > page[0].time]
    plan.true(freed, "and given back")

view, dll = said["section"]
one("a view", "SectionMap", Base=view, Size=0x3000, Pid=pid, Name="")
shared = [e for e in of("PageAlloc", Address=view + 0x2000) if e.fields["Use"] == 4]
plan.true(len(shared) == 1, "its page, with its address", len(shared))
one("a view's end", "SectionUnmap", Base=view, Pid=pid)
one("a DLL", "ModuleLoad", Base=dll, Pid=pid, Name="ole32.dll")
one("a DLL's end", "ModuleUnload", Base=dll, Pid=pid)
one("an exception", "Exception", Code=0xC000001D, Chance=1)
tid, main = said["thread"]
one("a thread", "ThreadCreate", Pid=pid, Tid=tid)
one("a thread's end", "ThreadExit", Pid=pid, Tid=tid, Status=5)
plan.true(of("ContextSwitch", Pid=pid, Tid=tid), "the switch to it")
one("a process", "ProcessCreate", Pid=child, Parent=pid, Name="kinds.exe")
one("its image", "ModuleLoad", Pid=child, Name="kinds.exe")
one("its end", "ProcessExit", Pid=child, Status=9)
theirs = [e for e in of("HeapOperation", Operation=1, Size=77) if e.pid == child]
plan.equal(
    (len(theirs), len(of("HeapOperation", Operation=1, Size=77))), (200, 200), "each its own"
)
plan.equal(of("ServiceEnter", Number=0x1003), [], "the tracer does not trace itself")

(_, _), _, twice = events("--add", kinds, kinds)
plan.true(got == twice, "a second run has the same events at the same instructions")
(_, _), serial, got = events("--add", kinds, kinds, FATHOM_EVENTS="serial")
same = [e.name for e in got] == [e.name for e in twice]
plan.true(same and serial.lost == 0, "by COM2, without a ring: the same ones", len(got), len(twice))
(_, _), _, got = events("--events-stacks", "--trace", "HeapOperation", kinds, "child")
deep = [e for e in got if e.name == "HeapOperation" and e.fields["Size"] == 77]
plan.true(deep and all(len(e.stack) > 4 for e in deep), "--events-stacks: each has its stack")

tool = (sys.executable, "-c", SLOW % os.path.join(TOP, "tools"))
(_, wrong), slow, got = events("--add", kinds, kinds, tool=tool)
told = sum(e.fields["Count"] for e in got if e.name == "EventsLost")
plan.true(slow.lost > 0, "a reader that is too slow loses events", wrong)
plan.equal(told, slow.lost, "and each of them is counted")

pairs = os.path.join(PROGRAMS, "pairs.exe")
cheap, dear = int(run(pairs)[0]), int(run("--events", path, pairs)[0])
plan.true(
    dear <= 5 * cheap, f"a heap pair: {cheap} instructions, {dear} with all events: at most 5 times"
)
walk = os.path.join(OUT, "archive", "walk.exe")
cheap, dear = (
    int(run(*options, "--add", walk, pairs, "walk.exe")[1].split()[-1])
    for options in ((), ("--events", path))
)
plan.true(
    dear <= 2 * cheap, f"the walk: {cheap} instructions, {dear} with all events: at most 2 times"
)
plan.done()
