"""Many programs in one boot, a fresh process each, reported in TAP.

A line of the list: [ends=any] [poolfail=N] [--add FILE]... PROGRAM.exe [ARG...] [< FILE], quoted
as for a POSIX shell; # begins a comment.  Paths are relative to the list.  poolfail=N: of the
kernel's own allocations for this program the N-th fails, once.  --add: a file beside this program.

Each program finds C: as the system's archive has it, with its own file and those added for it, and
sees no file of another line.  A test is ok when its program ended with 0 (with ends=any: in
whatever way by itself), its output was kept whole (--output) and the audit after it found nothing.
A YAML block below its line has its exit code, output and crash.  Below that, a test that is not ok
says the same in comments, which prove shows: how it ended, and the last lines that it printed.
When one brings the machine down, the rest goes on in a fresh boot.
"""
import os
import shlex
from dataclasses import dataclass, field

from .refused import Refused, file_size, name_on_c


class Kept:
    """What a program printed, up to a limit of bytes; cut says how many more there were."""

    def __init__(self):
        self.data, self.cut = bytearray(), 0

    def add(self, data, limit):
        room = max(limit - len(self.data), 0)
        self.data += data[:room]
        self.cut += max(len(data) - room, 0)


@dataclass
class Job:
    path: str
    arguments: list
    added: list = field(default_factory=list)
    stdin: str | None = None
    any_end: bool = False
    poolfail: int = 0
    stdout: Kept = field(default_factory=Kept)
    stderr: Kept = field(default_factory=Kept)
    log: Kept = field(default_factory=Kept)
    verdict: object = None
    audit: tuple | None = None

    @property
    def name(self):
        first = [f"poolfail={self.poolfail}"] if self.poolfail else []
        return " ".join([*first, os.path.splitext(os.path.basename(self.path))[0], *self.arguments])

    @property
    def streams(self):
        return ("stdout", self.stdout), ("stderr", self.stderr), ("log", self.log)

    def forget_output(self):
        """It has been reported."""
        self.stdout, self.stderr, self.log = Kept(), Kept(), Kept()
        self.verdict.leaks = []


def read_line(words, folder):
    """The job of a line's words; ValueError says what is wrong."""
    job = Job("", [])
    if "<" in words:
        at = words.index("<")
        if at != len(words) - 2 or at == 0:
            raise ValueError("`< FILE' must stand last")
        words, job.stdin = words[:at], os.path.join(folder, words[-1])
    while words and words[0].startswith(("ends=any", "poolfail=", "--add")):
        key, _, value = words.pop(0).partition("=")
        if key == "ends":
            job.any_end = True
        elif key == "--add":
            if not words:
                raise ValueError("--add: a file expected")
            job.added.append(os.path.join(folder, value or words.pop(0)))
        elif value.isdecimal() and int(value) < 1 << 32:
            job.poolfail = int(value)
        else:
            raise ValueError(f"poolfail={value}: a number expected")
    if not words:
        raise ValueError("no program")
    job.path, job.arguments = os.path.join(folder, words[0]), words[1:]
    for needed in filter(None, (job.path, job.stdin, *job.added)):
        file_size(needed)
    name_on_c(job.path)
    return job


def read_list(path):
    """The jobs of a list file; Refused says which line is wrong."""
    jobs, folder = [], os.path.dirname(os.path.abspath(path))
    with open(path, encoding="utf-8") as lines:
        try:
            text = lines.read().split("\n")
        except UnicodeDecodeError:
            raise Refused(f"{path}: not UTF-8") from None
    for number, line in enumerate(text, 1):
        try:
            words = shlex.split(line, comments=True)
            if words:
                jobs.append(read_line(words, folder))
        except (ValueError, Refused) as wrong:
            raise Refused(f"{path}:{number}: {wrong}") from None
    if not jobs:
        raise Refused(f"{path}: no program in it")
    return jobs


class Collector:
    """The sink of a session: keeps each program's output apart, and hands a job over as soon as
    all is known of it: when the next one starts, or the machine has ended."""

    def __init__(self, jobs, limit, finished):
        self.jobs, self.limit, self.finished = jobs, limit, finished
        self.current = None  # index of the job that runs, or whose end may yet be the machine's

    def start(self, index):
        self.hand_over()
        self.current = index

    def verdict(self, index, verdict):
        self.jobs[index].verdict = verdict

    def audit(self, index, audit):
        self.jobs[index].audit = audit

    def hand_over(self):
        if self.current is not None:
            self.finished(self.jobs[self.current])
        self.current = None

    def output(self, index, data):
        self.jobs[index].stdout.add(data, self.limit)

    def error(self, index, data):
        self.jobs[index].stderr.add(data, self.limit)

    def log(self, data):
        self.jobs[self.current or 0].log.add(data, self.limit)

    def stdin(self, _):
        return None

    def end(self, session):
        """The machine has ended: session.end is the verdict on what ran then, or on the machine."""
        if self.current is None and self.jobs[0].verdict is None:
            self.current = 0  # it did not even start
        if self.current is None:
            return
        job = self.jobs[self.current]
        if session.end and (job.verdict is None or session.end.kind in ("bugcheck", "triple")):
            job.verdict = session.end
        if job.verdict is None:
            job.verdict = session.nothing_known()
        if job.verdict.kind in ("noboot", "triple", "bugcheck"):
            job.log.add(bytes(session.console), self.limit)
        self.hand_over()
