"""dt: a structure's fields and offsets as the compiler laid them out, and what they hold."""
import gdb

from .colour import address as shown
from .colour import paint, table
from .command import Word
from .context import evaluate, layouts
from .dwarf import STRUCTURES, find_type
from .names import Names
from .trouble import Trouble, need

MOST_ITEMS, MOST_DEPTH = 8, 3


class Dt(Word):
    """A type's fields; at an address: their values."""

    name, group, windbg = "dt", "code and data", "dt"
    usage = (
        "dt TYPE                offset, name and type of each field",
        "dt TYPE ADDR           what the fields hold there",
        "dt -r TYPE ADDR        structures inside it, too",
        "dt TYPE ADDR @PROCESS  in another process",
    )
    detail = """
TYPE as WinDbg or C writes it: HEAP, _HEAP, ntdll!_HEAP, struct FRONT_REGION, a program's class.
A UNICODE_STRING is shown as text; a page that is not there is said so."""

    def run(self, arguments):
        deep = "r" in arguments.only("r")
        words = arguments.rest.split()
        if not words:
            raise Trouble("which type?  dt TYPE, or dt TYPE ADDR")
        take = 2 if words[0] in ("struct", "union", "enum", "class") and len(words) > 1 else 1
        name = " ".join(words[:take]).rsplit("!", 1)[-1]
        kind = find_type(name).strip_typedefs()
        where = " ".join(words[take:])
        if kind.code not in STRUCTURES:
            return self.scalar(arguments, name, kind, where)
        layout = layouts.of_type(kind, name)
        if not where:
            print("\n".join(field_lines(layout)))
            return None
        self.look = arguments.look()
        at = evaluate(where)
        record = need(self.look.space.record(layout, at))
        print(f"{layout.name} at {shown(at)}, {layout.size} bytes")
        print("\n".join(self.values(record, deep, "  ", MOST_DEPTH)))
        return None

    def scalar(self, arguments, name, kind, where):
        if kind.code == gdb.TYPE_CODE_ENUM and not where:
            for item in kind.fields():
                print(f"  {item.enumval:#x} {item.name}")
            return
        if not where:
            print(f"{name}: {kind}, {kind.sizeof} bytes")
            return
        at = evaluate(where)
        data = need(arguments.look().space.read(at, kind.sizeof))
        value = int.from_bytes(data, "little")
        print(f"{name} at {shown(at)}: {value:#x} ({value})")

    def values(self, record, deep, indent, depth):
        names = Names(self.look)
        for name, field in record.fields():
            text = self.value(getattr(record, name), field, names)
            yield f"{indent}+{field.offset:03x} {paint(name, 'name')}  {text}"
            if deep and field.layout and depth and not is_text(field.layout):
                yield from self.values(getattr(record, name), deep, indent + "  ", depth - 1)

    def value(self, value, field, names):
        """One field in a line."""
        if field.layout:
            return self.inner(value)
        if field.element:
            return self.array(value, field, names)
        if field.names:
            return f"{value} {field.names.get(value, 'no such value')}"
        if field.pointee:
            name = names.name(value) if value else ""
            return f"{value:08X} {name}".rstrip()
        return f"{value:#x}" + (f" ({value})" if abs(value) > 9 else "")

    def inner(self, record):
        """A structure in a structure: text, links, or its type."""
        if is_text(record.layout):
            return f'"{self.look.space.text(record)}"'
        if record.layout.name.lstrip("_") == "LIST_ENTRY":
            return f"[ {record.Flink:08X} - {record.Blink:08X} ]"
        return f"{record.layout.name} at {record.address:08X}"

    def array(self, values, field, names):
        if field.element.size == 1 and "char" in field.type_name.lower():
            data = bytes(value & 0xFF for value in values).split(b"\0")[0]
            if data and all(32 <= byte < 127 for byte in data):
                return f'"{data.decode()}"'
        some = ", ".join(self.value(v, field.element, names) for v in values[:MOST_ITEMS])
        more = f", ... {len(values)} of them" if len(values) > MOST_ITEMS else ""
        return f"[{some}{more}]"


def is_text(layout):
    return layout.name.lstrip("_") in ("UNICODE_STRING", "STRING") and "Buffer" in layout.fields


def field_lines(layout):
    yield f"{layout.name}, {layout.size} bytes"
    rows = [(f"  +{f.offset:03x}", (n, "name"), kind_text(f)) for n, f in layout.fields.items()]
    yield from table(rows)


def kind_text(field):
    if field.bits:
        first, count = field.bits
        last = f"..{first + count - 1}" if count > 1 else ""
        return f"{field.type_name}, bits {first}{last}"
    return field.type_name
