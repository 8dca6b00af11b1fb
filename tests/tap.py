"""TAP for tests written in Python: a check is a line, the plan comes last."""
import os
import re
import subprocess
import sys
import traceback

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.abspath(os.environ.get("FATHOM_OUT") or os.path.join(TOP, "build"))
LONG = bool(os.environ.get("FATHOM_LONG"))  # make test-long: all of it, not a part (mk/test.mk)


def compiler():
    """The cross compiler's major version.  What is captured or measured to the byte is of 12."""
    asked = ["i686-w64-mingw32-gcc", "-dumpversion"]  # 12-win32
    return int(re.match(r"\d+", subprocess.run(asked, capture_output=True, text=True).stdout)[0])


def died(kind, fault, trace):
    """What ended a test before its plan, as comments: prove shows nothing else of it."""
    for line in "".join(traceback.format_exception(kind, fault, trace)).rstrip().split("\n"):
        print(f"# {line[:600]}", flush=True)


sys.excepthook = died


class Plan:
    def __init__(self):
        self.count = self.failed = 0

    def true(self, good, name, *why):
        """One check; why is shown when it fails."""
        self.count += 1
        self.failed += not good
        name = name.replace("\\", "\\\\").replace("#", "\\#")
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        for text in () if good else why:
            for line in str(text).split("\n"):
                print(f"# {line}", flush=True)
        return good

    def equal(self, got, wanted, name):
        return self.true(
            got == wanted, name, f"got    {got!r:.600}", f"wanted {wanted!r:.600}"
        )

    def skip(self, why):
        """A check that cannot be made here."""
        self.count += 1
        print(f"ok {self.count} # SKIP {why}", flush=True)

    def done(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)
