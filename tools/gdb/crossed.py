"""The commands that show frames, each frame as `bt` has it.

gdb's own print the frame of a crossing as `<signal handler called>`: it is a signal frame, because
only below one may a caller's stack be lower (the user's is), and only of its caller is the address
exact.  So these select as gdb's do, then print the row of our frame filter and the source line.

    frame N, up, down, frame level|function|address   select-frame, up-silently; row and line
    frame apply ...                                   of each: the row, what the command said
    backtrace                                         gdb's, as `info stack`; its words put right
"""
import re

import gdb

import frames
from frames import Named

CALLED = "<signal handler called>"


def at_crossing():
    try:
        return gdb.selected_frame().type() == gdb.SIGTRAMP_FRAME
    except gdb.error:
        return False  # no frame


def shown_at(frame):
    """(symtab or None, line) of a frame as `bt` has them."""
    place = Named(frame).place()
    found = frame.find_sal() if place is None else gdb.find_pc_line(place)
    return found.symtab, found.line


def level():
    """Of the selected frame; None: no frame."""
    try:
        return gdb.selected_frame().level()
    except gdb.error:
        return None


def show():
    """The selected frame, as `bt` has it, and its line."""
    frames.row()
    table, line = shown_at(gdb.selected_frame())
    if table is None or not line:
        return
    file = f"'{table.filename}'"
    try:
        gdb.execute(f"list {file}:{line},{line}")
        first = max(line - (gdb.parameter("listsize") or 0) // 2, 1)
        gdb.execute(f"list {file}:{first},{first - 1}", to_string=True)  # so `list` is around it
    except gdb.error:
        by_address(gdb.selected_frame().pc())


def by_address(pc):
    """The line of an address whose file is part of several: gdb takes it for several files."""
    said = gdb.execute(f"with listsize 1 -- list *{pc:#x}", to_string=True)
    gdb.write(said.partition("\n")[2])  # its first line names the function
    try:
        gdb.execute(f"list *{pc:#x}", to_string=True)
        gdb.execute("list -", to_string=True)  # so `list` is around it
    except gdb.error:
        pass  # it is at the file's beginning


def say(command, from_tty=False):
    """Run a command of gdb's own; its error is the sentence alone."""
    try:
        gdb.execute(command, from_tty)
    except gdb.error as wrong:
        raise gdb.GdbError(str(wrong)) from None


class Move(gdb.Command):
    """up, down: gdb's own, which moves, and the frame as `bt` has it."""

    def __init__(self, name, way):
        self.name = name
        type(self).__doc__ = f"{name} [N]: select the frame N frames {way}, and show it."
        super().__init__(name, gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        say(f"{self.name}-silently {argument}")
        show()


class Up(Move):
    pass


class Down(Move):
    pass


class By(gdb.Command):
    kind, completion = "", gdb.COMPLETE_NONE

    def __init__(self):
        super().__init__(f"frame {self.kind}", gdb.COMMAND_STACK, self.completion)

    def invoke(self, argument, from_tty):
        say(f"select-frame {self.kind} {argument}")
        show()


class ByLevel(By):
    """frame level N: select frame N, a number or an expression, and show it."""

    kind = "level"


class ByFunction(By):
    """frame function NAME: select the innermost frame of a function, and show it."""

    kind, completion = "function", gdb.COMPLETE_SYMBOL


class ByAddress(By):
    """frame address ADDR: select the frame at a stack address (`info frame`), and show it."""

    kind = "address"


class Apply(gdb.Command):
    """Run a command in several frames, each after its row.

    frame apply COUNT [-q|-c|-s]... COMMAND       the innermost COUNT frames, or outermost -COUNT
    frame apply all [-q|-c|-s]... COMMAND
    frame apply level N[-M]... [-q|-c|-s]... COMMAND

    -q: no rows.  -c: after an error go on.  -s: errors and frames that say nothing are silent."""

    def __init__(self, kind=""):
        self.kind = kind
        super().__init__(f"frame apply {kind}".strip(), gdb.COMMAND_STACK, prefix=not kind)

    def invoke(self, argument, from_tty):
        levels, rest = self.levels(argument)
        flags = re.match(r"(?:-[qcs]\s+)*", rest)[0]
        command = rest[len(flags) :]
        if not command or re.match(r"-\w", command):
            raise gdb.GdbError("frame apply: -q, -c, -s, then a command")
        for level in levels:
            in_frame(level, command, flags)

    def levels(self, argument):
        """([level], the words after those that name them)."""
        depth = depth_of_stack()
        if self.kind == "all":
            return range(depth), argument
        if self.kind == "level":
            named = re.match(r"(?:\d+(?:-\d+)?\s+)+", argument)
            if not named:
                raise gdb.GdbError("frame apply level: which?  `frame apply level 1 3-5 COMMAND`")
            levels = [n for word in named[0].split() for n in span(word, depth)]
            return levels, argument[named.end() :]
        count, _, rest = argument.partition(" ")
        try:
            count = int(gdb.parse_and_eval(count))
        except gdb.error as wrong:
            raise gdb.GdbError(f"frame apply: how many?  {wrong}") from None
        return (range(depth)[:count] if count >= 0 else range(depth)[count:]), rest.lstrip()


def depth_of_stack():
    try:
        frame, depth = gdb.newest_frame(), 0
    except gdb.error as wrong:
        raise gdb.GdbError(str(wrong)) from None
    while frame is not None:
        frame, depth = frame.older(), depth + 1
    return depth


def span(word, depth):
    """The levels of `2` or `2-5`."""
    first, _, last = word.partition("-")
    last = last or first
    if int(last) < int(first):
        raise gdb.GdbError(f"level {word}: the lower one comes first")
    if int(last) >= depth:
        raise gdb.GdbError(f"No frame at level {last}.")
    return range(int(first), int(last) + 1)


def in_frame(level, command, flags):
    """One frame of `frame apply`; the frame that was selected is selected again."""
    before = gdb.selected_frame().level()
    select(level)
    try:
        said, wrong = gdb.execute(command, to_string=True), None
    except gdb.error as error:
        said, wrong = "", error
    silent = "-s" in flags and not said
    if "-q" not in flags and not silent:
        select(level)
        frames.row()
    gdb.write(said)
    select(before)
    if wrong and "-c" in flags:
        print(wrong)
    elif wrong and "-s" not in flags:
        raise gdb.GdbError(str(wrong))


def select(level):
    """The frame of that level; after a command that went on there may be none."""
    try:
        gdb.execute(f"select-frame level {level}")
    except gdb.error:
        pass


class Backtrace(gdb.Command):
    """All frames of the stack; as gdb's own, but that no frame is called <signal handler called>.

    bt [-full] [-no-filters] [-raw-frame-arguments on] [OTHER OPTION]... [COUNT | -COUNT]
    (`help info stack` has all options)"""

    OPTIONS = (
        "-entry-values -frame-arguments -raw-frame-arguments -frame-info -past-main -past-entry "
        "-full -no-filters -hide"
    ).split()

    def __init__(self):
        super().__init__("backtrace", gdb.COMMAND_STACK)

    def complete(self, text, word):
        dash = "-" if text.split(" ")[-1].startswith("-") else ""
        return [one[len(dash) :] for one in self.OPTIONS if one.startswith(dash + word)]

    def invoke(self, argument, from_tty):
        if not re.search(r"(?:^|\s)(?:-n|no-filters)", argument):
            say(f"info stack {argument}", from_tty)
            return
        try:
            said = gdb.execute(f"info stack {argument}", from_tty, to_string=True)
        except gdb.error as wrong:
            raise gdb.GdbError(str(wrong)) from None
        gdb.write(re.sub(rf"^#(\d+)( +){CALLED}", named, said, flags=re.M))


def named(match):
    """A row of gdb's, with the crossing's name and place."""
    before = gdb.selected_frame().level()
    select(match[1])
    said = gdb.execute("python frames.row()", to_string=True)
    select(before)
    return said.rstrip("\n")


def told(words):
    """-fathom-frame LEVEL: the frame as `bt` has it, for an editor (dap.js)."""
    frame = gdb.newest_frame()
    while frame.level() < int(words[0]):
        frame = frame.older()
    table, line = shown_at(frame)
    place = {"fullname": table.fullname(), "line": line} if table else {}
    return {"func": Named(frame).function(), **place}


if hasattr(gdb, "MICommand"):  # gdb 12

    class Told(gdb.MICommand):
        def invoke(self, words):
            return told(words)


# A command of gdb's own language keeps the subcommands of the one that it replaces.
FRAME = """define frame
if $argc > 1
echo frame: one word is taken, `frame 1+1`; none was selected\\n
else
if $argc == 1
select-frame $arg0
else
up-silently 0
end
python crossed.show()
end
end
document frame
frame [N]: select frame N, a number or an expression without blanks, and show it; without N the
selected one.
frame level, function, address and apply are the same for frames named otherwise.
end"""


def begin():
    Up("up", "out: to the caller")
    Down("down", "in: to what it called")
    gdb.execute(FRAME, to_string=True)
    for one in (ByLevel, ByFunction, ByAddress):
        one()
    for kind in ("", "all", "level"):
        Apply(kind)
    Backtrace()
    if hasattr(gdb, "MICommand"):
        Told("-fathom-frame")
