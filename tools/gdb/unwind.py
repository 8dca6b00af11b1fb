"""The frame of KiFastCallEntry's first instructions: still on the way in, EDX is the user's stack.
Its caller is KiFastSystemCall, by the address after its sysenter (KiFastSystemCallRet), as
everywhere else in KiFastCallEntry; that frame is one and the same before and after the return.

The rest of the kernel's entry code is described by entrycfi.py and entrycode.py, the dispatchers of
ntdll by dispatchers.py, all C by its compiler; gdb itself reads the few instructions of the stubs.
"""
import gdb
from gdb.unwinder import Unwinder, register_unwinder

MARK, MARK_AT = 0xBADB0D00, 8  # KTRAP_FRAME.DbgArgMark: EBP points at a trap frame


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class RingUnwinder(Unwinder):
    def __init__(self, fast_entry):
        super().__init__("fathom")
        self.fast_entry, self.outermost = fast_entry, (0, 0)
        self.word = gdb.lookup_type("unsigned int")
        self.back = None

    def _read(self, address):
        data = gdb.selected_inferior().read_memory(address & 0xFFFFFFFF, 4)
        return int.from_bytes(data.tobytes(), "little")

    def _value(self, number):
        return gdb.Value(number).cast(self.word)

    def _frame(self, pending, identity, pc, saved):
        info = pending.create_unwind_info(FrameId(self._value(identity), self._value(pc)))
        for name, number in saved.items():
            info.add_saved_register(name, self._value(number))
        return info

    def __call__(self, pending):
        def register(name):
            return int(pending.read_register(name)) & 0xFFFFFFFF

        try:
            pc, bp = register("eip"), register("ebp")
            if self.back is None:
                self.back = int(gdb.parse_and_eval("(unsigned int)&KiFastSystemCallRet"))
            if pc == self.back:
                esp = register("esp")
                caller = {"eip": self._read(esp), "esp": esp + 4, "ebp": bp}
                return self._frame(pending, esp + 4, pc, caller)
            if self.outermost[0] <= pc < self.outermost[1]:
                return None  # entrycfi.py says that nobody called it
            start, end = self.fast_entry
            if start <= pc < end and self._read(bp + MARK_AT) != MARK:
                stack = register("edx")
                return self._frame(pending, stack, pc, {"eip": self.back, "esp": stack, "ebp": bp})
        except gdb.error:  # no such memory, or a register that nobody saved
            pass
        return None


unwinder = None


def register(fast_entry):
    """fast_entry: [start, end) of the code that sysenter enters."""
    global unwinder
    unwinder = RingUnwinder(fast_entry)
    register_unwinder(None, unwinder, replace=True)


def outermost(where):
    unwinder.outermost = where
