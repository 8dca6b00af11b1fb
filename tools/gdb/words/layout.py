"""Structures by the names of their fields: what a decoder needs, and no debugger in it.

A Layout is a structure as the compiler laid it out; a Record is one of these at an address, its
bytes read already.  dwarf.py makes layouts of what gdb knows; a file of numbers would do.

    entry = Record(layouts["LDR_DATA_TABLE_ENTRY"], address, data)
    entry.DllBase                 a number: integers, pointers, enumerations
    entry.BaseDllName.Length      a structure in a structure
    entry.where("HashLinks")      the address of a field

Fields of unnamed structures and unions stand beside the others, as in C.
"""


class Field:
    """One member: offset and size in bytes; bits: (first, count) of a bit field.

    layout: of a structure; count and element: of an array; pointee(): what it points at."""

    def __init__(self, offset, size, type_name, signed=False, bits=None):
        self.offset, self.size, self.type_name = offset, size, type_name
        self.signed, self.bits = signed, bits
        self.layout = self.element = self.pointee = self.names = None
        self.count = 0

    def value(self, data, start, address):
        """What the bytes of a record say; start: where the record is in data."""
        at = start + self.offset
        if self.layout:
            return Record(self.layout, address + self.offset, data, at)
        if self.element:
            return [self._item(data, at, address, i) for i in range(self.count)]
        number = int.from_bytes(data[at : at + self.size], "little", signed=self.signed)
        if self.bits:
            first, count = self.bits
            number = number >> first & (1 << count) - 1
        return number

    def _item(self, data, at, address, i):
        step = i * self.element.size
        return self.element.value(data, at + step, address + self.offset + step)


class Layout:
    def __init__(self, name, size):
        self.name, self.size, self.fields = name, size, {}


class Record:
    """A structure at an address.  Its bytes are those of the moment when it was read."""

    def __init__(self, layout, address, data, start=0):
        self._layout, self._data, self._start = layout, data, start
        self.address = address

    def __getattr__(self, name):
        field = self._layout.fields.get(name)
        if field is None:
            raise AttributeError(f"{self._layout.name} has no field {name}")
        return field.value(self._data, self._start, self.address)

    def where(self, name):
        """The address of a field."""
        return self.address + self._layout.fields[name].offset

    def has(self, name):
        return name in self._layout.fields

    @property
    def layout(self):
        return self._layout

    def fields(self):
        """(name, Field) in order."""
        return self._layout.fields.items()

    @property
    def bytes(self):
        """How large the structure is."""
        return self._layout.size

    def text(self, name):
        """A field of characters, up to its 0."""
        field = self._layout.fields[name]
        at = self._start + field.offset
        data = bytes(self._data[at : at + field.size])
        return data.split(b"\0")[0].decode("utf-8", "replace")

    def named(self, name):
        """The name of an enumeration's value, or its number in words."""
        value = getattr(self, name)
        return (self._layout.fields[name].names or {}).get(value, str(value))
