#!/usr/bin/env python3
# needs: nothing
"""What the judge outside counts of a cost is drawn from all calls that cost alike: a file that is
dear in the others would have to be lucky."""
import importlib.util
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402


class Drawn:
    """A case that goes to no machine: the groups that are counted, with the rounds they fill."""

    def __init__(self, seed):
        self.sample, self.finding, self.counts = random.Random(seed), self, {}
        self.counted = set()

    def mark(self, step):
        yield step

    def counted_mark(self, group, step, *rounds):
        self.counts[group] = [0]
        self.counted.update(rounds)
        yield step


def counted(lab, program, case):
    """The rounds that 2,000 seeds count, and how many each of them counts."""
    path = os.path.join(TOP, "labs", lab, "outside", program + ".py")
    spec = importlib.util.spec_from_file_location(program, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    every, sizes = set(), set()
    for seed in range(2000):
        drawn = Drawn(seed)
        for _ in getattr(module, case)(drawn):
            pass
        every |= drawn.counted
        sizes.add(len(drawn.counted))
    return every, sizes


plan = Plan()
every, sizes = counted("1-page", "cost", "constant_time")
# Nine stretches a round, the decommit last; the first round warms up, a first touch makes a table.
alike = {number for number in range(9, 36) if number % 9}
plan.equal((every, sizes), (alike, {3}), "lab 1: touches of each round, decommits of each")
every, sizes = counted("3-region", "places", "logarithmic")
plan.equal((every, sizes), (set(range(1, 100)), {2}), "lab 3: any round but the first")
plan.done()
