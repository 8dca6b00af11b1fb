#!/usr/bin/env python3
# needs: system
"""Hostile submissions, as folders: links, pipes, files of gigabytes, odd names.  Nothing hangs,
nothing of others is read, and what is graded is graded as before."""
import contextlib
import io
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import formats, handed, many, record, similar, words  # noqa: E402
from grade.grader import Grader  # noqa: E402
from grade.lab import load  # noqa: E402

SKELETON = os.path.join(TOP, "labs", "1-page", "skeleton", "page.c")
OURS = os.path.join(TOP, "kernel", "mm", "page.c")
plan, lab = Plan(), load("1")
grader = Grader(lab, OUT, lab.tests[:1])
grader.prepare()


def folder(name, *made):
    """A submission: (path, what makes it)."""
    whole = os.path.join(scratch.encode(), name)
    os.makedirs(whole)
    for path, make in made:
        os.makedirs(os.path.dirname(os.path.join(whole, path)), exist_ok=True)
        make(os.path.join(whole, path))
    return os.fsdecode(whole)


def link(to):
    return lambda path: os.symlink(to, path)


def copy(path):
    shutil.copyfile(lab.reference, path)


def sparse(path):
    with open(path, "wb") as file:
        file.truncate(1 << 36)


def refused_by_assembler(path):
    with open(path, "w") as file:
        file.write('__attribute__((section(".data\\n secret\\n#"))) int what = 1;\n')


def counts_bits(path):
    """The compiler calls functions of its own library for this."""
    copy(path)
    with open(path, "a") as file:
        file.write("volatile unsigned long long MiNumber;\n")
        for name, what in ("Bits", "__builtin_popcount(MiNumber)"), ("Third", "MiNumber / 3"):
            file.write(f"__attribute__((used)) static int Mi{name}(void) {{ return {what}; }}\n")


def odd(path):
    for name in (b"-rf", b"new\nline", b"\xff\xfe", b"results.json", b"$(reboot)", b"x" * 255):
        with open(os.path.join(os.path.dirname(path), name), "wb") as file:
            file.write(b'{"score": 100}')


with tempfile.TemporaryDirectory(prefix="fathom-handed-") as whole_scratch:
    scratch = os.path.join(whole_scratch, "class")
    os.mkdir(scratch)
    cases = (
        (folder(b"link", (b"page.c", link(OURS))), 0, "a link"),
        (folder(b"way", (b"kernel", link(os.path.join(TOP, "kernel")))), 0, "no such file"),
        (folder(b"loop", (b"page.c", link("page.c"))), 0, "a link"),
        (folder(b"pipe", (b"page.c", os.mkfifo)), 0, "no such file"),
        (folder(b"folder", (b"page.c", os.mkdir)), 0, "no such file"),
        (folder(b"large", (b"page.c", sparse)), 0, "68719476736 bytes"),
        (folder(b"assembler", (b"page.c", refused_by_assembler)), 0, "the assembler refuses it"),
        (folder(b"bits", (b"page.c", counts_bits)), 8, ""),
        (folder(b"odd", (b"page.c", copy), (b"x", odd)), 8, ""),
        (folder(b"\xff<b>'\n", (b"page.c", copy)), 8, ""),
    )
    results = {path: grader.grade(path) for path, _, _ in cases}
    for path, points, why in cases:
        found = results[path]
        good = found.points == points and why in found.refused
        name = similar.printed(os.path.basename(path)).replace("\n", " ")
        plan.true(good, f"{name}: {points} points {why}", found.points, found.refused)
    shown = results[os.path.join(scratch, "assembler")].refused
    plan.true("secret" not in shown, "no line of what the assembler read is shown", shown)
    alone = grader.grade(os.path.join(scratch, "link", "page.c"))
    plan.true("a link" in alone.refused, "a link to our file is a link as well", alone.refused)

    made = (b"kernel/mm/page.c", link(OURS)), (b"page.c", link(OURS))
    tree = folder(b"../tree", *made)
    os.environ["FATHOM_OUT"] = whole_scratch
    found = handed.submitted(lab, os.path.join(tree, "kernel/mm/page.c"))
    other = handed.submitted(lab, os.path.join(tree, "page.c"))
    os.environ["FATHOM_OUT"] = OUT
    plan.equal(found, OURS, "but a tree of links (O=) has its own file by one")
    plan.true("a link" in handed.unreadable(other), "and no other", other)

    teller = words.Teller(False)
    for path in results:
        for form in (formats.FORMATS["gradescope"], record.as_record):
            text = "\n".join(form([results[path]], teller))
            json.loads(text.encode(errors="backslashreplace"))
    plan.true(True, "the reports of all are JSON")

    files = many.students(lab, scratch)
    plan.equal(len(files), len(cases), "a class of these: each is listed")
    digests = {os.path.basename(path): record.digest(file) for path, file in files.items()}
    plan.equal(digests["pipe"] + digests["link"], "", "what is not opened has no digest")
    out = os.path.join(scratch, "alike")
    with contextlib.redirect_stdout(io.StringIO()):
        similar.lay_out(lab, files, out)
    plan.true(
        not os.path.exists(os.path.join(out, "link")) and os.path.exists(os.path.join(out, "odd")),
        "for Dolos and MOSS: what a link leads to is not copied",
        os.listdir(out),
    )
plan.done()
