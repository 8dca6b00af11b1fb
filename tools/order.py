#!/usr/bin/env python3
"""The order of the house, read from the objects: `make order`, and tests/order.t.

A call counts if the linker sees it: file A that has an undefined symbol of file B, also a weak
one, calls B, whatever it includes.  Four questions are asked of the answer of `nm`:

    upward    does a room of the kernel call one above it?           ROOMS, from the bottom
    foreign   is a private name (Ki..., Psp...) used outside its home?  HOMES
    unnamed   does a name of one file say in which room it is?       HOMES
    circles   which files call each other in a circle?               TREES

The service table (gen/services_gen.o) is no room: through it user mode reaches every room, by
number, and the build makes it from include/services.tbl.
"""
import collections
import glob
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

ROOMS = "rtl kd ke mm dispatch section observe ob io ps ex init".split()
CORE = ("rtl", "kd", "ke", "mm", "dispatch")
# Who may use a private name: {prefix: rooms}.
HOMES = {
    "Ki": {"ke", "dispatch"},
    "Mi": {"mm", "section"},
    "Kdp": {"kd", "observe"},
    "Rtlp": {"rtl"},
    "Obp": {"ob"},
    "Iop": {"io"},
    "Psp": {"ps"},
    "Exp": {"ex"},
}
GENERATED = ("gen/services_gen",)
PRIVATE = re.compile(rf"({'|'.join(HOMES)})[A-Z]")
PUBLIC = re.compile("(Rtl|Kd|Ke|Mm|Ob|Io|Ps|Ex)[A-Z]")

# Trees whose files may stand in small circles at most: {name: folders of objects}.
TREES = {
    "kernel core": [f"kernel/{room}" for room in CORE],
    "kernel/ke": ["kernel/ke"],
    "kernel/mm": ["kernel/mm"],
    "kernel/dispatch": ["kernel/dispatch"],
    "kernel wings": ["kernel/section", "kernel/observe", "kernel/executive"],
    "kernel": ["kernel", "boot"],
    "ntdll/heap": ["dll/ntdll/heap"],
    "ntdll": ["dll/ntdll"],
    "kernel32": ["dll/kernel32"],
    "msvcrt": ["dll/crt/msvcrt", "dll/crt/new"],
    "msvcrtd": ["dll/crt/debug"],
    "cw3220": ["dll/crt/borland"],
    "ole32": ["dll/ole32"],
    "oleaut32": ["dll/oleaut32"],
    "small": ["dll/advapi32", "dll/user32", "dll/shell32", "dll/shlwapi"],
}

Object = collections.namedtuple("Object", "defined used local")


def room(name):
    """The room of an object of the kernel; None: it is in none (the DLLs, generated tables)."""
    parts = name.split("/")
    if parts[0] == "boot" or parts[:1] == ["kernel"] and len(parts) == 2:
        return "init"
    if parts[0] != "kernel":
        return None
    return parts[2] if parts[1] == "executive" else parts[1]


def has_source(name):
    """An object of a file that is gone lies in the build folder until `make clean`.  A header of
    its name may still be there.  The tables' objects have no source in the tree."""
    source = os.path.join(TOP, name.removeprefix("dll/"))
    endings = ("",) if name.endswith(".asm") else (".c", ".cpp")
    return name in GENERATED or any(os.path.exists(source + ending) for ending in endings)


def read(out, nm="i686-w64-mingw32-nm"):
    """{name: Object} of everything that was built; kernel/mm/page is kernel/mm/page.o, and
    kernel/mm/copy.asm is kernel/mm/copy.asm.o: trap.c and trap.asm are two files."""
    files = [
        path
        for folder in ("kernel", "boot", "dll", "gen")
        for path in glob.glob(os.path.join(glob.escape(out), folder, "**", "*.o"), recursive=True)
        if not path.endswith(".dbg.o")
    ]
    named = {p: os.path.relpath(p, out).removesuffix(".o") for p in files}
    return read_files({p: n for p, n in named.items() if has_source(n)}, nm)


def read_files(named, nm="i686-w64-mingw32-nm"):
    """The same for {path: name}."""
    objects = {name: Object(set(), set(), set()) for name in named.values()}
    if not named:
        return objects
    listing = subprocess.run(
        [nm, "-A", "-P", *named], capture_output=True, text=True, check=True
    ).stdout
    for line in listing.split("\n"):
        if match := re.match(r"(.*\.o): (\S+) ([A-Za-z])\b", line):
            path, symbol, kind = match.groups()
            if kind in "Uvw":
                objects[named[path]].used.add(symbol)
            elif kind in "ABCDGRSTVW":
                objects[named[path]].defined.add(symbol)
            elif kind in "bdrt":
                objects[named[path]].local.add(symbol)
    return objects


def calls(objects):
    """(caller, called, symbol), between two different files."""
    owner = {}
    for name, item in objects.items():
        for symbol in item.defined:
            owner.setdefault(symbol, name)
    for name, item in sorted(objects.items()):
        for symbol in sorted(item.used):
            called = owner.get(symbol)
            if called is not None and called != name:
                yield name, called, symbol


def plain(symbol):
    """_NtClose@4 -> NtClose"""
    return re.sub(r"@\d+$", "", symbol.lstrip("_@"))


def upward(objects):
    """Calls from a room to one above it, as lines."""
    rank = {r: i for i, r in enumerate(ROOMS)}
    return [
        f"{room(a)} -> {room(b)}: {a} calls {plain(s)} of {b}"
        for a, b, s in calls(objects)
        if room(a) in rank and room(b) in rank and rank[room(a)] < rank[room(b)]
    ]


def foreign(objects):
    """Uses of a private name outside its home, as lines."""
    found = []
    for a, b, s in calls(objects):
        match = PRIVATE.match(plain(s))
        if match and room(a) not in {None, room(b), *HOMES[match[1]]}:
            found.append(f"{room(a)}: {a} uses {plain(s)} of {b}")
    return found


def unnamed(objects):
    """What one file of the kernel keeps to itself without saying by its prefix in which room it is,
    as lines.  A public name is a header's; a name with a dot lies within a function (last.0,
    _KiFastCallEntry.copy) or is a section; one with two underscores is the compiler's.
    """
    found = []
    for name, item in sorted(objects.items()):
        for symbol in sorted(item.local) if room(name) else ():
            match = PRIVATE.match(plain(symbol))
            at_home = match and room(name) in {"init", *HOMES[match[1]]}
            if not (at_home or PUBLIC.match(plain(symbol)) or re.search(r"\.|^__", symbol)):
                found.append(f"{room(name)}: {name} has {symbol}")
    return found


def strangers(objects):
    """Kernel objects in a folder that ROOMS does not name."""
    return sorted(n for n in objects if n.startswith("kernel/") and room(n) not in ROOMS)


def circles(edges):
    """The strongly connected parts with more than one node, largest first (Tarjan, 1972)."""
    graph = collections.defaultdict(set)
    for a, b in edges:
        graph[a].add(b)
    index, low, stack, found = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in sorted(graph.get(v, ())):
            if w not in index:
                visit(w)
            if w in stack:
                low[v] = min(low[v], low[w])
        if low[v] == index[v]:
            at = stack.index(v)
            found.append(sorted(stack[at:]))
            del stack[at:]

    for v in sorted(graph):
        if v not in index:
            visit(v)
    return sorted((c for c in found if len(c) > 1), key=lambda c: (-len(c), c))


def inside(objects, folders):
    return {
        n: o for n, o in objects.items() if any(n.startswith(folder + "/") for folder in folders)
    }


def file_circles(objects, folders):
    return circles((a, b) for a, b, _ in calls(inside(objects, folders)))


def room_circles(objects):
    between = ((room(a), room(b)) for a, b, _ in calls(objects))
    return circles((a, b) for a, b in between if a in ROOMS and b in ROOMS and a != b)


def largest(found):
    return len(found[0]) if found else 1


def explain(objects, circle, key=lambda name: name):
    """What makes a circle: for each of its members, whom it calls by which symbols."""
    between = collections.defaultdict(set)
    for a, b, s in calls(objects):
        if key(a) != key(b) and key(a) in circle and key(b) in circle:
            between[key(a), key(b)].add(plain(s))
    return [f"  {a} -> {b}: {' '.join(sorted(s))}" for (a, b), s in sorted(between.items())]


def report(objects):
    yield f"rooms, from the bottom: {' < '.join(ROOMS)}"
    for title, lines in (
        ("upward calls", upward(objects)),
        ("private names away from home", foreign(objects)),
        ("names without their room's prefix", unnamed(objects)),
    ):
        yield f"{title}: {len(lines)}"
        yield from (f"  {line}" for line in lines)
    found = room_circles(objects)
    yield f"largest circle of rooms: {largest(found)}"
    for circle in found:
        yield f" {len(circle)}: {' '.join(circle)}"
    for tree, folders in TREES.items():
        part = inside(objects, folders)
        found = file_circles(objects, folders)
        yield f"{tree}: {len(part)} files, largest circle {largest(found)}"
        for circle in found:
            yield f" {len(circle)}: {' '.join(circle)}"
            yield from explain(part, circle)


if __name__ == "__main__":
    for text in report(read(sys.argv[1] if len(sys.argv) > 1 else os.path.join(TOP, "build"))):
        print(text)
