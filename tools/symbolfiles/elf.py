"""An ELF file of 32 bits in memory, as far as copies for gdb are changed.  No gdb in here.

    header | sections' bytes ... | what is replaced or new ... | section table

The bytes of a section that grows go to the end; the table is written last.
"""
import struct

HEADER, SECTION, SYMBOL = (
    struct.Struct("<16sHHIIIIIHHHHHH"),
    struct.Struct("<10I"),
    struct.Struct("<IIIBBH"),
)
NAME, FLAGS, ADDRESS, OFFSET, SIZE, LINK = 0, 2, 3, 4, 5, 6  # of a section's header
TABLE_AT, TABLE_ROWS, TABLE_NAMES = 6, 12, 13  # of the file's header
SYMTAB, SHF_ALLOC = 2, 2


def string(data, at):
    return data[at : data.index(0, at)].decode("latin-1")


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = bytearray(file.read())
        self.head = list(HEADER.unpack_from(self.data))
        at, count = self.head[TABLE_AT], self.head[TABLE_ROWS]
        self.sections = [
            list(SECTION.unpack_from(self.data, at + i * SECTION.size)) for i in range(count)
        ]
        self.strings = self.sections[self.head[TABLE_NAMES]]
        self.names = [string(self.data, self.strings[OFFSET] + row[NAME]) for row in self.sections]

    def section(self, name):
        """Its bytes, none if there is no such section."""
        if name not in self.names:
            return b""
        row = self.sections[self.names.index(name)]
        return bytes(self.data[row[OFFSET] : row[OFFSET] + row[SIZE]])

    def replace(self, name, data):
        """Have section name have these bytes; it takes no place in the program's memory then."""
        row = self.sections[self.names.index(name)]
        row[FLAGS] &= ~SHF_ALLOC
        row[OFFSET], row[SIZE] = len(self.data), len(data)
        self.data += data

    def symbols(self):
        """(where it is in the file, its name, its value, its section) of each."""
        table = next((row for row in self.sections if row[1] == SYMTAB), None)
        if table is None:
            return
        text = self.sections[table[LINK]][OFFSET]
        for at in range(table[OFFSET], table[OFFSET] + table[SIZE], SYMBOL.size):
            name, value, _, _, _, section = SYMBOL.unpack_from(self.data, at)
            yield at, string(self.data, text + name), value, section

    def cut(self, number, pieces):
        """Have section number be these parts, [(name, start, end)]; the first keeps its place."""
        row = self.sections[number]
        names, places = bytearray(self.section(self.names[self.head[TABLE_NAMES]])), {}
        start, where = row[ADDRESS], {}
        for name, first, last in pieces:
            new = list(row)
            if name != self.names[number]:
                if name not in places:
                    places[name] = len(names)
                    names += name.encode() + b"\0"
                new[NAME] = places[name]
            new[ADDRESS], new[OFFSET], new[SIZE] = first, row[OFFSET] + first - start, last - first
            index = len(self.sections) if where else number
            where[index] = first, last
            self.sections[index:] = [new, *self.sections[index + 1 :]]
            self.names[index:] = [name, *self.names[index + 1 :]]
        self._move_symbols(number, where)
        self.replace(".shstrtab", names)

    def _move_symbols(self, number, where):
        for at, _, value, section in self.symbols():
            for index, (first, last) in where.items():
                if section == number and first <= value < last:
                    struct.pack_into("<H", self.data, at + SYMBOL.size - 2, index)

    def write(self, path):
        self.head[TABLE_AT], self.head[TABLE_ROWS] = len(self.data), len(self.sections)
        HEADER.pack_into(self.data, 0, *self.head)
        with open(path, "wb") as file:
            file.write(bytes(self.data) + b"".join(SECTION.pack(*row) for row in self.sections))
