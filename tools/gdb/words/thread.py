"""threads: those of a process, and what one of them waits for."""
from .colour import address as shown
from .colour import paint, table
from .command import Word
from .names import Names
from .processes import threads
from .trouble import Trouble


def thread_table(look, process):
    found, wrong = threads(look.kernel, process)
    names = Names(look)
    rows = []
    for thread in found:
        mark = ("*", "good") if thread.address == look.thread else ""
        start = thread.record.Win32StartAddress or thread.record.StartAddress
        name = names.name(start) or f"{start:08X}"
        numbers = [str(thread.id), thread.state, str(thread.tcb.Priority), f"{thread.tcb.Teb:08X}"]
        rows.append([mark, *numbers, name, f"{thread.address:08X}"])
    head = ("", "tid", "state", "priority", "TEB", "starts at", "ETHREAD")
    lines = table(rows, head, right=(1, 3))
    return lines + ([paint(look.doubted(wrong), "bad")] if wrong else [])


class Threads(Word):
    """The threads of a process, or one of them."""

    name, group, windbg = "threads", "processes", "!thread, ~"
    usage = (
        "threads                of the current process, the running one marked",
        "threads PROCESS        of another one",
        "threads ADDR           one thread, by its id or ETHREAD: waits, stacks, times",
    )
    detail = "gdb's own `thread` knows processors only: this machine has one."

    def run(self, arguments):
        arguments.only()
        which = self.number(arguments.rest)
        look = arguments.look()
        thread = self.find(look, which) if which is not None else None
        if thread is not None:
            print("\n".join(thread_lines(look, *thread)))
            return
        try:
            look = arguments.look_by_rest()
        except Trouble as no_process:
            text = f"{arguments.rest}: no thread has this id, and no process"
            raise Trouble(text) from no_process
        if look.process is None:
            raise Trouble("no process runs yet; the kernel's own threads have no list of their own")
        print(look.process.title)
        print("\n".join(thread_table(look, look.process)))

    def number(self, text):
        try:
            return int(text, 16 if len(text) == 8 else 0)
        except ValueError:
            return None

    def find(self, look, which):
        for process in look.processes:
            for thread in threads(look.kernel, process)[0]:
                if which in (thread.id, thread.address):
                    return process, thread
        return None


def thread_lines(look, process, thread):
    tcb = thread.tcb
    what = f"{thread.state}, ETHREAD {shown(thread.address)}"
    yield f"{paint(f'thread {thread.id}', 'title')} of {process.title}, {what}"
    yield f"  TEB {shown(tcb.Teb)}, priority {tcb.Priority} (base {tcb.BasePriority})"
    used = f"{shown(tcb.StackLimit)} to {shown(tcb.InitialStack)}"
    yield f"  kernel stack {used}, trap frame {shown(tcb.TrapFrame)}"
    yield f"  {tcb.ContextSwitches} switches, ticks: kernel {tcb.KernelTime}, user {tcb.UserTime}"
    if tcb.SuspendCount:
        yield f"  suspended {tcb.SuspendCount} times"
    if thread.state == "waiting":
        yield from wait_lines(look, tcb)
    links, wrong = look.kernel.links(tcb.where("ApcListHead"), 256)
    if links or wrong:
        yield f"  {len(links)} APCs wait" + (f"; {wrong}" if wrong else "")


def wait_lines(look, tcb):
    """What a thread waits for."""
    layout = look.kernel.layouts["KWAIT_BLOCK"]
    how = "all" if tcb.WaitAll else "any"
    for i in range(min(tcb.WaitCount, 64)):
        block = look.kernel.record(layout, tcb.WaitBlocks + i * layout.size)
        head = look.kernel.record("DISPATCHER_HEADER", block.Object) if block else None
        if not head:
            yield f"  waits for {how}: the object of wait block {i} cannot be read"
            continue
        kind = OBJECTS.get(head.Type, f"object of type {head.Type}")
        yield f"  waits for {how}: {kind} {shown(block.Object)}, signal state {head.SignalState}"


OBJECTS = {  # kernel/ke/ke.h
    0: "event (notification)",
    1: "event (synchronization)",
    2: "mutant",
    3: "process",
    5: "semaphore",
    6: "thread",
    8: "timer",
    9: "timer",
}
