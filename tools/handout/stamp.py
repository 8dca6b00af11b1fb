"""Which handout a file is of: a line in the student's file, and handout.toml at the top of the
tree.

     * Handout 8-com 1.0, seed 17, 4c1d9a7730f2.  Leave this line in: the grader asks for it.

The id is a digest of lab, version and seed: who has the line has the rules of that seed.  Two
versions with the same major number have the same contract and points, so the grader takes either.
"""
import hashlib
import os
import re
import tomllib
from dataclasses import dataclass

from host.machine import TOP

HEAD = os.path.join(TOP, "handout.toml")
LEDGER = "handouts.tsv"  # of an overlay: lab, version, seed, id of each handout
LINE = "Handout {name} {version}, seed {seed}, {id}.  Leave this line in: the grader asks for it."
PATTERN = re.compile(r"Handout (\S+) (\d+\.\d+), seed (\d+), ([0-9a-f]{12})\.")


@dataclass(frozen=True)
class Stamp:
    name: str  # "8-com": the lab's folder
    version: str  # "1.0"
    seed: int

    @property
    def id(self):
        text = f"{self.name} {self.major} {self.seed}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def major(self):
        return self.version.partition(".")[0]

    def line(self):
        return LINE.format(name=self.name, version=self.version, seed=self.seed, id=self.id)

    def __str__(self):
        return f"lab {self.name} {self.version}, seed {self.seed} ({self.id})"


def handed_out():
    """[{name, number, version, seed, id, file}] of handout.toml; empty in our own tree."""
    try:
        with open(HEAD, "rb") as file:
            return tomllib.load(file)["lab"]
    except FileNotFoundError:
        return []


def read(text):
    """The Stamp in a submission's text, or None."""
    found = PATTERN.search(text)
    return found and Stamp(found[1], found[2], int(found[3]))


def is_whole(text):
    """Whether the id in the line is that of its words."""
    found = PATTERN.search(text)
    return not found or found[4] == read(text).id


def refusal(text, name, version, seed):
    """Why a submission's text is not to be graded as this lab under this seed; None: it may be.
    A file without the line is taken: the line can be lost, and earns nothing."""
    ours, theirs = Stamp(name, version, seed or 0), read(text)
    if theirs is None:
        return None
    if not is_whole(text):
        return (
            f'the line "Handout {theirs.name} ..." was changed: its id is that of another handout'
        )
    if (theirs.name, theirs.major, theirs.seed) == (ours.name, ours.major, ours.seed):
        return None
    return f"this is a file of {theirs}; what is graded here is {ours}"


def ledger(overlay):
    """The Stamps of an overlay's list; None: it has no list, so nothing was handed out with it."""
    try:
        with open(os.path.join(overlay or "", LEDGER), encoding="utf-8", errors="replace") as file:
            rows = [line.split("\t") for line in file if line.count("\t") >= 2]
    except FileNotFoundError:
        return None
    return [Stamp(row[0], row[1], int(row[2])) for row in rows if row[2].strip().isdigit()]


def seeds(overlay, name, version):
    """The seeds under which this lab, of this major version, was handed out; rising."""
    ours = Stamp(name, version, 0)
    listed = (ledger(overlay) or []) if overlay else []
    return sorted({s.seed for s in listed if (s.name, s.major) == (ours.name, ours.major)})


def unlisted(text, overlay):
    """Why a file with a line is no handout of this course; None: it is, or there is no list."""
    theirs = read(text)
    listed = ledger(overlay) if overlay else None
    if theirs is None or listed is None or theirs.id in {stamp.id for stamp in listed}:
        return None
    known = ", ".join(dict.fromkeys(str(s) for s in listed if s.name == theirs.name))
    return (
        f"this is a file of {theirs}, which {os.path.join(overlay, LEDGER)} does not list;"
        f" of that lab it lists {known or 'none'}"
    )


def stamped(text, stamp, comment=("/* ", " */")):
    """The skeleton's text with the line, as a comment of its own before it."""
    return f"{comment[0]}{stamp.line()}{comment[1]}\n{text}"
