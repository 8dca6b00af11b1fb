"""Which modules a recorded program has at the start and at the end of a recording."""
from stub.modules import modules
from stub.space import USER_END

from .recording import CR3, EIP


def ever(recording):
    """The modules at the start and at the end of a recording: {base: name}."""
    found = {}
    for n in (0, recording.count - 1):
        recording.go(n)
        cr3 = recording.registers()[CR3]
        if recording.registers()[EIP] >= USER_END:
            cr3 = user_space(recording, n) or cr3
        found.update({base: name for name, base, _ in modules(recording, cr3)})
    recording.go(0)
    return found


def user_space(recording, n):
    """CR3 of the step in user mode that is nearest to n."""
    for distance in range(recording.count):
        for other in (n - distance, n + distance):
            if 0 <= other < recording.count:
                state = recording.step(other)[0]
                if state[EIP] < USER_END:
                    return state[CR3]
    return None
