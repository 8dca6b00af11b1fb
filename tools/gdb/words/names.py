"""What an address is called: module!function+offset, and the line of its source.

gdb's symbols are those of the modules that it was told of, at one address each; another process
may have another module there.  So a name counts only if the module that the process has at the
address is the one whose symbols gdb found; else module and offset are all that is known.
"""
import os
import re

import gdb

from . import loader

KERNEL = 0x80000000
SYMBOL = re.compile(r"^(.+?)(?: \+ (\d+))? in section \S+(?: of (.+))?$")
DECORATED = re.compile(r"^[_@]?(\w+?)(?:\.\w+)?@\d+$")


def symbol(address):
    """(name, offset, the symbol file's base name) as gdb has it; ("", 0, ""): it has none."""
    match = SYMBOL.match(gdb.execute(f"info symbol {address:#x}", to_string=True).split("\n")[0])
    if not match:
        return "", 0, ""
    name = plain(DECORATED.sub(r"\1", match[1]))
    return name, int(match[2] or 0), os.path.basename(match[3] or "ntoskrnl.elf")


def plain(name):
    """Without the underscore that objcopy leaves on a name of one file only."""
    bare = name[1:]
    return bare if name[0] == "_" and bare and gdb.lookup_static_symbol(bare) else name


class Names:
    """For one process, whose list of modules is read once."""

    def __init__(self, look):
        self.modules = []
        if look.process is not None and not look.process.has_ended:
            self.modules = loader.modules(look.space, look.process.record.Peb)[0]
            self.modules += loader.unlisted(look.kernel, look.process.record.Space, self.modules)

    def module(self, address):
        return next((m for m in self.modules if m.base <= address < m.end), None)

    def name(self, address):
        """The short form, or "" where neither a module nor a symbol is."""
        name, offset, file = symbol(address)
        plus = f"+{offset:x}" if offset else ""
        if address >= KERNEL:
            return f"nt!{name}{plus}" if name and file.startswith("ntoskrnl") else ""
        module = self.module(address)
        if module is None:
            return ""
        if name and file.lower().startswith(module.name.lower()):
            return f"{module.short}!{name}{plus}"
        return module.short + (f"+{address - module.base:x}" if address > module.base else "")

    def line(self, address):
        """file:line of code whose name is certain; else ""."""
        if not self.name(address).count("!"):
            return ""
        place = gdb.find_pc_line(address)
        return f"{place.symtab.filename}:{place.line}" if place.symtab and place.line else ""
