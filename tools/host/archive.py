"""The archive that a machine boots with: the system's own files, the programs, the run
list.

It is plain ustar.  `fathom.run` tells the kernel what to run (docs/hostport.md); it is
not visible to programs as a file.
"""
import io
import os
import subprocess
import tarfile

RUN_LIST = "fathom.run"


def escape(text):
    """Percent-encode (as UTF-8) whatever is not printable ASCII, and the percent sign."""
    raw = text.encode("utf-8", "surrogateescape")
    return "".join(chr(b) if 32 <= b < 127 and b != 37 else f"%{b:02X}" for b in raw)


class Archive:
    """Members by name; a name is compared without case, as on C:."""

    def __init__(self, base=None):
        self.members = {}  # lower-case name: (name, bytes)
        self.lines = []
        if base:
            with tarfile.open(base) as tar:
                for member in tar:
                    if member.isfile():
                        self.put(
                            member.name.removeprefix("./"), tar.extractfile(member).read()
                        )

    def put(self, name, data):
        self.members[name.lower()] = (name, data)

    def add(self, path):
        """A file from the host beside the programs, under its own name."""
        with open(path, "rb") as source:
            self.put(os.path.basename(path), source.read())

    def add_program(self, path, taken):
        """A program from the host; taken: {name: path} of those before it.  Returns its
        name in the archive: another program of the same name goes to a folder of its
        own."""
        base = os.path.basename(path)
        name, folder = base, 1
        real = os.path.realpath(path)
        while taken.get(name.lower(), real) != real:
            folder += 1
            name = f"{folder}/{base}"
        taken[name.lower()] = real
        with open(path, "rb") as source:
            self.put(name, source.read())
        return name

    def line(self, key, value):
        self.lines.append(f"{key}={escape(value)}\n")

    def run(self, name, arguments, stdin=None, poolfail=0):
        """One program of the run list; stdin: (name, bytes) of a file for its input;
        poolfail: which of the kernel's allocations for it is to fail."""
        if stdin:
            self.put(*stdin)
            self.line("stdin", stdin[0].replace("/", "\\"))
        if poolfail:
            self.line("poolfail", str(poolfail))
        image = "C:\\" + name.replace("/", "\\")
        self.line("run", subprocess.list2cmdline([image, *arguments]))

    def write(self, path):
        """Write it to path, the same bytes for the same content."""
        members = [self.members[key] for key in sorted(self.members)]
        if self.lines:
            members.append((RUN_LIST, "".join(self.lines).encode()))
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for name, data in members:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
