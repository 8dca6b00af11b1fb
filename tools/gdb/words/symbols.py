"""xs: names by module and pattern; dps: words of memory with the names of what they point at.

gdb's own `x` shows memory and stays so; WinDbg's `x module!pattern` is `xs` here.
"""
import fnmatch
import os
import re

import gdb

from .colour import address as shown
from .colour import paint
from .command import Word
from .context import evaluate
from .names import KERNEL, Names, plain
from .trouble import Missing, Trouble

LINE = re.compile(r"^\[ *\d+\] (\w) (0x[0-9a-f]+) (.+?) section (\S+)", re.M)
DECORATED = re.compile(r"^[_@]?(\w+?)@\d+$")
CODE, ABSOLUTE = "Tt", "A"  # kinds of gdb's symbols
MOST, WORDS = 500, 16


def symbol_file(module):
    """The path of gdb's symbol file of a module; "" where it has none."""
    start = "ntoskrnl.elf" if module == "nt" else module.lower() + "."
    for objfile in gdb.objfiles():
        name = os.path.basename(objfile.filename or "").lower()
        if name.startswith(start) and not name.endswith(".lines"):
            return objfile.filename
    return ""


def names_of(path):
    """[(address, name, code or data)] of a symbol file, by address."""
    quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
    text = gdb.execute(f"maintenance print msymbols -objfile {quoted}", to_string=True)
    found = set()
    for kind, address, name, _ in LINE.findall(text):
        if kind == ABSOLUTE:
            continue  # a number of the linker's
        bare = plain(DECORATED.sub(r"\1", name.split("  ")[0]))
        found.add((int(address, 16), bare, "code" if kind in CODE else "data"))
    return sorted(found)


class Xs(Word):
    """Names by pattern: xs ntdll!Rtl*Heap."""

    name, group, windbg = "xs", "code and data", "x"
    usage = (
        "xs MODULE!PATTERN      the module's names that match; * and ? stand for any letters",
        "xs PATTERN             in the kernel and all modules of the process",
    )
    detail = """
Upper and lower case are the same.  `nt` is the kernel.  (gdb's `x` shows memory: `help x`.)"""

    def run(self, arguments):
        arguments.only()
        if not arguments.rest:
            raise Trouble("which names?  xs MODULE!PATTERN")
        module, _, pattern = arguments.rest.rpartition("!")
        look = arguments.look()
        known = ["nt", *(m.short for m in Names(look).modules)]
        chosen = [m for m in known if fnmatch.fnmatch(m.lower(), (module or "*").lower())]
        if not chosen:
            raise Trouble(f"{module}: no such module; there is {', '.join(known)}")
        count = sum(self.show(m, pattern.lower()) for m in chosen)
        if not count:
            raise Trouble(f"{arguments.rest}: no name matches")

    def show(self, module, pattern):
        path = symbol_file(module)
        if not path:
            print(paint(f"{module}: no symbols here", "dim"))
            return 0
        rows = [row for row in names_of(path) if fnmatch.fnmatchcase(row[1].lower(), pattern)]
        for address, name, kind in rows[:MOST]:
            data = "  (data)" * (kind == "data")
            print(f"{shown(address)} {module}!{paint(name, 'name')}{data}")
        if len(rows) > MOST:
            print(f"and {len(rows) - MOST} others in {module}")
        return len(rows)


class Dps(Word):
    """Words of memory, each with the name of what it points at."""

    name, group, windbg = "dps", "code and data", "dps, dds"
    usage = (
        "dps [ADDR [COUNT]]     COUNT words from there (16); without ADDR: from the stack pointer",
        "dps ADDR @PROCESS      in another process",
    )

    def run(self, arguments):
        arguments.only()
        words = arguments.rest.split()
        count = WORDS
        if len(words) > 1 and words[-1].isdigit():
            count = min(int(words.pop()), 4096)
        where = evaluate(" ".join(words) or "$esp")
        look = arguments.look()
        names = Names(look)
        for at in range(where, min(where + 4 * count, 1 << 32), 4):
            value = look.space.number(at)
            if isinstance(value, Missing):
                print(f"{shown(at)} ???????? {value.why}")
                return
            name = paint(self.name_of(names, value), "name")
            print(f"{shown(at)} {value:08X} {name}".rstrip())

    def name_of(self, names, value):
        name = names.name(value)
        if "!" not in name and value < KERNEL:
            return ""  # a number that happens to lie in a module
        line = names.line(value)
        return f"{name}  {line}" if line else name
