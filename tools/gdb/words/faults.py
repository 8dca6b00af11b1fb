"""What stopped the machine or a program, as values: exceptions, traps, bug checks; nothing of gdb.

An exception's registers are in a KTRAP_FRAME while the kernel dispatches it, and in a CONTEXT once
it lies on the user's stack; both are read into one Registers.
"""
import re

from .headers import TOP
from .status import ntstatus

ACCESS_VIOLATION, IN_PAGE, GUARD = 0xC0000005, 0xC0000006, 0x80000001
HEAP_CORRUPTION = 0xC0000374
ACCESSES = {0: "read of", 1: "write to", 8: "execution of"}
OTHERS = {0x20474343: "C++ exception (GCC)", 0xE06D7363: "C++ exception (Visual C++)"}
TEXT = {  # what a reader says; the rest by the name of its status
    0x80000001: "guard page",
    0x80000003: "breakpoint",
    0x80000004: "single step",
    0xC0000005: "access violation",
    0xC0000006: "in-page error",
    0xC000001D: "illegal instruction",
    0xC0000094: "integer division by zero",
    0xC0000095: "integer overflow",
    0xC0000096: "privileged instruction",
    0xC00000FD: "stack overflow",
    0xC0000374: "heap corruption",
    0xC0000409: "stack buffer overrun",
}
TRAP_BITS = (  # of a page fault's error code: Intel SDM vol. 3, 4.7
    (0x01, "the page is there and its protection says no", "the page is not there"),
    (0x02, "a write", "a read"),
    (0x04, "by the user", "by the kernel"),
    (0x10, "fetching an instruction", ""),
)
BUG_CODES = TOP + "/kernel/kd/bugcodes.h"


def code_text(code):
    """`access violation (0xc0000005 STATUS_ACCESS_VIOLATION)`."""
    name = ntstatus(code)
    words = OTHERS.get(code) or TEXT.get(code) or "exception"
    return f"{words} ({code:#010x}{' ' + name if name else ''})"


def page_fault_text(error):
    """A page fault's error code in words."""
    said = [yes if error & bit else no for bit, yes, no in TRAP_BITS]
    return ", ".join(text for text in said if text)


def bug_check_name(code):
    """PAGE_FAULT_IN_NONPAGED_AREA of 0x50."""
    with open(BUG_CODES) as text:
        rows = re.findall(r"row\((0x[0-9A-Fa-f]+), (\w+)\)", text.read())
    return {int(number, 16): name for number, name in rows}.get(code, "UNKNOWN")


class Registers:
    """Of a KTRAP_FRAME or a CONTEXT record; esp of a kernel trap is the frame's own end."""

    NAMES = ("eax", "ebx", "ecx", "edx", "esi", "edi", "eip", "esp", "ebp", "efl")
    FIELDS = {"efl": "EFlags"}

    def __init__(self, record):
        self.record = record
        self.values = {name: self._of(record, name) for name in self.NAMES}
        self.user = bool(record.SegCs & 3)

    def _of(self, record, name):
        if name != "esp" or record.has("Esp"):
            return getattr(record, self.FIELDS.get(name, name.capitalize()))
        user = record.SegCs & 3
        return record.HardwareEsp if user else record.where("HardwareEsp")

    def lines(self):
        cells = [f"{name}={value:08x}" for name, value in self.values.items()]
        return ["  ".join(cells[:6]), "  ".join(cells[6:])]


class Fault:
    """An exception: its record, its registers; chance: 1, 2, or 0 where nothing tells."""

    def __init__(self, record, registers, chance):
        self.record, self.registers, self.chance = record, registers, chance
        self.code = record.ExceptionCode & 0xFFFFFFFF
        self.address = record.ExceptionAddress
        count = min(record.NumberParameters, 15)
        self.parameters = [p & 0xFFFFFFFF for p in record.ExceptionInformation[:count]]

    @property
    def text(self):
        chance = {1: ", first chance", 2: ", second chance: no handler took it"}
        return code_text(self.code) + chance.get(self.chance, "")

    @property
    def access(self):
        """(words, address) of an access that was refused; None: it is another kind."""
        if self.code not in (ACCESS_VIOLATION, IN_PAGE, GUARD) or len(self.parameters) < 2:
            return None
        return ACCESSES.get(self.parameters[0], "access of"), self.parameters[1]

    @property
    def heap(self):
        """(kind, heap, block) of a heap corruption that ntdll reports; None: no such thing."""
        if self.code != HEAP_CORRUPTION or len(self.parameters) < 3:
            return None
        return tuple(self.parameters[:3])
