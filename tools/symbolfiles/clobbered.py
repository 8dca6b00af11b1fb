"""Registers that a call does not preserve, in the call frame information of an ELF copy.  No gdb in
here.

GCC's rules for a frame say nothing of EAX, ECX and EDX; gdb then takes what the innermost function
has in them for the caller's own, and shows it as an argument (BaseThreadInitThunk's `start`).  Each
CIE gets `undefined` for the three, and gdb says <optimized out>.

    .debug_frame                                  .eh_frame
    length, FFFFFFFF, ..., instructions           length, 0, ..., instructions      a CIE, grows
    length, CIE's offset, ...                     length, distance to the CIE, ...  an FDE, moves

In .eh_frame an FDE's first address counts from where it lies itself.
"""
import struct

UNDEFINED = b"\x07\x00\x07\x01\x07\x02\x00\x00"  # DW_CFA_undefined of EAX, ECX, EDX; two DW_CFA_nop
RELATIVE = (
    b"\x7c\x08\x01\x1b"  # data alignment, return column, one byte more: DW_EH_PE_pcrel sdata4
)
WORD, MASK = 4, 0xFFFFFFFF


def entries(data):
    """(offset, word after the length, the rest) of each; a length of 0 has no more words."""
    at = 0
    while at + WORD <= len(data):
        (length,) = struct.unpack_from("<I", data, at)
        if length:
            yield at, struct.unpack_from("<I", data, at + WORD)[0], data[
                at + 2 * WORD : at + WORD + length
            ]
        else:
            yield at, None, b""
        at += WORD + length


def forget(data, in_eh_frame):
    """The section with these rules; as it is where it says something that this does not know."""
    made, moved = bytearray(), {}
    for at, kind, body in entries(data):
        if kind is None:
            made += bytes(WORD)
            continue
        if kind == (0 if in_eh_frame else MASK):
            if in_eh_frame and body[:3] == b"\x01zR" and RELATIVE not in body[:9]:
                return data
            moved[at] = len(made)
            body += UNDEFINED
        elif in_eh_frame:
            body = (
                struct.pack("<I", (struct.unpack("<I", body[:4])[0] + at - len(made)) & MASK)
                + body[4:]
            )
            kind = len(made) + WORD - moved[at + WORD - kind]
        else:
            kind = moved[kind]
        made += struct.pack("<II", len(body) + WORD, kind) + body
    return bytes(made)
