"""What surrounds a block of gflags' hpa; invariant H16 of ntdll/heap/heap.h, gflags/pageheap.c.

    | ... | DPH_BLOCK_INFORMATION | the block ... | D0 up to 7 | a page that is never committed
"""
from .blocks import Damage
from .headers import number
from .trouble import Missing

SOURCE = "ntdll/heap/gflags/pageheap.c"
START, END = number(SOURCE, "DPH_START"), number(SOURCE, "DPH_END")
SUFFIX = number(SOURCE, "DPH_SUFFIX")


def judge(space, record, block):
    """Damage, or None."""
    layout = space.layouts["DPH_BLOCK_INFORMATION"]
    header = space.record(layout, record.Block - layout.size)
    if isinstance(header, Missing):
        return Damage("H16", block.data, f"the header of block {block.data:08X}: {header}", block)
    if header.StartStamp != START or header.EndStamp != END or header.RequestedSize != record.Size:
        text = f"block {block.data:08X} is underrun: the header before it is overwritten"
        return Damage("H16", block.data, text, block)
    after = block.data + block.size
    data = space.read(after, -after % 8)
    over = [i for i, byte in enumerate(data or b"") if byte != SUFFIX]
    if not over:
        return None
    text = f"block {block.data:08X} of {block.size} bytes is overrun: {after + over[0]:08X}"
    return Damage("H16", after + over[0], f"{text} was written", block)
