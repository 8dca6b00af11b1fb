"""locks: the critical sections of a process that its own structures lead to, or one by address."""
from .colour import address as shown
from .colour import paint, table
from .command import Word
from .context import evaluate
from .heaps import every
from .processes import threads
from .trouble import Trouble

FREE = 0xFFFFFFFF  # LockCount of a free one


def section_row(name, address, record, alive):
    """A line of the table; record: an RTL_CRITICAL_SECTION, or what is wrong."""
    if not record:
        return [name, shown(address), (str(record), "bad")]
    owner, count = record.OwningThread, record.RecursionCount
    if not owner and record.LockCount & FREE == FREE:
        said = ("free", "good")
    elif not owner:
        said = ("free, and is waited for", "bad")
    elif owner not in alive:
        said = (f"held by thread {owner}, which is no thread of this process", "bad")
    else:
        deep = f", entered {count} times" if count > 1 else ""
        said = (f"held by thread {owner}{deep}", "busy")
    return [name, (f"{address:08X}", "address"), said]


class Locks(Word):
    """Who holds the critical sections of a process: the loader's, the PEB's, the heaps'."""

    name, group, windbg = "locks", "processes", "!locks, !cs"
    usage = (
        "locks                 the loader's lock, the PEB's, those of the heaps",
        "locks ADDR            one RTL_CRITICAL_SECTION of the program's own",
    )
    detail = """
ntdll keeps no list of all critical sections, so a program's own is named by its address.  The
kernel has no locks to show: it has one processor and masks interrupts."""

    def run(self, arguments):
        arguments.only()
        where = evaluate(arguments.rest) if arguments.rest else None
        look = arguments.look()
        space = look.user_space()
        if where is None:
            rows = [(n, at, space.record(kind, at)) for n, kind, at in self.known(look, space)]
        else:
            rows = [("critical section", where, space.record("RTL_CRITICAL_SECTION", where))]
        alive = {thread.id for thread in threads(look.kernel, look.process)[0]}
        lines = [section_row(n, at, getattr(r, "CriticalSection", r), alive) for n, at, r in rows]
        print(paint(look.process.title, "title"))
        print("\n".join(table(lines)))

    def known(self, look, space):
        peb = space.record("PEB", look.process.record.Peb)
        if not peb:
            raise Trouble(f"the PEB: {peb}")
        for name, field in (("loader", "LoaderLock"), ("PEB", "FastPebLock")):
            if field in space.layouts["PEB"].fields and getattr(peb, field):
                yield name, "RTL_CRITICAL_SECTION", getattr(peb, field)
        for heap in every(space, peb)[0]:
            if not heap.wrong and heap.record.LockVariable:
                yield f"heap {heap.number}", "HEAP_LOCK", heap.record.LockVariable
