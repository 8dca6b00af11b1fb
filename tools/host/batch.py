"""Many programs in one boot, a fresh process each, reported in TAP.

A line of the list: [ends=any] [poolfail=N] PROGRAM.exe [ARG...] [< FILE], quoted as for a
POSIX shell; # begins a comment.  Paths are relative to the list.  poolfail=N: of the
kernel's own allocations for this program the N-th fails, once.  A test is ok when its program
ended with 0 (with ends=any: in whatever way by itself) and the audit after it found nothing.  A
YAML block below its line has its exit code, output and crash.  Below that, a test that is not ok
says the same in comments, which prove shows: how it ended, and the last lines that it printed.
When one brings the machine down, the rest goes on in a fresh boot.
"""
import json
import os
import shlex
from dataclasses import dataclass, field


@dataclass
class Job:
    name: str
    path: str
    arguments: list
    stdin: str | None = None
    any_end: bool = False
    poolfail: int = 0
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    log: bytearray = field(default_factory=bytearray)
    verdict: object = None
    audit: tuple | None = None


class BadList(Exception):
    """A line that cannot be read, or names what is not there."""


def read_list(path):
    """The jobs of a list file; BadList says which line is wrong."""
    jobs, folder = [], os.path.dirname(os.path.abspath(path))
    with open(path) as lines:
        for number, line in enumerate(lines, 1):
            try:
                words = shlex.split(line, comments=True)
            except ValueError as wrong:
                raise BadList(f"{path}:{number}: {wrong}") from None
            if not words:
                continue
            stdin = None
            if "<" in words:
                at = words.index("<")
                if at != len(words) - 2 or at == 0:
                    raise BadList(f"{path}:{number}: `< FILE' must stand last")
                words, stdin = words[:at], os.path.join(folder, words[-1])
            job = Job("", "", [])
            while words and words[0].startswith(("ends=any", "poolfail=")):
                key, _, value = words.pop(0).partition("=")
                if key == "ends":
                    job.any_end = True
                elif value.isdigit():
                    job.poolfail = int(value)
                else:
                    raise BadList(f"{path}:{number}: poolfail={value}: a number expected")
            if not words:
                raise BadList(f"{path}:{number}: no program")
            program = os.path.join(folder, words[0])
            for needed in filter(None, (program, stdin)):
                if not os.path.isfile(needed):
                    raise BadList(f"{path}:{number}: {needed}: no such file")
            name = os.path.splitext(os.path.basename(words[0]))[0]
            job.name = " ".join([name, *words[1:]])
            if job.poolfail:
                job.name = f"poolfail={job.poolfail} {job.name}"
            job.path, job.arguments, job.stdin = program, words[1:], stdin
            jobs.append(job)
    return jobs


class Collector:
    """The sink of a session: keeps each program's output apart."""

    def __init__(self, jobs):
        self.jobs, self.current = jobs, 0

    def start(self, index):
        self.current = index

    def output(self, index, data):
        self.jobs[index].stdout += data

    def error(self, index, data):
        self.jobs[index].stderr += data

    def log(self, data):
        if self.current < len(self.jobs):
            self.jobs[self.current].log += data

    def stdin(self, _):
        return None


def audit_faults(audit):
    """What an audit found wrong, in words; empty when nothing."""
    if audit is None:
        return ["no audit came"]
    failures, before, after, regions, handles, _, text = audit
    wrong = []
    if failures:
        wrong.append(f"memory manager: invariant {failures} broken: {text}")
    if after != before:
        wrong.append(f"free pages: {before} before, {after} after")
    if regions:
        wrong.append(f"{regions} regions left")
    if handles:
        wrong.append(f"{handles} handles left")
    if text and not failures:
        wrong.append(text)
    return wrong


LONGEST_TEXT = 4000  # prove's YAML reader gives up on lines of 64 KiB


def yaml_text(name, data):
    """The lines of one text; a long one goes on as NAME_2, NAME_3, ..."""
    text = data.decode("utf-8", "backslashreplace")
    pieces = [text[i : i + LONGEST_TEXT] for i in range(0, len(text), LONGEST_TEXT)]
    return [
        f"  {name}{f'_{n}' if n > 1 else ''}: {json.dumps(piece, ensure_ascii=False)}"
        for n, piece in enumerate(pieces, 1)
    ]


SHOWN_LINES, SHOWN_WIDTH = 40, 300  # of each stream, in the comments of a failed test


def comments(job, faults):
    """Why a job is not ok, and the end of what it printed, as TAP comments."""
    verdict = job.verdict
    lines = [verdict.line() or f"exit code {verdict.status}"]
    lines += [f"audit: {fault}" for fault in faults]
    for name, data in (("stdout", job.stdout), ("stderr", job.stderr), ("log", job.log)):
        said = data.decode("utf-8", "backslashreplace").rstrip().splitlines()
        if said:
            before = len(said) - SHOWN_LINES
            lines.append(f"{name}:" + (f" ({before} lines before these)" if before > 0 else ""))
            lines += ["  " + line for line in said[-SHOWN_LINES:]]
    return ["# " + "".join(c if c.isprintable() else "?" for c in line[:SHOWN_WIDTH]) for line in lines]


def report(number, job):
    """The TAP lines of one job; True when it is ok."""
    verdict = job.verdict
    ended = verdict.kind in ("exited", "larger", "crashed", "unstarted")
    faults = audit_faults(job.audit) if ended else []
    zero = verdict.kind == "exited" and verdict.status == 0
    good = (zero or (job.any_end and ended)) and not faults
    lines = [
        f"{'ok' if good else 'not ok'} {number} - {job.name.replace('#', chr(92) + '#')}",
        "  ---",
    ]
    if verdict.kind in ("exited", "larger"):
        lines.append(f"  exit: {verdict.status}")
    else:
        lines.append(f"  end: {json.dumps(verdict.line().removeprefix('fathom: '))}")
    if verdict.kind == "crashed":
        lines.append(f"  exception: 0x{verdict.status:08X}")
        lines.append(f"  address: {json.dumps(verdict.where or hex(verdict.address))}")
    if job.audit:
        lines.append(f"  allocations: {job.audit[5]}")
    lines += [f"  audit: {json.dumps(fault)}" for fault in faults]
    for name, data in (
        ("stdout", job.stdout),
        ("stderr", job.stderr),
        ("log", job.log),
    ):
        lines += yaml_text(name, data) if data else []
    return good, "\n".join(lines + ["  ..."] + ([] if good else comments(job, faults)))
