"""A bug check stops a live session before the machine goes: its stack and memory are still there.

KdpReportAndStop(code, frame, p) is where every bug check arrives, before a word of it is printed.
"""
import gdb

from .colour import paint
from .exc import bug_line


class BugChecks(gdb.Breakpoint):
    def __init__(self):
        super().__init__("KdpReportAndStop", internal=True)
        self.silent, self.told = True, False
        gdb.events.stop.connect(self.show)

    def stop(self):
        self.told = True
        return True

    def show(self, _):
        """After each stop; of ours, what it is and what to type."""
        if not self.told:
            return
        self.told = False
        code = int(gdb.parse_and_eval("code")) & 0xFFFFFFFF
        words = [int(gdb.parse_and_eval(f"p[{i}]")) & 0xFFFFFFFF for i in range(4)]
        print(paint(bug_line((code, words, None)), "bad"))
        print("`analyze` says what it means, `bt` where; `continue` ends the machine")
        gdb.execute("frame")
