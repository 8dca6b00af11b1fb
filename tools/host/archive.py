"""The archive that a machine boots with: the system's own files, and the run list with its store.

It is plain ustar, as the build made it, with members after those of the system.  A name that
begins with a colon is no file of C: (docs/hostport.md): `:run` is the run list, `:1`, `:2`, ...
hold the bytes of programs and of what they read, `:0` none.  A line of the run list says under
which name its program sees which of them, so the programs of a list do not see each other's.
"""
import io
import os
import shutil
import subprocess
import tarfile

from .refused import Refused, file_size, name_on_c, text_of

LONGEST_COMMAND = 32766  # characters of a command line, as on Windows
LARGEST_ENVIRONMENT = 1 << 20  # bytes of all variables, in UTF-16
NO_INPUT = ""
MACHINE_NEEDS = 20 << 20  # bytes of a machine's memory beside the archive


def escape(text):
    """Percent-encode (as UTF-8) whatever is not printable ASCII, and the percent sign."""
    return "".join(chr(b) if 32 <= b < 127 and b != 37 else f"%{b:02X}" for b in text.encode())


def characters(text):
    """How many UTF-16 has."""
    return len(text.encode("utf-16-le")) // 2


class Archive:
    """The lines of the run list, and the stored files that they name."""

    def __init__(self, base):
        self.base = base
        self.lines = []
        self.stored = {}  # real path: (number, bytes)
        self.environment = 0

    def line(self, key, value):
        self.lines.append(f"{key}={escape(value)}\n")

    def variable(self, pair):
        """NAME=VALUE for all programs after this line."""
        if "=" not in pair.lstrip("="):
            raise Refused(f"--env {pair}: NAME=VALUE expected")
        self.line("env", text_of(pair, "--env"))
        self.environment += 2 * characters(pair) + 2
        if self.environment > LARGEST_ENVIRONMENT:
            raise Refused(f"--env: {self.environment} bytes; at most {LARGEST_ENVIRONMENT} arrive")

    def store(self, path):
        """The number of a file's bytes in the store; the same file is there once."""
        real = os.path.realpath(path)
        if real not in self.stored:
            self.stored[real] = (len(self.stored) + 1, file_size(path))
        return self.stored[real][0]

    def place(self, paths):
        """These files are on C: for the next program, each under its own name."""
        seen = {}
        for path in paths:
            name, number = name_on_c(path), self.store(path)
            if seen.setdefault(name.lower(), number) != number:
                raise Refused(f"{path}: another file of this name is there already")
        for name, number in sorted(set((name_on_c(p), self.store(p)) for p in paths)):
            self.line("file", f"{number} {name}")

    def run(self, program, arguments, added=(), stdin=None, poolfail=0):
        """One program of the run list.  added: files beside it; stdin: the file of its input,
        NO_INPUT, or None to ask us when it reads; poolfail: which of the kernel's allocations
        for it is to fail."""
        self.place([*added, program])
        if stdin is not None:
            self.line("stdin", "0" if stdin is NO_INPUT else str(self.store(stdin)))
        if poolfail:
            self.line("poolfail", str(poolfail))
        words = [text_of(word, "the argument") for word in arguments]
        command = subprocess.list2cmdline(["C:\\" + name_on_c(program), *words])
        if characters(command) > LONGEST_COMMAND:
            raise Refused(
                f"{program}: its command line has {characters(command)} characters; at most "
                f"{LONGEST_COMMAND} arrive"
            )
        self.line("run", command)

    def state(self):
        return len(self.lines), len(self.stored)

    def back_to(self, state):
        """Without what came after that state()."""
        lines, stored = state
        del self.lines[lines:]
        for real in list(self.stored)[stored:]:
            del self.stored[real]

    def needs(self):
        """MiB of memory of a machine that can hold it."""
        size = sum(size for _, size in self.stored.values()) + os.path.getsize(self.base)
        return (size + MACHINE_NEEDS >> 20) + 1

    def check(self, mem):
        """Refused if it needs more than these MiB."""
        if self.needs() > mem:
            raise Refused(
                f"the files are too large for a machine of {mem} MiB: --mem {self.needs()} or more"
            )

    def write(self, path):
        """Write it to path."""
        shutil.copyfile(self.base, path)
        with tarfile.open(path, "a", format=tarfile.USTAR_FORMAT) as tar:
            for real, (number, size) in self.stored.items():
                info = tarfile.TarInfo(f":{number}")
                info.size = size
                with open(real, "rb") as source:
                    tar.addfile(info, source)
            for name, data in ((":0", b""), (":run", "".join(self.lines).encode())):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
