"""One step back for gdb's commands that go back by lines: not into the handler of a fault or an
interrupt, and not onto the thunk of an import (gdb would take it for a caller).

    step b   EIP x, ESP s          the instruction at x faults
    ...      the handler
    step n   EIP x, ESP s          it begins again; the one before was IRET
"""
from .recording import CR3, EIP, REGISTERS

CS, ESP = REGISTERS.index("cs"), REGISTERS.index("esp")
THUNK = b"\xff\x25"  # jmp [an import's pointer]
IRET = b"\xcf"
PRIVILEGE = 3  # bits of CS


def begun(recording, n):
    """The step b of step n, where recording is; None: no fault lies between."""
    if not n:
        return None
    here, last = recording.step(n)[0], recording.step(n - 1)[0]
    if recording.read(last[EIP], 1, last[CR3]) != IRET:
        return None
    for at in range(n - 1, -1, -1):
        then = recording.step(at)[0]
        if then[CS] == here[CS] and then[ESP] == here[ESP]:
            return at if then[EIP] == here[EIP] else None  # else a service by int 2Eh
        if not here[CS] & PRIVILEGE and then[CS] == here[CS] and then[ESP] > here[ESP]:
            return None  # another stack, or a caller
    return None



def before(recording, n):
    """The step that such a step back from n leads to; None: n - 1."""
    least = begun(recording, n)
    if least is None and n:
        least = begun(recording, n - 1)
    if least is None and n > 1:
        last = recording.step(n - 1)[0]
        if last[CS] & PRIVILEGE and recording.read(last[EIP], 2, last[CR3]) == THUNK:
            least = n - 2
    return least
