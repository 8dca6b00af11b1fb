"""process, handles: a process by the kernel's structures."""
from . import handles
from .colour import address as shown
from .colour import paint, table
from .command import Word
from .context import evaluate
from .thread import thread_table
from .trouble import Trouble


class Process(Word):
    """The processes, or one of them in detail."""

    name, group, windbg = "process", "processes", "!process, | (all)"
    usage = (
        "process                all processes, the current one marked",
        "process PROCESS        one of them: space, threads, commit, handles",
    )
    detail = """
`NAME @PROCESS` lets any other command look at a process: through its own page tables, whichever
is current (WinDbg: .process /p)."""

    def run(self, arguments):
        arguments.only()
        if arguments.rest.split() == ["0", "0"]:  # WinDbg: !process 0 0
            arguments.rest = ""
        look = arguments.look_by_rest()
        if arguments.rest or arguments.who:
            print("\n".join(process_lines(look)))
            return
        rows = [process_row(look, p) for p in look.processes]
        head = ("", "pid", "parent", "threads", "handles", "private", "commit", "name", "EPROCESS")
        print("\n".join(table(rows, head, right=(1, 2, 3, 4, 5, 6))))
        if look.process is None:
            print("the processor is in the system's own space")
        if look.wrong:
            print(paint(look.doubted(look.wrong), "bad"))


def process_row(look, process):
    record = process.record
    space = None if process.has_ended else look.kernel.record("MMSPACE", record.Space)
    pages = [str(space.PrivatePages), str(space.CommitPages)] if space else ["-", "-"]
    count = handles.count(look.kernel, process)
    mark = ("*", "good") if record.Space == look.current_space else ""
    state = f"{process.name} (ended)" if process.has_ended else process.name
    numbers = [str(record.Id), str(record.ParentId), str(record.ActiveThreads), str(count)]
    return [mark, *numbers, *pages, (state, "name"), (f"{process.address:08X}", "address")]


def process_lines(look):
    process, record = look.process, look.process.record
    where = f"EPROCESS {shown(process.address)}, PEB {shown(record.Peb)}"
    yield f"{paint(process.title, 'title')}  {where}"
    yield f"  image {look.kernel.wide(record.ImagePath)} at {shown(record.ImageBase)}"
    if record.Crashed:
        yield paint(f"  crashed: {record.CrashCode:08x} at {record.text('CrashPlace')}", "bad")
    if not process.has_ended:
        yield from space_lines(record.Space, look.kernel.record("MMSPACE", record.Space))
    else:
        yield f"  ended with {record.ExitStatus & 0xFFFFFFFF:#x}; its memory is given back"
    yield f"  {handles.count(look.kernel, process)} handles, {record.ActiveThreads} threads"
    yield from ("  " + line for line in thread_table(look, process))


def space_lines(address, space):
    if not space:
        yield f"  its space cannot be read: {space}"
        return
    yield f"  space {shown(address)}, CR3 {space.Cr3:X}, {space.Faults} page faults"
    pages = f"{space.PrivatePages} private and {space.SharedPages} shared pages here"
    yield f"  {pages}, {space.TablePages} tables"
    peak = f"(peak {space.PeakCommit})"
    yield f"  commit {space.CommitPages} pages {peak}, {space.VirtualPages} reserved"


class Handles(Word):
    """The handles of a process: object, type, access, name."""

    name, group, windbg = "handles", "processes", "!handle"
    usage = (
        "handles                of the current process",
        "handles PROCESS        of another one",
        "handles 0x1C           one handle, with its counts",
    )
    detail = "gdb's own `handle` is about signals, and stays so."

    def run(self, arguments):
        arguments.only()
        one = arguments.rest[:2] == "0x"
        look = arguments.look() if one else arguments.look_by_rest()
        if look.process is None:
            raise Trouble("no process runs yet")
        found, wrong = handles.every(look.kernel, look.process)
        if one:
            self.one(found, evaluate(arguments.rest))
            return
        print(look.process.title)
        rows = [self.row(handle) for handle in found]
        print("\n".join(table(rows, ("handle", "type", "access", "object", "name"), right=(0,))))
        if wrong:
            print(paint(look.doubted(wrong), "bad"))

    def row(self, handle):
        access, body = f"{handle.entry.Access:08X}", (f"{handle.body:08X}", "address")
        return [f"{handle.value:X}", (handle.type, "name"), access, body, handle.name]

    def one(self, found, which):
        handle = next((h for h in found if h.value == which & ~3), None)
        if handle is None:
            raise Trouble(f"{which:#x}: the process has no such handle")
        marks = ["inherited"] * handle.entry.Inherit + ["protected"] * handle.entry.Protect
        print(f"handle {handle.value:#x}: {handle.type} {handle.name}".rstrip())
        print(f"  object {shown(handle.body)}, {handle.counts}")
        print(f"  access {handle.entry.Access:08X} {' '.join(marks)}".rstrip())
