"""gdb's registers in the packets of QEMU's stub for a 32-bit machine (gdb-xml/i386-32bit.xml).

    16 of 4 bytes, fs_base gs_base k_gs_base cr0 cr2 cr3 cr4 cr8 efer, st0-st7 of 10 bytes,
    fctrl fstat ftag fiseg fioff foseg fooff fop, xmm0-xmm7 of 16 bytes, mxcsr

QEMU takes the x87 registers as they lie in the processor, R0..R7, and to 7.2 sends them so, too
(commands.py: reads_stack); gdb's st0..st7 begin at the top of the stack: ST(i) is
R((TOP + i) mod 8).  QEMU's ftag is always 0; tags are made of what is empty
(QEMU's monitor says) and of the values.
"""
import re
import struct

ESP, EBP, EIP, CS, CR0, CR3, CR4 = 4, 5, 8, 10, 19, 21, 22  # gdb's numbers
ST0, FSTAT, FTAG = 25, 34, 35
BYTES = [4] * 25 + [10] * 8 + [4] * 8 + [16] * 8 + [4]
AT = [sum(BYTES[:n]) for n in range(len(BYTES))]  # bytes before each
TOP_SHIFT = 11
# gdb keeps libraries, and finds a frame's names in its own module first, for a machine of Linux
# alone: one that has this register.
FEATURE = b"""<feature name="org.gnu.gdb.i386.linux"><reg name="orig_eax" bitsize="32" type="int"
group="system"/></feature>"""
VECTOR = b'<vector id="v4f"'  # the first line of QEMU's that is of SSE
SSE = b'</feature><feature name="org.gnu.gdb.i386.sse">'


def described(read):
    """What gdb is told of a live machine's registers.  read(name): a file of QEMU's, whole.  QEMU
    has the xmm registers among the core's, and gdb then takes them for general ones: `info
    registers` shows each of them over ten lines, and a dashboard cannot read such lines."""

    def included(place):
        text = read(place[1])
        text = text[text.find(b"<feature") :]
        return text if b"i386.sse" in text else text.replace(VECTOR, SSE + VECTOR, 1)

    whole = re.sub(rb'<xi:include href="([^"]*)"/>', included, read(b"target.xml"))
    return whole.replace(b"</target>", FEATURE + b"</target>")


def word(data, number):
    """Of the bytes of a `g` packet."""
    return struct.unpack_from("<I", data, AT[number])[0]


def top(data):
    return word(data, FSTAT) >> TOP_SHIFT & 7


def _turned(data, by):
    at, size = AT[ST0], BYTES[ST0]
    cells = [data[at + i * size : at + (i + 1) * size] for i in range(8)]
    return data[:at] + b"".join(cells[(i + by) & 7] for i in range(8)) + data[at + 8 * size :]


def to_gdb(data):
    """QEMU's bytes as gdb's."""
    return _turned(data, top(data))


def to_qemu(data):
    return _turned(data, -top(data))


def physical_st(number, data):
    """Which of QEMU's registers gdb's number is."""
    return ST0 + ((number - ST0 + top(data)) & 7) if ST0 <= number < ST0 + 8 else number


def tag(cell, empty):
    """An x87 register's two bits of the tag word: valid, zero, special, empty."""
    if empty:
        return 3
    mantissa, exponent = struct.unpack("<QH", cell)
    if not mantissa and not exponent & 0x7FFF:
        return 1
    return 0 if mantissa >> 63 and exponent & 0x7FFF not in (0, 0x7FFF) else 2


def tags(data, valid):
    """The tag word of QEMU's bytes; bit i of valid: R(i) is not empty."""
    at, size = AT[ST0], BYTES[ST0]
    cells = [data[at + i * size : at + (i + 1) * size] for i in range(8)]
    return sum(tag(cell, not valid >> i & 1) << 2 * i for i, cell in enumerate(cells))




# ---- the same registers in words: what a recording tells gdb (`target.xml`) ----
NAMES = (
    "eax ecx edx ebx esp ebp esi edi eip eflags cs ss ds es fs gs fs_base gs_base k_gs_base "
    "cr0 cr2 cr3 cr4 cr8 efer st0 st1 st2 st3 st4 st5 st6 st7 fctrl fstat ftag fiseg fioff foseg "
    "fooff fop xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7 mxcsr"
).split()
TYPES = {"esp": "data_ptr", "ebp": "data_ptr", "eip": "code_ptr", "eflags": "i386_eflags"}
FLAGS = dict(CF=0, PF=2, AF=4, ZF=6, SF=7, TF=8, IF=9, DF=10, OF=11, NT=14, RF=16)
VECTORS = (
    ("v4f", "ieee_single", 4),
    ("v2d", "ieee_double", 2),
    ("v16i8", "int8", 16),
    ("v8i16", "int16", 8),
    ("v4i32", "int32", 4),
    ("v2i64", "int64", 2),
)
FIELDS = ("v4_float", "v2_double", "v16_int8", "v8_int16", "v4_int32", "v2_int64")


def _register(name, size):
    kind = TYPES.get(name) or {10: "i387_ext", 16: "vec128"}.get(size, "int32")
    group = ' group="float"' if name[0] == "f" and name != "fs" and "_" not in name else ""
    return f'<reg name="{name}" bitsize="{size * 8}" type="{kind}"{group}/>'


def description():
    bits = FLAGS.items()
    fields = "".join(f'<field name="{name}" start="{at}" end="{at}"/>' for name, at in bits)
    rows = [_register(name, size) for name, size in zip(NAMES, BYTES)]
    vectors = "".join(
        f'<vector id="{name}" type="{of}" count="{count}"/>' for name, of, count in VECTORS
    )
    union = "".join(f'<field name="{name}" type="{row[0]}"/>' for name, row in zip(FIELDS, VECTORS))
    sse = NAMES.index("xmm0")
    return (
        '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target>'
        '<architecture>i386</architecture><feature name="org.gnu.gdb.i386.core">'
        f'<flags id="i386_eflags" size="4">{fields}</flags>{"".join(rows[:sse])}</feature>'
        f'<feature name="org.gnu.gdb.i386.sse">{vectors}<union id="vec128">{union}</union>'
        f'{"".join(rows[sse:])}</feature>{FEATURE.decode()}</target>'
    )
