#!/usr/bin/env python3
# needs: nothing
"""What a watcher has seen decides: a report without it is a forgery, and costs all points."""
import os
import random
import sys
from types import SimpleNamespace

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import grader, outside  # noqa: E402
from grade.hosted import Words  # noqa: E402
from grade.result import Outcome, Result  # noqa: E402
from host import machine  # noqa: E402

plan = Plan()
PLACES = SimpleNamespace(function=lambda name: f"mine.c, {name}")
BASE, OTHER = 0x350000, 0x370000


def case(words):
    """A Case whose program is at lab_mark with these words on its stack."""
    one = outside.Case.__new__(outside.Case)
    one.finding, one.program = outside.Finding(), {"_lab_mark": 0x401000}
    one.run = SimpleNamespace(source="pages.py")
    one.watch = SimpleNamespace(
        registers=SimpleNamespace(esp=0), words=lambda at, count: [0, *words.pop(0)]
    )
    one.same_code, one.random = lambda: None, random.Random()
    one.sample = random.Random(0)
    one.counted_mark = lambda group, step, *rounds: one.mark(step)
    return one


def judge(one):
    base = yield from one.mark(1)
    one.expect(base == BASE, "MmAccessFault", "a page at %08X", "%08X", BASE, base)
    yield from one.mark(2)


def after(words, steps):
    """The Finding after so many stops, and what becomes of a test that the program calls passed."""
    one = case(words)
    generator = judge(one)
    for _ in range(steps):
        outside.advance(one, generator)
    run = outside.Run.__new__(outside.Run)
    run.findings = {"programs": one.finding}
    outcome = Outcome(SimpleNamespace(name="programs", case="programs"), "ok", 8)
    run.confirm(outcome, Words({}), PLACES)
    return one.finding, outcome


def drawn(sampled, name):
    """Which calls of 1,000 a case would count."""
    run = SimpleNamespace(
        watch=SimpleNamespace(registers=SimpleNamespace(cr3=0)),
        names={"p": {}},
        sampled=sampled,
        **dict.fromkeys(("rules", "kernel", "student", "offsets", "machine_words")),
    )
    return outside.Case(run, name, "p").sample.randrange(1000)


plan.equal(
    [drawn(b"one file", "cost"), len({drawn(b"%d" % n, "cost") for n in range(50)}) > 40],
    [drawn(b"one file", "cost"), True],
    "the calls that are counted are the same for the same code, others for others",
)

found, outcome = after([(1, BASE), (2, BASE)], 3)
plan.true(
    found.done and (outcome.kind, outcome.points) == ("ok", 8),
    "all steps were seen: it stays passed",
)
found, outcome = after([(1, OTHER), (2, BASE)], 3)
plan.equal(
    (outcome.kind, outcome.points, outcome.expected, outcome.seen, outcome.where),
    ("wrong value", 0, "a page at 00350000", "00370000", "mine.c, MmAccessFault"),
    "something else lies there: expected and seen, no points",
)
found, outcome = after([(1, BASE)], 2)
plan.equal((outcome.kind, outcome.points), ("forged", 0), "step 2 never came: a forgery")
found, outcome = after([(2, BASE)], 2)
plan.true(
    outcome.kind == "forged" and "step 2" in outcome.seen, "steps in another order: a forgery"
)

REGIONS = os.path.join(TOP, "labs", "3-region-services", "outside", "regions.py")


def round_that_fails(bad):
    """Which round of lab 3's cost is found wrong, if pages stay committed in one."""
    watcher = outside.load(SimpleNamespace(watcher=lambda name: REGIONS), "regions")
    one = case([(1, 0), *[(2, BASE)] * watcher.ROUNDS, (3, 0)])
    page = BASE // watcher.PAGE
    there = watcher.Region(page, page + 255, 16, 0)
    watcher.regions = lambda case: [there] if case.finding.steps == 2 else []
    rounds, right, wrong = [], list(range(32, 48)), list(range(16, 48))

    def committed(case, region):
        rounds.append(0)
        return wrong if len(rounds) == bad + 1 else right

    watcher.committed = committed
    generator = watcher.cost(one)
    for _ in range(watcher.ROUNDS + 3):
        if not one.finding.failure and not one.finding.done:
            outside.advance(one, generator)
    return len(rounds) - 1 if one.finding.failure else None


for bad in (0, 41, 79):
    plan.equal(round_that_fails(bad), bad, f"lab 3, cost: round {bad} is looked at as all others")
plan.equal(round_that_fails(99), None, "none is wrong: it passes")

# A cost is the program's word as long as what was counted does not say otherwise.
BANDS = dict(name="cost", case="cost", stage="icount", points=6, full=800, half=1200, worst=[])
for told, counts, kind, points in (
    (700, [[690, 694], [696]], "ok", 6),
    (700, [[690], [9000]], "ok", 6),  # a burst that only one group met
    (700, [[1000, 1100], [9000]], "too slow", 3),
    (1000, [[690], [690]], "too slow", 3),
    (700, [[1401], [1500]], "forged", 0),
    (700, [], "ok", 6),
):
    run = outside.Run.__new__(outside.Run)
    run.findings = {"cost": outside.Finding(True, counts=dict(enumerate(counts)))}
    dear = Outcome(SimpleNamespace(**BANDS), "ok", 6, cost=told)
    run.confirm(dear, Words({}), PLACES)
    what = f"{told} instructions told, {counts} counted: {kind}, {points} points"
    plan.equal((dear.kind, dear.points), (kind, points), what)

# A stretch that is counted: instruction by instruction, those of the kernel.
END = 0x401000
one = case([(2, BASE)])
del one.counted_mark
one.program["_lab_stepped"], written = 0x40D000, []
one.watch.is_there, one.watch.write = lambda at, size: True, lambda *what: written.append(what)
generator = one.counted_mark(5, 2, 17)
for eip in (0x401CB1, 0x80102130, 0x80103E00, 0x401CB5, END):
    next(generator)
    one.watch.registers.eip = eip
advanced = [step for step in generator]
plan.equal(
    (one.finding.counts[5], advanced), ([2], []), "two of four instructions are the kernel's"
)
plan.equal(written, [(0x40D000 + 17, b"\1")], "and the program is told to leave round 17 out")

# The code of the program and of the kernel.
CODE = bytes(range(64))
at_boot = outside.NOP3 + CODE + outside.NOP3
patched = outside.STAC + CODE + outside.CLAC
for there, right in (
    ({0x401000: CODE, 0x80102000: patched}, True),
    ({0x401000: CODE[:16], 0x80102000: patched}, True),  # not all of a program is in memory
    ({0x401000: CODE[:-1] + b"\xCC", 0x80102000: patched}, False),
    ({0x401000: CODE, 0x80102000: patched[:40] + b"\xCC" + patched[41:]}, False),
    ({0x401000: CODE, 0x80102000: patched[:40]}, False),
):
    one = outside.Case.__new__(outside.Case)
    one.path, one.watch = "touch.exe", SimpleNamespace(read=lambda at, size: there[at][:size])
    one.run = SimpleNamespace(
        codes={"touch.exe": [(0x401000, CODE)]}, kernel_codes=[(0x80102000, at_boot)]
    )
    try:
        one.same_code()
        found = "unchanged"
    except outside.Forged as why:
        found = str(why)
    plan.equal(
        found == "unchanged",
        right,
        f"code that is {'as' if right else 'not as'} it was built: {found}",
    )

# Gradescope's root has no /proc: the memory is a file of the machine's folder then.
machine.DESCRIPTORS = "/nowhere"
with machine.Machine("build", icount=True, mem=32, halted="stub") as one:
    said = " ".join(one._memory_arguments())
    there = os.path.getsize(one.path("memory")), os.fstat(one.memory).st_size
plan.true("mem-path=memory" in said, "without /proc QEMU's memory is a file", said)
plan.equal(there, (32 << 20, 32 << 20), "and the judge has the same one")

result = Result(None, "mine.c")
honest = Outcome(SimpleNamespace(name="reserve"), "ok", 6)
result.outcomes = [honest, outcome]
grader.forged(result)
plan.true(
    result.points == 0 and "programs" in result.refused,
    "then no test of the submission earns a point",
)
result = Result(None, "mine.c")
result.outcomes = [Outcome(SimpleNamespace(name="reserve"), "ok", 6)]
grader.forged(result)
plan.true(result.points == 6 and not result.refused, "without one all stays")
plan.done()
