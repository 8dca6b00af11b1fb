#!/usr/bin/env python3
# needs: nothing
"""What a watcher has seen decides: a report without it is a forgery, and costs all points."""
import os
import sys
from types import SimpleNamespace

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import grader, outside  # noqa: E402
from grade.hosted import Words  # noqa: E402
from grade.result import Outcome, Result  # noqa: E402

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
    one.same_code = lambda: None
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
