"""The pages of a region as VirtualQuery has them: runs that are alike in state and protection.

Region and entry decide together (kernel/mm/range.h); of a view's page that was never touched, what
the view shows: an image's subsection, or whether the section has committed that page.
"""
import struct

from .pages import DECOMMIT, Page

PER_TABLE, PAGE = 512, 4096
IMAGE = 2  # MiControlImage
MOST_PARTS, COMMITTED = 256, 1 << 25


class View:
    """The MM_ code of each page of a view when its PTE is 0; None: it cannot be read."""

    def __init__(self, kernel, region):
        self.region = region
        self.shift = region.record.FirstPage - region.first
        self.control = kernel.record("MMCONTROL", region.record.Control)
        self.parts, self.shared = [], None
        if self.control and self.control.Kind == IMAGE:
            self.parts = list(self._subsections(kernel))
        elif self.control and self.control.Charge != self.control.Pages:
            self.shared = kernel.read(self.control.Shared, self.control.Pages * 4)

    def _subsections(self, kernel):
        layout = kernel.layouts["MMSUBSECTION"]
        for i in range(min(self.control.SubsectionCount, MOST_PARTS)):
            part = kernel.record(layout, self.control.Subsections + i * layout.size)
            if part:
                yield part.FirstPage, part.FirstPage + part.Pages, part.Protection

    def code(self, vpn):
        page = vpn + self.shift
        if not self.control:
            return None
        if self.control.Kind == IMAGE:
            inside = (code for first, end, code in self.parts if first <= page < end)
            return next(inside, DECOMMIT)
        if self.shared is None:
            return self.region.record.Protection
        word = self.shared[page * 4 : page * 4 + 4]
        committed = len(word) == 4 and int.from_bytes(word, "little") & COMMITTED
        return self.region.record.Protection if committed else DECOMMIT


class Run:
    def __init__(self, first, code, present):
        self.first, self.last, self.code, self.present = first, first, code, present

    @property
    def base(self):
        return self.first * PAGE

    @property
    def end(self):
        return (self.last + 1) * PAGE


def entries(space, vpn, last):
    """Yield (vpn, entry) of the pages vpn..last; whole tables that are not there as zeros."""
    while vpn <= last:
        end = min(vpn | PER_TABLE - 1, last)
        walk = space.walk(vpn * PAGE)
        table = ()
        if len(walk.steps) == 3 and (page := space.memory.page(walk.steps[2][1] >> 12)):
            table = struct.unpack("<512Q", page)
        for here in range(vpn, end + 1):
            yield here, table[here % PER_TABLE] if table else 0
        vpn = end + 1


def runs(kernel, space, region):
    """[Run] of a region: alike in protection; present counts the pages that have a frame."""
    view = View(kernel, region) if region.record.View else None
    found = []
    for vpn, entry in entries(space, region.first, region.last):
        page = Page(entry, region.record)
        code = view.code(vpn) if page.code is None and view else page.code
        if not found or found[-1].code != code:
            found.append(Run(vpn, code, 0))
        found[-1].last = vpn
        found[-1].present += page.valid or page.transition
    return found
