"""A stretch of memory as one coloured line: what is busy, what is free, what is not committed."""
from .colour import paint

SIGNS = {"busy": "#", "free": ".", "own": "o", "range": " ", "lost": "?"}
STYLES = {"busy": "busy", "free": "free", "own": "kernel", "lost": "bad"}
WIDTH = 64


def cells(blocks, start, end, width=WIDTH):
    """(bytes of a cell, [kind of each cell]): what most of its bytes are."""
    each = 8
    while each * width < end - start:
        each *= 2
    shares = [{} for _ in range(-(-(end - start) // each))]
    for block in blocks:
        at = max(block.start, start)
        while at < min(block.end, end):
            here = (at - start) // each
            stop = min(block.end, end, start + (here + 1) * each)
            shares[here][block.kind] = shares[here].get(block.kind, 0) + stop - at
            at = stop
    return each, [max(share, key=share.get) if share else None for share in shares]


def line(blocks, start, end, bad=None):
    """The strip, and what a character of it is; bad: an address that is damaged."""
    each, kinds = cells(blocks, start, end)
    signs = [paint(SIGNS.get(kind, "?"), STYLES.get(kind)) for kind in kinds]
    if bad is not None and start <= bad < end:
        signs[(bad - start) // each] = paint("X", "bad")
    return f"[{''.join(signs)}]", each


def mask(region, blocks):
    """A front end's region: a character for each block, groups of 31 apart."""
    signs = [paint(SIGNS[block.kind], STYLES[block.kind]) for block in blocks]
    groups = ["".join(signs[i : i + 31]) for i in range(0, len(signs), 31)]
    return [" ".join(groups[i : i + 2]) for i in range(0, len(groups), 2)]


LEGEND = "# busy  . free  o the heap's own  X damaged  ? lost: no sound header leads there"
