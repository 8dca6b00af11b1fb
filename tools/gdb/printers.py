"""How values are printed: by the name of their type, in `print`, `bt`, `info args`, `info locals`.

    NTSTATUS                  STATUS_NO_MEMORY (0xc0000017)
    BOOLEAN                   TRUE, FALSE, or the number that it is
    ULONG_PTR, ...            0x7ffdf000; SIZE_T and counts stay decimal
    UNICODE_STRING            L"C:\\\\door.exe"
    LIST_ENTRY                where it leads, and how many entries are on the list
    HEAP_ENTRY                its fields as its heap's Encoding has them, which is said
    protect, type, EFlags     PAGE_READWRITE, ...: by the name of an argument or field (flags.py)

`print/x` shows a number, and `print/r` a structure, as they are in memory.
"""
import gdb

import flags
import heapentry
from words.status import ntstatus

ADDRESSES = ("ULONG_PTR", "LONG_PTR", "UINT_PTR", "DWORD_PTR")
NUMBERS = ("ULONG", "DWORD", "UINT")
LARGE = 0x10000  # what is no count any more: an address, flags, a mask
MOST_ENTRIES, MOST_CHARACTERS = 256, 1024
MASK = 0xFFFFFFFF


class Text:
    """A printer of one text."""

    def __init__(self, text):
        self.text = text

    def to_string(self):
        return self.text


def status_text(value):
    value &= MASK
    name = ntstatus(value)
    return f"{name} ({value:#x})" if name else f"{value:#x}"


def status(value):
    return Text(status_text(int(value)))


def address(value):
    return Text(f"{int(value) & MASK:#x}")


def boolean(value):
    plain = int(value)
    return Text(("FALSE", "TRUE")[plain] if plain in (0, 1) else str(plain))


def number(value):
    """Flags by name; else decimal while it may be a count."""
    if named := flags.of(value):
        return Text(named)
    plain = int(value) & MASK
    return Text(f"{plain:#x}" if plain >= LARGE else str(plain))


class UnicodeString:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        buffer, count = self.value["Buffer"], min(int(self.value["Length"]) // 2, MOST_CHARACTERS)
        if not int(buffer):
            return "NULL"
        data = gdb.selected_inferior().read_memory(int(buffer) & MASK, 2 * count).tobytes()
        text = data.decode("utf-16-le", "backslashreplace")
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return 'L"' + "".join(c if c.isprintable() else f"\\x{ord(c):x}" for c in escaped) + '"'


class ListEntry:
    """The circle is followed to its head, at most so far."""

    def __init__(self, value):
        self.value = value

    def _length(self):
        head = int(self.value.address) & MASK
        at, before = int(self.value["Flink"]) & MASK, head
        for count in range(MOST_ENTRIES):
            if at == head:
                return "empty" if not count else f"{count} on the list"
            flink, blink = words(at, 2)
            if blink != before:
                return f"damaged: the Blink of {at:#x} is {blink:#x}, not {before:#x}"
            at, before = flink, at
        return f"more than {MOST_ENTRIES} on the list"

    def to_string(self):
        links = "{{Flink = {:#x}, Blink = {:#x}}}".format(
            *(int(self.value[n]) & MASK for n in ("Flink", "Blink"))
        )
        try:
            return f"{links} {self._length()}" if self.value.address is not None else links
        except gdb.error:
            return f"{links} leads to memory that cannot be read"


def words(where, count):
    data = gdb.selected_inferior().read_memory(where, 4 * count).tobytes()
    return [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]


PRINTERS = {
    "NTSTATUS": status,
    "BOOLEAN": boolean,
    **{name: address for name in ADDRESSES},
    **{name: number for name in NUMBERS},
    "UNICODE_STRING": UnicodeString,
    "_UNICODE_STRING": UnicodeString,
    "LIST_ENTRY": ListEntry,
    "_LIST_ENTRY": ListEntry,
    "HEAP_ENTRY": heapentry.Printer,
    "_HEAP_ENTRY": heapentry.Printer,
}


def find(value):
    """The printer of a value, by the name that its type was declared with."""
    if value.is_optimized_out:
        return None
    kind = value.type.unqualified()
    make = PRINTERS.get(kind.name or kind.tag or "")
    return make(value) if make else None


class Returned:
    """A function that returns an NTSTATUS: `finish` gets its value as a plain number."""

    def __init__(self):
        self.caller = None

    def begins(self):
        self.caller = None
        try:
            frame = gdb.selected_frame()
            function = frame.function()
            if function and function.type.target().name == "NTSTATUS":
                self.caller = (
                    frame.older().pc(),
                    frame.older().older() and frame.older().read_register("esp"),
                )
        except (gdb.error, AttributeError):
            pass  # no frame: finish itself says so

    def ends(self):
        """In a script after `finish`; at a terminal, where `finish` returns early, before the
        prompt."""
        if self.caller is None:
            return
        try:
            frame = gdb.newest_frame()
            if frame.pc() == self.caller[0]:
                print("NTSTATUS " + status_text(int(frame.read_register("eax"))))
            self.caller = None
        except gdb.error:
            pass  # the machine runs, or has ended


returned = Returned()


def begin():
    flags.begin(PRINTERS)
    gdb.pretty_printers.append(find)
    gdb.execute("define hookpost-finish\npython printers.returned.ends()\nend", to_string=True)
    gdb.events.before_prompt.connect(returned.ends)
