"""A backtrace across the ring, for the code that has no frame of its own:

  kernel entry code (NASM): EBP points at the KTRAP_FRAME (include/trapframe.h) while C
      runs; the caller is what the frame holds, user or kernel
  ntdll's stubs (NASM): frameless, the return address is at ESP

Everything else has DWARF and needs no help.
"""
import gdb
from gdb.unwinder import Unwinder, register_unwinder

MARK = 0xBADB0D00
FIELDS = {
    "edx": 0x3C,
    "ecx": 0x40,
    "eax": 0x44,
    "edi": 0x54,
    "esi": 0x58,
    "ebx": 0x5C,
    "ebp": 0x60,
    "eip": 0x68,
}
DBG_MARK, SEG_CS, USER_ESP, KERNEL_ESP = 0x08, 0x6C, 0x74, 0x74


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class RingUnwinder(Unwinder):
    def __init__(self, entry):
        super().__init__("fathom")
        self.entry, self.stubs = entry, []
        self.word = gdb.lookup_type("unsigned int")

    @staticmethod
    def _within(ranges, pc):
        return any(start <= pc < end for start, end in ranges)

    def _read(self, address):
        data = gdb.selected_inferior().read_memory(address & 0xFFFFFFFF, 4)
        return int.from_bytes(data.tobytes(), "little")

    def _value(self, number):
        return gdb.Value(number).cast(self.word)

    def _info(self, pending, sp, pc, registers):
        info = pending.create_unwind_info(FrameId(self._value(sp), self._value(pc)))
        for name, number in registers.items():
            info.add_saved_register(name, self._value(number))
        return info

    def __call__(self, pending):
        pc, sp, bp = (
            int(pending.read_register(r)) & 0xFFFFFFFF for r in ("eip", "esp", "ebp")
        )
        try:
            if self._within(self.entry, pc) and self._read(bp + DBG_MARK) == MARK:
                registers = {name: self._read(bp + at) for name, at in FIELDS.items()}
                user = self._read(bp + SEG_CS) & 3
                registers["esp"] = self._read(bp + USER_ESP) if user else bp + KERNEL_ESP
                return self._info(pending, bp, pc, registers)
            if self._within(self.stubs, pc):
                return self._info(
                    pending, sp + 4, pc, {"eip": self._read(sp), "esp": sp + 4, "ebp": bp}
                )
        except gdb.MemoryError:
            pass
        return None


unwinder = None


def register(entry):
    global unwinder
    unwinder = RingUnwinder(entry)
    register_unwinder(None, unwinder, replace=True)


def add_stubs(ranges):
    unwinder.stubs += ranges
