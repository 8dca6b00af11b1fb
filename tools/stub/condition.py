"""A breakpoint's condition, evaluated here: gdb sends it in the bytecode of its agent expressions
(appendix F of its manual), so that a condition that does not hold costs no stop of gdb's.

A stack of 64-bit numbers; the program's registers and memory are read as gdb would.
"""

MASK = (1 << 64) - 1
MOST = 10000  # operations: a damaged expression ends
REFERENCES = {0x17: 1, 0x18: 2, 0x19: 4, 0x1A: 8}
CONSTANTS = {0x22: 1, 0x23: 2, 0x24: 4, 0x25: 8}
EXTEND, ZERO_EXTEND, GOTO_IF, GOTO, REGISTER, END = 0x16, 0x2A, 0x20, 0x21, 0x26, 0x27
DUPLICATE, POP, SWAP, PICK, ROTATE = 0x28, 0x29, 0x2B, 0x32, 0x33
NOT, COMPLEMENT = 0x0E, 0x12


def signed(number, bits=64):
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> bits - 1 else number


def divide(a, b):
    """As C does: towards 0."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


BINARY = {
    0x02: lambda a, b: a + b,
    0x03: lambda a, b: a - b,
    0x04: lambda a, b: a * b,
    0x05: lambda a, b: divide(signed(a), signed(b)),
    0x06: lambda a, b: a // b,
    0x07: lambda a, b: signed(a) - signed(b) * divide(signed(a), signed(b)),
    0x08: lambda a, b: a % b,
    0x09: lambda a, b: a << b if b < 64 else 0,
    0x0A: lambda a, b: signed(a) >> b,
    0x0B: lambda a, b: a >> b,
    0x0F: lambda a, b: a & b,
    0x10: lambda a, b: a | b,
    0x11: lambda a, b: a ^ b,
    0x13: lambda a, b: a == b,
    0x14: lambda a, b: signed(a) < signed(b),
    0x15: lambda a, b: a < b,
}


class Unknown(Exception):
    """An operation that is not known here, or no memory: gdb is to judge."""


def of_packet(words):
    """[bytecode] of the parts of a `Z` packet after the first, `Xlength,code`."""
    codes = []
    for word in words:
        if word[:1] == b"X":
            codes.append(bytes.fromhex(word.partition(b",")[2].decode()))
    return codes


def holds(code, register, read):
    """Whether it is not 0.  register(number); read(address, size): bytes, or fewer."""
    stack, at = [], 0
    try:
        for _ in range(MOST):
            operation, at = code[at], at + 1
            if operation == END:
                return stack[-1] & MASK != 0
            at = step(operation, code, at, stack, register, read)
    except (IndexError, ZeroDivisionError):
        pass
    raise Unknown


def step(operation, code, at, stack, register, read):
    """One operation; where the next one is."""
    if operation in BINARY:
        b, a = stack.pop(), stack.pop()
        stack.append(int(BINARY[operation](a, b)) & MASK)
    elif operation in REFERENCES:
        size = REFERENCES[operation]
        data = read(stack.pop() & 0xFFFFFFFF, size)
        if len(data) < size:
            raise Unknown
        stack.append(int.from_bytes(data, "little"))
    elif operation in CONSTANTS:
        size = CONSTANTS[operation]
        stack.append(int.from_bytes(code[at : at + size], "big"))
        return at + size
    elif operation in (EXTEND, ZERO_EXTEND):
        number, bits = stack.pop(), code[at]
        zeros = number & (1 << bits) - 1
        stack.append(signed(number, bits) & MASK if operation == EXTEND else zeros)
        return at + 1
    elif operation in (GOTO, GOTO_IF):
        target = int.from_bytes(code[at : at + 2], "big")
        return target if operation == GOTO or stack.pop() else at + 2
    elif operation == REGISTER:
        stack.append(register(int.from_bytes(code[at : at + 2], "big")))
        return at + 2
    else:
        return shuffle(operation, code, at, stack)
    return at


def shuffle(operation, code, at, stack):
    if operation == NOT:
        stack.append(int(not stack.pop()))
    elif operation == COMPLEMENT:
        stack.append(~stack.pop() & MASK)
    elif operation == DUPLICATE:
        stack.append(stack[-1])
    elif operation == POP:
        stack.pop()
    elif operation == SWAP:
        stack[-1], stack[-2] = stack[-2], stack[-1]
    elif operation == PICK:
        stack.append(stack[-1 - code[at]])
        return at + 1
    elif operation == ROTATE:
        stack[-3:] = [stack[-1], stack[-3], stack[-2]]
    else:
        raise Unknown
    return at
