"""A recording as what a question is about: steps, calls, variables, pages.

    Step 3  CoTaskMemFree(block of step 1)
      Call CoTaskMemFree(Block=005755D8) -> .        a function of the student's file
        Call RtlFreeHeap(Heap=.., Block=..) -> 1     one that is watched

A function of the student's file is found by where its object lies in the linked file: a name is
often there twice.  A call ends where its return address is reached with the stack above it.
"""
import os
import re
import subprocess
from dataclasses import dataclass, field

from record import recording
from record.symbols import Symbols

TOOL = "i686-w64-mingw32-"
ESP = recording.REGISTERS.index("esp")
EAX = recording.REGISTERS.index("eax")
EIP, CR3 = recording.EIP, recording.CR3
FAULT_VECTOR = "nt!KiTrap0E"
ONE_STACK = 0x10000  # bytes: an ESP farther away is that of another stack


@dataclass
class Call:
    name: str
    arguments: dict
    own: bool  # of the student's file
    depth: int
    begin: int  # step of the recording
    end: int = 0
    result: int | None = None
    last: int = 0  # the last instruction of it, an address
    inside: bool = False  # called, by whatever way, from a function of the student's file


@dataclass
class Step:
    number: int
    what: str
    otherwise: str
    about: int
    begin: int
    end: int = 0
    result: int = 0
    calls: list = field(default_factory=list)
    own: int = 0  # instructions of the student's file
    total: int = 0
    entered: list = field(default_factory=list)  # its functions, in order of their first entry
    changes: dict = field(default_factory=dict)  # variable -> (before, after)
    what_zh: str = ""
    otherwise_zh: str = ""
    faults: int = 0
    pte: tuple = (0, 0)  # of `about`, before and after

    def of(self, name):
        """Its finished calls that are of the student's file, or come from it."""
        return [
            c for c in self.calls if c.name == name and c.result is not None and (c.own or c.inside)
        ]


def in_chinese(text, table):
    """A step's words by the table, whose %u and %X stand for numbers; else as they are."""
    for english, chinese in table.items():
        pattern = re.sub(r"%0?\d*[uX]", r"([0-9A-F]+)", re.escape(english).replace("\\%", "%"))
        if found := re.fullmatch(pattern, text):
            numbers = iter(found.groups())
            return re.sub(r"%0?\d*[uX]", lambda _: next(numbers), chinese)
    return text


def plain(name):
    return re.sub(r"@\d+$", "", name.removeprefix("_"))


def listed(path):
    """[(address, kind, plain name)]."""
    text = subprocess.run([TOOL + "nm", path], capture_output=True, text=True).stdout
    rows = (line.split(" ", 2) for line in text.splitlines())
    return [(int(a, 16), kind, plain(name)) for a, kind, name in rows if a.strip()]


class Code:
    """The student's file in the linked product."""

    def __init__(self, run):
        kernel = run.lab.lab["kind"] == "kernel"
        self.product = (
            os.path.join(run.out, "kernel", "ntoskrnl.exe") if kernel else run.submission.dll
        )
        inside = {
            name: at
            for at, kind, name in listed(run.submission.object)
            if kind in "tT" and name[0] != "."
        }
        linked = {}
        for at, kind, name in listed(self.product):
            linked.setdefault(name, []).append((at, kind))
        first = next(
            name
            for name in run.lab.lab["provides"]
            if name in inside and len(linked.get(name, ())) == 1
        )
        base = linked[first][0][0] - inside[first]
        self.functions = {base + at: name for name, at in inside.items()}
        self.start = base
        self.end = base + self._text_bytes(run.submission.object)
        self.variables = self._variables(run.submission.object, linked)
        self.lines = {}

    def _text_bytes(self, path):
        text = subprocess.run([TOOL + "size", "-A", path], capture_output=True, text=True).stdout
        return next(int(row.split()[1]) for row in text.splitlines() if row.startswith(".text "))

    def _variables(self, path, linked):
        """{name: address} of its variables whose name is there once."""
        names = {name for _, kind, name in listed(path) if kind in "bBdDC" and name[0] != "."}
        found = {}
        for name in names:
            places = [at for at, kind in linked.get(name, ()) if kind in "bBdD"]
            if len(places) == 1:
                found[re.sub(r"\.\d+$", "", name)] = places[0]
        return found

    def has(self, address):
        return self.start <= address < self.end

    def line(self, address):
        """FILE:LINE of an instruction."""
        if address not in self.lines:
            words = [TOOL + "addr2line", "-e", self.product, hex(address)]
            said = (
                subprocess.run(words, capture_output=True, text=True).stdout.split(" ")[0].strip()
            )
            self.lines[address] = os.path.basename(said)
        return self.lines[address]


class Model:
    def __init__(self, run, path, seed):
        self.run, self.code, self.seed = run, Code(run), seed
        self.recording = recording.Recording(path)
        names = Symbols(run.program, run.out, run.added())
        self.marks = {names.find(n): n for n in ("defence_step", "defence_done")}
        self.trap = names.find(FAULT_VECTOR)
        self.watched = {address: name for address, name in self.code.functions.items()}
        self.arguments = dict(run.table.get("functions", {}))
        for name, words in run.table.get("watch", {}).items():
            address = names.find(name)
            self.watched.setdefault(address, name.rpartition("!")[2])
            self.arguments[name.rpartition("!")[2]] = words
        self.steps = []
        self._read()

    # ---- the machine at the step where the recording is ----
    def word(self, address):
        return int.from_bytes(self.recording.read(address, 4).ljust(4, b"\0"), "little")

    def text(self, address):
        return self.recording.read(address, 200).split(b"\0")[0].decode("utf-8", "replace")

    def variables(self):
        return {name: self.word(at) for name, at in self.code.variables.items()}

    def pte(self, address):
        return self.recording.pte(address, self.recording.registers()[CR3]) if address else 0

    # ---- reading ----
    def _read(self):
        step, stack, before = None, [], {}
        machine = self.recording
        while True:
            registers = machine.registers()
            eip, esp = registers[EIP], registers[ESP]
            while stack and stack[-1][1] < esp < stack[-1][1] + ONE_STACK:
                call = stack.pop()[0]
                call.end, call.result = machine.n, registers[EAX]
            if eip in self.marks:
                if self.marks[eip] == "defence_step":
                    n, what, otherwise, about = (self.word(esp + 4 * i) for i in (1, 2, 3, 4))
                    step = Step(n, self.text(what), self.text(otherwise), about, machine.n)
                    step.what_zh = in_chinese(step.what, self.run.chinese)
                    step.otherwise_zh = in_chinese(step.otherwise, self.run.chinese)
                    before, step.pte = self.variables(), (self.pte(about), 0)
                elif step:
                    self._finish(step, before, esp)
                    step = None
                stack = []
            elif step:
                self._instruction(step, stack, eip, esp)
            if not machine.forward():
                break

    def _finish(self, step, before, esp):
        step.end, step.result = self.recording.n, self.word(esp + 8)
        after = self.variables()
        step.changes = {n: (before[n], after[n]) for n in sorted(after) if after[n] != before[n]}
        step.pte = (step.pte[0], self.pte(step.about))
        self.steps.append(step)

    def _instruction(self, step, stack, eip, esp):
        step.total += 1
        step.faults += eip == self.trap
        if self.code.has(eip):
            step.own += 1
            if stack:
                stack[-1][0].last = eip
        if eip in self.watched:
            name = self.watched[eip]
            words = self.arguments.get(name, [])
            given = {word: self.word(esp + 4 * (i + 1)) for i, word in enumerate(words)}
            call = Call(name, given, eip in self.code.functions, len(stack), self.recording.n)
            call.inside = any(one.own for one, _ in stack)
            step.calls.append(call)
            stack.append((call, esp))
            if call.own and name not in step.entered:
                step.entered.append(name)
