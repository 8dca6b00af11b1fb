"""Whose address space is current: the kernel's list of processes, read from the machine's memory.

    PsAllProcesses -> EPROCESS.AllListEntry -> ...      Space -> MMSPACE.Cr3, Id, Name

A process is known by its id: the page that CR3 points to is used again when it has ended.
"""
import collections
import os
import subprocess

from .space import WORD

MOST = 4096  # processes: a damaged list ends
NAME_BYTES = 32
Process = collections.namedtuple("Process", "id name cr3 peb space")


def read_offsets(out):
    with open(os.path.join(out, "gdb", "offsets")) as lines:
        return {name: int(value) for name, value in (line.split() for line in lines)}


def addresses(path):
    """{name: address} of an ELF or PE file, names as C has them where the file says so."""
    listed = subprocess.run(["i686-w64-mingw32-nm", path], capture_output=True, text=True).stdout
    rows = (line.split() for line in listed.splitlines())
    return {row[2]: int(row[0], 16) for row in rows if len(row) == 3}


class Kernel:
    """memory: a Space; out: the build directory."""

    def __init__(self, memory, out):
        self.memory, self.at = memory, read_offsets(out)
        self.head = addresses(os.path.join(out, "gdb", "ntoskrnl.elf"))["PsAllProcesses"]
        self.last = None  # the Process that was current last, with its EPROCESS

    def word(self, address, cr3):
        return self.memory.word(address, cr3)

    def _process(self, object, cr3):
        at = self.at
        space = self.word(object + at["EPROCESS.Space"], cr3)
        name = self.memory.read(object + at["EPROCESS.Name"], NAME_BYTES, cr3).split(b"\0")[0]
        return Process(
            self.word(object + at["EPROCESS.Id"], cr3),
            name.decode("latin-1"),
            self.word(space + at["MMSPACE.Cr3"], cr3) if space else 0,
            self.word(object + at["EPROCESS.Peb"], cr3),
            space,
        )

    def objects(self, cr3):
        """The EPROCESS of each process, oldest first; cr3: of any space."""
        link, found = self.word(self.head, cr3), []
        while link and link != self.head and len(found) < MOST:
            found.append(link - self.at["EPROCESS.AllListEntry"])
            link = self.word(link, cr3)
        return found

    def processes(self, cr3):
        return [self._process(object, cr3) for object in self.objects(cr3)]

    def current(self, cr3):
        """The Process whose space CR3 is; None: the kernel's own, or before there is one."""
        object, process = self.last or (None, None)
        if process and process.cr3 == cr3 and self._process(object, cr3) == process:
            return process
        for object in self.objects(cr3):
            process = self._process(object, cr3)
            if process.cr3 == cr3 and process.name:
                self.last = object, process
                return process
        return None
