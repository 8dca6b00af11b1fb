"""vm: the machine's memory, in pages: what is used for what, what is promised."""
from .colour import paint, table
from .command import Word

KIB = 4
USES = ("MmPageUser", "MmPageTable", "MmPageKernel", "MmPageShared")
MEANINGS = ("of processes", "page tables", "of the kernel", "of images and sections")
ZONES = 3


class Vm(Word):
    """The machine's pages: in use, free, zeroed; what is committed, and the limit."""

    name, group, windbg = "vm", "memory", "!vm"
    usage = ("vm                    counts of pages, and KiB",)
    detail = """
Committed pages are promised: below the limit each finds a physical page when it is touched.
`vad -r` has the pages of one process, `pfn NUMBER` one physical page."""

    def run(self, arguments):
        arguments.only()
        number = arguments.look().memory.number
        rows = [("all pages", number("MiTotalPages"), "")]
        for use, meaning in zip(USES, MEANINGS):
            rows.append((f"  {meaning}", number(f"MiActivePages[{use}]"), use))
        for title, kind in (("  free", "MiOld"), ("  free and zeroed", "MiZeroed")):
            held = [number(f"{kind}.Zone[{zone}].Count") for zone in range(ZONES)]
            rows.append((title, sum(held), " + ".join(map(str, held)) + " by zone"))
        fixed = number("MiFixedPages")
        rows.append(("  fixed since the start", fixed, "image of the kernel, page database"))
        committed, limit = number("MiCommitted"), number("MiCommitLimit")
        rows.append(("committed", committed, f"of at most {limit}"))
        lines = table(
            [(name, str(count), f"{count * KIB} KiB", said) for name, count, said in rows],
            right=(1, 2),
        )
        print("\n".join(lines))
        found = sum(count for _, count, _ in rows[1:-1])
        if found != rows[0][1]:
            said = f"the parts are {found}: the kernel is moving a page, or has lost one"
            print(paint(said, "bad"))
        if committed > limit:
            print(paint("more is committed than the limit allows", "bad"))
