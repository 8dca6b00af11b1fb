"""The host stage: each case in a process of its own, judged by its exit code and its report."""
import os
import re
import secrets

from . import limits
from .lab import TOP
from .result import Outcome

CASE_CPU, CASE_CLOCK = 6, 900  # seconds: the longest case takes 1, on a host that is all busy 3
MOST_HANGS = 2
SANITIZER = re.compile(r"^.*?(?:ERROR: (?:Address|Leak)Sanitizer: |runtime error: )(.*)$", re.M)
STACK = re.compile(r"^\s*#\d+ 0x[0-9a-f]+ in (\S+) (\S+)$", re.M)
RUNTIME = re.compile(r"^(\S+?):(\d+)(?::\d+)?: runtime error", re.M)
FORMAT = re.compile(r"%0?\d*[uxXd]")
SIGNALS = {
    -6: "abort",
    -11: "segmentation fault",
    -8: "division by zero",
    -4: "illegal instruction",
    -7: "bus error",
}
ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=0:handle_abort=1:abort_on_error=0:exitcode=99:color=never",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=99",
}


class Words:
    """The texts of LAB_EXPECT with their numbers, in the language that was asked."""

    def __init__(self, chinese):
        self.chinese = chinese

    def fill(self, text, numbers):
        """text with numbers in place of its %u; those it took are gone from numbers."""
        text = self.chinese.get(text, text) if self.chinese else text

        def number(match):
            if not numbers:
                return match[0]
            value = numbers.pop(0)
            return match[0] % (value - (1 << 32) if match[0][-1] == "d" and value >> 31 else value)

        return FORMAT.sub(number, text)


def read_report(text, nonce, case):
    """(passed, [cost, dearest operation if it is told], [fields of a failure] or None)."""
    failure, passed, costs = None, False, []
    for line in text.replace("\r", "").split("\n"):
        fields = line.split("\t")
        if fields[0] == "fail" and len(fields) >= 5 and failure is None:
            failure = fields[1:]
        elif (
            fields[0] == "ok"
            and len(fields) in (4, 5)
            and fields[1:3] == [case, nonce]
            and all(field.isdecimal() for field in fields[3:])
        ):
            passed, costs = True, [int(field) for field in fields[3:]]
    return passed and failure is None, costs, failure


def explain_failure(outcome, fields, words, places):
    place, function, expected, seen, *numbers = fields
    numbers = [int(n) for n in numbers if n.isdecimal()]
    outcome.kind = "wrong value"
    outcome.expected = words.fill(expected, numbers)
    outcome.seen = words.fill(seen, numbers)
    # The case's file with its folder: it may have the name of the student's own.
    outcome.detail = f"{function}, {'/'.join(place.split('/')[-2:])}"
    place = places.function(function)
    # A function that the file does not name: the stack, if there is one, said more.
    outcome.where = place if ":" in place else outcome.where or place


class Places:
    """Where the student's functions are: file:line."""

    def __init__(self, submission):
        self.submission, self.known = submission, {}

    def function(self, name):
        if name not in self.known:
            self.known[name] = self._find(name)
        return self.known[name]

    def _find(self, name):
        """The line that its definition begins in, as a reader finds it."""
        text = open(self.submission.source, errors="replace").read()
        code = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)
        at = re.search(
            rf"^(?!\s)[\w*\s]{{0,200}}?\b{re.escape(name)}\s*\([^;{{]{{0,999}}\)\s*\{{", code, re.M
        )
        at = at or re.search(rf"^_?{re.escape(name)}\b", code, re.M)
        if not at:
            return self.submission.lab.file
        line = code.count("\n", 0, code.index(name, at.start())) + 1
        return f"{self.submission.lab.file}:{line}"


def is_ours(name, place):
    """A frame that a student looks at: not the sanitizer's, not the way to main."""
    return "/asan/" not in place and not name.startswith(("__libc_", "_start", "main"))


def in_words(said):
    """What a sanitizer says, without its own addresses."""
    bad = re.match(r"SEGV on (?:unknown )?address (0x[0-9a-f]+)?", said)
    if bad:
        number = int(bad[1] or "0", 16)
        return f"a read or write of address {number:#x}, where nothing is"
    return re.sub(r" on (unknown )?address 0x.*| \(pc 0x.*", "", said).strip()


def crashed(outcome, done, submission):
    """A sanitizer, a signal or an early end."""
    file = submission.lab.file
    said = SANITIZER.search(done.output)
    frames = [(name, place) for name, place in STACK.findall(done.output) if is_ours(name, place)]
    near = lambda place: submission.near(place).replace(TOP + os.sep, "")
    outcome.stack = [f"{name} at {near(place)}" for name, place in frames[:8]]
    runtime = RUNTIME.search(submission.near(done.output))
    own = [
        place
        for place in map(lambda f: submission.near(f[1]), frames)
        if place.startswith(file + ":")
    ]
    outcome.where = (
        f"{runtime[1]}:{runtime[2]}" if runtime else ":".join(own[0].split(":")[:2]) if own else ""
    )
    outcome.kind = "crash"
    asserted = re.search(r"Assertion `(.*)' failed", done.output)
    if asserted:
        outcome.seen = f"ASSERT({asserted[1]}) does not hold"
    elif said:
        outcome.seen = in_words(said[1])
    else:
        outcome.seen = SIGNALS.get(
            done.code, f"signal {-done.code}" if done.code < 0 else f"exit code {done.code}"
        )


def judge(test, done, nonce, submission, words, places):
    outcome = Outcome(test)
    passed, costs, failure = read_report(done.report, nonce, test.case)
    outcome.log = done.output.strip().splitlines()[-12:]
    if failure:
        explain_failure(outcome, failure, words, places)
    elif done.flooded:
        outcome.kind, outcome.seen = "too much output", f"more than {limits.FLOOD >> 20} MiB"
    elif done.late:
        outcome.kind, outcome.seen = (
            "grading machine",
            "it had no processor for this case: grade again",
        )
    elif done.busy:
        outcome.kind = "hang"
        outcome.seen = f"it still ran after {CASE_CPU} s of processor; others take milliseconds"
    elif done.code == 0 and passed:
        outcome.kind, outcome.points, outcome.cost = "ok", test.points, costs[0]
    elif done.code == 0:
        outcome.kind, outcome.seen = (
            "no report",
            "the process ended with 0 before the case was over",
        )
    elif done.code == 2 and test.case not in done.output.split() and "Sanitizer" not in done.output:
        outcome.kind, outcome.seen = "not run", f"the host program has no case {test.case}"
    else:
        crashed(outcome, done, submission)
    return outcome


def run(submission, program, tests, words, places):
    """The outcome of each test of the host stage."""
    hangs = []
    for test in tests:
        if len(hangs) == MOST_HANGS:
            yield Outcome(test, "not run", seen=f"it hung in {' and in '.join(hangs)}")
            continue
        nonce = secrets.token_hex(16)
        done = limits.run(
            [program, test.case],
            cwd=submission.scratch,
            cpu=CASE_CPU,
            clock=CASE_CLOCK,
            stdin=nonce.encode() + b"\n",
            report=True,
            env={"PATH": os.environ.get("PATH", ""), **ENVIRONMENT},
        )
        outcome = judge(test, done, nonce, submission, words, places)
        hangs += [test.name] if outcome.kind == "hang" else []
        yield outcome
