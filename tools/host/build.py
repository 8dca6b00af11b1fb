"""What is judged is built first: make is asked before each run, so that no stale system answers.

FATHOM_BUILT in the environment says that make has just done so (it runs us); then only what is
missing is built.  One make at a time works in a build folder: the next one waits (tools/turn.sh).
"""
import contextlib
import fcntl
import os
import subprocess
import sys

from .machine import TOP


class NotBuilt(Exception):
    """What is needed could not be built; says why."""


@contextlib.contextmanager
def locked(out):
    """Alone in this build folder.  One that cannot be written needs no lock: make only looks."""
    try:
        os.makedirs(out, exist_ok=True)
        lock = open(os.path.join(out, "lock"), "w")
    except OSError:
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def goals(out, needed, files):
    """What make is asked for: the needed, and those of files that it makes (X.cmd is beside X)."""
    found = list(needed)
    for path in map(os.path.abspath, files):
        name = os.path.relpath(path, out)
        absent = not os.path.exists(path) and name.startswith("tests/")
        if absent or os.path.exists(path + ".cmd") and not name.startswith(".."):
            found.append(name)
    if os.environ.get("FATHOM_BUILT"):
        found = [name for name in found if not os.path.exists(os.path.join(out, name))]
    return found


def need(out, needed, files=()):
    """Build the names needed below out, and files of the caller's that lie there."""
    names = goals(out, needed, files)
    if not names or not os.path.exists(os.path.join(TOP, "Makefile")):
        return
    # In words: make takes an O of the environment's for one.
    folder = "build" if out == os.path.join(TOP, "build") else out
    words = ["make", "--no-print-directory", f"-j{os.cpu_count() or 1}", "-C", TOP, f"O={folder}"]
    environment = {
        k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    }
    try:
        made = subprocess.run(
            [*words, "AGAIN=1", *(f"build/{name}" for name in names)],
            stdout=sys.stderr.fileno(),
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    except FileNotFoundError:
        raise NotBuilt(
            "make is missing, and without it nobody knows if the system is as its sources"
        ) from None
    if made.returncode:
        raise NotBuilt(f"the system could not be built in {out}")
