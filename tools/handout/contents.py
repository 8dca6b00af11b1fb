"""Which files of the tree go into a handout.

    the tree's files ── minus LEFT_OUT, minus most of tests/ ──> the system: builds, boots, steps
    labs/N-name      ── minus TEACHERS                       ──> the task and the shown tests
    the lab's file   ── becomes the skeleton                     (its `also` files go)

Only what git tracks is taken, so that build products and notes never are.  Without git (an unpacked
release) it is every file but build/.
"""
import fnmatch
import os
import subprocess

from host.machine import TOP
from host.refused import Refused

# What students have no use for, or what shows a solution.
LEFT_OUT = (
    ".ci/*",
    ".git*/*",
    "CHANGELOG.md",
    "tests/*",
    "labs/*",
    "tools/hooks/*",
    "tools/handout/*",
    "tools/grade/*",
)
# Of these, what the handout's own commands, the labs' cases and the system's rules need.
KEPT = (
    ".gitignore",
    "labs/lab.h",
    "labs/judge/*",
    "labs/traces/*.rep",
    "labs/traces/README*.md",
    "labs/traces/figures.tsv",
    "tests/tap.py",
    "tests/run.py",
    "tests/exec.py",
    "tests/guest/*.h",
    "tests/host/*.h",
    "tests/host/heap_os.c",
    "tests/host/kd/*",
    "tests/host/io/*",
    "tests/host/mm/*",
    "tests/host/observe/*",
    "tests/second/labheap/*",
    "tests/bench/*.c",
    "tests/bench/bench.py",
    "tools/handout/__init__.py",
    "tools/handout/stamp.py",
    "tools/handout/student.py",
    "tools/handout/stops.py",
    "tools/handout/atcall.py",
    "tools/grade/*",
)
# Of a lab's folder, what is the teacher's.
TEACHERS = ("teacher.md", "second/*", "bugs/*", "held/*", "forgeries/*", "defence*")


def matches(path, patterns):
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def tracked(top=TOP):
    """Paths below top, in order."""
    try:
        listed = subprocess.run(
            ["git", "-C", top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True,
            check=True,
        ).stdout
        paths = os.fsdecode(listed).split("\0")
    except (OSError, subprocess.CalledProcessError):
        paths = walked(top)
    found = sorted(path for path in set(paths) if path and os.path.lexists(os.path.join(top, path)))
    if "Makefile" not in found:
        raise Refused(f"{top}: no tree of Fathom to make a handout of")
    return found


def walked(top):
    for folder, names, files in os.walk(top):
        names[:] = [
            n for n in names if n not in (".git", "__pycache__") and (folder != top or n != "build")
        ]
        yield from (os.path.relpath(os.path.join(folder, name), top) for name in files)


def of_lab(path, folders):
    """The path below a handed-out lab's folder; or None."""
    for folder in folders:
        if path.startswith(folder + "/"):
            return path[len(folder) + 1 :]
    return None


def chosen(paths, labs):
    """Those of the tree's paths that go into a handout of these labs."""
    folders = [lab.folder for lab in labs]
    programs = {name for lab in labs for name in lab.needed}
    for path in paths:
        inner = of_lab(path, folders)
        if inner is not None:
            if not matches(inner, TEACHERS):
                yield path
        elif matches(path, KEPT) or path in programs or not matches(path, LEFT_OUT):
            yield path
