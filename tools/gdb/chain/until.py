"""until-ring0, until-ring3, until-page: run to the next crossing, to the next page.

    until-ring0     breakpoints on every entry of the kernel but those of devices
    until-ring3     breakpoints on sysexit and iret, and then that instruction
    until-page      breakpoints on PageAlloc and wherever an entry of a page table is written

Only the thread that is there counts (until-page: its process), so another thread's crossing does
not stop.  Other breakpoints do.
"""
import gdb

from words.colour import paint
from words.command import Word
from words.context import Look
from words.trouble import Trouble

from . import changes, layers, where
from .stepper import Stepper, position

VECTORS, FIRST_DEVICE, AFTER_DEVICES = 0x31, 0x30, 0x40
WORD = 4
SERVICE = ("KiFastCallEntry", "KiSystemService")
EXITS = ("KiFastCallEntry", "KiTrapExit")
WRITERS = ("MiStorePte", "MiClearPte", "MiFillPte", "MiSetPte")
LONGEST = 60  # instructions of a write of a PTE
HALVES = 4  # instructions from the first half of an entry to the second, and a few


class Point(gdb.Breakpoint):
    """Stops where a question is answered with yes."""

    def __init__(self, address, asked):
        super().__init__(f"*{address:#x}", internal=True)
        self.silent, self.asked = True, asked
        self.hit = False

    def stop(self):
        self.hit = bool(self.asked())
        return self.hit


def entries():
    """{first instruction: how it is entered} of the kernel's ways in that a program takes."""
    found = {}
    table = where.kernel_word("(unsigned int)&KiTrapTable") or 0
    for vector in range(FIRST_DEVICE):
        if handler := where.kernel_word(f"*(unsigned int *){table + WORD * vector:#x}"):
            found.setdefault(handler, f"trap {vector:02X}h")
    for name, way in zip(SERVICE, ("sysenter", "int 2Eh")):
        found.update(dict.fromkeys(layers.addresses(name), way))
    found.update(dict.fromkeys(layers.addresses("KiTrap0E"), "page fault (trap 0Eh)"))
    return found


def from_user():
    frame = gdb.newest_frame().older()
    return frame is not None and frame.pc() < where.KERNEL


class UntilRing0(Word):
    """Run to the next instruction of the kernel: a service, a page fault, an exception."""

    name, group = "until-ring0", "the chain"
    usage = ("until-ring0           by any way of this thread; a device's interrupt is none",)

    def run(self, arguments):
        nothing(arguments)
        where.need_program()
        if where.ring() == 0:
            raise Trouble("this is ring 0 already; until-ring3 goes back, stepi one instruction on")
        thread, ways = where.current_thread(), entries()

        def asked():
            return from_user() and where.current_thread() == thread

        points = [Point(address, asked) for address in ways]
        if not where.run_to(points):
            return print("until-ring0: the program ended first")
        way = ways.get(gdb.newest_frame().pc())
        if way is None:
            return before(self.name)
        print(paint(f"ring 3 ~~~ {way} ~~~> ring 0", "kernel"))
        gdb.execute("frame")


class UntilRing3(Word):
    """Run to the next instruction of the program: back from the kernel, by sysexit or iret."""

    name, group = "until-ring3", "the chain"
    usage = ("until-ring3           this thread's way back, wherever it leads",)

    def run(self, arguments):
        nothing(arguments)
        where.need_program()
        if where.ring() == 3:
            raise Trouble("this is ring 3 already; until-ring0 goes down")
        thread, ways = where.current_thread(), exits()

        def asked():
            name = ways[gdb.newest_frame().pc()]
            return where.current_thread() == thread and (name == "sysexit" or to_user())

        points = [Point(address, asked) for address in ways]
        if not where.run_to(points):
            return print("until-ring3: the program ended first")
        way = ways.get(gdb.newest_frame().pc())
        if way is None:
            return before(self.name)
        over()
        print(paint(f"ring 0 ~~~ {way} ~~~> ring 3", "kernel"))
        gdb.execute("frame")


def to_user():
    """At iret: whether the code segment on the stack is ring 3's."""
    return bool((where.kernel_word("*(unsigned int *)($esp + 4)") or 0) & 3)


def exits():
    """{address: "sysexit" or "iret"} of the instructions that leave the kernel."""
    found = {}
    architecture = gdb.selected_inferior().architecture()
    for name in EXITS:
        for start in layers.addresses(name):
            for row in architecture.disassemble(start, count=120):
                word = row["asm"].split(" ")[0]
                if word in ("sysexit", "iret", "iretd"):
                    found[row["addr"]] = "sysexit" if word == "sysexit" else "iret"
    return found


class UntilPage(Word):
    """Run to the next page that is allocated, or the next page table entry that changes."""

    name, group = "until-page", "the chain"
    usage = ("until-page            of this process; say it again for the next one",)
    detail = """
It stops where PageAlloc is called, and after each write of an entry of the user half of this
process's page tables, and shows the entry before and after."""

    def run(self, arguments):
        nothing(arguments)
        space = where.need_program()
        allocations = layers.addresses("PageAlloc")
        writes = set().union(*(layers.addresses(name) for name in WRITERS)) | inlined()

        def asked():
            return where.current_space() == space

        while True:
            points = [Point(address, asked) for address in allocations | writes]
            if not where.run_to(points):
                return print("until-page: the program ended first")
            pc = gdb.newest_frame().pc()
            if pc in allocations:
                print(paint("a page is allocated", "kernel"))
                return gdb.execute("frame")
            if pc not in writes:
                return before(self.name)
            if lines := written():
                print("\n".join(paint(line, "kernel") for line in lines))
                return gdb.execute("frame")


def inlined():
    """Where the compiler put the writers in line."""
    found = set()
    for name in WRITERS:
        try:
            found |= {place.pc for place in gdb.decode_line(name)[1] or ()}
        except gdb.error:
            pass
    return found


def written():
    """Steps over the write that begins here; lines of what it changed in the user half."""
    memory = changes.Memory(Look())
    before = changes.Snapshot(memory, heaps=False)
    for _ in range(LONGEST):
        over()
        if changes.Snapshot(memory, before, False, True).tables != before.tables:
            break
    else:
        return []
    for _ in range(HALVES):
        over()
    after = changes.Snapshot(memory, before, False, True)
    return changes.table_lines(before.tables, after.tables)


def over():
    """One instruction, without a word of gdb's."""
    machine = Stepper()  # which reads no more than registers
    machine.step()
    machine.settle()


def before(name):
    """Something else stopped: what to say."""
    at = position()
    ended = at and at[0] == at[1] - 1
    print(f"{name}: the recording ends first" if ended else f"{name}: stopped here before it")


def nothing(arguments):
    arguments.only()
    if arguments.rest:
        raise Trouble(f"{arguments.rest}: it takes no argument")
