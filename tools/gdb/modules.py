"""Symbols in gdb: the kernel and ntdll from the start, of each process its own modules.

The kernel and ntdll lie where they are linked in every process.  All others are exchanged when gdb
hears that its shared libraries have changed (tools/stub/libraries.py): it then has those of the
process that is looked at, where they are mapped, before it judges why the machine has stopped.
"""
import os

import gdb

import dispatchers
import entrycfi
import unwind
from stub import libraries
from symbolfiles.elfcopy import elf_copy
from symbolfiles.kept import quoted
from symbolfiles.lines import line_file

THREAD_START_BYTES = 16  # RtlUserThreadStart, as far as its alignment reaches


def add_ntdll(out):
    path = os.path.join(out, "bin", "ntdll.dll")
    gdb.execute(f"add-symbol-file {quoted(elf_copy(path, out))}", to_string=True)
    gdb.execute(f"add-symbol-file {quoted(line_file(path, out))}", to_string=True)


loaded = {}  # (file, displacement): there


def signalled(event):
    if os.path.basename(event.new_objfile.filename) in libraries.SIGNALS:
        exchange()


def exchange():
    """Forget what is not mapped in the process that is looked at, read what is."""
    said = gdb.execute("monitor fathom modules", to_string=True)
    wanted = [tuple(line.split(" ", 1)) for line in said.splitlines()]
    if not wanted:
        return  # no process yet
    for row in [row for row in loaded if row not in wanted]:
        del loaded[row]
        gdb.execute(f"remove-symbol-file {quoted(row[1])}", to_string=True)
    for move, file in [row for row in wanted if row not in loaded]:
        gdb.execute(f"add-symbol-file {quoted(file)} -o 0x{move}", to_string=True)
        loaded[move, file] = True


def early(path, out):
    """The program's symbols before it is loaded, where it will most likely be: an editor sets its
    breakpoints at once."""
    file = elf_copy(path, out)
    gdb.execute(f"add-symbol-file {quoted(file)} -o 0x0", to_string=True)
    loaded["0", file] = True


def begin(out):
    """ntdll, whose threads begin in RtlUserThreadStart."""
    add_ntdll(out)
    start = int(gdb.parse_and_eval("(unsigned int)&RtlUserThreadStart"))
    end = start + THREAD_START_BYTES
    entrycfi.outermost(start, end, out)
    unwind.outermost((start, end))
    dispatchers.register()
    gdb.events.new_objfile.connect(signalled)
