"""Reports of the machine, with the lines of source that they are about.

The kernel prints a report in 'R' frames (the stacks of all threads in 'T'), each address with
module and symbol, and says by 'M' frames where the modules lie.  A kernel has no use for DWARF;
this side has the files.  So each line goes through here on its way out: what it says stays, C++
names are demangled, and the program's own frames gain file:line.  A function that was inlined
gets a line of its own before the one that it was inlined into.

    0 0021ff08 004080da prog!main+1a         0 0021ff08 004080da prog!inner at prog.c:2, inlined in
                                      -->                        prog!main+1a at prog.c:3

What programs print, or say to a debugger ('O', 'E', 'L'), never comes here.
"""
import re

from . import frames, symbols
from .unwind import Stack
from .leaks import Leaks

STACK = re.compile(r"( +\d+ [0-9a-f]{8} )([0-9a-f]{8})( )([^ ]+)( \(guessed\))?$")
CALLER = re.compile(r"(    )([0-9A-F]{8})( )([^ ]*)()$")
STOP = re.compile(r"(  )([0-9a-f]{8})( )(nt![^ ]+)( \(guessed\))?$")  # of a bug check
CRASH = re.compile(
    r"(fathom: (.*) \(pid \d+\) crashed: ([0-9a-f]{8}) (.*) at ((.*)\+([0-9a-f]+)|[0-9a-f]{8}))"
    r"(?: \((.*)\))?$"
)
DAMAGE = re.compile(r"fathom: .*: (heap corruption: .*), heap [0-9A-F]{8}, block .*$")
KERNEL = 0x80000000  # addresses from here on are the kernel's

# Sources that a student did not write: the compiler's headers, and what mingw-w64 links in.
HEADERS = ("/include/c++/", "/lib/gcc/", "/mingw-w64/include/")
LINKED_IN = ("/mingw-w64-crt/", "/mingw-w64-libraries/", "/libgcc/", "/libstdc++-v3/")
STDIO = re.compile(r"v?(f|s|sn|as)?w?(printf|scanf)(_s)?$")
CLONE = re.compile(r"\.(constprop|isra|part|cold|lto_priv)(\.\d+)?| \[clone .*\]")


def plain(function):
    """A demangled name without return type and arguments."""
    before, _, called = CLONE.sub("", function).partition("operator")
    hidden = before.replace("(anonymous namespace)", "{anonymous_namespace}")
    depth, start, end = 0, 0, len(before)
    for at, letter in enumerate(hidden):
        if letter == "(" and depth == 0:
            end = at
            break
        depth += (letter in "<(") - (letter in ">)")
        if letter == " " and depth == 0:
            start = at + 1
    if called and end == len(before):
        return before[start:] + "operator" + re.match(r"(\(\))?[^(]*", called)[0]
    return before[start:end]


def is_linked_in(place):
    return any(part in place.file for part in LINKED_IN)


def is_library(place):
    """Code of C's or C++'s library that lies in the program: not the student's own."""
    name = plain(place.function)
    if name.startswith(("std::", "__gnu_cxx::", "operator new", "operator delete")):
        return True
    if STDIO.match(name) or name == "execute_native_thread_routine":  # of std::thread
        return True
    if place.line:
        return is_linked_in(place) or any(part in place.file for part in HEADERS)
    return name.startswith("__") or name.endswith("mainCRTStartup")


class Reports:
    """Of one run.  images: symbols.Images; leaks: None, or how lists of blocks are taken ("show",
    "fail")."""

    def __init__(self, images, leaks=None):
        self.images, self.pending = images, ""
        self.leaks, self.failing = Leaks(self) if leaks else None, leaks == "fail"
        self.bases = {}  # base: (size, name)
        self.start(None)

    def start(self, index):
        """Program index starts."""
        if index is not None:
            self.images.start(index)
        self.bases.clear()
        self.damage = self.crash = self.own = None
        self.exact, self.walk = True, None
        if self.leaks:
            self.leaks.start()

    def image(self, payload):
        """An 'M' frame."""
        base, size, name = frames.words(payload, 2)
        for other in [b for b, (s, _) in self.bases.items() if b < base + size and base < b + s]:
            del self.bases[other]
        self.bases[base] = (size, name.decode("utf-8", "replace"))

    def stack(self, payload):
        """A 'U' frame: the next stack, to be walked here from the first function of the user's."""
        self.walk = Stack(*frames.words(payload, 3))
        self.above = 0  # EBP of the line before

    def find(self, address):
        """(Image or None, name, offset) of an address; None: in no module that came."""
        if address >= KERNEL:
            image = self.images.find(symbols.KERNEL)
            return (image, "nt", address - image.base) if image else None
        for base, (size, name) in self.bases.items():
            if base <= address < base + size:
                return self.images.find(name), name, address - base
        return None

    def text(self, data):
        """What has come of a report; result: what can be shown of it."""
        lines = (self.pending + data.decode("utf-8", "surrogateescape")).split("\n")
        self.pending = lines.pop()
        shown = [line for one in lines for line in self._line(one.rstrip("\r")) if line is not None]
        return "".join(line + "\n" for line in shown).encode("utf-8", "surrogateescape")

    def rest(self):
        """What came last without an end of line."""
        rest, self.pending = self.pending, ""
        return rest.encode("utf-8", "surrogateescape")

    def _line(self, line):
        if self.leaks:
            taken = self.leaks.line(line)
            if taken is not None:
                return taken
        if match := STACK.match(line):
            return self._walked(match) or self._frame(*match.groups(), False)
        self.walk = None
        if match := CALLER.match(line):
            return self._frame(*match.groups(), True)
        if match := STOP.match(line):
            return self._frame(*match.groups(), False)
        self.exact = True
        if match := DAMAGE.match(line):
            self.damage = match[1]
        elif match := CRASH.match(line):
            return [self._crashed(match)]
        return [line]

    def _walked(self, match):
        """The rest of a stack as the program's own tables have it, from this line on; []: this line
        is as good as can be had.  After that the kernel's lines are passed over."""
        if self.walk is None:
            return []
        if self.walk is True:
            return [None]
        number, frame = match[1].split()
        address, above, self.above = int(match[2], 16), self.above, int(frame, 16)
        found = self.find(address)
        if not found or not found[0] or not found[0].own:
            return []
        walk, self.walk = self.walk, None
        fault = number == "0"
        here = walk.eip == address if fault else walk.enter(address, above)
        rows = walk.walk(self.find, fault) if here else None
        if not rows:
            return []
        lines = []
        for index, (place, frame) in enumerate(rows, int(number)):
            first = f"  {index:2} {frame:08x} "
            lines += self._frame(first, f"{place:08x}", " ", self._name(place), "", False)
        self.walk = True
        return lines

    def _name(self, address):
        """module!symbol+offset as the kernel writes it."""
        image, module, offset = self.find(address)
        name, far = image.symbol(offset)
        module = module.partition(".")[0]
        return f"{module}!{name}" + (f"+{far:x}" if far else "") if name else f"{module}+{offset:x}"

    def _frame(self, before, number, blank, text, after, returns):
        """A line of a stack.  The address of a call's return may lie after the line."""
        address, after = int(number, 16), after or ""
        found = self.find(address)
        image, _, offset = found or (None, "", 0)
        exact, self.exact = self.exact and not returns, address >= KERNEL
        module, mark, symbol = text.partition("!")
        name, plus, distance = symbol.rpartition("+")
        shown = module + mark + self.images.demangle(name or symbol) + plus
        shown += distance if name else ""
        first = before + number + blank
        if not image or not image.own and address < KERNEL:
            return [first + shown + after]
        places = image.at(offset if exact else offset - 1)
        self._remember(image, module.partition("+")[0], offset, places)
        if not places or not places[0].line or is_linked_in(places[0]):
            return [first + shown + after]
        *inlined, real = places
        lines = [f"{module}!{p.function} at {p.at()}, inlined in" for p in inlined]
        lines.append(f"{shown}{after} at {real.at()}")
        return [(first if i == 0 else " " * len(first)) + one for i, one in enumerate(lines)]

    def _remember(self, image, module, offset, places):
        """The first function on the stack of a crash that the student wrote; without symbols, its
        place."""
        if not self.crash or not image.own or self.own:
            return
        for place in places:
            if not is_library(place):
                self.own = plain(place.function), place.at()
                return
        if not places:
            self.own = f"{module}+{offset:x}", ""

    def _crashed(self, match):
        head, _, code, kind, where, module, offset, symbol = match.groups()
        self.crash, self.own = (int(code, 16), kind, where), None
        if symbol:
            name, plus, distance = symbol.rpartition("+")
            head += f" ({self.images.demangle(name or symbol)}{plus}{distance if name else ''})"
        image = self.images.find(module) if module else None
        places = image.at(int(offset, 16)) if image and image.own else []
        return head + (f", {places[0].at()}" if places and places[0].line else "")

    def conclude(self, verdict):
        """The program has ended: what its reports add to the verdict."""
        verdict.about = self._about(verdict)
        if self.leaks:
            said, verdict.leaks = self.leaks.conclude(verdict.kind)
            verdict.leaked = said if self.failing else ""

    def _about(self, verdict):
        """What the last line adds for a crash: its kind and the student's own function."""
        if not self.crash or (verdict.status, verdict.where) != (self.crash[0], self.crash[2]):
            return ""
        kind = self.crash[1]
        if self.damage and kind == "heap corruption":
            kind = self.damage
        if not self.own:
            return kind
        function, at = self.own
        return f"{kind}, in {function}" + (f" at {at}" if at else "")
