"""What was handed in: which file it is, and what of it may be opened.

A submission may be a clone or an archive that others made: links that lead out of it, pipes, files
of gigabytes.  Nothing of the grader opens a student's file before unreadable() has said "".
"""
import os

from .lab import HANDOUT, TOP

MOST = 1 << 20  # bytes that anything reads of one; vet.py refuses much smaller ones


def submitted(lab, path):
    """The student's file: path itself, or in the folder path by its whole or its own name.  The
    tree's own file stands for all that the lab's one file provides."""
    path = trees_own(path)
    ours = os.path.realpath(os.path.join(TOP, lab.file))
    if not HANDOUT and not os.path.islink(path) and os.path.realpath(path) == ours:
        return trees_own(lab.reference)
    if not os.path.isdir(path):
        return path
    for name in (lab.file, os.path.basename(lab.file)):
        if os.path.isfile(os.path.join(path, name)) and not through_link(path, name):
            return os.path.join(path, name)
    return os.path.join(path, os.path.basename(lab.file))


def trees_own(path):
    """In the build's tree of links (mk/tree.mk) each file is one: the file that it stands for."""
    tree = os.path.join(os.path.realpath(os.environ.get("FATHOM_OUT") or TOP), "tree")
    whole = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    stands_for = os.path.join(TOP, os.path.relpath(whole, tree))
    return stands_for if os.path.islink(path) and os.readlink(path) == stands_for else path


def through_link(path, name):
    """A folder on the way to the file is a link: it may lead out of the submission."""
    parts = name.split("/")[:-1]
    return any(os.path.islink(os.path.join(path, *parts[: n + 1])) for n in range(len(parts)))


def unreadable(file):
    """Why a file is not even opened; "": it may be."""
    if os.path.islink(file):
        return f"{file}: a link; the file itself is wanted"
    return "" if os.path.isfile(file) else f"{file}: there is no such file"


def content(path):
    """Its bytes, at most MOST; None: nothing to read."""
    if unreadable(path):
        return None
    with open(path, "rb") as file:
        return file.read(MOST)
