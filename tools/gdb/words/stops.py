"""Where the processor is, frame by frame: which frames are an exception, a trap, a bug check.

    KdpReportAndStop(code, frame, p)                   a bug check
    KiDispatchException(record, frame, firstChance)    an exception on its way to user mode
    KiUserExceptionDispatcher                          record and CONTEXT lie on the user's stack
    KiTrap0E, KiFastCallEntry, ...                     EBP is a KTRAP_FRAME: a signal frame
"""
import gdb

from .faults import Fault, Registers
from .headers import number as number_of

MOST = 200
MARK = number_of("include/trapframe.h", "KTRAP_FRAME_MARK")


def frames():
    """gdb's frames, the innermost first; as far as they can be unwound."""
    try:
        frame = gdb.newest_frame()
        for _ in range(MOST):
            if frame is None:
                return
            yield frame
            frame = frame.older()
    except gdb.error:
        return


def number(frame, name):
    """An argument of a frame's function; None: it is not known there."""
    try:
        value = frame.read_var(name)
        return None if value.is_optimized_out else int(value) & 0xFFFFFFFF
    except (gdb.error, ValueError):
        return None


def named(*names):
    """The innermost frame of one of these functions."""
    for frame in frames():
        name = (frame.name() or "").split("@")[0].lstrip("_")
        if name in names:
            return frame
    return None


def fault(look):
    """The exception at hand, or None."""
    frame = named("KiDispatchException")
    if frame is not None and (found := dispatched(look, frame)):
        return found
    frame = named("KiUserExceptionDispatcher")
    return pushed(look, frame) if frame is not None else None


def dispatched(look, frame):
    """Of KiDispatchException's arguments."""
    values = [number(frame, name) for name in ("record", "frame", "firstChance")]
    if values[0] is None or values[1] is None:
        return None
    record = look.kernel.record("EXCEPTION_RECORD", values[0])
    trap = look.kernel.record("KTRAP_FRAME", values[1])
    if not record or not trap:
        return None
    return Fault(record, Registers(trap), {None: 0, 0: 2}.get(values[2], 1))


def pushed(look, frame):
    """Of what the kernel laid on the user's stack."""
    try:
        esp = int(frame.read_register("esp")) & 0xFFFFFFFF
    except gdb.error:
        return None
    for at in range(esp, esp + 0x100, 4):
        places = look.space.number(at), look.space.number(at + 4)
        if places[0] == at + 8:
            record = look.space.record("EXCEPTION_RECORD", at + 8)
            context = look.space.record("CONTEXT", places[1]) if record else None
            return Fault(record, Registers(context), 1) if context else None
    return None


def traps(look):
    """[(function, KTRAP_FRAME record)] of the traps and services that lie on the kernel stack."""
    found = []
    for frame in frames():
        if frame.type() != gdb.SIGTRAMP_FRAME:
            continue
        try:
            at = int(frame.read_register("ebp")) & 0xFFFFFFFF
        except gdb.error:
            continue
        trap = look.kernel.record("KTRAP_FRAME", at)
        if trap and trap.DbgArgMark == MARK:  # else EBP is the caller's already: the way out
            name = (frame.name() or "?").split("@")[0].split(".")[0].lstrip("_")
            found.append((name, trap))
    return found


def bug_check(look):
    """(code, [p1..p4], KTRAP_FRAME or None) of a bug check that is being told; None: none is."""
    frame = named("KdpReportAndStop")
    if frame is None:
        return None
    code, at = number(frame, "code"), number(frame, "p")
    data = look.kernel.read(at, 16) if at else None
    words = [int.from_bytes(data[i : i + 4], "little") for i in range(0, 16, 4)] if data else []
    trap = number(frame, "frame")
    record = look.kernel.record("KTRAP_FRAME", trap) if trap else None
    return code, words, record or None
