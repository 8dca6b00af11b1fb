"""Functions and lines of addresses in PE files.

The machine says where an image lies ('M' frames) and which addresses a report is about.  The
files are here, with their DWARF and their COFF symbols, and binutils reads both: one addr2line
and one nm for an image, one c++filt for all, started when the first question comes.  Without
these tools, or without symbols in a file, nothing is found and a report stays as it came.
"""
import bisect
import functools
import os
import re
import struct
import subprocess
from dataclasses import dataclass

from .unwind import read_tables

BINUTILS = os.environ.get("FATHOM_BINUTILS", "i686-w64-mingw32-")
KERNEL = "ntoskrnl.exe"
SENTINEL = b"0x00000000"  # asked after each address: its answer ends that of the address


class Questions:
    """A tool of binutils that answers lines with lines, for as long as it is asked."""

    def __init__(self, *words):
        self.words, self.process = words, None

    def start(self):
        if self.process is None:
            try:
                self.process = subprocess.Popen(
                    [BINUTILS + self.words[0], *self.words[1:]],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except OSError:
                self.process = False
        return self.process

    def ask(self, line):
        """Send a line; False: the tool is not there, or has ended."""
        if not self.start():
            return False
        try:
            self.process.stdin.write(line + b"\n")
            self.process.stdin.flush()
        except OSError:
            self.process = False
        return bool(self.process)

    def answer(self):
        """The next line; None: there will be none."""
        line = self.process.stdout.readline() if self.process else b""
        return line.rstrip(b"\r\n").decode("utf-8", "replace") if line else None

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
        self.process = None


def asked_once(tool, *words):
    """What a tool of binutils prints; "": it is not there."""
    try:
        done = subprocess.run([BINUTILS + tool, *words], capture_output=True)
    except OSError:
        return ""
    return done.stdout.decode("utf-8", "replace")


@functools.cache
def lines_in(path):
    """How many lines a source file has, if it is here.  binutils 2.40 takes a line of a header for
    one of the file that includes it: then the file is too short for it."""
    try:
        with open(path, "rb") as file:
            return file.read().count(b"\n") + 1
    except OSError:
        return 1 << 32


class Demangler:
    """C++ names as in the source; what is none comes back as it is."""

    def __init__(self):
        self.tool, self.known = Questions("c++filt", "-n"), {}

    def __call__(self, name):
        if not name.startswith(("_Z", "_GLOBAL_")):
            return name
        if name not in self.known:
            asked = self.tool.ask(name.encode("utf-8", "replace"))
            self.known[name] = (self.tool.answer() if asked else None) or name
        return self.known[name]


@dataclass(frozen=True)
class Place:
    """One function at an address; line 0: there is no DWARF for it."""

    function: str
    file: str = ""
    line: int = 0

    def at(self):
        """file:line, as it is found from here."""
        if not self.line:
            return ""
        near = (
            os.path.relpath(self.file) if os.path.isabs(self.file) else os.path.normpath(self.file)
        )
        return f"{os.path.normpath(self.file) if near.startswith('..') else near}:{self.line}"


class Image:
    """A PE file.  own: it is the user's, not one of the system's."""

    def __init__(self, path, own, demangle):
        self.path, self.own, self.demangle = path, own, demangle
        self.base, self.entry = self._header()
        self.lines = Questions("addr2line", "-afi", "-e", path)
        self.places, self.symbols, self.frames = {}, None, None

    def _header(self):
        """ImageBase and the entry point's offset; zeroes for what is no PE32 file."""
        try:
            with open(self.path, "rb") as file:
                head = file.read(4096)
            at = struct.unpack_from("<I", head, 60)[0] + 24
            entry, base = (struct.unpack_from("<I", head, at + n)[0] for n in (16, 28))
        except (OSError, struct.error):
            return 0, 0
        return base, entry

    def _ask(self, address):
        """What addr2line says: innermost first, those that were inlined before the real one."""
        if not self.lines.ask(f"{address:#x}\n".encode() + SENTINEL):
            return []
        found = []
        self.lines.answer()  # the address again
        while (function := self.lines.answer()) is not None:
            place = self.lines.answer()
            if function.encode() == SENTINEL:
                self.lines.answer()
                break
            file, _, line = (place or "").partition(" (disc")[0].rpartition(":")
            number = int(line) if line.isdigit() and int(line) <= lines_in(file) else 0
            if function != "??" or number:
                found.append(Place(self.demangle(function), file, number))
        return found

    def at(self, offset):
        """The places at an offset in the image, innermost first; empty: nothing is known."""
        if offset not in self.places:
            found = [place for place in self._ask(self.base + offset) if place.line]
            if not found and (name := self.symbol(offset)[0]):
                found = [Place(name)]
            self.places[offset] = found
        return self.places[offset]

    def tables(self):
        """How its functions are left (unwind.py)."""
        if self.frames is None:
            self.frames = read_tables(asked_once("objdump", "--dwarf=frames-interp", self.path))
        return self.frames

    def symbol(self, offset):
        """The COFF symbol before an offset, demangled, and how far before: ("", 0) if none."""
        if self.symbols is None:
            self.symbols = self._symbols()
        at = bisect.bisect_right(self.symbols, (self.base + offset, "\U0010ffff")) - 1
        if at < 0:
            return "", 0
        address, name = self.symbols[at]
        return self.demangle(name), self.base + offset - address

    def _symbols(self):
        """[(address, name)] of code, sorted.  i386 has an underscore before and @BYTES after a
        name.  A library's static functions are only there by their sections' names."""
        text, found = asked_once("nm", "--defined-only", self.path), {}
        for address, name in re.findall(r"^([0-9a-f]{8}) [tT] (\S+)$", text, re.M):
            section = re.match(r"\.text(?:\$|\.(?:startup|unlikely|hot|exit)\.)(.+)$", name)
            if section:
                found.setdefault(int(address, 16), section[1])
            elif name[0] != ".":
                found[int(address, 16)] = re.sub(r"(?<=.)@\d+$", "", name[name[0] in "_@" :])
        return sorted(found.items())


def kernel_path(out):
    """The kernel that boots: ours, or one with a file of it replaced (tests/second/)."""
    return os.environ.get("FATHOM_KERNEL") or os.path.join(out, "kernel", KERNEL)


class Images:
    """The files of a run by the names that they have in the machine.

    out: the build folder, with the system's own files; files: of each program of the run list,
    the paths of those that lie on C: for it."""

    def __init__(self, out, files):
        self.out, self.files = out, files
        self.demangle, self.known = Demangler(), {}
        self.start(0)

    def start(self, index):
        """Program index of the run list runs."""
        paths = self.files[index] if index < len(self.files) else []
        self.own = {os.path.basename(path).lower(): path for path in paths}

    def find(self, name):
        """The Image of that name, None if its file is not known here."""
        key = name.lower()
        path, own = self.own.get(key), True
        if key == KERNEL:
            path, own = kernel_path(self.out), False
        elif path is None:
            path, own = os.path.join(self.out, "bin", key), key.endswith(".exe")
        if path not in self.known:
            there = os.path.isfile(path)
            self.known[path] = Image(path, own, self.demangle) if there else None
        return self.known[path]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.demangle.tool.close()
        for image in filter(None, self.known.values()):
            image.lines.close()
