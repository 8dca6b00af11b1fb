#!/usr/bin/env python3
"""The pictures of labs 1, 3 and 5, drawn from a machine that stands still (`make lab-pictures`).

    walk.exe has come to the end of main; the machine's memory is a file (watched.py)
      labs/1-page/pages[.zh].svg       every physical page by its state in the PFN database
      labs/3-region/regions[.zh].svg   the regions of the process, and the gaps between them
      labs/5-backend/entries[.zh].svg  the entries of its heap with the most free ones
"""
import collections
import os
import struct
import sys
import threading
from types import SimpleNamespace

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from host import build, commands  # noqa: E402
from host.batch import Job  # noqa: E402
from host.machine import TOP  # noqa: E402
from stub.process import addresses, read_offsets  # noqa: E402

from grade import booted  # noqa: E402
from grade.watched import PAGE, Watch  # noqa: E402

MEGABYTES = 768  # two zones
PFN_BASE, PFN_BYTES, PFN_STATE = 0xA0000000, 16, 12
STATES = ("absent", "free", "zeroed", "active", "fixed")
PEB, HEAPS, HEAP_COUNT = 0x7FFDF000, 0x90, 0x88
FIRST, ENCODING, FREE_LISTS, BUSY, LAST = 0x24, 0x50, 0xC4, 1, 0x10
MOST_ENTRIES = 90
COLOURS = dict(absent="#9993", free="#7fb069", zeroed="#b9d8a4", active="#d1495b", fixed="#6a7f94")
COLOURS |= dict(private="#d1495b", mapped="#edae49", image="#6a7f94", gap="#9992")
COLOURS |= dict(busy="#d1495b", free_entry="#7fb069", own="#6a7f94")
TEXT = {
    "pages": (
        "The physical pages of a machine of 768 MiB; one square is 1 MiB, 256 pages",
        "768 MiB 机器的物理页；一格为 1 MiB，即 256 页",
    ),
    "zone": ("zone {}: from {} MiB", "第 {} 区：从 {} MiB 起"),
    "free": ("free", "空闲"),
    "zeroed": ("free, zeroed", "空闲且已清零"),
    "active": ("in use", "使用中"),
    "fixed": ("the kernel's image, the archive", "内核映像、归档"),
    "absent": ("none", "无"),
    "regions": (
        "The regions of walk.exe, from address 0 to 7FFEFFFF; lengths are logarithmic",
        "walk.exe 的区域，地址 0 到 7FFEFFFF；长度按对数",
    ),
    "gap": ("gap", "空隙"),
    "private": ("VirtualAlloc, stacks, heaps", "VirtualAlloc、栈、堆"),
    "mapped": ("a view", "视图"),
    "image": ("an image", "映像"),
    "units": ("{} pages", "{} 页"),
    "entries": (
        "The first entries of a heap of walk.exe, {:X}h: sizes in granules of 8 bytes",
        "walk.exe 的一个堆 {:X}h 的前若干块：大小以 8 字节粒度计",
    ),
    "busy": ("busy", "占用"),
    "free_entry": ("free; below, its place in the free list", "空闲；下方是它在空闲链表中的位置"),
    "own": ("the heap's own: the end of what is committed", "堆自己的：已提交部分的末尾"),
}
Entry = collections.namedtuple("Entry", "at units kind place")


# ---- what lies in the machine ----
class Looker:
    """As booted.boot wants one: looks at the end of the program's main."""

    def __init__(self, program, out):
        self.main, self.at, self.found = addresses(program)["_main"], read_offsets(out), {}

    def begin(self, machine):
        self.thread = threading.Thread(target=self._look, args=(machine,), daemon=True)
        self.thread.start()

    def end(self):
        self.thread.join()

    def excused(self):
        return 0

    def _look(self, machine):
        watch = Watch(machine)
        watch.run_to({self.main})
        watch.run_to({watch.word(watch.registers.esp)})
        self.found = {"pages": pages(watch), "regions": regions(watch, self.at)}
        self.found["entries"] = entries(watch)
        watch.leave()


def pages(watch):
    """[number of pages in each state] for each MiB."""
    rows = []
    for first in range(0, MEGABYTES << 8, 256):
        data = watch.read(PFN_BASE + first * PFN_BYTES, 256 * PFN_BYTES)
        states = collections.Counter(data[PFN_STATE::PFN_BYTES])
        rows.append([states[n] for n in range(1, 5)])
    return rows


def regions(watch, at):
    """[(first page, last page, kind)] by address."""
    root = watch.registers.cr3 + at["MMSPACE.Vads"]
    left, found = [int.from_bytes(watch.memory[root : root + 4], "little")], []
    while left:
        if node := left.pop():
            left += [watch.word(node + at["RTL_AVL_NODE." + side]) for side in ("Left", "Right")]
            bounds = (watch.word(node + at["MMVAD." + n]) for n in ("StartingVpn", "EndingVpn"))
            kind = ("private", "mapped", "image")[watch.byte(node + at["MMVAD.Kind"])]
            found.append((*bounds, kind))
    return sorted(found)


def free_list(watch, heap):
    """{address of an entry: its place} of a heap's free list."""
    head, places = heap + FREE_LISTS, {}
    link = watch.word(head)
    while link != head and len(places) < 1000:
        places[link - 8] = len(places) + 1
        link = watch.word(link)
    return places


def entries(watch):
    """(the heap, its first entries): of the process's heap with the most free ones."""
    table, count = watch.word(PEB + HEAPS), watch.word(PEB + HEAP_COUNT)
    heaps = [watch.word(table + 4 * n) for n in range(count)]
    places, heap = max(((free_list(watch, heap), heap) for heap in heaps), key=lambda p: len(p[0]))
    at, code, found = watch.word(heap + FIRST), watch.word(heap + ENCODING), []
    while len(found) < MOST_ENTRIES:
        header = (watch.word(at) ^ code).to_bytes(4, "little")
        units, flags = struct.unpack_from("<HB", header)
        kind = "own" if flags & LAST else "busy" if flags & BUSY else "free_entry"
        found.append(Entry(at, units, kind, places.get(at, 0)))
        if flags & LAST or not units:
            break
        at += units * 8
    return heap, found


# ---- how it is drawn ----
def svg(width, height, title, lines):
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
    yield 'font-size="12" font-family="sans-serif" fill="#888">'
    yield f'<text x="10" y="20" font-size="14">{title}</text>'
    yield from lines
    yield "</svg>"


def box(x, y, width, height, kind):
    fill = COLOURS[kind]
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" fill="{fill}"/>'


def label(x, y, text, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{text}</text>'


def legend(kinds, y, language):
    x = 10
    for kind in kinds:
        yield box(x, y - 10, 12, 12, kind)
        yield label(x + 17, y, TEXT[kind][language])
        x += 45 + (7, 12)[language] * len(TEXT[kind][language])


def draw_pages(rows, language):
    lines = list(legend(STATES[1:], 42, language))
    y = 50
    for first in range(0, len(rows), 64):
        if first in (0, 512):
            y += 22
            lines.append(label(10, y - 6, TEXT["zone"][language].format(first // 512, first)))
        for column, states in enumerate(rows[first : first + 64]):
            x = 10 + column * 13
            for state, count in zip(STATES[1:], states):
                if count:
                    lines.append(box(x, y, 12 * count / 256, 12, state))
                    x += 12 * count / 256
        y += 14
    return svg(860, y + 10, TEXT["pages"][language], lines)


def draw_regions(rows, language):
    lines, y, end = list(legend(("private", "mapped", "image", "gap"), 42, language)), 56, 0
    for first, last, kind in rows:
        for start, size, what in ((end, first - end, "gap"), (first, last - first + 1, kind)):
            if size > 0:
                lines.append(label(10, y + 11, f"{start * PAGE:08X}", ' font-family="monospace"'))
                lines.append(box(90, y, 8 + size.bit_length() * 22, 13, what))
                said = TEXT["units"][language].format(f"{size:,}")
                lines.append(label(106 + size.bit_length() * 22, y + 11, said))
                y += 16
        end = last + 1
    return svg(860, y + 10, TEXT["regions"][language], lines)


def draw_entries(found, language):
    heap, rows = found
    lines, x, y = list(legend(("busy", "free_entry", "own"), 42, language)), 10, 60
    for entry in rows:
        width = 16 + 5 * entry.units**0.5
        if x + width > 850:
            x, y = 10, y + 52
        lines.append(box(x, y, width - 2, 22, entry.kind))
        more = ' text-anchor="middle"'
        lines.append(label(x + width / 2 - 1, y + 15, entry.units, more + ' fill="#fff"'))
        if entry.place:
            lines.append(label(x + width / 2 - 1, y + 36, entry.place, more))
        x += width
    return svg(860, y + 50, TEXT["entries"][language].format(heap), lines)


PICTURES = {
    "pages": ("1-page", draw_pages),
    "regions": ("3-region", draw_regions),
    "entries": ("5-backend", draw_entries),
}


def drawings():
    """(path below the tree, text) of each picture, from a machine that is booted for them."""
    out = commands.out_folder()
    program = os.path.join(out, "bin", "walk.exe")
    build.need(out, ["archive.tar", "kernel/ntoskrnl.exe", "bin/walk.exe", "gdb/offsets"])
    lab = SimpleNamespace(machine={"seconds": 60, "seed": 1})
    options = booted.options_of(lab, SimpleNamespace(boot=[]), out, MEGABYTES)
    looker = Looker(program, out)
    booted.boot(options, [Job(program, [], [], None, False, 0)], looker)
    for name, (folder, draw) in PICTURES.items():
        for language, ending in enumerate(("svg", "zh.svg")):
            path = os.path.join("labs", folder, f"{name}.{ending}")
            yield path, "\n".join(draw(looker.found[name], language)) + "\n"


def main():
    for path, text in drawings():
        with open(os.path.join(TOP, path), "w", encoding="utf-8") as file:
            file.write(text)
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
