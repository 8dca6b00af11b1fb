"""Flags by name: how memory is asked for and protected, why a page fault came, the processor's.

A number has no type that says so; its name has, in a function or structure that is about it:

    protect of NtAllocateVirtualMemory   0x4 PAGE_READWRITE        EFlags   0x246 PF|ZF|IF
    type                                 0x3000 MEM_COMMIT|MEM_RESERVE
    errorCode of MmAccessFault           0x6 WRITE|USER

gdb hands a printer a value without its name.  So an argument is known again by its address: one of
the frame that is selected, or of a frame that `bt` has just asked for (remember).  One in a
register is known by its type and value, if no other variable of the frame in a register has both.
"""
import re

import gdb

MEMORY = ((0x1000, "MEM_COMMIT"), (0x2000, "MEM_RESERVE"), (0x4000, "MEM_DECOMMIT"))
MEMORY += ((0x8000, "MEM_RELEASE"), (0x10000, "MEM_FREE"), (0x20000, "MEM_PRIVATE"))
MEMORY += ((0x40000, "MEM_MAPPED"), (0x80000, "MEM_RESET"), (0x100000, "MEM_TOP_DOWN"))
MEMORY += ((0x200000, "MEM_WRITE_WATCH"), (0x1000000, "MEM_IMAGE"))
USES = "NOACCESS READONLY READWRITE WRITECOPY EXECUTE EXECUTE_READ EXECUTE_READWRITE"
USES += " EXECUTE_WRITECOPY GUARD NOCACHE"
PROTECT = tuple((1 << bit, f"PAGE_{use}") for bit, use in enumerate(USES.split()))
FAULT = ((1, "PROTECTION"), (2, "WRITE"), (4, "USER"), (8, "RESERVED"), (16, "FETCH"))
EFLAGS = "CF - PF - AF - ZF SF TF IF DF OF - - NT - RF VM AC VIF VIP ID".split()
EFLAGS = tuple((1 << bit, name) for bit, name in enumerate(EFLAGS) if name != "-")
REGIONS = re.compile("VirtualMemory|Virtual(Alloc|Free|Protect)|MapView|BASIC_INFORMATION")
KINDS = (  # the end of a name, where it means that, the names of the bits, bits without a name
    ("type", REGIONS, MEMORY, 0),
    ("protect", REGIONS, PROTECT, 0),
    ("protection", REGIONS, PROTECT, 0),
    ("state", re.compile("BASIC_INFORMATION"), MEMORY, 0),
    ("errorcode", re.compile("^M[im]|Fault"), FAULT, 0),
    ("eflags", re.compile(""), EFLAGS, 2),  # bit 1 is always set
)
STRUCTURES = "KTRAP_FRAME CONTEXT MEMORY_BASIC_INFORMATION".split()
MASK = 0xFFFFFFFF
remembered = {}  # address: (name, place)
told = []  # (number, text) of an argument in a register


def text(name, place, value):
    """The flags of a number of this name in a function or structure; None: it is none of these."""
    value &= MASK
    for end, where, table, ignored in KINDS:
        if name.lower().endswith(end) and where.search(place):
            words = [word for bit, word in table if value & bit]
            rest = value & ~sum(bit for bit, _ in table) & ~ignored
            return f"{value:#x} {'|'.join(words + [hex(rest)] * bool(rest))}" if words else None
    return None


def place_of(value):
    return int(value.address) & MASK if value.address is not None else None


def remember(symbol, value, place):
    """Before `bt` prints it: value is that of symbol."""
    remembered[place_of(value)] = str(symbol), place


def tell(value, text):
    """The next value in a register that is printed is this one: it has no place to remember."""
    told[:] = [(int(value), text)]


def forget(*_):
    remembered.clear()
    told.clear()


def variables(frame):
    """Of its function: (symbol, value)."""
    block = frame.block()
    while block is not None and not block.is_static and not block.is_global:
        for symbol in block:
            if symbol.is_argument or symbol.is_variable:
                yield symbol, symbol.value(frame)
        block = None if block.function else block.superblock


def same(one, other):
    """Two values in registers: of one type, and equal."""
    if one.address is not None or one.is_optimized_out or one.type.name != other.type.name:
        return False
    return int(one) == int(other)


def argument(value):
    """(name, function) of an argument or a variable of the selected frame that is this value."""
    at = place_of(value)
    if at in remembered:
        return remembered[at]
    try:
        frame = gdb.selected_frame()
        found = [
            symbol.name
            for symbol, its in variables(frame)
            if (same(its, value) if at is None else place_of(its) == at)
        ]
        if len(found) == 1 and found[0].lower().endswith(ENDS):
            return found[0], str(frame.name())
    except (gdb.error, RuntimeError, AttributeError, TypeError):
        pass  # no frame, or a type and no variable
    return None


def of(value):
    """The flags of a number that is printed; None: plain."""
    number, text_told = told.pop() if told and value.address is None else (None, None)
    if number == int(value) and text_told:
        return text_told
    known = argument(value)
    return text(*known, int(value)) if known else None


class Structure:
    """One with fields that are flags."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return None

    def children(self):
        place = self.value.type.unqualified().strip_typedefs().name or "KTRAP_FRAME"
        for field in self.value.type.strip_typedefs().fields():
            value = self.value[field]
            number = field.name and value.type.strip_typedefs().code == gdb.TYPE_CODE_INT
            named = text(field.name, place, int(value)) if number else None
            yield field.name or "", named or value


ENDS = tuple(end for end, *_ in KINDS)


def begin(printers):
    """printers: {type: printer}, which gets the structures'."""
    for name in STRUCTURES:
        printers[name] = printers["_" + name] = Structure
    for event in (gdb.events.stop, gdb.events.cont, gdb.events.before_prompt):
        event.connect(forget)
