#!/usr/bin/env python3
# needs: nothing
"""grade-class --similarity: the folder is as Dolos and MOSS document it, and the two commands of
its README run on it as they are written."""
import csv
import os
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import similar  # noqa: E402

plan = Plan()
FATHOM = os.path.join(TOP, "tools", "fathom")
# What Dolos reads of a row; it ignores other columns, but for `ignored` (adding-metadata).
COLUMNS = ["filename", "full_name", "label", "ignored"]
# The languages that MOSS' script names.
MOSS = (
    "c cc java ml pascal ada lisp scheme haskell fortran ascii vhdl perl matlab python mips prolog "
)
MOSS += "spice vb csharp modula2 a8086 javascript plsql verilog"
HAND_IN = {
    "\u674e\u96f7": "int a;\n".encode(),
    "O'Neil, Pat": b"int b;\n",
    "-x": b"int c;\n",
    "_-x": b"int e;\n",
    "of-reference": b"int f;\n",
    "info.csv": b"int g;\n",
    "latin": "/* d\u00e9j\u00e0 vu */ int d;\n".encode("latin-1"),
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "no text": bytes(range(128, 256)) * 2,
    "nothing": None,
}
RENAMED = {"-x": "_-x", "_-x": "__-x", "of-reference": "_of-reference", "info.csv": "_info.csv"}
LEFT_OUT = {"a picture", "no text", "nothing"}


def handed_in(folder, file):
    for name, data in HAND_IN.items():
        os.makedirs(os.path.join(folder, name))
        if data is not None:
            with open(os.path.join(folder, name, file), "wb") as out:
                out.write(data)


def arguments_of(tool, out, scratch):
    """What the README's command of this tool gives it; the shell expands it in the folder."""
    with open(os.path.join(out, "README"), encoding="utf-8") as file:
        line = file.read().split(f"`{tool} ")[1].split("`")[0]
    told = os.path.join(scratch, tool)
    with open(told, "w") as file:
        file.write('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    os.chmod(told, os.stat(told).st_mode | stat.S_IXUSR)
    run = subprocess.run(["sh", "-c", f"{told} {line}"], cwd=out, capture_output=True, text=True)
    return run.stdout.splitlines()


def check(number, file, dolos, moss, scratch):
    folder, out = os.path.join(scratch, f"class{number}"), os.path.join(scratch, f"alike{number}")
    handed_in(folder, file)
    run = subprocess.run(
        [FATHOM, "grade-class", number, folder, "--similarity", out], capture_output=True, text=True
    )
    base = "base" + os.path.splitext(file)[1]
    left = set(run.stderr.strip().split(": ")[-1].split(", "))
    plan.equal((run.returncode, left), (0, LEFT_OUT), f"lab {number}: what is no text is left out")

    with open(os.path.join(out, "info.csv"), newline="", encoding="utf-8") as table:
        reader = csv.DictReader(table)
        rows = list(reader)
    plan.equal(reader.fieldnames, COLUMNS, f"lab {number}: the columns that Dolos knows")
    gone = [row for row in rows if not os.path.isfile(os.path.join(out, row["filename"]))]
    plan.equal(gone, [], f"lab {number}: every file is there: Dolos refuses all for one")
    ignored = [row["filename"] for row in rows if row["ignored"] == "true"]
    plan.equal(ignored, [base], f"lab {number}: the skeleton alone is ignored")
    labels = {row["full_name"]: row["label"] for row in rows if not row["ignored"]}
    names = {RENAMED.get(name, name) for name in HAND_IN.keys() - LEFT_OUT}
    students = {name for name, label in labels.items() if label == "student"}
    plan.equal(students, names, f"lab {number}: each student has a name and a label")
    plan.equal(labels.get("of-reference"), "ours", f"lab {number}: ours is beside them")
    given = arguments_of("dolos", out, scratch)
    plan.equal(given, ["run", "-f", "web", "-l", dolos, "info.csv"], f"lab {number}: dolos run")

    given = arguments_of("moss", out, scratch)
    plan.equal(given[:5], ["-l", moss, "-b", base, "-d"], f"lab {number}: moss and its options")
    sent = given[5:]
    plan.equal(
        sorted(sent),
        sorted(row["filename"] for row in rows if not row["ignored"]),
        f"lab {number}: one file of each folder, the skeleton not among them",
    )
    options = [name for name in sent if name.startswith("-")]
    plan.equal((options, moss in MOSS.split()), ([], True), f"lab {number}: no name is an option")
    code = 'print "$_\\n" for grep { !(-e && -r && -T) } @ARGV'
    run = subprocess.run(["perl", "-e", code, base, *sent], cwd=out, capture_output=True)
    plan.equal(run.stdout, b"", f"lab {number}: MOSS' script finds each file, and calls it text")


with tempfile.TemporaryDirectory(prefix="fathom-alike-") as scratch:
    check("1", "page.c", "c", "c", scratch)
    check("2", "sysenter.asm", "char", "a8086", scratch)
    samples = [data for data in HAND_IN.values() if data is not None]
    samples += [b"", b"a" * 511 + "\u00e9".encode(), b"\xff\xfe" + b"abcd" * 3, b"\xff\xfe\x80abcd"]
    samples += [b"\x1b[1m", b"\1\2\3abcdef", b"\1\2\3\4abcdef", b"\xe9\1\2\3abcdef"]
    for number, data in enumerate(samples):
        path = os.path.join(scratch, "sample")
        with open(path, "wb") as file:
            file.write(data)
        run = subprocess.run(["perl", "-e", "exit !(-T $ARGV[0])", path])
        plan.equal(similar.is_text(data), not run.returncode, f"text or not, as Perl: {data[:20]}")
plan.done()
