"""Frames of the kernel's entry code where EBP is not its trap frame: the first instructions of a
trap, which build the frame, and the last ones before sysexit (entrycfi.py has those before iret).

The first ones are read: each push and `sub esp` says how far the stack has grown since the
processor pushed.  The others are found by what they are.

    base ->  error code, EIP, CS, EFLAGS (, ESP, SS)     pushed by the processor, 0 for no code
    ESP  ->  what was pushed since: depth bytes
"""
import re

import gdb
from gdb.unwinder import Unwinder, register_unwinder

PUSH = re.compile(r"push\s+(?:DWORD PTR )?(\w+)")
STORE = re.compile(r"mov\s+DWORD PTR \[esp\+(0x[0-9a-f]+)\],(eax|ecx|edx)$")
CALLERS = ("ebp", "ebx", "esi", "edi", "eax", "ecx", "edx")
GROW = re.compile(r"(sub|add)\s+esp,(0x[0-9a-f]+)$")
CODES = (10, 11, 12, 13, 17)  # vectors whose trap pushes an error code: kernel/dispatch/trap.asm
WORD_BYTES, VECTORS = 4, 256
KERNEL = 0x80000000


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


def lines(start, count):
    """[(address, text)] of so many instructions."""
    architecture = gdb.selected_inferior().architecture()
    return [(row["addr"], row["asm"]) for row in architecture.disassemble(start, count=count)]


def address(name):
    return int(gdb.parse_and_eval(f"(unsigned int)&'{name}'"))


def growth(start, depth, saved):
    """{pc: (depth, {register: its depth})} from the entry to `mov ebp,esp` or a jump."""
    found = {}
    for pc, text in lines(start, 40):
        found[pc] = (depth, dict(saved))
        if text.startswith("mov    ebp,esp") or text.startswith("jmp"):
            break
        if match := PUSH.match(text):
            depth += WORD_BYTES
            saved = {**saved, match[1]: depth} if match[1] in CALLERS else saved
        elif match := STORE.match(text):
            saved = {**saved, match[2]: depth - int(match[1], 16)}
        elif text.startswith("popf"):
            depth -= WORD_BYTES
        elif match := GROW.match(text):
            depth += int(match[2], 16) * (1 if match[1] == "sub" else -1)
    return found


def entries():
    """The same of every entry: KiTrap0E with its code, int 2Eh, the common part, the stubs."""
    found = growth(address("KiTrap0E"), 0, {})
    found.update(growth(address("KiSystemService"), -WORD_BYTES, {}))  # int 2Eh pushes no code
    found.update(growth(address("KiTrapCommon"), WORD_BYTES, {"ebp": WORD_BYTES}))
    table = address("KiTrapTable")
    for vector in range(VECTORS):
        stub = read(table + WORD_BYTES * vector)
        if stub not in found:
            found.update(growth(stub, 0 if vector in CODES else -WORD_BYTES, {}))
    return found


def read(where):
    data = gdb.selected_inferior().read_memory(where & 0xFFFFFFFF, 4)
    return int.from_bytes(data.tobytes(), "little")


def begins(pc):
    """Whether a function begins there."""
    said = gdb.execute(f"info symbol {pc:#x}", to_string=True)
    return " in section" in said and " + " not in said


def after(name, pattern, count):
    """{pc: text} of the instructions after the first that looks so, in the code of name."""
    rows = lines(address(name), 120)
    at = next(i for i, (_, text) in enumerate(rows) if re.match(pattern, text))
    return dict(rows[at + 1 : at + 1 + count])


class EntryUnwinder(Unwinder):
    def __init__(self):
        super().__init__("fathom-entry")
        self.word, self.frames = gdb.lookup_type("unsigned int"), None
        self.interrupted = set()  # (EIP, ESP) of what a trap's first instructions interrupted

    def _learn(self):
        """When there is memory to read: the code itself."""
        frames = entries()
        self.sysexit = after("KiFastCallEntry", r"mov\s+ebp,DWORD PTR \[ebp", 2)
        self.frames = frames

    def _caller(self, pending, pc, sp, saved):
        """sp identifies the frame: the caller's stack, so that gdb does not take a user's stack,
        which lies below the kernel's, for a damaged one."""
        values = {
            name: gdb.Value(number & 0xFFFFFFFF).cast(self.word) for name, number in saved.items()
        }
        place = gdb.Value(sp & 0xFFFFFFFF).cast(self.word)
        info = pending.create_unwind_info(FrameId(place, gdb.Value(pc).cast(self.word)))
        for name, value in values.items():
            info.add_saved_register(name, value)
        return info

    def _interrupted(self, pending, pc, frame, saved):
        """frame: where the processor pushed EIP."""
        user = read(frame + 4) & 3
        esp = read(frame + 12) if user else frame + 12
        self.interrupted.add((read(frame), esp))
        return self._caller(pending, pc, esp, {"eip": read(frame), "esp": esp, **saved})

    def _entered(self, pending, pc, esp, register):
        """A trap at a function's first instruction: its caller is on the stack.  gdb, which takes
        EIP for a return address, would go by what is said of the byte before."""
        if (pc, esp) not in self.interrupted or not begins(pc):
            return None
        saved = {name: register(name) for name in CALLERS}
        return self._caller(pending, pc, esp + 4, {**saved, "eip": read(esp), "esp": esp + 4})

    def __call__(self, pending):
        def register(name):
            return int(pending.read_register(name)) & 0xFFFFFFFF

        pc = register("eip")
        try:
            if pc < KERNEL:
                return self._entered(pending, pc, register("esp"), register)
            if self.frames is None:
                self._learn()
            if pc in self.frames:
                depth, places = self.frames[pc]
                base = register("esp") + depth
                saved = {name: read(base - at) for name, at in places.items()}
                for name in CALLERS:  # those are in their registers still
                    saved.setdefault(name, register(name))
                return self._interrupted(pending, pc, base + WORD_BYTES, saved)
            if pc in self.sysexit:
                user = {"eip": register("edx"), "esp": register("ecx"), "ebp": register("ebp")}
                return self._caller(pending, pc, user["esp"], user)
        except (gdb.error, StopIteration):  # no such memory yet, or other code than this knows
            pass
        return None


unwinder = None


def building(pc):
    """Whether a trap's entry builds its frame there."""
    return unwinder is not None and pc in (unwinder.frames or ())


def register():
    """Asked before unwind.py's, which would take the last instructions for the first ones."""
    global unwinder
    unwinder = EntryUnwinder()
    register_unwinder(None, unwinder, replace=True)
