"""The regions of a space (VADs), in order of address, as kernel/mm/vad.c keeps them.

    MMSPACE.Vads -> MIVADTREE.Tree.Root -> RTL_AVL_NODE, which begins each MMVAD

The walk trusts nothing: it visits a node once, and says what is wrong where a node cannot be read,
the tree runs in a circle, or regions overlap.  Another vad.c has another tree, and other types.
"""
from .headers import number
from .trouble import Missing

KINDS = ("private", "mapped", "image")  # MIVADKIND
MOST, HIGHEST = 20000, number("kernel/mm/layout.h", "MI_HIGHEST_VPN")
PAGE = 4096


class Region:
    def __init__(self, record, kernel):
        self.record = record
        self.first, self.last = record.StartingVpn, min(record.EndingVpn, HIGHEST)
        self.base, self.end = self.first * PAGE, (self.last + 1) * PAGE
        self.kind = KINDS[record.Kind] if record.Kind < len(KINDS) else f"kind {record.Kind}?"
        self.name = file_name(kernel, record.Control) if record.Control else ""

    @property
    def pages(self):
        return self.last - self.first + 1


def file_name(kernel, control):
    """The base name of the file that a view shows; "" for the memory of a section."""
    shown = kernel.record("MMCONTROL", control)
    file = kernel.record("MMFILE", shown.File) if shown and shown.File else None
    if not file:
        return ""
    return kernel.string(file.Name)


def walk(kernel, space_address):
    """([Region] in order of address, what is wrong with the tree or "")."""
    space = kernel.record("MMSPACE", space_address)
    if not space:
        return [], f"the space cannot be read: {space}"
    tree = kernel.record("MIVADTREE", space.Vads.address)
    found, seen, left = [], set(), []  # left: nodes whose right side is still to come
    at = tree.Tree.Root
    while at or left:
        if not at:
            record = left.pop()
            found.append(Region(record, kernel))
            at = record_node(kernel, record).Right
            continue
        record = kernel.record("MMVAD", at)
        wrong = wrong_node(record, at, seen)
        if wrong:
            return found, wrong
        seen.add(at)
        left.append(record)
        at = record_node(kernel, record).Left
    return found, disorder(found)


def record_node(kernel, record):
    return kernel.record("RTL_AVL_NODE", record.address)


def wrong_node(record, at, seen):
    if isinstance(record, Missing):
        return f"the tree of regions is broken: {record}"
    if at in seen:
        return f"the tree of regions runs in a circle at {at:08X}"
    if len(seen) >= MOST:
        return f"the tree has more than {MOST} regions; the rest is not shown"
    return ""


def disorder(found):
    """V1 of vad.h: in order, none overlaps, all in the user's half."""
    for region in found:
        if region.record.EndingVpn > HIGHEST or region.first > region.last:
            return f"the region {region.base:08X} has bounds that cannot be: the tree is damaged"
    for before, after in zip(found, found[1:]):
        if before.last >= after.first or after.first > after.last:
            two = f"{before.base:08X} and {after.base:08X}"
            return f"the regions {two} overlap: the tree is damaged"
    return ""


def around(found, address):
    """(the region that holds it or None, the one before, the one after)."""
    vpn, before = address // PAGE, None
    for region in found:
        if region.first <= vpn <= region.last:
            return region, before, None
        if region.first > vpn:
            return None, before, region
        before = region
    return None, before, None

