"""fathom grade: points for submissions of a lab.

  fathom grade 1 page.c                    the lab by number or name; a file or its folder
  fathom grade --test zone_edges 1 page.c  one test, with all that it says
  fathom grade --format gradescope 1 page.c > results.json

Exit code: 0 when every submission has all points, 1 when not, 2 when a test could not be judged on
this machine, 125 when the command is wrong.
"""
import argparse
import sys

from host import build as system
from host import commands, interrupt, verdict
from host.machine import close_all
from host.options import Parser, number
from host.refused import Refused, reason

from handout import stamp
from handout.stamp import handed_out

from . import formats, kept, words
from .grader import Grader
from .lab import Wrong, load


def parser():
    options = Parser(
        prog="fathom grade",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("lab", metavar="LAB", help="number, name or folder")
    options.add_argument(
        "submissions", metavar="SUBMISSION", nargs="+", help="a file, or a folder that has it"
    )
    options.add_argument(
        "--test", action="append", default=[], metavar="NAME", help="only this test; again for more"
    )
    options.add_argument("--shown", action="store_true", help="only the tests that are shown")
    options.add_argument(
        "--stage",
        action="append",
        default=[],
        metavar="STAGE",
        help="only host, guest, icount, judge",
    )
    options.add_argument(
        "--seed",
        type=number,
        metavar="N",
        help="of the lab's rules (0: the tree's own; in a handout: the handout's)",
    )
    options.add_argument(
        "--overlay", metavar="DIR", help="a teacher's folder: held-back tests, lab.toml"
    )
    options.add_argument("--format", choices=formats.FORMATS, default="text")
    options.add_argument("-o", dest="output", metavar="FILE", help="write the report there")
    options.add_argument(
        "--rules-known", action="store_true", help=argparse.SUPPRESS
    )  # the proof's second solutions
    return options


def chosen(lab, options):
    """The tests that were asked for."""
    names = {test.name: test for test in lab.tests}
    for name in options.test:
        if name not in names:
            raise Refused(f"--test {name}: {lab.label} has no such test; it has {' '.join(names)}")
    return [
        test
        for test in lab.tests
        if (not options.test or test.name in options.test)
        and (not options.shown or test.shown)
        and (not options.stage or test.stage in options.stage)
    ]


def write(lines, path):
    text = "".join(line + "\n" for line in lines)
    if not path:
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        sys.stdout.write(text)
        return
    with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)


def loaded(word, overlay=None, seed=None):
    """(The lab, whether its held-back tests are in this tree).  A handout has one seed, its own; a
    course (--overlay) that handed the lab out under one seed grades by that."""
    rows = handed_out()
    lab = load(word, overlay, seed or 0)
    if seed is not None:
        return lab, not rows
    if row := next((r for r in rows if r["name"] == lab.label), None):
        lab.choose(row["seed"])
    elif seeds := stamp.seeds(overlay, lab.label, lab.lab["version"]):
        if len(seeds) > 1:
            listed = " and ".join(map(str, seeds))
            raise Refused(f"{lab.label} was handed out with seeds {listed}: say which, --seed N")
        lab.choose(seeds[0])
    return lab, not rows


def grade(options):
    lab, whole = loaded(options.lab, options.overlay, options.seed)
    options.shown = options.shown or not whole
    tests = chosen(lab, options)
    if not tests:
        raise Refused(f"{lab.label}: no test is left to run")
    if options.format in formats.ONE and len(options.submissions) > 1:
        raise Refused(f"--format {options.format} is for one submission")
    chinese = words.is_chinese()
    grader = Grader(lab, commands.out_folder(), tests, chinese)
    grader.prepare()
    results = [grader.grade(path, options.rules_known) for path in options.submissions]
    write(formats.FORMATS[options.format](results, words.Teller(chinese)), options.output)
    if any(result.machines_fault for result in results):
        return 2
    return 0 if all(result.points == result.most for result in results) else 1


def guarded(call, ended=""):
    """As the other commands of tools/fathom: a mistake is one sentence.  ended: what to say besides
    when Ctrl-C or a signal ends it."""
    try:
        interrupt.listen()
        try:
            return call()
        except SystemExit:  # --help
            return 0
    except (Refused, Wrong, system.NotBuilt, kept.NotMade, OSError) as wrong:
        said = reason(wrong) if isinstance(wrong, OSError) else wrong
        print("\n".join(f"fathom: {line}" for line in str(said).splitlines()), file=sys.stderr)
        return verdict.USAGE
    except interrupt.Interrupted as signal:
        print(f"fathom: ended by {signal.name}{ended}", file=sys.stderr)
        return signal.code
    finally:
        close_all()


def main(arguments):
    return guarded(lambda: grade(parser().parse_args(arguments)))
