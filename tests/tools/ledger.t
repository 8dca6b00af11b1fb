#!/usr/bin/env python3
# needs: nothing
"""tools/trace: blocks by call site, through realloc, HeapDestroy, losses, other threads."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import TOP, Plan

sys.path.insert(0, os.path.join(TOP, "tools"))
from events.stream import Event
from trace import table
from trace.ledger import ALLOCATE, DESTROY, FREE, REALLOCATE, SERVED, Ledgers
from trace.sites import Site

plan = Plan()
HEAP, MAIN, OTHER = 0x140000, (4, 8), (4, 12)


class Stacks:
    """In the place of sites.Sites: a stack is the name of its function."""

    def of(self, _, stack):
        return Site("a.exe", stack[0], f"/src/{stack[0]}.cpp", 7, f"src/{stack[0]}.cpp:7")


class Script:
    def __init__(self):
        self.ledgers, self.time = Ledgers(Stacks()), 1000
        self.say(MAIN, "ProcessCreate", Pid=4, Parent=0, Name="a.exe")

    def say(self, thread, name, stack=(), **fields):
        self.ledgers.feed(Event(0, self.time, *thread, name, fields, list(stack)))
        self.time += 10
        return self

    def heap(self, operation, block, site="", size=0, served="front end", old=0, thread=MAIN):
        fields = {"Operation": operation, "Heap": HEAP, "Block": block, "Size": size, "Old": old}
        fields |= {"Served": SERVED.index(served), "Began": self.time - 100}
        return self.say(thread, "HeapOperation", [site] if site else [], **fields)

    def take(self, block, site, size, served="front end", **more):
        return self.heap(ALLOCATE, block, site, size, served, **more)

    def rows(self):
        rows = self.ledgers.of[4].rows.values()
        return {row.site.function: (row.count, row.bytes, row.peak, row.live) for row in rows}


script = Script().take(16, "f", 10).take(32, "f", 20).take(48, "g", 5).heap(FREE, 16)
wanted = {"f": (2, 30, 30, 20), "g": (1, 5, 5, 5)}
plan.equal(script.rows(), wanted, "count, bytes, peak, left by site")
total = script.ledgers.of[4].sum
plan.equal((total.count, total.bytes, total.peak, total.live), (3, 35, 35, 25), "and their sums")
script.take(16, "f", 4)
plan.equal(script.rows()["f"], (3, 34, 30, 24), "a peak is the most at once")

script = Script().take(16, "f", 10).heap(REALLOCATE, 64, "g", 100, "free list", old=16)
wanted = {"f": (1, 10, 10, 0), "g": (1, 100, 100, 100)}
plan.equal(script.rows(), wanted, "a reallocate takes the block over")
script.heap(REALLOCATE, 0, "g", 1 << 30, "failed", old=64)
plan.equal(script.rows()["g"], (2, 100, 100, 100), "one that fails leaves it, and is counted")

script = Script().take(16, "f", 10).heap(FREE, 16, served="failed")
plan.equal(script.rows()["f"], (1, 10, 10, 10), "a free that fails frees nothing")
script = Script().take(16, "f", 10).take(32, "f", 20).heap(DESTROY, 0)
plan.equal(script.rows()["f"], (2, 30, 30, 0), "HeapDestroy frees all of its blocks")
script.heap(FREE, 0x999)
unseen = script.ledgers.of[4].unknown
plan.equal((unseen, script.rows()["f"][3]), (1, 0), "a free of what was not seen")

script = Script().take(16, "f", 10)
row = script.ledgers.of[4].rows[Stacks().of(4, ["f"])]
plan.equal(row.instructions, 100, "a call costs what passed since it began")
script.time = 2000
script.say(MAIN, "ContextSwitch", State=1, Pid=4, Tid=12)
script.time = 2080
script.say(OTHER, "ContextSwitch", State=1, Pid=4, Tid=8)
script.time = 2095
script.take(32, "f", 10)
plan.equal(row.instructions, 120, "less what other threads ran meanwhile")
script.time = 1 << 32
script.take(64, "f", 10)
plan.equal(row.instructions, 220, "the clock's low half wraps")

# As text: 100 columns, whatever the numbers and names are.
LONG = "a::name<of, many, arguments>::that_is_longer_than_its_column"
script = Script().take(16, LONG, 3_000_000_000, "large").take(32, "f", 10, "commit")
script.take(48, "g", 0, "failed")
for block in range(100):
    script.take(1024 + 16 * block, "h", 1)
ledger = script.ledgers.of[4]
lines = list(table.lines(ledger, 99, "bytes"))
plan.true(max(map(len, lines)) <= 100, "lines of at most 100 columns", *lines)
named = [line.split()[-1] for line in lines]
cut = f"{LONG}.cpp:7"[-len(named[1]) :]
wanted = ["where", cut, "h.cpp:7", "f.cpp:7", "g.cpp:7", "sites"]
plan.equal(named, wanted, "the largest first; of a long name the end of its file")
top = list(table.lines(ledger, 1, "count"))
cut = "h.cpp:7" in top[1] and "3 more sites" in top[2]
plan.true(cut, "--top: the rest in one line; by count", *top)
plan.equal(top[-1], lines[-1], "the sums stay")
plan.equal(
    [table.short(n, 6) for n in (999999, 1000000, 12345678901, 10**18)],
    ["999999", "1000k", "12345M", "######"],
    "wide numbers in thousands and millions",
)
plan.done()
