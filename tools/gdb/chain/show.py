"""The staircase as text: a row for each layer, cost on the left, changes below.

    instr  layer     function
       41  runtime   msvcrt!malloc(size 98304) = 007E7008
      612  heap       ntdll!RtlAllocateHeap(HeapHandle 7A0000, Flags 0, Size 98304) = 007E7008
                        heap 007A0000: committed 64 KiB -> 156 KiB
"""
from words.colour import paint

from . import layers, staircase, values

STYLES = {
    "program": "title",
    "com": "name",
    "runtime": "name",
    "kernel32": "name",
    "heap": "busy",
    "ntdll": "address",
    "kernel": "kernel",
    "mm": "kernel",
    "rest": "dim",
}
HEAD = f"{'instr':>7}  {'layer':<8}  function"
INDENT = " " * 19


def crossing(way, kernel):
    left, right = ("ring 3", "ring 0") if kernel else ("ring 0", "ring 3")
    return paint(f"{INDENT}~~~~~~~~ {left} ~~~~~~~~ {way} ~~~~~~~~ {right} ~~~~~~~~", "kernel")


def title(frame):
    facts = frame.facts
    inside = ", ".join(value.show() for value in facts["values"])
    arguments = "" if frame.crossing and not inside else f"({inside})"
    text = f"{facts['module']}!{facts['name'].split('(')[0]}{arguments}"
    if frame.result is None:
        return text + "  has not returned"
    result = "" if frame.crossing else values.returned(facts["name"], frame.pc, frame.result)
    return text + (f" = {result}" if result else "")


def row(depth, frame):
    layer = frame.facts["layer"]
    cells = f"{staircase.cost(frame):>7,}  {paint(f'{layer:<8}', STYLES[layer])}  "
    return cells + " " * depth + title(frame)


def is_brief(frame):
    """A page of an image that is touched for the first time: one line says it."""
    fault = frame.facts.get("fault")
    return bool(fault) and fault[1] in ("image", "mapped")


def brief(depth, frame):
    address, _, name = frame.facts["fault"]
    what = f"page fault at {address:08X}: a page of {name or 'a section'}"
    return f"{frame.total:>7,}  {paint('mm      ', 'kernel')}  {' ' * depth}{paint(what, 'dim')}"


def lines(root, every=False):
    """The staircase of a walk's root frame."""
    yield paint(HEAD, "title")
    hidden = set()
    for depth, frame in staircase.rows(root):
        if frame.parent in hidden:
            hidden.add(frame)
            continue
        if frame.crossing and is_brief(frame) and not every:
            hidden |= family(frame)
            yield brief(depth, frame)
            continue
        if frame in hidden:
            continue
        if frame.crossing:
            yield crossing(frame.crossing + fault_text(frame), True)
        yield row(depth, frame)
        for line in frame.facts["changes"]:
            yield f"{INDENT}{' ' * depth}  {paint(line, 'dim')}"
    yield total(root)


def family(frame):
    """All frames below."""
    found = {frame}
    for child in frame.calls:
        found |= family(child)
    return found


def fault_text(frame):
    fault = frame.facts.get("fault")
    return f" at {fault[0]:08X}" if fault else ""


def total(root):
    sums = dict.fromkeys(layers.NAMES, 0)
    for _, frame in staircase.rows(root):
        sums[frame.facts["layer"]] += staircase.cost(frame)
    parts = ", ".join(f"{name} {number:,}" for name, number in sums.items() if number)
    return f"{root.total:>7,}  instructions: {parts}"
