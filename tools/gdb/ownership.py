"""breakpoint-process: whose a breakpoint is.

A breakpoint in a program belongs to the process in which it was set; one in the kernel stops in
each process.  The stub looks at that before gdb hears of a stop (tools/stub/points.py).
"""
import gdb

import where


class BreakpointProcess(gdb.Command):
    """Say in which process a breakpoint stops.

  breakpoint-process 2 every    breakpoint 2 stops in each process
  breakpoint-process 2 20       only in process 20, also in the kernel while it works for it
  breakpoint-process 2          only in the process that is stopped now"""

    def __init__(self):
        super().__init__("breakpoint-process", gdb.COMMAND_BREAKPOINTS)

    def invoke(self, text, from_tty):
        words = text.split()
        if not words or not words[0].isdigit() or len(words) > 2:
            print("breakpoint-process: a breakpoint's number, then `every`, an id, or nothing")
            return
        whose = words[1] if len(words) == 2 else self.here()
        if whose != "every" and not whose.isdigit():
            print(f"breakpoint-process: {whose}: no process's id; `process` lists them")
            return
        said = gdb.execute(f"monitor fathom owner {words[0]} {whose}", to_string=True)
        place = "each process" if whose == "every" else f"process {whose}"
        print(said.strip() or f"breakpoint {words[0]} stops in {place}")

    @staticmethod
    def here():
        found = where.ask()
        return str(found[1]) if found and found[1] else "every"


def begin():
    BreakpointProcess()
