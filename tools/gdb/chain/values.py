"""Arguments and results of a function, at its first instruction and at its return.

Where the compiler described the function, gdb knows its arguments; a stub's are those of
include/services.tbl; of a stock runtime's `operator new` the name says them.  What is not known is
not shown.
"""
import os
import re

import gdb

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SIZES = ("size", "bytes", "count", "length", "number", "num")
STATUS_SUCCESS = 0
ROW = re.compile(r"^0x[0-9a-f]+ (\w+) \((.*)\)$")
POINTS = ("Base", "BaseAddress", "Size", "RegionSize")  # of a service: read again at the return


def services():
    """{name: [(name of an argument, whether it is a pointer to a number)]}."""
    with open(os.path.join(TOP, "include", "services.tbl")) as table:
        text = re.sub(r"\n[ \t]+", " ", table.read())
    found = {}
    for line in text.split("\n"):
        if match := ROW.match(line):
            words = [word.strip() for word in match[2].split(",") if word.strip() != "void"]
            found[match[1]] = [(re.split(r"[ *]+", word)[-1], "*" in word) for word in words]
    return found


SERVICES = {}


class Value:
    """One argument: name, number at the call; where: what it points at, if that is read again."""

    def __init__(self, name, number, text, where=None):
        self.name, self.number, self.text, self.where = name, number, text, where
        self.before = self.after = None

    def show(self):
        if self.where is None or self.before is None:
            return f"{self.name} {self.text}"
        before = text_of(self.name, self.before)
        if self.after in (None, self.before):
            return f"*{self.name} {before}"
        return f"*{self.name} {before} -> {text_of(self.name, self.after)}"


def text_of(name, number, kind=None):
    """A number as one reads it: a size in decimal, an enumeration's name, else hexadecimal."""
    if kind is not None:
        plain = kind.strip_typedefs()
        if plain.code == gdb.TYPE_CODE_ENUM:
            names = {int(f.enumval): f.name for f in plain.fields()}
            return names.get(number, f"{number:X}")
        if plain.code == gdb.TYPE_CODE_BOOL or plain.sizeof == 1:
            return str(number)
    if any(word in name.lower() for word in SIZES) and number < 1 << 31:
        return str(number)
    return f"{number:X}"


def described(stepper):
    """[Value] of the function that gdb finds at the first instruction; None: it knows none."""
    frame = gdb.newest_frame()
    if frame.function() is None:
        return None
    block = frame.block()
    while block and block.function is None:
        block = block.superblock
    found = []
    for symbol in block or ():
        if not symbol.is_argument:
            continue
        value = symbol.value(frame)
        try:
            number = int(value) & 0xFFFFFFFF
        except (gdb.error, ValueError):
            continue  # a structure, or optimized out
        text = text_of(symbol.name, number, value.type)
        found.append(Value(symbol.name, number, text, pointed(symbol, value)))
    return found


def pointed(symbol, value):
    """The address of a service's in-and-out argument."""
    plain = value.type.strip_typedefs()
    if plain.code != gdb.TYPE_CODE_PTR or plain.target().strip_typedefs().sizeof != 4:
        return None
    name = symbol.name.lower()
    return int(value) & 0xFFFFFFFF if name in [word.lower() for word in POINTS] else None


def on_stack(stepper, names):
    """[Value] of arguments that lie after the return address."""
    found = []
    for number, (name, is_pointer) in enumerate(names):
        value = stepper.word(stepper.esp + 4 + 4 * number)
        if value is not None:
            where = value if is_pointer and name in POINTS else None
            found.append(Value(name, value, text_of(name, value), where))
    return found


def arguments(stepper, name):
    """[Value] of the function whose first instruction is the next one."""
    if not SERVICES:
        SERVICES.update(services())
    if name.startswith("operator new") or name.startswith("operator delete"):
        return on_stack(stepper, [("size" if "new" in name else "block", False)])
    values = described(stepper)
    if values is None and name in SERVICES and name.startswith("Nt"):
        values = on_stack(stepper, SERVICES[name])
    for value in values or ():
        if value.where:
            value.before = stepper.word(value.where)
    return values or []


def again(stepper, values):
    """At the return: what the arguments point at now."""
    for value in values:
        if value.where:
            value.after = stepper.word(value.where)


def returned(name, pc, number):
    """A result as text; "" where the function has none."""
    block = gdb.block_for_pc(pc)
    kind = block.function.type.target() if block is not None and block.function else None
    if kind is not None and kind.strip_typedefs().code == gdb.TYPE_CODE_VOID:
        return ""
    if kind is None and not name.startswith(("Nt", "operator new")):
        return ""
    if str(kind) == "NTSTATUS" or kind is None and name.startswith("Nt"):
        return "STATUS_SUCCESS" if number == STATUS_SUCCESS else f"status {number:08X}"
    if kind is not None and kind.strip_typedefs().code != gdb.TYPE_CODE_PTR:
        return text_of("", number, kind)
    return f"{number:08X}"
