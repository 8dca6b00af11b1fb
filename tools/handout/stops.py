"""make gdb, make record, make bench of a handout: the student's file at work in one test.

A test is run once, to learn at which call of the student's file it fails; then it is run again, the
same to the instruction, and stops there.

    a program with lab_stop (its head says so)   PROG CASE alone      says "lab: failed at call N"
                                                 PROG CASE alone N    runs lab_stop before call N
    any other                                    gdb counts the calls of what the lab `provides`
    host stage                                   the same, by the host's gdb

What runs is this tree's own system: in a handout that is the student's.
"""
import json
import os
import re
import signal
import subprocess
import tempfile

from grade import build, kept
from grade.grader import Grader
from grade.hosted import CASE_CPU
from host import commands, debug
from host import scratch as folders
from host.machine import TOP
from host.refused import Refused

FATHOM = os.path.join(TOP, "tools", "fathom")
IN_GDB = os.path.join(TOP, "tools", "handout", "atcall.py")
FAILED = re.compile(r"^lab: failed at call (\d+)", re.M)
MOST_RECORDED = 500_000  # instructions, of a call that never returns
RECORDINGS = "recordings"  # below build/
RECORDED = "that call is recorded"


class Case:
    """A test's program, ready to run."""

    def __init__(self, lab, test):
        self.lab, self.test = lab, test
        self.out = commands.out_folder()
        self.kept = kept.Kept(lab, self.out)
        self.kept.prepare([test])
        self.program = None if test.stage == "host" else self.kept.guests[test.program]
        self.added = (
            []
            if test.stage == "host"
            else [self.kept.guests[n] for n in (*lab.machine["add"], *test.add)]
        )
        if lab.lab["kind"] == "dll" and not lab.product.startswith("bin/"):
            self.added.append(os.path.join(self.out, lab.product))  # no DLL of the system's

    def has_stop(self):
        listed = subprocess.run(
            ["i686-w64-mingw32-nm", self.program], capture_output=True, text=True
        ).stdout
        return bool(re.search(r" T _?lab_stop$", listed, re.M))

    def machine(self):
        """Options of the machine, the same every time."""
        words = ["--mem", str(self.test.mem[0]), "--seed", str(self.lab.machine["seed"])]
        for path in self.added:
            words += ["--add", path]
        for word in self.test.boot:
            words += ["--boot-word", word]
        return [*words, *(["--poolfail", str(self.test.poolfail)] if self.test.poolfail else [])]

    def fathom(self, command, *words):
        return [FATHOM, command, *self.machine(), *words, self.program, self.test.case]

    def played(self, *words):
        return subprocess.run(
            [*self.fathom("run", "--icount"), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )

    def passes(self):
        """Whether a program without lab_stop ends well."""
        return self.played().returncode == 0

    def failing_call(self):
        """The number of the call; None: the test passes."""
        run = self.played("alone")
        if run.returncode == 0:
            return None
        if found := FAILED.search(run.stdout):
            return int(found[1])
        raise Refused(
            f"{self.test.name}: it ends without a word: {(run.stderr or run.stdout).strip()[-300:]}"
        )


def mark_of_failure(case, path):
    """The step of lab_mark at which the judge outside finds the case wrong; None: it does not."""
    if not case.test.outside:
        return None
    grader = Grader(case.lab, case.out, [case.test])
    grader.prepare()
    found = re.search(r"\.py:(\d+)", grader.grade(path).outcomes[0].detail)
    return int(found[1]) if found else None


def told(case, call, mark=None, what="gdb stops there"):
    """call: the number of the one that fails; None: the test passes.  what: is done with it."""
    if mark is not None:
        print(f"{case.test.name}: what lies in the machine at lab_mark({mark}, ...) is wrong")
    if not call:
        print(f"{case.test.name} passes: what is shown is its first call of {case.lab.file}")
    else:
        print(f"{case.test.name} fails at call {call} of {case.lab.file}: {what}")
    return call or 1


def facts(case, **more):
    """What atcall.py is to do, in a file that it is told of."""
    return {
        "file": os.path.basename(case.lab.file),
        "functions": case.lab.lab["provides"],
        "case": case.test.case,
        **more,
    }


def with_facts(words, what, environment=None, quiet=False):
    """Run words with the facts in $FATHOM_AT_CALL; the exit code."""
    out = subprocess.DEVNULL if quiet else None
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(what, file)
        file.flush()
        variables = {**os.environ, **(environment or {}), "FATHOM_AT_CALL": file.name}
        return subprocess.run(words, env=variables, stdout=out, stderr=out).returncode


def interactive(script):
    """Words that make gdb go on without a terminal, for tests: a script of gdb commands."""
    return ["--script", script] if script else []


def gdb(lab, path, test):
    """gdb, stopped in the student's function.  $LAB_SCRIPT: gdb commands instead of a terminal."""
    case, script = Case(lab, test), os.environ.get("LAB_SCRIPT")
    if test.stage == "host":
        return host_gdb(case, path, script)
    words = case.fathom("gdb", "--icount", "--gdbinit", IN_GDB, *interactive(script))
    if case.has_stop():
        call = told(case, case.failing_call())
        return with_facts([*words, "alone", str(call)], facts(case, way="stop"))
    mark = mark_of_failure(case, path)
    good = mark is None and case.passes()
    call = told(case, None if good else counted(case, mark)["calls"], mark)
    return with_facts(words, facts(case, way="calls", wanted=call, mark=mark))


def counted(case, mark=None):
    """By a first session: {calls: the number of the failing one, last: its function, first: that of
    the first, own: {function: how often}}.  mark: the case fails at this step of lab_mark."""
    with tempfile.TemporaryDirectory() as folder:
        answer = os.path.join(folder, "answer")
        words = case.fathom("gdb", "--icount", "--gdbinit", IN_GDB, "--script", os.devnull)
        what = facts(case, way="calls", answer=answer, mark=mark)
        with_facts(words, what, quiet=True)
        if not os.path.exists(answer):
            raise Refused(f"{case.test.name}: gdb could not count the calls of {case.lab.file}")
        with open(answer) as file:
            return json.load(file)


# ---- the host stage ----
def host_program(case, path):
    submission_scratch = folders.make()
    submission = build.Submission(case.kept, path, submission_scratch)
    case.lab.host["flags"] = [*case.lab.host["flags"], "-O0"]  # `info locals` shows all of them
    submission.compile_host()
    return submission.link_host(), submission_scratch


def case_passes(words, options):
    """Whether a case of the host ends well; its report goes nowhere.  None: it does not end."""
    with open(os.devnull, "w") as nothing:
        options = {**os.environ, **options}
        to = {"stdin": subprocess.DEVNULL, "stdout": nothing, "stderr": nothing, "env": options}
        report = f"ulimit -S -t {CASE_CPU}; exec \"$0\" \"$@\" 3> /dev/null"
        code = subprocess.run(["sh", "-c", report, *words], **to).returncode
        return None if code == -signal.SIGXCPU else code == 0


def host_gdb(case, path, script, recorded=False):
    try:
        program, scratch = host_program(case, path)
    except build.NoBuild as why:
        raise Refused(str(why)) from None
    try:
        words = [debug.find_gdb(), "-q", "-nx", *(["-batch"] if script else []), "-x", IN_GDB]
        words += ["-x", script] if script else []
        words += ["--args", program, case.test.case]
        options = {
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
            "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1",
        }
        passes = case_passes([program, case.test.case], options)
        if passes:
            told(case, None)
        if passes is None:
            print(f"{case.test.name} does not come back: gdb goes to the call that it is in")
        what = facts(case, way="host", record=recorded, passes=passes, seconds=CASE_CPU)
        what["hexadecimal"] = case.lab.lab["kind"] == "kernel"  # addresses, bits, page numbers
        return with_facts(words, what, options)
    finally:
        folders.remove(scratch)


# ---- recordings ----
HOW = """{path}
  tools/fathom gdb --recording {path} {added}{program}
  there: reverse-stepi, reverse-finish, reverse-continue; watch a variable and go back to who \
wrote it.
  tools/fathom replay -o page.html {added}{path} {program}   the same as a page for a browser"""


def stretch(case):
    """What to record of a program without lab_stop: the failing call of a DLL, or the whole
    case."""
    if case.lab.lab["kind"] == "kernel":
        return ["--from", case.test.case, "--to", "lab_fail"] if case.test.report else ["--main"]
    passes = case.passes()
    found = counted(case)
    if not found["last"]:
        raise Refused(f"{case.test.name}: it never calls {case.lab.file}")
    told(case, None if passes else found["calls"], what=RECORDED)
    module = os.path.splitext(os.path.basename(case.lab.product))[0]
    name, nth = (found["first"], 1) if passes else (found["last"], found["own"][found["last"]])
    return ["--door", f"{module}!{name}:{nth}", "--after", case.test.case]


def record(lab, path, test):
    """The failing call as a recording below build/recordings."""
    case = Case(lab, test)
    if test.stage == "host":
        print(
            f"{test.name} is a test of the host: gdb records from the failing call on "
            f"(`reverse-step` works)"
        )
        return host_gdb(case, path, os.environ.get("LAB_SCRIPT"), recorded=True)
    folder = os.path.join(case.out, RECORDINGS)
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, f"{lab.label}-{test.name}.rec")
    limit = ["--instructions", str(MOST_RECORDED), "-o", target]
    if case.has_stop():
        call = told(case, case.failing_call(), what=RECORDED)
        words = [
            *case.fathom("record", "--from", "lab_stop", "--to", "lab_went_on", *limit),
            "alone",
            str(call),
        ]
    else:
        words = case.fathom("record", *stretch(case), *limit)
    code = subprocess.run(words, stdin=subprocess.DEVNULL).returncode
    if code == 0:
        shown = os.path.relpath(target), os.path.relpath(case.program)
        added = "".join(f"--add {os.path.relpath(path)} " for path in case.added)
        print(HOW.format(path=shown[0], added=added, program=shown[1]))
    return code


def bench(lab, path):
    """What the lab's own bench says: a case `bench` of its programs, which prints it."""
    tests = [test for test in lab.tests if test.shown and test.stage != "host"]
    if not tests:
        raise Refused(f"{lab.label}: its tests run on the host, where instructions are not counted")
    case = Case(lab, tests[0])
    case.test.case = "bench"
    run = subprocess.run(
        [*case.fathom("run", "--icount"), "alone"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    lines = [
        line for line in run.stdout.replace("\r", "").splitlines() if line.startswith("bench ")
    ]
    if not lines:
        raise Refused(
            f"{lab.label}: it has no bench; make bench of the whole system is tools/fathom's"
        )
    print("\n".join(line.removeprefix("bench ") for line in lines))
    return run.returncode
