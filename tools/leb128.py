"""LEB128: a number as bytes of seven bits, the low ones first; all but the last have bit 7 set."""


def put(value):
    """The bytes of a number."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def get(data, at):
    """(value, where the next begins) of the number that begins at data[at]."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
