"""fathom defence LAB SUBMISSION: ten questions on a student's file, from its own recording.

  fathom defence 8 taskmem.c                prints the sheet and, after a line, the key
  fathom defence 8 taskmem.c -o ada         writes ada.sheet.md and ada.key.md
  --seed N    other steps, other questions; the same N gives the same ones

The file is built as the grader builds it, a small program runs on it, and every instruction of it
is recorded. The answers are read from the recording, or from a second run in which one step was
another one. Who wrote the file can answer with the file in front of them, in five minutes.
LANG=zh_CN: in Chinese.
"""
import argparse
import os

from grade import command as grader
from grade import lab as labs
from grade import words as language
from grade.grader import submitted
from host import scratch
from host.options import Parser, number
from host.refused import Refused

from . import stamp
from .defence import sheet
from .defence.model import Model
from .defence.run import Run


def parse(words):
    options = Parser(
        prog="fathom defence",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("lab", metavar="LAB", help="number or name")
    options.add_argument("submission", metavar="SUBMISSION", help="a file, or a folder that has it")
    options.add_argument(
        "--seed", type=number, default=1, metavar="N", help="of steps and questions (1)"
    )
    options.add_argument(
        "-o", dest="output", metavar="NAME", help="write NAME.sheet.md and NAME.key.md"
    )
    return options.parse_args(words)


def rules_of(lab, path):
    """The seed of the rules that the file was written for, by its line; 0: the tree's own."""
    with open(submitted(lab, path), encoding="utf-8", errors="replace") as file:
        text = file.read()
    found = stamp.read(text)
    seed = found.seed if found else 0
    if why := stamp.refusal(text, lab.label, lab.lab["version"], seed):
        raise Refused(f"{path}: {why}")
    return seed


def command(options):
    if not os.path.exists(options.submission):
        raise Refused(f"{options.submission}: there is no such file")
    lab = labs.load(options.lab)
    lab.choose(rules_of(lab, options.submission))
    chinese = int(language.is_chinese())
    with scratch.folder() as folder:
        run = Run(lab, options.submission, folder)
        model = Model(run, run.record(options.seed), options.seed)
        questions = sheet.chosen(model, lab.label)
        texts = {
            name: "\n".join(
                sheet.lines(
                    model, questions, lab.label, os.path.basename(options.submission), chinese, key
                )
            )
            for name, key in (("sheet", False), ("key", True))
        }
    if not options.output:
        print(texts["sheet"] + "\n" + "-" * 72 + "\n" + texts["key"])
        return 0
    for name, text in texts.items():
        with open(f"{options.output}.{name}.md", "w", encoding="utf-8") as file:
            file.write(text + "\n")
        print(f"{options.output}.{name}.md")
    return 0


def main(words):
    return grader.guarded(lambda: command(parse(words)))
