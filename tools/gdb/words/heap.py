"""heap: the heaps of a process, from the list of them down to the block that holds an address."""
from . import heaps
from .colour import address as shown
from .colour import paint, table
from .command import Word
from .context import evaluate
from .heapshow import all_blocks, page_heap, picture, statistics, totals, where_is
from .names import Names
from .stacks import Stacks
from .survey import Survey
from .trouble import Trouble, need


MOST_SIZES = 20


class Heap(Word):
    """Heaps: segments, blocks as a strip, free lists, front end; who holds an address."""

    name, group, windbg = "heap", "heap", "!heap"
    usage = (
        "heap [PROCESS]         the heaps of a process, a line each",
        "heap HEAP              one of them (its number or address): segments, strips, front end",
        "heap -s [HEAP]         its own counters: reserved, committed, ranges, large blocks",
        "heap -a [HEAP]         every block, as HeapWalk has them",
        "heap -x ADDR           which block holds an address, who allocated it, its neighbours",
        "heap -p                gflags' ust and hpa: what is kept of blocks; -p ADDR: of one",
        "heap -stat [HEAP]      how many blocks of which size, the largest sums first",
        "heap -flt SIZE [MAX]   the blocks of this size, or of SIZE to MAX bytes",
    )
    detail = """
HEAP may be left out of -s, -a, -stat, -flt: all heaps, then.  Damage is named by the rule of
ntdll/heap/heap.h that does not hold.  gflags: tools/fathom gdb --gflags ust PROGRAM.exe"""

    def run(self, arguments):
        options = arguments.only("s", "a", "x", "p", "stat", "flt")
        if options == ["p", "a"]:  # WinDbg: !heap -p -a ADDR
            options = ["x"]
        if len(options) > 1:
            raise Trouble("one option at a time")
        rest = arguments.rest.split()
        if not options and rest and not is_heap(rest[0]):
            arguments.who, rest = arguments.rest, []
        self.look = arguments.look()
        self.space = self.look.user_space()
        peb = need(self.space.record("PEB", self.look.process.record.Peb))
        self.all, wrong = heaps.every(self.space, peb)
        if wrong:
            raise Trouble(wrong)
        self.stacks = Stacks(self.space, self.look.symbol)
        getattr(self, f"_{options[0] if options else 'list'}")(arguments, rest)

    def chosen(self, rest):
        """The heaps of the argument: a number, an address; none: all."""
        if not rest:
            return self.all
        which = evaluate(rest[0])
        found = [h for h in self.all if which in (h.number, h.address)]
        if not found:
            known = ", ".join(f"{h.number}: {h.address:08X}" for h in self.all)
            raise Trouble(f"{rest[0]}: the process has no such heap; it has {known}")
        return found

    def _list(self, arguments, rest):
        if rest:
            for heap in self.chosen(rest):
                print("\n".join(picture(self.survey(heap))))
            return
        print(self.look.process.title)
        surveys = [self.survey(heap) for heap in self.all]
        head = ("heap", "address", "busy", "bytes", "free", "bytes", "not committed", "front end")
        print("\n".join(table(map(totals, surveys), head, right=(2, 3, 4, 5, 6, 7))))
        for survey in surveys:
            for damage in survey.said():
                print(paint(f"heap {survey.heap.number}: {damage}", "bad"))

    def _s(self, arguments, rest):
        for heap in self.chosen(rest):
            print("\n".join(statistics(heap)))

    def _a(self, arguments, rest):
        for heap in self.chosen(rest):
            print("\n".join(all_blocks(self.survey(heap))))

    def _x(self, arguments, rest):
        where = arguments.address()
        print("\n".join(where_is(self, where)))

    def _p(self, arguments, rest):
        if rest:
            return self._x(arguments, rest)
        return print("\n".join(page_heap(self)))

    def _stat(self, arguments, rest):
        counts = {}
        for heap in self.chosen(rest):
            for block in self.survey(heap).blocks:
                if block.kind == "busy":
                    counts.setdefault(block.size, []).append(block)
        total = sum(size * len(found) for size, found in counts.items()) or 1
        ordered = sorted(counts.items(), key=lambda row: (-row[0] * len(row[1]), row[0]))
        rows = [
            (size, len(found), size * len(found), f"{100 * size * len(found) / total:.1f} %")
            for size, found in ordered
        ]
        head = ("size", "blocks", "bytes", "share")
        print("\n".join(table(rows[:MOST_SIZES], head, right=(0, 1, 2, 3))))
        if len(rows) > MOST_SIZES:
            print(f"and {len(rows) - MOST_SIZES} other sizes")

    def _flt(self, arguments, rest):
        if rest[:1] in (["s"], ["r"]):  # WinDbg: -flt s SIZE, -flt r MIN MAX
            rest = rest[1:]
        if not 1 <= len(rest) <= 2:
            raise Trouble("-flt SIZE, or -flt SIZE MAX")
        low, high = evaluate(rest[0]), evaluate(rest[-1])
        for heap in self.all:
            for block in self.survey(heap).blocks:
                if block.kind == "busy" and low <= block.size <= high:
                    what = f"{block.size} bytes, {block.where}"
                    print(f"heap {heap.number}  {shown(block.data)}  {what}")

    def survey(self, heap):
        return Survey(heap, self.stacks)

    def names(self):
        return Names(self.look)


def is_heap(word):
    """A number: of a heap, or its address; else a process's name."""
    return word[0].isdigit() and not word.endswith(".exe") or word[:1] in "$&*("
