"""A word: a command of gdb's with a group, a help text, and an end in a sentence whatever happens.

A family's file has, for each of its commands,

    class Pte(Word):
        \"\"\"The page table entries of an address.\"\"\"        its line in lists
        name, group, windbg = "pte", "memory", "!pte"
        usage = ("pte ADDR            what the tables say ...", "pte ADDR @PROCESS")
        detail = "more text for `help pte`"

        def run(self, arguments): ...                        prints; may raise Trouble

`@PROCESS` (an id or a name) is understood by all of them: look at another process's memory.
"""
import os
import traceback

import gdb

from .context import Look, evaluate
from .trouble import Trouble

WORDS = {}  # name: Word, in the order of making
GROUPS = "where am I,memory,heap,processes,code and data,what is wrong,the chain".split(",")


class Arguments:
    """Words after the command: options (-x), the process (@who), the rest: an expression."""

    def __init__(self, text):
        self.options, rest, self.who = [], [], ""
        for word in text.split():
            if word[0] == "-" and word[1:2].isalpha() and not rest:
                self.options.append(word[1:])
            elif word[0] == "@":
                self.who = word[1:]
            else:
                rest.append(word)
        self.rest = " ".join(rest)

    def only(self, *known):
        """Trouble at an option that is not one of these."""
        for option in self.options:
            if option not in known:
                names = " ".join("-" + name for name in known) or "none"
                raise Trouble(f"-{option}: no such option; it knows {names}")
        return self.options

    def look(self):
        return Look(self.who)

    def look_by_rest(self):
        """Where the one argument is a process: `vad walk.exe`."""
        return Look(self.who or self.rest)

    def address(self, otherwise=None):
        """The argument as an address; otherwise: an expression for where there is none."""
        if not self.rest and otherwise is None:
            raise Trouble("which address?  A number, a symbol or an expression, as for gdb's print")
        return evaluate(self.rest or otherwise)


class Word(gdb.Command):
    name = group = windbg = ""
    usage, detail = (), ""

    def __init__(self):
        self.line = (type(self).__doc__ or "").strip().split("\n")[0]
        uses = "\n".join("  " + line for line in self.usage)
        more = f"\n\n{self.detail.strip()}" if self.detail else ""
        there = f"\n\nWinDbg: {self.windbg}" if self.windbg else ""
        type(self).__doc__ = f"{self.line}\n\n{uses}{more}{there}"
        super().__init__(self.name, gdb.COMMAND_DATA)
        WORDS[self.name] = self

    def run(self, arguments):
        raise NotImplementedError

    def invoke(self, text, from_tty):
        self.dont_repeat()
        try:
            self.run(Arguments(text))
        except KeyboardInterrupt:
            print(f"{self.name}: stopped")
        except Trouble as trouble:
            print(f"{self.name}: {trouble}")
        except (gdb.error, gdb.MemoryError) as wrong:
            print(f"{self.name}: {wrong}")
        except Exception as fault:
            if os.environ.get("FATHOM_TRACEBACK"):
                raise
            at = traceback.extract_tb(fault.__traceback__)[-1]
            place = f"{os.path.basename(at.filename)}:{at.lineno}"
            print(f"{self.name}: this command failed: {type(fault).__name__} at {place}: {fault}")
