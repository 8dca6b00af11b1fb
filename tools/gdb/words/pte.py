"""pte ADDR, pfn: from an address to its page, and from a page back to who shows it."""
from .colour import address as shown
from .colour import paint, table
from .command import Word
from .headers import number
from .owners import owners
from .pages import Database, Page, entry_text, page_text
from .regions import around, walk
from .trouble import Trouble
from .views import View

KERNEL = 0x80000000
LAYOUT = "kernel/mm/layout.h"


def page_of(look, where):
    """(Walk, Page) of an address in the space that is looked at."""
    space, region = look.space, None
    walked = space.walk(where)
    if where < KERNEL and look.process is not None:
        region = around(walk(look.kernel, look.process.record.Space)[0], where)[0]
    page = Page(walked.value, region.record if region else None, walked.large)
    if page.code is None and region:
        page.code = View(look.kernel, region).code(where // 4096)
    return walked, page, region


class Pte(Word):
    """The page table entries of an address, and what they mean."""

    name, group, windbg = "pte", "memory", "!pte"
    usage = (
        "pte ADDR              each level's entry: where it is, its value, its bits",
        "pte ADDR @PROCESS     in another process's tables",
    )
    detail = """
Letters of a valid entry, a dash where the bit is 0:
  D dirty   A accessed   U user   W writable   G global   N not cached   X code may run
C0000000 + ADDR/4096*8 is where the kernel sees the PTE of the current space."""

    def run(self, arguments):
        arguments.only()
        look = arguments.look()
        where = arguments.address()
        walked, page, region = page_of(look, where)
        rows = []
        for name, place, value in walked.steps:
            mapped = (self_map(look, name, where, place), "address")
            said = entry_text(name, value)
            rows.append((name, mapped, f"physical {place:X}", f"{value:016X}", said))
        title = look.process.title if where < KERNEL and look.process else "the kernel"
        print(f"{shown(where)} in {title}")
        print("\n".join("  " + line for line in table(rows)))
        if where < KERNEL and region is None:
            print(paint("  no region holds it: every access is an access violation", "bad"))
        elif walked.why and not region:
            print(f"  {walked.why}")
        else:
            print(f"  {page.text()}" if where < KERNEL else f"  {kernel_text(page)}")


def kernel_text(page):
    return "present" if page.valid else "not present: a touch is a bug check"


def self_map(look, name, where, place):
    """Where the current space sees the entry: tables map themselves, the first is linear."""
    if name == "PDPTE":
        seen = place >> 12 < look.memory.linear_pages
        return f"{look.memory.linear_base + place:08X}" if seen else "-"
    if look.space.pdpt != look.kernel.pdpt and where < KERNEL:
        return "-"  # another space's
    base, shift = ("MI_PTE_BASE", 12) if name == "PTE" else ("MI_PDE_BASE", 21)
    return f"{number(LAYOUT, base) + (where >> shift) * 8:08X}"


class Pfn(Word):
    """A physical page: its record, and who shows it; or the page of an address."""

    name, group, windbg = "pfn", "memory", "!pfn"
    usage = (
        "pfn NUMBER          a page by its number (hexadecimal): record, owner, PTEs that show it",
        "pfn ADDR            the page that an address has now; -a: however small the address is",
        "pfn ADDR @PROCESS   in another process",
    )
    detail = """
A number below the machine's count of pages is a page number (-n: any); the rest are addresses.
The database has no way back from a page to its PTEs: each is found by a walk of every table."""

    def run(self, arguments):
        options = arguments.only("a", "n")
        look = arguments.look()
        end = look.memory.number("MiEndPfn")
        database = Database(look.kernel, end)
        plain = is_hex(arguments.rest) and "a" not in options
        which = int(arguments.rest, 16) if plain else arguments.address()
        if "a" in options or which >= end and "n" not in options:
            self.of_address(look, database, which)
        else:
            self.of_number(look, database, which)

    def of_address(self, look, database, where):
        _, page, _ = page_of(look, where)
        walked = look.space.walk(where)
        if walked.frame is None:
            print(f"{shown(where)}: no page; {walked.why or page.text()}")
            return
        pfn = walked.frame + (where >> 12 & 0x1FF if walked.large else 0)
        print(f"{shown(where)}: page {pfn:X}, physical {pfn << 12 | where & 0xFFF:X}")
        self.of_number(look, database, pfn)

    def of_number(self, look, database, pfn):
        record = database.record(pfn) if pfn < database.end else None
        if not record:
            last = database.end - 1
            raise Trouble(f"{pfn:X}: no memory has this page number; they end at {last:X}")
        where = paint(f"(MMPFN {record.address:08X})", "dim")
        print(f"page {pfn:X}: {page_text(record)}  {where}")
        found = owners(look, pfn)
        for owner in found:
            print("  " + owner)
        if not found and record.State == 3:
            print("  no table of a process or of the kernel shows it")
        if look.wrong:
            print(paint(f"  {look.wrong}", "bad"))


def is_hex(text):
    return bool(text) and all(c in "0123456789abcdefABCDEF" for c in text)
