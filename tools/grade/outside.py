"""Judged from outside: a lab's own watcher looks at the machine while a case of a test runs.

    boot: QEMU halted ──> main of a program: argv[1] is the case
                          └─> labs/N-name/outside/NAME.py: a generator with the case's name
                                yield {addresses}   on to one of them, in this process
                                yield STEP          one instruction
                                yield from case.mark(3)   on to lab_mark(3, address) of lab.h
                                case.expect(...)    as LAB_EXPECT, but of what lies there

A case that reports success counts only when its watcher has come to its end and found nothing.  If
it found nothing and did not come to its end, what the program should have done never happened: the
report is a forgery, and no test of the submission earns a point.
"""
import collections
import hashlib
import importlib.util
import os
import random
import threading
import traceback
from dataclasses import dataclass, field

from record.remote import Gone
from stub.process import read_offsets

from . import hosted, kept
from .watched import Watch, addresses, sections_of, text_bytes

STEP = "step"
USER_END = 0x80000000
MOST_STEPS = 20000  # of a stretch that is counted; after so many it is too dear in any case
STAC, CLAC, NOP3 = b"\x0f\x01\xcb", b"\x0f\x01\xca", b"\x0f\x1f\0"
JUDGED = ("ok", "too slow")  # what the program itself could claim


class Failed(Exception):
    """What is there is not as it should be."""


class Forged(Exception):
    """A program or its report is not what it seems."""


@dataclass
class Finding:
    """Of one case.  failure: the fields of a report that failed (lab.h)."""

    done: bool = False
    failure: list = field(default_factory=list)
    forged: str = ""
    steps: int = 0
    counts: dict = field(default_factory=lambda: collections.defaultdict(list))

    @property
    def least(self):
        """The kernel's instructions of a counted stretch, in the group where they were fewest."""
        return min((sum(g) // len(g) for g in self.counts.values()), default=0)


class Case:
    """What a watcher has: the machine (watch), the names of the program and of the kernel, the
    rules of the seed, where the student's code lies.  What is drawn by `random` no program can
    know. `sample` draws which calls are counted: the same for the same code and seed, as points
    are."""

    def __init__(self, run, name, path):
        self.run, self.name, self.finding = run, name, Finding()
        self.watch, self.rules, self.random = run.watch, run.rules, random.Random()
        self.sample = random.Random(run.sampled + name.encode())
        self.kernel, self.student, self.offsets = run.kernel, run.student, run.offsets
        self.program, self.path = run.names[path], path
        self.cr3 = run.watch.registers.cr3
        self.machine_words = run.machine_words

    @property
    def registers(self):
        return self.watch.registers

    def expect(self, condition, function, expected, seen, *numbers):
        if not condition:
            place = f"{self.run.source}:{self.finding.steps}"
            words = [str(n & 0xFFFFFFFF) for n in numbers]
            self.finding.failure = [place, function, expected, seen, *words]
            raise Failed

    def mark(self, step):
        """On to lab_mark(step, address); the address."""
        yield {self.program["_lab_mark"]}
        return self._marked(step)

    def counted_mark(self, group, step, *rounds):
        """The same instruction by instruction; those of the kernel are counted.  The program leaves
        its own time of these rounds out: the clock leaps while the machine stands.  A cost is at
        least that of the cheapest group: no burst that only one of them met."""
        end, path = self.program["_lab_mark"], 0
        for _ in range(MOST_STEPS):
            yield STEP
            if self.registers.eip == end:
                break
            path += self.registers.eip >= USER_END
        else:
            yield {end}
        self.finding.counts[group].append(path)
        for at in (self.program["_lab_stepped"] + number for number in rounds):
            if not self.watch.is_there(at, 1):
                raise Forged("the program's own memory is gone")
            self.watch.write(at, b"\1")
        return self._marked(step)

    def _marked(self, step):
        _, number, address = self.watch.words(self.registers.esp, 3)
        if number != step:
            raise Forged(f"step {number} of the case came where step {step} should")
        self.finding.steps = step
        self.same_code()
        return address

    def same_code(self):
        """The program's code, as far as it is in memory, and the kernel's are as in their files."""
        for start, code in self.run.codes[self.path] + self.run.kernel_codes:
            there, whole = plain(self.watch.read(start, len(code))), start >= USER_END
            if there != code[: len(there)] or whole and len(there) < len(code):
                at = len(os.path.commonprefix([there, code]))
                where = "the kernel" if whole else os.path.basename(self.path)
                raise Forged(f"the code of {where} was changed at {start + at:08X}")


class Run:
    """All cases of one boot."""

    def __init__(self, submission, out, tests):
        lab, guests = submission.lab, submission.kept.guests
        self.rules = {v.name: v.values[v.chosen] for v in lab.variants}
        self.findings, self.wrong, self.watch = {}, "", None
        self.source = f"{tests[0].outside}.py"
        self.watchers = {t.case: load(lab, t.outside) for t in tests}
        paths = {guests[t.program] for t in tests}
        self.names = {path: addresses(path) for path in paths}
        self.codes = {path: codes_of(path, b".text") for path in paths}
        self.paths = {t.case: guests[t.program] for t in tests}
        kernel = os.path.join(out, "kernel", "ntoskrnl.exe")
        self.kernel = addresses(kernel)
        self.kernel_codes = codes_of(kernel, b".text", b".rdata")
        self.offsets = read_offsets(submission.kept.out)
        self.machine_words = words_of_machine(submission.kept.out)
        self.student = self._student(submission)
        kernel_text = b"".join(code for _, code in self.kernel_codes)
        self.sampled = hashlib.sha256(b"%d" % lab.seed + kernel_text).digest()

    def _student(self, submission):
        """[first, last) of the student's code in the kernel."""
        own = addresses(submission.object)
        for name in submission.lab.lab["provides"]:
            if "_" + name in own and "_" + name in self.kernel:
                start = self.kernel["_" + name] - own["_" + name]
                return range(start, start + text_bytes(submission.object))
        return range(0)

    def begin(self, machine):
        self.thread = threading.Thread(target=self._guarded, args=(machine,), daemon=True)
        self.thread.start()

    def excused(self):
        return self.watch.excused() if self.watch else 0

    def end(self):
        self.thread.join()
        if self.wrong:
            raise kept.NotMade(f"the judge outside of the machine failed:\n{self.wrong}")

    def _guarded(self, machine):
        try:
            self.watch = Watch(machine)
            self._follow()
        except (Gone, ValueError, OSError):
            pass  # the machine has ended
        except Exception:  # noqa: BLE001  a mistake of the watcher, not of the student
            self.wrong = traceback.format_exc()
            try:
                self.watch.leave()
            except Gone:
                pass

    def _follow(self):
        mains = {names["_main"] for names in self.names.values()}
        case, judge, wanted = None, None, set()
        while True:
            if wanted == STEP:
                self.watch.step()
            else:
                self.watch.run_to(mains | wanted)
                if self.watch.registers.eip in mains and self.watch.registers.cs & 3:
                    if begun := self._start():
                        case, judge = begun
                        wanted = advance(case, judge)
                    continue
                if not case or self.watch.registers.eip not in wanted:
                    continue
                if self.watch.registers.cr3 != case.cr3:
                    continue
            wanted = advance(case, judge)

    def _start(self):
        """(Case, its generator) of the program that begins; None: nobody watches it, or it is the
        child of one that is watched."""
        _, count, arguments = self.watch.words(self.watch.registers.esp, 3)
        name = self.watch.text(self.watch.word(arguments + 4)) if count > 1 else ""
        if name not in self.watchers:
            return None
        case = Case(self, name, self.paths[name])
        self.findings[name] = case.finding
        module = self.watchers[name]
        judge = getattr(module, name, None) or module.every_case
        return case, judge(case)

    # ---- afterwards ----

    def confirm(self, outcome, words, places):
        """The outcome of a test that the program reported, with what was seen from outside."""
        found = self.findings.get(outcome.test.case, Finding())
        if outcome.kind not in JUDGED:
            return
        if found.forged or not found.done and not found.failure:
            outcome.kind, outcome.points = "forged", 0
            outcome.seen = found.forged or "the program reports success without having come so far"
        elif found.failure:
            outcome.points, outcome.expected = 0, ""
            hosted.explain_failure(outcome, found.failure, words, places)
        elif found.counts:
            charge(outcome, found.least)


def charge(outcome, counted):
    """A cost that the program told, where this much was counted outside at the least."""
    if 2 * outcome.cost < counted:
        outcome.kind, outcome.points = "forged", 0
        outcome.seen = f"the program saw {outcome.cost} instructions pass, {counted} were counted"
    else:
        outcome.by_bands(max(outcome.cost, counted), outcome.worst)


def advance(case, judge):
    """Where the watcher wants to be next."""
    try:
        return next(judge)
    except StopIteration:
        case.finding.done = True
    except Failed:
        pass
    except Forged as why:
        case.finding.forged = str(why)
    return set()


def plain(code):
    """Without what the kernel writes over itself at boot: stac, clac, if the processor has them."""
    return code.replace(STAC, NOP3).replace(CLAC, NOP3)


def codes_of(path, *names):
    """[(address, bytes)] of sections that no boot changes otherwise."""
    return [(start, plain(code)) for start, code in sections_of(path, *names)]


def load(lab, name):
    """The watcher outside/NAME.py of a lab, as a module."""
    path = lab.watcher(name)
    spec = importlib.util.spec_from_file_location(f"outside_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words_of_machine(out):
    """{name: number} of the kernel's structures, as its assembler files have them."""
    with open(os.path.join(out, "gen", "ke_offsets.inc")) as file:
        rows = (line.split() for line in file)
        return {row[1]: int(row[2], 0) for row in rows if len(row) == 3}
