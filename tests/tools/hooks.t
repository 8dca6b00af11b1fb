#!/usr/bin/env python3
# tools: format
"""tools/hooks in a scratch repository: what they let through, what they stop, in which words."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import TOP, Plan

plan = Plan()
folder = tempfile.mkdtemp(prefix="fathom-hooks-")
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
    "HOME": folder,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(*words):
    return subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@b.c", *words],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )


def commit(name, text, message="[mm] a change\n\nWhy: it was wrong. Tested: seen.\n"):
    """Stage a file and commit it; (it went through, what was said)."""
    with open(os.path.join(folder, name), "w") as out:
        out.write(text)
    git("add", name)
    done = git("commit", "-q", "-m", message)
    git("reset", "-q", "--hard")
    return done.returncode == 0, done.stderr


def passes(name, *what):
    good, said = commit(*what)
    plan.true(good, name, said)


def stops(name, words, *what):
    good, said = commit(*what)
    plan.true(not good and words in said, name, said)


GOOD = "int f(int x)\n{\n    return x + 1;\n}\n"
BODY = "\n\nWhy: it was wrong. Tested: seen.\n"
try:
    git("init", "-q")
    shutil.copy(os.path.join(TOP, ".clang-format"), folder)
    git("config", "core.hooksPath", os.path.join(TOP, "tools", "hooks"))

    stops("a test that cannot be executed", "chmod +x a.t", "a.t", "#!/bin/sh\necho 1..0\n")

    stops("an unformatted C file", "clang-format", "b.c", "int f( int x ){return x+1;}\n")
    passes("a formatted one", "good.c", GOOD)
    long = "; " + "x" * 99 + "\n"
    stops("a line of 101 columns", "a.asm: lines over 100", "a.asm", "; short\n" + long)
    stops("one of Python", "a.py: lines over 100", "a.py", "#" + long)
    for name in ("a.mk", "Makefile", "a.sh", "a.js", "a.css"):
        stops(f"one of {name}", f"{name}: lines over 100", name, "#" + long)
    stops("one of a script without an ending", "run: lines over 100", "run", "#!/bin/sh\n#" + long)
    passes("100 columns, in letters of two bytes", "wide.asm", "; " + "ä" * 98 + "\n")
    passes("long lines in a document", "a.md", "x" * 300 + "\n")
    stops("blanks at a line's end", "trailing whitespace", "t.md", "a word  \n")

    stops("no area", "begins with its area", "1.md", "1\n", "a change" + BODY)
    stops("a long subject", "75 columns", "2.md", "2\n", "[mm] " + "x" * 70 + BODY)
    passes("72 columns", "3.md", "3\n", "[mm] " + "x" * 67 + BODY)
    stops("no body", "a body says why", "4.md", "4\n", "[mm] a change\n")
    stops(
        "a body that only signs",
        "a body says why",
        "5.md",
        "5\n",
        "[mm] a change\n\nSigned-off-by: A <a@b.c>\n",
    )
    stops("no empty line", "second line", "6.md", "6\n", "[mm] a change\nWhy: so.\n")
    passes("a fix-up of one's own", "7.md", "7\n", "fixup! [mm] a change\n")
finally:
    shutil.rmtree(folder, ignore_errors=True)
plan.done()
