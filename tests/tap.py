"""TAP for tests written in Python: a check is a line, the plan comes last."""
import os
import sys

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.abspath(os.environ.get("FATHOM_OUT") or os.path.join(TOP, "build"))
LONG = bool(os.environ.get("FATHOM_LONG"))  # make test-long: all of it, not a part (mk/test.mk)


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

    def done(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)
