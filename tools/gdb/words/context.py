"""What a command starts from: the kernel's memory, the processes, the one that is looked at.

    look = Look()              once a command: the machine does not move meanwhile
    look.kernel                Target of the current space, for the kernel's half
    look.process               of a word's argument, or the current one
    look.space                 Target of that process's space

The current process is the one of MiCurrentSpace, whose tables the processor has; that is not always
the one of the running thread, as the kernel attaches to another's space to work in it.
"""
import gdb

import typed
from symbolfiles import bang

from . import processes
from .dwarf import Layouts
from .headers import number
from .memory import Memory
from .target import Target
from .trouble import Trouble

layouts = Layouts()
KERNEL = 0x80000000


class Look:
    def __init__(self, who=""):
        self.memory = Memory(number("kernel/mm/layout.h", "MI_LINEAR_BASE"))
        self.current_space = self.memory.number("MiCurrentSpace")
        tables = self.memory.number("MiCurrentSpace->Cr3")
        self.kernel = Target(self.memory, layouts, tables, "kernel")
        self.processes, self.wrong = processes.every(self.kernel, self.symbol("PsAllProcesses"))
        self.thread = self.memory.number("KiPcr.CurrentThread")
        self.process = self.find(who) if who else self.current()

    def doubted(self, wrong):
        """What is wrong with a structure of the kernel's; it may be the kernel that changes it."""
        if wrong and evaluate("$pc") >= KERNEL:
            return f"{wrong}; or the kernel, where the processor is, is changing it"
        return wrong

    def symbol(self, name):
        return self.memory.number(f"(unsigned int)&{name}")

    def current(self):
        """The process whose tables are loaded; None: the system's own space."""
        return next((p for p in self.processes if p.record.Space == self.current_space), None)

    def find(self, who):
        """By id (decimal, or hexadecimal with 0x), by name, by an expression of gdb's that is an
        id.  Trouble: none, or several."""
        found = [p for p in self.processes if p.answers_to(who)] or self.by_expression(who)
        if len(found) == 1:
            return found[0]
        if not found:
            names = ", ".join(f"{p.name} ({p.id})" for p in self.processes) or "none"
            raise Trouble(f"{who}: no such process; there is {names}")
        same = ", ".join(str(p.id) for p in found)
        raise Trouble(f"{who}: several processes have this name: {same}; say which id")

    def by_expression(self, who):
        try:
            return [p for p in self.processes if p.id == evaluate(who)]
        except Trouble:
            return []

    @property
    def space(self):
        """The memory of the process that is looked at."""
        if self.process is None:
            return self.kernel
        return self.process.space(self.kernel)

    def user_space(self):
        """The same, of a process.  Trouble: there is none, or its memory has gone."""
        if self.process is None:
            raise Trouble("no process runs yet; continue to a program first, or name a process")
        if self.process.has_ended:
            raise Trouble(f"{self.process.title}: it has ended, and its memory is given back")
        return self.space


def evaluate(text):
    """The number that an expression of gdb's has.  Eight hexadecimal digits are an address, as
    these commands print it."""
    if len(text) == 8 and all(c in "0123456789abcdefABCDEF" for c in text):
        return int(text, 16)
    try:
        value = gdb.parse_and_eval(bang.quote(text, typed.is_data) if "!" in text else text)
        if value.type.strip_typedefs().code in (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_ARRAY):
            value = value.address
        return int(value) & 0xFFFFFFFF
    except (gdb.error, gdb.MemoryError, TypeError, OverflowError) as wrong:
        raise Trouble(f"{text}: {wrong}") from None
