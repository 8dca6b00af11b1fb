"""The stages in Fathom: the tests of one machine in one boot, a process each.

The machine counts instructions, so a cost is the same everywhere.  When a test takes the machine
down, the rest goes on in a fresh boot; after two of those, what is left is "not run".
"""
import os
import re
import secrets

from host import commands, options as words_of_options, session, tap
from host.batch import Collector, Job
from host.reports import Reports
from host.symbols import Images

from . import hosted, outside
from .result import Outcome

MOST_DOWN = 2
# The kernel waits for the battery clock at boot: with the host's, ticks would fall elsewhere in
# each boot, and a few of a count's instructions are a tick's.
BATTERY = "2026-01-05T09:00:00"
# A kernel that loops answers nothing, however long it is asked (session.py).
session.KILL_GRACE, session.NMI_GRACE = 3, 2
KEPT = 256 << 10  # bytes of each stream
FLOOD = 1 << 20
DOWN = {"bugcheck": "bug check", "triple": "triple fault", "noboot": "no-boot", "hang": "hang"}
FRAME = re.compile(r"^\s+\d* ?[0-9a-f]{8} (?:[0-9a-f]{8} )?(\S+!.*)$", re.I)
NO_PAGE = "no page at boot"
SAID = re.compile(r"^the program under test: (.+)$", re.M)  # judge.h: its last words


def options_of(lab, test, out, mem):
    """As tools/fathom batch has them."""
    given = ["batch", "--icount", "--mem", str(mem), "--timeout", str(lab.machine["seconds"])]
    given += ["--seed", str(lab.machine["seed"])]
    for word in test.boot:
        given += ["--door", "int2e"] if word == "door=int2e" else ["--boot-word", word]
    options = words_of_options.parser("", commands.CALLS).parse_args([*given, "-"])
    options.out, options.recorded = out, None
    return options


class Capped(Collector):
    """Ends the machine when a program says too much."""

    machine = None
    flooded = None

    def _check(self):
        job = self.jobs[self.current or 0]
        if self.machine and any(kept.cut > FLOOD for _, kept in job.streams):
            self.flooded, machine, self.machine = job, self.machine, None
            machine.process.kill()

    def output(self, index, data):
        super().output(index, data)
        self._check()

    def error(self, index, data):
        super().error(index, data)
        self._check()

    def log(self, data):
        super().log(data)
        self._check()


def boot(options, jobs, watcher=None):
    """Run jobs in one boot, as far as it gets; (those that are finished, the sink).  watcher: the
    outside.Run that looks on."""
    finished = []
    sink = Capped(jobs, KEPT, finished.append)
    archive = commands.new_archive(options)
    for job in jobs:
        archive.run(job.path, job.arguments, job.added, job.stdin, job.poolfail)
    token = secrets.token_hex(16)
    with commands.new_machine(options) as machine:
        sink.machine, machine.battery = machine, BATTERY
        archive.write(machine.path("archive.tar"))
        machine.halted = machine.path("stub") if watcher else None
        machine.start(
            commands.command_line(options, token, "run", machine), machine.path("archive.tar")
        )
        if watcher:
            watcher.begin(machine)
        with Images(options.out, [[*job.added, job.path] for job in jobs]) as images:
            run = session.Session(machine, token, options.timeout, sink, None, Reports(images))
            run.excused = watcher and watcher.excused
            run.follow()
        sink.end(run)
    if watcher:
        watcher.end()
    return finished, sink


class Run:
    """The guest tests of one submission."""

    def __init__(self, submission, out, words, places):
        self.submission, self.lab, self.out = submission, submission.lab, out
        self.words, self.places, self.downs = words, places, []
        self.inside = submission.kept.inside

    def job(self, test, number):
        """number: a file name for the nonce that no other job has."""
        nonce = secrets.token_hex(16)
        path = os.path.join(self.submission.scratch, f"nonce{number}")
        with open(path, "w") as file:
            file.write(nonce + "\n")
        guests = self.submission.kept.guests
        added = [guests[name] for name in [*self.lab.machine["add"], *test.add]]
        if self.lab.lab["kind"] == "dll":
            added.append(self.submission.dll)
        arguments = (
            [test.case, *test.args] if test.report or test.args or "/" not in test.program else []
        )
        job = Job(guests[test.program], arguments, added, path, False, test.poolfail)
        job.test, job.nonce = test, nonce
        return job

    def tests(self, tests):
        """The outcome of each, in any order.  A test with several sizes must pass on each."""
        found, machines = {}, {}
        for test in tests:
            for mem in test.mem:
                machines.setdefault((mem, tuple(test.boot)), []).append(test)
        for (mem, _), group in machines.items():
            for outcome in self._machine(group, mem):
                before = found.get(outcome.test.name)
                if len(outcome.test.mem) > 1 and outcome.kind != "ok":
                    outcome.detail = f"{outcome.detail}, {mem} MiB".lstrip(", ")
                if before is None or before.kind == "ok":
                    found[outcome.test.name] = outcome
        return list(found.values())

    def _machine(self, tests, mem):
        options = options_of(self.lab, tests[0], self.out, mem)
        left = [self.job(test, f"{mem}-{n}") for n, test in enumerate(tests)]
        while left and len(self.downs) < MOST_DOWN:
            watcher = self.watcher([job.test for job in left])
            finished, sink = boot(options, left, watcher)
            for job in finished:
                outcome = self.judge(job, sink.flooded is job)
                if job.test.outside and watcher:
                    watcher.confirm(outcome, self.words, self.places)
                if (
                    outcome.kind in DOWN.values()
                    and job.verdict.kind in DOWN
                    or sink.flooded is job
                ):
                    self.downs.append(outcome)
                yield outcome
                if job.verdict.kind == "noboot":
                    self.downs += [outcome] * MOST_DOWN
            left = left[len(finished) :]
        for job in left:
            names = ", ".join(dict.fromkeys(o.test.name for o in self.downs))
            yield Outcome(job.test, "not run", seen=f"the machine went down in {names}")

    def watcher(self, tests):
        """Who looks on from outside while these run; None: nobody has to."""
        watched = [test for test in tests if test.outside]
        if not watched or self.inside:
            return None
        return outside.Run(self.submission, self.out, watched)

    def judge(self, job, flooded):
        test, verdict = job.test, job.verdict
        outcome = Outcome(test)
        text = bytes(job.stdout.data).decode("utf-8", "replace")
        outcome.figures = [line for line in text.splitlines() if line.startswith("trace ")]
        passed, costs, failure = hosted.read_report(text, job.nonce, test.case)
        log = bytes(job.log.data).decode("utf-8", "replace").replace("\r", "")
        outcome.log = [line for line in log.splitlines() if line.strip()][-25:]
        self.stack(outcome, log)
        ended = verdict.kind in ("exited", "larger", "crashed", "unstarted")
        faults = tap.audit_faults(job.audit) if ended else []
        if flooded or any(kept.cut for _, kept in job.streams):
            outcome.kind, outcome.seen = "too much output", f"more than {KEPT >> 10} KiB"
        elif verdict.kind in DOWN:
            self.down(outcome, verdict, log)
        elif verdict.kind == "slow":
            outcome.kind, outcome.seen = "grading machine", "it was too slow to judge: grade again"
        elif verdict.kind in ("crashed", "unstarted"):
            outcome.kind, outcome.seen = "crash", verdict.line().removeprefix("fathom: ")
        elif failure:
            hosted.explain_failure(outcome, failure, self.words, self.places)
            if said := SAID.search(text):
                outcome.seen += f": {said[1].strip()[:160]}"
        elif verdict.status != 0:
            outcome.kind, outcome.seen = "wrong value", f"exit code {verdict.status}"
            outcome.log = text.splitlines()[-12:] + outcome.log
        elif faults:
            outcome.kind, outcome.seen = "leak", "; ".join(faults)
        elif test.report and not passed:
            outcome.kind, outcome.seen = (
                "no report",
                "the program ended with 0 before the case was over",
            )
        else:
            outcome.by_bands(*[*costs, None, None][:2])
        return outcome

    def down(self, outcome, verdict, log):
        outcome.kind = DOWN[verdict.kind]
        outcome.seen = verdict.line().removeprefix("fathom: ")
        if outcome.seen == "hang":
            outcome.seen = "the call did not come back"
        if any("!PsCreateInitialProcess" in frame for frame in outcome.stack):
            outcome.seen += ": the kernel could not make its first process"
        if verdict.kind == "triple":
            outcome.seen += (
                ": most often endless recursion, or a write into the machine's own tables"
            )
        if NO_PAGE in log or NO_PAGE in verdict.where:
            outcome.kind, outcome.seen = "no-boot", "no page at boot: PageAlloc had none to give"

    def stack(self, outcome, log):
        """The frames of a report; the first of them in the student's file says where."""
        file = self.lab.file
        frames = [m[1] for line in log.splitlines() if (m := FRAME.match(line))]
        first = next((n for n, frame in enumerate(frames) if file in frame), 0)
        outcome.stack = frames[first : first + 8]
        own = re.search(rf"{re.escape(file)}:(\d+)", log)
        if own:
            outcome.where = f"{file}:{own[1]}"
