#!/usr/bin/env python3
"""fathom score: what a lab's file costs on recorded programs, beside other solutions.

  fathom score [-o FILE.svg] LAB SUBMISSION
  fathom score --figures     measures the others anew: labs/traces/figures.tsv

Each recording of labs/traces is played through the file: instructions an operation, the dearest
operation, bytes committed for the payload at its peak.  Beside it stand ours, the second solution,
the malloc of the book on C (labs/traces/knr.c), and one with bins and best fit
(labs/traces/bins.c), both as malloc of lab 7's DLL.  A handout has no solutions: there the others
are figures.tsv's. With -o the curves are drawn.

Exit code: 0; 1 when the submission cannot play them; 125 when the command is wrong.
"""
import argparse
import os
import re
import sys

from handout.stamp import handed_out
from host import commands

from . import scorechart
from .command import loaded
from .grader import Grader
from .lab import TOP, Wrong

LINE = re.compile(
    r"^trace (\w+): (\d+) instructions an operation, (\d+) the dearest,"
    r" (\d+) bytes of payload in (\d+)$"
)
SCORED = ("5", "6", "7")
MALLOCS = {"Kernighan, Ritchie": "labs/traces/knr.c", "bins, best fit": "labs/traces/bins.c"}
FIGURES = os.path.join(TOP, "labs", "traces", "figures.tsv")
HEAD = "# make score: lab, solution, recording, instructions, dearest, committed / payload\n"


class Cannot(Exception):
    """A file does not play the recordings; says why."""


def player(lab):
    """A Grader of the one test that prints all figures."""
    tests = [test for test in lab.tests if test.name == "traces"]
    if not tests:
        raise Wrong(f"lab {lab.label} is not scored on recordings: {', '.join(SCORED)} are")
    grader = Grader(lab, commands.out_folder(), tests)
    grader.prepare()
    return grader


def figures(grader, path):
    """{recording: (instructions, dearest, committed / payload)}."""
    result = grader.grade(path)
    found = {}
    for line in [line for outcome in result.outcomes for line in outcome.figures]:
        if row := LINE.match(line):
            cost, worst, payload, committed = (int(number) for number in row.groups()[1:])
            found[row[1]] = (cost, worst, committed / payload)
    if not found:
        outcome = result.outcomes[0]
        why = result.refused or f"{outcome.kind}: {outcome.expected}, seen {outcome.seen}"
        raise Cannot(f"{path}: {why}")
    return found


def others(lab):
    """(what it is called, its lab, its file) of each solution beside the student's."""
    yield "ours", lab, lab.reference
    for number, second in enumerate(lab.seconds_solutions):
        yield "the second" if not number else f"another ({number})", lab, second
    for name, file in MALLOCS.items():
        yield name, None, os.path.join(TOP, file)


def measured(grader):
    """{solution: figures} of this lab's others."""
    mallocs = player(loaded("7")[0])
    return {
        name: figures(grader if lab else mallocs, path) for name, lab, path in others(grader.lab)
    }


def known(lab):
    """{solution: figures} as figures.tsv has them."""
    found = {}
    with open(FIGURES, encoding="utf-8") as file:
        for line in file:
            row = line.rstrip("\n").split("\t")
            if row[0] == lab.label:
                one = (int(row[3]), int(row[4]), float(row[5]))
                found.setdefault(row[1], {})[row[2]] = one
    return found


def write_figures():
    with open(FIGURES, "w", encoding="utf-8") as out:
        out.write(HEAD)
        for word in SCORED:
            grader = player(loaded(word)[0])
            for name, column in measured(grader).items():
                for recording, (cost, worst, ratio) in column.items():
                    row = (grader.lab.label, name, recording, cost, worst, f"{ratio:.2f}")
                    out.write("\t".join(map(str, row)) + "\n")


def index_of(column):
    """What `traces` counts first: the mean of instructions times committed over payload."""
    return sum(cost * ratio for cost, _, ratio in column.values()) / len(column)


def table(columns, lab):
    """Lines of text: for each measure the recordings by the solutions."""
    for index, title in enumerate(scorechart.TITLES):
        yield f"{title:34}" + "".join(f"{name:>20}" for name in columns)
        for recording in next(iter(columns.values())):
            values = (scorechart.number(c[recording][index]) for c in columns.values())
            yield f"  {recording:32}" + "".join(f"{value:>20}" for value in values)
        yield ""
    yield f"{'index':34}" + "".join(f"{index_of(c):>20.0f}" for c in columns.values())
    test = next(test for test in lab.tests if test.name == "traces")
    yield (
        f"{test.points} points: index up to {test.full}, dearest operation up to {test.worst[0]};"
        f" half of them: {test.half}, {test.worst[1]}"
    )


def parsed(words):
    parser = argparse.ArgumentParser(
        prog="fathom score",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-o", metavar="FILE.svg", dest="output")
    parser.add_argument("--figures", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("lab", metavar="LAB", nargs="?")
    parser.add_argument("submission", metavar="SUBMISSION", nargs="?")
    options = parser.parse_args(words)
    if not options.figures and not options.submission:
        parser.error("a lab and a file are expected: fathom score 7 heap.c")
    return options


def main(words):
    options = parsed(words)
    try:
        if options.figures:
            write_figures()
            return 0
        lab, _ = loaded(options.lab)
        grader = player(lab)
        columns = {"yours": figures(grader, options.submission)}
        columns.update(known(lab) if handed_out() else measured(grader))
    except Wrong as wrong:
        print(f"fathom: {wrong}", file=sys.stderr)
        return 125
    except Cannot as why:
        print(f"fathom: {why}", file=sys.stderr)
        return 1
    print("\n".join(table(columns, lab)))
    if options.output:
        with open(options.output, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in scorechart.drawing(columns, f"lab {lab.label}"))
    return 0
