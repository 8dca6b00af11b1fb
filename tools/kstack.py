#!/usr/bin/env python3
"""The worst kernel stack of every way in, from the compiler's frames and the linker's calls.

    tools/kstack.py BUILD [NAME...]     every entry, or the deepest way of these functions

A frame's size is the compiler's (-fstack-usage); that of an assembly function, or of one of the
compiler's library, is what its instructions push at most.  A direct call is read from the linked
kernel.  A call through a pointer is declared in kstack.tbl with everything that it may reach, and
the declarations are checked against the kernel itself:

    every place that calls through a pointer is declared, and no other
    every function whose address the kernel takes can be reached by some declared place
    every declared target has its address taken
    every circle of calls is cut by a declared function, with how often it may be on a stack

An instruction that touches user memory (a row of .fixup) may fault: the page fault's way lies on
top of it.  An interrupt may come at the deepest place; there is one at a time, with interrupts off.
"""
import collections
import functools
import glob
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tools"))
import services

sys.setrecursionlimit(10000)
OBJDUMP, NM = "i686-w64-mingw32-objdump", "i686-w64-mingw32-nm"
FAULT, INTERRUPT = "KiPageFault.kernel", "KiDispatchTrap.kernel"  # rows `top' of the table
CLONE = re.compile(r"\.(constprop|isra|part)\b")


class Function:
    def __init__(self, name):
        self.name = name
        self.frame = None  # bytes, with the return address; the compiler's
        self.pushed = 4  # the same, by what its instructions push
        self.calls = set()  # names
        self.sites = set()  # places that call through a pointer


def plain(symbol):
    """_NtClose@4 -> NtClose.  A label of an assembly function, and the part of a C function that is
    seldom executed (.cold), are the function's; a copy that the compiler made is itself."""
    symbol = re.sub(r"^[_@]|@\d+|\.cold$", "", symbol)
    symbol = re.sub(r"^KiTrapStub\d+$", "KiTrapStubs", symbol)
    return symbol if CLONE.search(symbol) else symbol.split(".")[0] or symbol


@functools.lru_cache(None)
def heads(path):
    """The lines of a C file at which functions begin: [(line, name)]."""
    found, open_line = [], None
    with open(os.path.join(TOP, path)) as file:
        for number, line in enumerate(file, 1):
            line = re.sub(r"__attribute__\(\(\w+\)\) ?", "", line)
            if match := re.match(r"(?!static const|typedef|#|/)[A-Za-z_].*?\b(\w+)\(", line):
                open_line = number, match[1]
            if "{" in line and open_line:
                found.append(open_line)
                open_line = None
    return found


@functools.lru_cache(None)
def place(path, line):
    """The function of a line of the source, or None; an event is KD_TRACE, wherever it happens."""
    name = None
    if not os.path.exists(os.path.join(TOP, path)):
        return None  # the path is that of another build
    with open(os.path.join(TOP, path)) as file:
        statement = "".join(file.readlines()[:line][-4:]).rstrip().rstrip(";")
    if "KD_TRACE(" in re.split(r"[;{}]", statement)[-1]:
        return "KD_TRACE"
    for start, head in heads(path):
        if start <= line:
            name = head
    return name


def su_files(out, top):
    """What the compiler said of the frames.  That of a file which is gone lies there until `make
    clean`."""
    found = glob.glob(os.path.join(glob.escape(out), "kernel", "**", "*.su"), recursive=True)
    source = {path: os.path.join(top, os.path.relpath(path, out)[:-3]) + ".c" for path in found}
    return sorted(path for path in found if os.path.exists(source[path]))


def read_code(kernel, files):
    """{name: Function} of everything in the kernel that is executed."""
    listing = run(OBJDUMP, "-dl", "--no-show-raw-insn", "-j", ".text", kernel)
    functions, now, where = {}, None, None
    for line in listing.split("\n"):
        if match := re.match(r"[0-9a-f]{8} <(.+)>:", line):
            if not match[1].startswith((".", "_.")):
                now = functions.setdefault(plain(match[1]), Function(plain(match[1])))
                where = None
        elif match := re.match(r"(?:\./)?(\S+\.c):(\d+)", line):
            where = place(match[1], int(match[2]))
        elif match := re.match(r"[0-9a-f]{8}:\s+(\w+)\s*(.*)", line):
            instruction(now, where, *match.groups())
    sizes = {}
    for path in files:
        with open(path) as file:
            for line in file:
                what, size, kind = line.rstrip("\n").split("\t")
                name = what.split(":")[3]
                if kind == "dynamic":
                    raise SystemExit(f"{what}: its frame is {kind}: how large it gets is not known")
                sizes[name] = max(sizes.get(name, 0), int(size))
    for function in functions.values():
        function.frame = sizes.get(re.sub(r"\.\d+$", "", function.name))
    return functions


def instruction(function, where, word, operand):
    if word in ("push", "pushl", "pushf", "pushfl"):
        function.pushed += 4
    elif word == "sub" and (match := re.match(r"\$(0x[0-9a-f]+),%esp", operand)):
        function.pushed += int(match[1], 16)
    elif word in ("call", "jmp") and operand.startswith("*"):
        if word == "call" or "(,%" not in operand:  # a jump by a table is a switch
            function.sites.add(where or function.name)
    elif match := re.match(r"[0-9a-f]+ <([^+>]+)", operand) if word[0] in "jc" else None:
        if plain(match[1]) != function.name or word == "call":
            function.calls.add(plain(match[1]))


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


class Image:
    """The kernel as it is linked: its symbols and its sections' bytes."""

    def __init__(self, path):
        self.symbols = collections.defaultdict(set)  # address -> names
        for line in run(NM, path).split("\n"):
            if match := re.match(r"([0-9a-f]{8}) [tT] (\S+)", line):
                self.symbols[int(match[1], 16)].add(plain(match[2]))
        self.sections = []
        with open(path, "rb") as file:
            data = file.read()
        header = (
            r"^ +\d+ (\S+) +([0-9a-f]{8})  ([0-9a-f]{8})  \S+  ([0-9a-f]{8}) .*\n +CONTENTS, ALLOC"
        )
        for match in re.finditer(header, run(OBJDUMP, "-h", path), re.M):
            size, start, at = (int(match[i], 16) for i in (2, 3, 4))
            self.sections.append((match[1], start, data[at : at + size]))
        self.labels = {name: a for a, names in self.symbols.items() for name in names}

    def taken(self, functions):
        """Functions whose address is a word somewhere (a relative call has none)."""
        starts = {
            address.to_bytes(4, "little"): name
            for address, names in self.symbols.items()
            for name in names
            if name in functions
        }
        found = set()
        for name, _, data in self.sections:
            if name == ".ksym":
                continue
            step = 1 if name in (".text", ".boot") else 4
            for at in range(0, len(data) - 3, step):
                if data[at + 3] == 0x80 and (hit := starts.get(data[at : at + 4])):
                    found.add(hit)
        return found

    def may_fault(self):
        """Functions with an instruction that a row of .fixup names."""
        if "_fixup_start" not in self.labels:
            return set()
        first, last = self.labels["_fixup_start"], self.labels["_fixup_end"]
        _, start, data = next(s for s in self.sections if s[1] <= first < s[1] + len(s[2]))
        found = set()
        for at in range(first - start, last - start, 12):
            eip = int.from_bytes(data[at : at + 4], "little")
            below = max(a for a in self.symbols if a <= eip)
            found |= {n for n in self.symbols[below] if not n.startswith(".")}
        return found


class Table:
    """kstack.tbl.  A row may go on in lines that begin with a blank."""

    def __init__(self, path):
        self.sites, self.entries, self.circles, self.tops, sets = {}, [], {}, {}, {}
        self.addresses, self.safe = set(), set()
        with open(path) as file:
            text = re.sub(r"\n[ \t]+", " ", re.sub(r"#.*", "", file.read()))
        for row in filter(None, text.split("\n")):
            word, name, *rest = row.split()
            if word in ("call", "set"):
                rest = [target for r in rest for target in sets.get(r, [r])]
            if word == "call":
                self.sites.setdefault(name, set()).update(rest)
            elif word == "set":
                sets[name] = rest
            elif word == "entry":
                self.entries.append((name, int(rest[0], 0), int(rest[1], 0), rest[2:]))
            elif word == "circle":
                self.circles[name] = int(rest[0])
            elif word == "top":
                self.tops[name] = int(rest[0]), rest[1], set(rest[3:])
            elif word == "safe":
                self.safe |= {name, *rest}
            elif word == "address":
                self.addresses |= {name, *rest}
            else:
                raise SystemExit(f"{path}: {word} is no kind of row")


class Graph:
    def __init__(self, functions, table, may_fault=()):
        self.table = table
        self.edges, self.frames, self.memo = {}, {}, {}
        for name, function in functions.items():
            to = set(function.calls).union(*(table.sites.get(site, ()) for site in function.sites))
            if name in may_fault:
                to.add(FAULT)
            self.edges[name] = sorted(n for n in to if n in functions or n in table.tops)
            self.frames[name] = function.pushed if function.frame is None else function.frame
        for name, (size, function, without) in table.tops.items():
            self.edges[name] = [n for n in self.edges[function] if n not in without]
            self.frames[name] = size + self.frames[function]
        for name in sorted(table.safe & set(functions)):
            self.edges[name] = [self.without_fault(n) for n in self.edges[name]]
        self.part = self.components()

    def without_fault(self, name):
        """The same function, called by one that is safe: no fault comes from it or below it."""
        safe = name + ".safe"
        if safe not in self.edges:
            self.edges[safe], self.frames[safe] = [], self.frames[name]
            self.edges[safe] = [self.without_fault(n) for n in self.edges[name] if n != FAULT]
        return safe

    def components(self):
        """{function: number of its circle}; one number: they call each other (Tarjan, 1972)."""
        index, low, stack, part = {}, {}, [], {}

        def visit(v):
            index[v] = low[v] = len(index)
            stack.append(v)
            for w in self.edges[v]:
                if w not in index:
                    visit(w)
                if w not in part:
                    low[v] = min(low[v], low[w])
            if low[v] == index[v]:
                number = len(set(part.values()))
                while v not in part:
                    part[stack.pop()] = number

        for v in self.edges:
            if v not in index:
                visit(v)
        return part

    def circles(self):
        members = collections.defaultdict(list)
        for name, number in self.part.items():
            members[number].append(name)
        return {
            number: sorted(names)
            for number, names in members.items()
            if len(names) > 1 or names[0] in self.edges[names[0]]
        }

    def uncut(self):
        """Circles that remain when the declared functions are taken out, as lines."""
        cut = self.table.circles
        left = {v: [w for w in to if w not in cut] for v, to in self.edges.items() if v not in cut}
        state, lines = {}, []

        def visit(v, way):
            state[v] = "open"
            for w in left[v]:
                if state.get(w) == "open":
                    lines.append(" -> ".join([*way[way.index(w) :], w]))
                elif w not in state:
                    visit(w, [*way, w])
            state[v] = "done"

        for v in left:
            if v not in state:
                visit(v, [v])
        return lines

    def worst(self, name, left=None):
        """(bytes, way) of the deepest stack from a call of this function on; its return address
        counts.  left: how often each cutting function of its circle may still come."""
        part = self.part[name]
        if left is None:
            left = ((n, k) for n, k in self.table.circles.items() if self.part.get(n) == part)
        room = dict(left)
        if name in room:
            if room[name] == 0:
                return None
            room[name] -= 1
        left = tuple(sorted(room.items()))
        key = name, left
        if key not in self.memo:
            self.memo[key] = 0, ()  # an undeclared circle ends here; uncut() says so
            best = 0, ()
            for to in self.edges[name]:
                found = self.worst(to, left if self.part[to] == part else None)
                if found and found[0] > best[0]:
                    best = found
            self.memo[key] = best[0] + self.frames[name], (name, *best[1])
        return self.memo[key]


class Kernel:
    """Everything together: what was built in a folder, and the table."""

    def __init__(self, out, table=None, kernel=None, rows=None, top=TOP):
        kernel = kernel or os.path.join(out, "kernel", "ntoskrnl.exe")
        self.table = Table(table or os.path.join(TOP, "tools", "kstack.tbl"))
        self.functions = read_code(kernel, su_files(out, top))
        self.image = Image(kernel)
        table = os.path.join(TOP, "include/services.tbl")
        self.rows = [name for _, name, _ in services.rows(table)] if rows is None else rows
        for targets in self.table.sites.values():
            if "services" in targets:
                targets.discard("services")
                targets.update(self.rows)
        self.graph = Graph(self.functions, self.table, self.image.may_fault())

    def faults_of_table(self):
        """What is wrong with the declarations, as lines."""
        declared, known = self.table.sites, set(self.functions)
        sites = {site for f in self.functions.values() for site in f.sites}
        called = set().union(*declared.values())
        reached = called | set(self.rows) | self.table.addresses
        reached |= {n for entry in self.table.entries for n in entry[3]} - {"services"}
        taken = self.image.taken(self.functions)
        circles = {n for names in self.graph.circles().values() for n in names}
        for wrong, names in (
            ("calls through a pointer and is not declared", sites - set(declared)),
            ("is declared and calls through no pointer", set(declared) - sites),
            ("has its address taken and no declared place calls it", taken - reached),
            ("is a declared target and is no function", reached - known),
            ("is a declared target and its address is not taken", (called & known) - taken),
            ("is declared for a circle and is in none", set(self.table.circles) - circles),
        ):
            yield from (f"{name} {wrong}" for name in sorted(names))

    def entries(self):
        """(entry, function, bytes in all, stack's size, way), for every way in."""
        top = self.graph.worst(INTERRUPT)[0] if INTERRUPT in self.graph.edges else 0
        for entry, stack, base, names in self.table.entries:
            for name in self.rows if names == ["services"] else names:
                depth, way = self.graph.worst(name)
                yield entry, name, base + depth + (top if entry != "task" else 0), stack, way


def main(out, *names):
    kernel = Kernel(out)
    for line in [*kernel.faults_of_table(), *kernel.graph.uncut()]:
        print(line)
    if not names:
        for entry, name, depth, stack, _ in sorted(kernel.entries(), key=lambda e: -e[2]):
            print(f"{depth:6} of {stack:6} {entry:9} {name}")
    for name in names:
        depth, way = kernel.graph.worst(name)
        print(f"{depth:6} {name}")
        for step in way:
            print(f"  {kernel.graph.frames[step]:6} {step}")


if __name__ == "__main__":
    main(*sys.argv[1:])
