"""words, help fathom: every command in its group, the table beside WinDbg's."""
import gdb

from .colour import paint
from .command import GROUPS, WORDS


def lines():
    """The list, made from the commands that there are."""
    width = max(map(len, WORDS), default=0)
    others = {word.group for word in WORDS.values()} - set(GROUPS)
    for group in [*GROUPS, *sorted(others)]:
        members = [w for w in WORDS.values() if w.group == group]
        if members:
            yield paint(group, "title")
        for word in members:
            yield f"  {paint(word.name.ljust(width), 'name')}  {word.line}"


FIRST = "Fathom's commands in gdb: inspect memory, heaps, processes."
LAST = """help NAME: one of them.  NAME @PROCESS: in another process (an id or a name).
fathom NAME: Fathom's own, where your gdb commands have the same name.
WinDbg's names for them: docs/debugging/windbg.md"""


class Overview(gdb.Command):
    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_SUPPORT)

    def invoke(self, text, from_tty):
        name, _, rest = text.strip().partition(" ")
        if name in WORDS:
            WORDS[name].invoke(rest, from_tty)
            return
        if name:
            print(f"{name}: no such command of Fathom's")
        print("\n".join(lines()))
        print(LAST)


def begin():
    """Last of all, when every word is there: `help fathom` is this list too."""
    Overview.__doc__ = "\n".join([FIRST, "", *lines(), LAST])
    for name in ("words", "fathom"):
        Overview(name)
