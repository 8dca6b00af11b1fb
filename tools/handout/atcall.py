"""Inside gdb: go to the student's function at the failing call.  stops.py starts gdb with this
file.

  way stop   the program calls lab_stop before the call: then the first function of the file
  way calls  from the case's function on, count the calls of the lab's functions until the case
             fails; with `wanted` stop at that one
  way host   count the case's own calls of the lab's functions until it fails, run again, stop at
             the last; of a case that passes at the first
"""
import json
import os
import sys

import gdb

with open(os.environ["FATHOM_AT_CALL"]) as _file:
    FACTS = json.load(_file)
MOST_COUNTED = 2_000_000
MOST_IN_GUEST = 2_000  # each costs some milliseconds; a later failure is looked at from there


def welcome(_):
    """Instead of manners.welcome: the machine is not at its first instruction."""
    print(
        "finish: to the end of this function; si, next: on; info locals; words: Fathom's own "
        "commands"
    )


if "manners" in sys.modules:
    sys.modules["manners"].welcome = welcome


def quiet(command):
    return gdb.execute(command, to_string=True)


def functions_of_file():
    """Breakpoints at the functions of the student's file; gdb says each, so quietly."""
    before = {b.number for b in gdb.breakpoints() or ()}
    quiet(f"rbreak {FACTS['file']}:.")
    return [b for b in gdb.breakpoints() or () if b.number not in before]


def to_first_function():
    points = functions_of_file()
    quiet("continue")
    for point in points:
        point.delete()


def by_stop(name):
    """Past the first stop at name, its caller's next call of a function of the file."""
    quiet("set breakpoint pending on")
    quiet(f"tbreak {name}")
    quiet("continue")
    to_first_function()


class Counted(gdb.Breakpoint):
    """Counts the calls of all of them; stops at the wanted one."""

    calls, wanted, most, outer = 0, None, MOST_COUNTED, False
    own, first, last = {}, None, None  # by function; the first and the last one called

    def stop(self):
        if Counted.outer and from_file(gdb.newest_frame().older()):
            return False  # the file's own call of itself: the case made another
        name = self.location.rpartition(":")[2]
        Counted.own[name] = Counted.own.get(name, 0) + 1
        Counted.first = Counted.first or name
        Counted.last = name
        Counted.calls += 1
        return Counted.calls == Counted.wanted or Counted.calls >= Counted.most


CALLERS = {}  # a caller's address: whether it lies in the student's file


def from_file(frame):
    """Whether a frame is of the student's file."""
    address = frame and frame.pc()
    if address not in CALLERS:
        table = frame and frame.find_sal().symtab
        CALLERS[address] = bool(table) and table.filename.endswith("/" + FACTS["file"])
    return CALLERS[address]


POINTS = []


def count_calls(places):
    """gdb says each breakpoint that it makes: to a string."""
    for place in places:
        quiet(f"python POINTS.append(Counted({place!r}))")


def delete_points():
    for point in POINTS:
        point.delete()


def by_calls():
    """The case's function first: the system has called the student's file since it booted."""
    quiet("set breakpoint pending on")
    quiet(f"tbreak {FACTS['case']}")
    quiet("continue")
    Counted.wanted, Counted.most = FACTS.get("wanted"), MOST_IN_GUEST
    where = (
        "" if FACTS["file"].endswith(".asm") else FACTS["file"] + ":"
    )  # NASM's have no functions
    count_calls([where + name for name in FACTS["functions"]])
    quiet("tbreak lab_fail")
    if FACTS.get("mark") is not None:  # judged from outside: its first argument is the step
        quiet(f"tbreak *lab_mark if *(int *)($esp + 4) == {FACTS['mark']}")
    while "first chance" in quiet("continue"):
        pass  # an exception that the program handles ends nothing
    delete_points()
    if FACTS.get("answer"):
        with open(FACTS["answer"], "w") as answer:
            found = {
                "calls": Counted.calls,
                "first": Counted.first,
                "last": Counted.last,
                "own": Counted.own,
            }
            json.dump(found, answer)


def on_host():
    for line in (
        "set confirm off",
        "set pagination off",
        "set breakpoint pending on",
        "set disable-randomization on",
    ):
        quiet(line)
    if FACTS["hexadecimal"]:
        quiet("set output-radix 16")
    Counted.outer = True
    count_calls(FACTS["functions"])
    quiet(f"set args {FACTS['case']} < /dev/null 3> /dev/null")
    if FACTS["passes"]:
        Counted.wanted = 1
    else:
        for name in ("lab_fail", "abort", "_exit", "__asan_on_error"):
            quiet(f"tbreak {name}")
        # A call that does not come back: SIGXCPU stops it.
        limit = f"ulimit -S -t {FACTS['seconds']}"
        quiet(f"set exec-wrapper sh -c '{limit}; exec \"$0\" \"$@\"'")
        quiet("run")
        quiet("unset exec-wrapper")
        Counted.wanted, Counted.calls = max(Counted.calls, 1), 0
    quiet("run")
    delete_points()
    if FACTS.get("record"):
        quiet("record full")


def go():
    if FACTS["way"] == "host":
        on_host()
    elif FACTS["way"] == "calls":
        by_calls()
    else:
        by_stop("lab_stop")
    try:
        gdb.execute("frame")
    except gdb.error:
        print("The program has ended: that call never came to a function of", FACTS["file"])


go()
