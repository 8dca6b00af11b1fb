"""Grade one submission: vet, compile, host stage, link, boots."""
import os
import time

from host import scratch

from . import booted, build, hosted, vet
from .handed import submitted, unreadable
from .kept import Kept
from .lab import HANDOUT
from .result import Outcome, Result


def all_of(tests, kind, seen=""):
    return [Outcome(test, kind, seen=seen) for test in tests]


def forged(result):
    """A submission of which one report is a forgery earns nothing: no other can be believed."""
    found = [outcome for outcome in result.outcomes if outcome.kind == "forged"]
    if not found or result.refused:
        return
    names = ", ".join(outcome.test.name for outcome in found)
    result.refused = f"the report of {names} is forged: {found[0].seen}"
    for outcome in result.outcomes:
        outcome.points = 0


class Grader:
    """Of one lab.  tests: those that are asked; chinese: the language of what is explained."""

    def __init__(self, lab, out, tests, chinese=False):
        self.lab, self.out, self.tests, self.chinese = lab, out, tests, chinese
        self.kept = Kept(lab, out)
        self.known = [] if HANDOUT else [lab.reference, *lab.seconds_solutions]

    def prepare(self):
        self.kept.prepare(self.tests)

    def grade(self, path, rules_known=False):
        """The Result of one submission; what it makes is removed again."""
        start, file = time.monotonic(), submitted(self.lab, path)
        result = Result(self.lab, file)
        result.refused = unreadable(file)
        if result.refused:
            result.outcomes = all_of(self.tests, "refused")
            return result
        with scratch.folder() as folder:
            submission = build.Submission(self.kept, file, folder)
            submission.rules_known = rules_known
            result.outcomes = self.outcomes(submission, result)
        forged(result)
        result.outcomes.sort(key=lambda outcome: outcome.test.number)
        if same := vet.same_as(file, self.known):
            result.notes.append(
                f"flagged: equal to "
                f"{os.path.basename(os.path.dirname(same))}/{os.path.basename(same)}"
            )
        result.seconds = time.monotonic() - start
        return result

    def outcomes(self, submission, result):
        host = [test for test in self.tests if test.stage == "host"]
        guest = [test for test in self.tests if test.stage != "host"]
        try:
            vet.before(submission)
            vet.assembler(submission, False)
            submission.compile()
            result.warnings = submission.warnings
            vet.object_file(submission, submission.object, False)
            if host:
                vet.assembler(submission, True)
                submission.compile_host()
                vet.object_file(submission, submission.host_object, True)
        except vet.Refused as why:
            result.refused = str(why)
            return all_of(self.tests, "refused")
        except build.NoBuild as why:
            result.refused = str(why)
            return all_of(self.tests, "no-build")
        found = self.hosted(submission, host, result)
        hung = [outcome.test.name for outcome in found if outcome.kind == "hang"]
        if len(hung) >= hosted.MOST_HANGS:  # a machine would hang as well, for longer
            return [*found, *all_of(guest, "not run", f"it hung in {' and in '.join(hung)}")]
        return [*found, *self.booted(submission, guest, result)]

    def hosted(self, submission, tests, result):
        if not tests:
            return []
        words, places = hosted.Words(self.lab.chinese if self.chinese else {}), hosted.Places(
            submission
        )
        try:
            program = submission.link_host()
        except build.NoBuild as why:
            result.refused = str(why)
            return all_of(tests, "no-build")
        return list(hosted.run(submission, program, tests, words, places))

    def booted(self, submission, tests, result):
        if not tests:
            return []
        words, places = hosted.Words(self.lab.chinese if self.chinese else {}), hosted.Places(
            submission
        )
        try:
            out = submission.link()
        except build.NoBuild as why:
            result.refused = str(why)
            return all_of(tests, "no-build")
        return booted.Run(submission, out, words, places).tests(tests)
