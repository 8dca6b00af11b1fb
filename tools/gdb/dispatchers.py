"""Frames where the kernel resumed a thread of a program: the caller is the CONTEXT that it laid on
the user stack.

  KiUserExceptionDispatcher   [ESP] PEXCEPTION_RECORD, [ESP+4] PCONTEXT, then both
  KiUserApcDispatcher         [ESP] routine and its three arguments, then a CONTEXT: EDI

The function that faulted, or that waited, is the caller's frame then, with its own registers.
"""
import gdb
from gdb.unwinder import Unwinder, register_unwinder

from entrycode import FrameId, read

EBX, EBP, EIP, ESP, ESI, EDI = 0xA4, 0xB4, 0xB8, 0xC4, 0xA0, 0x9C  # of a CONTEXT: winnt.h
RECORD_BYTES, SEARCHED = 0x50, 0x100
APC_CONTEXT = 0x10  # from ESP at the dispatcher's first two instructions


def function(name):
    """[start, end) of a function of ntdll's assembler: up to the next symbol."""
    start = end = int(gdb.parse_and_eval(f"(unsigned int)&{name}"))
    while gdb.execute(f"info symbol {end:#x}", to_string=True).split(" ")[0] == name:
        end += 1
    return start, end


def pushed_context(esp):
    """The CONTEXT of an exception, wherever the dispatcher's own pushes have left ESP: the place
    where two pointers lead to just after themselves."""
    for at in range(esp, esp + SEARCHED, 4):
        if read(at) == at + 8 and read(at + 4) == at + 8 + RECORD_BYTES:
            return at + 8 + RECORD_BYTES
    return None


class DispatcherUnwinder(Unwinder):
    def __init__(self):
        super().__init__("fathom-dispatchers")
        self.word = gdb.lookup_type("unsigned int")
        self.exception, self.apc = function("KiUserExceptionDispatcher"), function(
            "KiUserApcDispatcher"
        )

    def _context(self, pending, pc, register):
        if self.exception[0] <= pc < self.exception[1]:
            return pushed_context(register("esp"))
        if self.apc[0] <= pc < self.apc[1]:
            first = pc - self.apc[0] < 4  # lea edi has not run
            return register("esp") + APC_CONTEXT if first else register("edi")
        return None

    def __call__(self, pending):
        def register(name):
            return int(pending.read_register(name)) & 0xFFFFFFFF

        try:
            pc = register("eip")
            context = self._context(pending, pc, register)
            if context is None:
                return None
            caller = {"ebx": EBX, "ebp": EBP, "eip": EIP, "esp": ESP, "esi": ESI, "edi": EDI}
            values = {
                name: gdb.Value(read(context + at)).cast(self.word) for name, at in caller.items()
            }
        except gdb.error:
            return None
        info = pending.create_unwind_info(
            FrameId(gdb.Value(context).cast(self.word), gdb.Value(pc).cast(self.word))
        )
        for name, value in values.items():
            info.add_saved_register(name, value)
        return info


def register():
    register_unwinder(None, DispatcherUnwinder(), replace=True)
