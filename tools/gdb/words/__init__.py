"""words: WinDbg's words in gdb, for a live machine and for a recording.

    gdb --> memory.py --> target.py --> decoders --> commands
            bytes         one space     values       words of text

A decoder (processes, regions, pages, loader, owners, ...) takes a Target and returns values, with
what is wrong as a sentence beside them; it imports nothing of gdb, so that a grader or a page can
use it on another reader of memory.  A command prints.  Nothing here writes, calls a function of
the program, or walks without a bound: what it looks at may be freed, damaged or a circle.

A new command: a class Word in a file of its family (command.py), and its file in FAMILIES.
"""
import importlib

FAMILIES = (
    "address vad pte vm heap process thread locks block lm symbols dt ssdt exc analyze"
).split()


def begin(memory, recorded):
    """Make every command.  memory: the machine's memory file; "" for none."""
    import gdb  # here and not above: decoders are for programs without gdb, too

    from . import bugcheck, colour, command, overview
    from .memory import WINDOW

    WINDOW.open(memory)
    colour.enabled = lambda: bool(gdb.parameter("style enabled"))
    if not recorded:
        bugcheck.BugChecks()
    for family in FAMILIES:
        module = importlib.import_module(f".{family}", __name__)
        for word in [w for w in command.Word.__subclasses__() if w.__module__ == module.__name__]:
            word()
    overview.begin()
