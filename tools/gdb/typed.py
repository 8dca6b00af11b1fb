"""A line typed at a terminal gets module!name in quotes where gdb needs them (symbolfiles/bang.py).

gdb reads with readline, a library of its own: Enter is bound to a function here, which changes the
line before readline takes it.  A gdb with a readline built in has none to bind; quotes work there.
"""
import ctypes
import os
import sys

import gdb

from symbolfiles import bang

ENTER = (10, 13)
kept = []  # what C calls must not be freed


def is_data(module, name):
    """Whether it is a variable of that module: those have no second name (qualified.py)."""
    start = "ntoskrnl.elf" if module == "nt" else module.lower() + "."
    for file in gdb.objfiles():
        if os.path.basename(file.filename or "").lower().startswith(start):
            found = file.lookup_global_symbol(name) or file.lookup_static_symbol(name)
            return found is not None and not found.is_function
    return False


def accept(library):
    """The function for Enter."""
    take = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)
    buffer = ctypes.c_char_p.in_dll(library, "rl_line_buffer")
    end, point = (ctypes.c_int.in_dll(library, name) for name in ("rl_end", "rl_point"))

    def enter(count, key):
        try:
            line = (buffer.value or b"").decode("latin-1")
            if (new := bang.rewrite(line, is_data)) != line:
                library.rl_replace_line(new.encode("latin-1"), 0)
                point.value = end.value
        except Exception as wrong:
            print(f"{line}: {wrong!r}")
        return library.rl_newline(count, key)

    return take(enter)


def begin():
    if not sys.__stdin__ or not sys.__stdin__.isatty():
        return
    try:
        library = ctypes.CDLL(None)
        kept.append(accept(library))
        for key in ENTER:
            library.rl_bind_key(key, kept[0])
    except (AttributeError, ValueError, OSError):
        pass  # readline is not a library here
