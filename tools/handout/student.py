"""fathom lab WHAT [TEST]: the student's day in a handout, what its `make` targets run.

  fathom lab test           the shown tests        fathom lab gdb NAME      at the failing call
  fathom lab test NAME      one of them            fathom lab record NAME   that call, recorded
  fathom lab bench          what they cost
  --lab N                   with several labs in a handout: which one

In our own tree it works as well, with --lab: the student's file is then ours.
"""
import os

from grade import command as grader
from grade import lab as labs
from grade import words
from grade.grader import Grader
from host import commands
from host.machine import TOP
from host.options import Parser
from host.refused import Refused

from . import stops
from .stamp import handed_out

FATHOM = os.path.join(TOP, "tools", "fathom")


def which(wanted):
    """(Lab, the student's file)."""
    rows = handed_out()
    if not rows and not wanted:
        raise Refused("this tree is no handout: say which lab, with --lab 8")
    row = next((r for r in rows if wanted in (None, str(r["number"]), r["name"])), None)
    if rows and row is None:
        raise Refused(f"--lab {wanted}: this handout has {', '.join(r['name'] for r in rows)}")
    lab = labs.load(row["name"] if row else wanted, seed=row["seed"] if row else 0)
    return lab, os.path.join(TOP, lab.file) if rows else lab.reference


def parse(given):
    options = Parser(prog="fathom lab", description=__doc__)
    options.add_argument("what", choices=("test", "gdb", "record", "bench"))
    options.add_argument("test", nargs="?", metavar="TEST")
    options.add_argument("--lab", metavar="N")
    return options.parse_args(given)


def shown_test(lab, name):
    shown = {test.name: test for test in lab.tests if test.shown}
    if name not in shown:
        raise Refused(f"T={name}: {lab.label} has no such test; it has {' '.join(shown)}")
    return shown[name]


def graded(lab, path, *more):
    return ["--seed", str(lab.seed), "--shown", *more, lab.label, path]


def test(lab, path, name):
    more = ["--test", shown_test(lab, name).name] if name else []
    return grader.main(graded(lab, os.path.relpath(path), *more))


def bench(lab, path):
    """What the shown tests of stage icount count, by their bands; of a lab that has none, its own
    case `bench`."""
    judged = [one for one in lab.tests if one.stage == "icount" and one.shown]
    if not judged:
        return stops.bench(lab, path)
    counter = Grader(lab, commands.out_folder(), judged, words.is_chinese())
    counter.prepare()
    result = counter.grade(path)
    print("\n".join(words.Teller(words.is_chinese()).costs(result)))
    return 0 if all(outcome.cost for outcome in result.outcomes) else 1


def main(given):
    """As the other commands of tools/fathom."""
    return grader.guarded(lambda: command(parse(given)))


def command(options):
    os.chdir(TOP)
    lab, path = which(options.lab)
    if options.what == "test":
        return test(lab, path, options.test)
    if options.what == "bench":
        return bench(lab, path)
    if not options.test:
        raise Refused(f"make {options.what} wants the name of a test, T=NAME")
    one = shown_test(lab, options.test)
    return stops.gdb(lab, path, one) if options.what == "gdb" else stops.record(lab, path, one)
