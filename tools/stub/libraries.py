"""The symbol files of a process's modules, and how gdb comes to read them.

    PEB's list -> file on the host -> ELF copy, NASM lines (py): path, displacement

The displacement is by how much a module was moved from where it is linked.  ntdll is the same in
every process; gdb has it from the start.  When the files change, gdb is told that its shared
libraries did.  They are one empty file, by turns one of two: gdb reads it, and
tools/gdb/modules.py, which is called then, exchanges the symbol files before gdb goes on.
"""
import os
import subprocess
from xml.sax.saxutils import quoteattr

from symbolfiles.elfcopy import elf_copy
from symbolfiles.kept import folder
from symbolfiles.lines import line_file
from symbolfiles.qualified import linked_base

ALWAYS = "ntdll.dll"
SIGNALS = ("process-a.o", "process-b.o")


def base_name(name):
    return name.replace("/", "\\").split("\\")[-1].lower()


def make_signal(path):
    if not os.path.exists(path):
        new = f"{path}.{os.getpid()}"
        subprocess.run(["as", "--32", "-o", new, "-"], input=b"", check=True)
        os.replace(new, path)
    return path


class Libraries:
    """known: {lower-case base name: path} of the program and what was added.  only: no others."""

    def __init__(self, out, known, only=False):
        self.out, self.only = out, only
        self.known = {name.lower(): path for name, path in known.items()}
        self.files = {}  # (name, base): [(ELF file, displacement)]
        self.signals = [make_signal(os.path.join(folder(out), name)) for name in SIGNALS]
        self.turn = 0

    def path_of(self, name):
        name = base_name(name)
        if name in self.known:
            return self.known[name]
        if self.only:
            return None
        built = os.path.join(self.out, "bin", name)
        return built if os.path.exists(built) else None

    def of(self, name, base):
        """[(ELF file, displacement)] of one module; none: no file of it is known."""
        if (name, base) not in self.files:
            path, rows = self.path_of(name), []
            if path and base_name(name) != ALWAYS:
                move = (base - linked_base(path)) & 0xFFFFFFFF
                lines = line_file(path, self.out)
                rows = [(file, move) for file in (elf_copy(path, self.out), lines) if file]
            self.files[name, base] = rows
        return self.files[name, base]

    def of_all(self, modules):
        """The same of modules [(name, base, bytes)]."""
        return [row for name, base, _ in modules for row in self.of(name, base)]

    def changed(self):
        """From now on gdb's list is another one."""
        self.turn = 1 - self.turn

    def xml(self):
        name = quoteattr(self.signals[self.turn])
        return (
            "<library-list-svr4 version='1.0'>"
            f"<library name={name} lm='1' l_addr='0' l_ld='0' lmid='0'/></library-list-svr4>"
        )
