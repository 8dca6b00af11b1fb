"""--leaks: which blocks of the program's own are left when it ends.

The machine lists every block of every heap, by the stack that allocated it (ntdll/heap/gflags/
leaks.c).  Here each stack is judged, from the allocation outwards:

    ntdll!RtlAllocateHeap   the system gives a block ...
    msvcrt!malloc           ... by a function that is documented to: its caller has to free it
    operator new, std::...  the C++ library does it for its caller
    prog!push               the first function that is neither: it decides

A block is the program's own if that function lies in the program or in a DLL of the user's and is
no part of a runtime that was linked in (mingw's start-up, winpthreads, libstdc++'s reserve for
exceptions).  What fopen or printf keep is the C library's, whoever called them.  Stacks that
read the same in source are one entry; the largest comes first.
"""
import re
from dataclasses import dataclass, field

from . import reports

BLOCKS = re.compile(r"  (\d+) blocks, (\d+) bytes, allocated by$")
SUM = re.compile(r"fathom: (.*) \(pid (\d+)\): (\d+) blocks, (\d+) bytes in its heaps as it ends$")
CALLER = re.compile(r"    ([0-9A-F]{8}) *(.*)$")

# What gives a block that its caller has to free, by module; names as nm has them.
CRT = (
    r"(debug_)?(_*(nh_)?(m|c|re|rec)alloc(_base|_crt|_dbg|_checked)?|_expand(_dbg)?"
    r"|_aligned_\w*alloc\w*"
    r"|_*(str|wcs|mbs)dup(_dbg)?|operator_new\w*|_w?(fullpath|getd?cwd|tempnam|dupenv_s)(_dbg)?)$"
)
GIVERS = {
    "ntdll": re.compile(r"Rtlp?(Re|Multiple)?Allocate\w*|Rtl(Create|Duplicate)UnicodeString\w*"),
    "kernel32": re.compile(
        r"(Local|Global)(Re)?Alloc|Heap(Re)?Alloc|GetEnvironmentStrings[AW]?|FormatMessage[AW]"
    ),
    "msvcrt": re.compile(CRT),
    "msvcrtd": re.compile(CRT),
    "ole32": re.compile(r"CoTaskMem(Re)?[Aa]lloc|IMalloc_(Rea|A)lloc|StringFrom(CLSID|IID)"),
    "oleaut32": re.compile(r"Sys(Re)?AllocString\w*|VarBstrCat|Variant(Copy|ChangeType)\w*"),
}
SAID = "fathom: leaks:"  # what is wrong, as no line of a list begins
NO_LIST = f"{SAID} no list of blocks:"
RUNTIMES = ("libstdc++-", "libgcc_s_", "libwinpthread-")
IN_PROGRAM = re.compile(r"(__mingw|_)*(aligned_)?(m|c|re)alloc$|_*(str|wcs)n?dup$")  # linked in
RESERVE = re.compile(r"_GLOBAL__sub_I__ZN9__gnu_cxx|\(anonymous namespace\)::pool::")
STARTUP_BYTES = 0x800  # before the entry point, where symbols do not say what is there
RESERVES = (18944, 12800)  # bytes of libstdc++ 12's and 14's, where symbols do not say so
# A list is the program's own word and may go on without end: so much of it is kept.
MOST_STACKS, MOST_CALLERS = 20000, 64  # of one list; of one stack, where the machine says 16
MOST_LINES = 50000  # of the lists that one program and its children leave


@dataclass
class Group:
    """Blocks of one stack; frames: (image or None, module, offset), innermost first.  No image: a
    file that is not known here (a copy that the program made), or code in no file."""

    count: int
    bytes: int
    frames: list = field(default_factory=list)


@dataclass
class List:
    """What one process left: entries are (count, bytes, giver, lines)."""

    name: str
    entries: list

    @property
    def count(self):
        return sum(entry[0] for entry in self.entries)

    @property
    def bytes(self):
        return sum(entry[1] for entry in self.entries)

    def lines(self):
        if not self.entries:
            return [f"fathom: {self.name}: all of its blocks were freed"]
        text = [f"fathom: {self.name}: {blocks(self.count, self.bytes)} not freed"]
        for count, size, giver, places in self.entries:
            text.append(f"  {blocks(count, size)}, by {giver}")
            text += [f"    {place}" for place in places]
        return text


def blocks(count, size):
    return f"{count} block{'s' * (count != 1)}, {size} byte{'s' * (size != 1)}"


class Leaks:
    """Takes the lines of lists out of the reports and gives back what they amount to."""

    def __init__(self, of):
        self.reports = of
        self.start()

    def start(self):
        """A program of the run list starts: its lists are its own and its children's."""
        self.groups, self.lists = [], []
        self.kept = self.cut = 0  # lines of lists; stacks and lists that found no room
        self.taking = None  # the group that callers come to

    def line(self, line):
        """The lines to show in place of this one; None: it is no line of a list."""
        if match := BLOCKS.match(line):
            self._take(Group(int(match[1]), int(match[2])))
            return []
        if self.taking and (match := CALLER.match(line)):
            found = self.reports.find(int(match[1], 16))
            if len(self.taking.frames) < MOST_CALLERS:
                self.taking.frames.append(found or (None, "address ", int(match[1], 16)))
            return []
        if match := SUM.match(line):
            done, self.groups = List(f"{match[1]} (pid {match[2]})", self._entries()), []
            self.taking = None
            return self._keep(done)
        return None

    def _take(self, group):
        """The callers that come next are its own.  Without room they go to one that is
        forgotten."""
        self.taking = group
        if len(self.groups) < MOST_STACKS:
            self.groups.append(group)
        else:
            self.cut += 1

    def _keep(self, one):
        lines = one.lines()
        if self.kept + len(lines) <= MOST_LINES:
            self.kept += len(lines)
            self.lists.append(one)
        else:
            self.cut += 1
        return lines

    def conclude(self, kind):
        """(what is wrong in one sentence, or "", the lines of all lists) of a program that has
        ended in this kind of way."""
        lines = [line for one in self.lists for line in one.lines()]
        if kind == "crashed" or not self.lists:
            how = "it crashed" if kind == "crashed" else "it did not end by ExitProcess"
            said = f"{NO_LIST} {how}"
            return said, [*lines, said]
        if self.cut:
            said = f"{SAID} too long a list: {self.cut} stacks or lists are not kept"
            return said, [*lines, said]
        count, size = (sum(getattr(one, n) for one in self.lists) for n in ("count", "bytes"))
        return f"{SAID} {blocks(count, size)} not freed" if count else "", lines

    def _entries(self):
        same = {}
        for group in self.groups:
            if judged := self.judge(group):
                count, size = same.get(judged, (0, 0))
                same[judged] = (count + group.count, size + group.bytes)
        rows = [(count, size, *judged) for judged, (count, size) in same.items()]
        return sorted(rows, key=lambda row: (-row[1], -row[0], row[2:]))

    def judge(self, group):
        """(giver, lines) of a stack whose blocks are the program's own; None: they are not."""
        frames, at, giver = group.frames, 0, None
        while at < len(frames) and not self._own(frames[at]):
            giver = frames[at]
            at += 1
        if giver is None or at == len(frames) or not self._gives(giver):
            return None
        name, decided, lines = self._symbol(giver).removeprefix("debug_"), False, []
        waiting = []  # the system's frames: shown if one of the program's follows
        for frame in frames[at:]:
            image, module, offset = frame
            if not self._own(frame):
                waiting.append(f"{module.partition('.')[0]}!{self._symbol(frame)}")
                continue
            for place in (image and image.at(offset - 1)) or [None]:
                if not decided:
                    if self._for_caller(module, place):
                        name = reports.plain(place.function) if place and self._new(place) else name
                        continue
                    if self._runtime(image, place, group, frames):
                        return None
                    decided = True
                elif place and reports.is_library(place):
                    continue
                lines += [*waiting, self._text(module, place, offset)]
                waiting = []
        return (name, tuple(lines)) if decided else None

    @staticmethod
    def _own(frame):
        return frame[0] is None or frame[0].own

    def _symbol(self, frame):
        image, module, offset = frame
        return (image.symbol(offset - 1)[0] if image else "") or module

    def _gives(self, frame):
        known = GIVERS.get(frame[1].lower().removesuffix(".dll"))
        return bool(known and known.match(self._symbol(frame)))

    @staticmethod
    def _new(place):
        return place.function.startswith("operator new") or IN_PROGRAM.match(place.function)

    def _for_caller(self, module, place):
        """It allocates for whoever called it."""
        if module.lower().startswith(RUNTIMES):
            return True
        if place is None or (place.line and not reports.is_library(place)):
            return False
        name = reports.plain(place.function)
        return bool(self._new(place)) or name.startswith(("std::", "__gnu_cxx::"))

    @staticmethod
    def _runtime(image, place, group, frames):
        """What decides is part of a runtime that was linked into the program."""
        if image is None:
            return False
        if place is None:  # no symbols at all: the start-up, by where and what it is
            own = [f for f in frames if f[0] is image]
            near = -STARTUP_BYTES < own[-1][2] - image.entry < 0
            return near and (len(own) == 1 or group.count == 1 and group.bytes in RESERVES)
        if place.line and not reports.is_library(place):
            return False
        return reports.is_library(place) or bool(RESERVE.match(place.function))

    @staticmethod
    def _text(module, place, offset):
        if place is None:
            return f"{module}+{offset:x}"
        name = reports.plain(place.function)
        return f"{name} at {place.at()}" if place.line else f"{name} ({module}+{offset:x})"
