#!/usr/bin/env python3
# needs: system gdb
"""The grader on lab 1: skeleton, reference, two planted bugs, forgeries; and the other forms of its
report, held against their published forms; and a forgery on lab 2 that is seen from outside."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import forms  # noqa: E402
import proof  # noqa: E402
from tap import OUT, Plan  # noqa: E402

from grade import formats, words  # noqa: E402
from grade import lab as labs  # noqa: E402
from grade.grader import Grader  # noqa: E402

plan = Plan()
sample = proof.Proof("1", plan)
good, bad = sample.sample()
for name, form in formats.FORMATS.items():
    for what, result in (("full points", good), ("a bug", bad)):
        text = "".join(line + "\n" for line in form([result], words.Teller(False)))
        wrong = forms.FORMS[name](text, result)
        plan.true(
            not wrong, f"--format {name}, {what}: as its form is published", *wrong, text[:3000]
        )
chinese = "\n".join(words.Teller(True).table(bad))
plan.true("应为" in chinese and "提示" in chinese, "in Chinese: expected, hint", chinese)

# A lab that is judged from outside: a forgery that the machine's own program believes.
lab = labs.load("2")
called = [test for test in lab.tests if test.name == "null_service"]
grader = Grader(lab, OUT, called)
grader.prepare()
forgery = os.path.join(lab.folder, "forgeries", "answers.asm")
for inside, points in ((True, 5), (False, 0)):
    grader.kept.inside = inside
    result = grader.grade(forgery)
    what = "the program in the machine alone" if inside else "the watcher outside, too"
    plan.equal(result.points, points, f"lab 2, a forgery, judged by {what}")
plan.done()
