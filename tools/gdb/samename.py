"""Names that the kernel and a program both have (strlen, memcpy): in a program the program's.

gdb looks a name up in the frame's own module, then in the order of reading: the kernel first.  So,
at a stop in user mode, each such name is a macro for the one of the program's modules:

    strlen -> 'msvcrt!strlen'       the frame's own module, its DLLs as loaded, ntdll last

`break NAME` finds every function of that name.  Set in user mode, it keeps those of user mode.
"""
import os

import gdb

from stub.space import USER_END
from symbolfiles.elf import Elf
from symbolfiles.qualified import functions

kept = {}  # symbol file: {function: module!function}
defined = {}  # name: what it is a macro for
NTDLL = "ntdll"
SERVICES = ("Nt", "Zw")  # a stub in ntdll and its service: a breakpoint means both


def names(path):
    """The functions of a symbol file that have a second name."""
    if path not in kept:
        seconds = [name for _, name, _, _ in functions(Elf(path)) if "!" in name]
        kept[path] = {name.split("!")[1]: name for name in seconds}
    return kept[path]


def files():
    """Symbol files of the program's modules in the order of search, the kernel's apart."""
    paths = [row.filename for row in gdb.objfiles() if row.filename.endswith(".elf")]
    kernel = [p for p in paths if os.path.basename(p) == "ntoskrnl.elf"]
    user = [p for p in paths if p not in kernel]
    own = module_of(gdb.selected_frame().pc())
    return sorted(user, key=lambda p: (p != own, os.path.basename(p).startswith(NTDLL))), kernel


def module_of(pc):
    table = gdb.find_pc_line(pc).symtab
    return table.objfile.filename if table else ""


def wanted():
    """{name: module!name}, at this stop."""
    try:
        if gdb.selected_frame().pc() >= USER_END:
            return {}
        user, kernel = files()
    except gdb.error:
        return {}
    shared = set().union(*(names(path) for path in kernel))
    found = {}
    for path in user:
        for name in names(path).keys() & shared:
            found.setdefault(name, names(path)[name])
    return found


def define(_=None):
    now = wanted()
    for name in [name for name in defined if defined[name] != now.get(name)]:
        gdb.execute(f"macro undef {name}")
        del defined[name]
    for name in now.keys() - defined.keys():
        gdb.execute(f"macro define {name} '{now[name]}'")
        defined[name] = now[name]


def narrow(point):
    """Of a breakpoint that was set in user mode: places in user mode, if it has some of each."""
    name = point.location
    if name not in defined or name.startswith(SERVICES) or not hasattr(point, "locations"):
        return
    low = [row for row in point.locations if row.address < USER_END]
    high = [row for row in point.locations if row.address >= USER_END]
    if low and high:
        for row in high:
            row.enabled = False
        print(f"{name}: the kernel has one, too: break nt!{name}")


def begin():
    gdb.events.stop.connect(define)
    gdb.events.breakpoint_created.connect(narrow)
