"""Layouts as the compiler wrote them into DWARF, asked of gdb: no offset is written down twice."""
import functools

import gdb

from .layout import Field, Layout
from .trouble import Trouble

STRUCTURES = (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)


class Layouts:
    """layouts["HEAP"]: made when first asked for, then kept; of("expression"): of its type."""

    def __init__(self):
        self.kept, self.by_name = {}, {}

    def __getitem__(self, name):
        if name not in self.by_name:
            self.by_name[name] = self.of_type(find_type(name), name)
        return self.by_name[name]

    def of_type(self, kind, name=None):
        plain = kind.strip_typedefs()
        name = name or kind.name or plain.name
        layout = self.kept.get((name, plain.sizeof))
        if layout is None:
            layout = Layout(name or "unnamed", plain.sizeof)
            if name:  # two unnamed structures may be as large
                self.kept[name, plain.sizeof] = layout
            self._fill(layout, plain, 0)
        return layout

    def _fill(self, layout, kind, offset):
        for member in kind.fields():
            if not hasattr(member, "bitpos"):
                continue  # a static member
            at = offset + member.bitpos // 8
            plain = member.type.strip_typedefs()
            if not member.name and plain.code in STRUCTURES:
                self._fill(layout, plain, at)
            elif member.name:
                bit = offset * 8 + member.bitpos
                layout.fields.setdefault(member.name, self._field(member, bit))

    def _field(self, member, bit):
        """bit: where the member begins, from the structure's start."""
        field = self._of(member.type, bit // 8)
        if member.bitsize:
            field.offset -= field.offset % field.size
            field.bits = (bit - field.offset * 8, member.bitsize)
        return field

    def _of(self, kind, at):
        plain = kind.strip_typedefs()
        field = Field(at, plain.sizeof, str(kind), signed(plain))
        if plain.code in STRUCTURES:
            field.layout = self.of_type(plain, kind.name)
        elif plain.code == gdb.TYPE_CODE_ARRAY:
            field.element = self._of(plain.target(), 0)
            field.count = plain.sizeof // field.element.size if field.element.size else 0
        elif plain.code == gdb.TYPE_CODE_ENUM:
            field.names = {int(item.enumval): item.name for item in plain.fields()}
        elif plain.code == gdb.TYPE_CODE_PTR:
            field.pointee = functools.partial(self.of_type, plain.target())
        return field


def signed(plain):
    return plain.code == gdb.TYPE_CODE_INT and plain.is_signed


def find_type(name):
    """A type by its name; `_HEAP` is `HEAP`'s tag, as WinDbg writes it.  Trouble: there is none."""
    for word in (name, f"struct {name}", f"union {name}", f"enum {name}", name.lstrip("_")):
        try:
            return gdb.lookup_type(word)
        except gdb.error:
            pass
    raise Trouble(f"{name}: no symbols here have a type of this name")
