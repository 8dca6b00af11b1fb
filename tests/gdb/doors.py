"""Read by gdb: run door.exe, note the breakpoints that each door hits, in order, and the
backtraces of the two ends.  One line each on standard output, for doors.t."""
import gdb

WATCHED = [
    "operator new(unsigned int)",
    "operator new[](unsigned int)",
    "malloc",
    "CoTaskMemAlloc",
    "IMalloc_Alloc",
    "GlobalAlloc",
    "LocalAlloc",
    "RtlAllocateHeap",
    "VirtualAlloc",
    "VirtualAllocEx",
    "NtAllocateVirtualMemory",
    "KiFastSystemCall",
    "KiFastCallEntry",
    "MmAccessFault",
    "PageAlloc",
]
PAGE_USER = (
    1  # MmPageUser: PageAlloc's first argument, on the stack at its first instruction
)
MODULES = [
    ("nt", 0x80000000, 0xA0000000),
    ("ntdll", 0x7C900000, 0x7CA00000),
    ("kernel32", 0x7C800000, 0x7C900000),
    ("msvcrt", 0x77C10000, 0x77D10000),
    ("ole32", 0x774E0000, 0x775E0000),
    ("cw3220", 0x32600000, 0x32700000),
    ("door", 0x400000, 0x1000000),
]


def module_at(pc):
    return next((name for name, start, end in MODULES if start <= pc < end), "?")


def backtrace():
    frames, frame = [], gdb.newest_frame()
    while frame is not None and len(frames) < 60:
        name = str(frame.name()).split("(")[0]
        frames.append(f"{module_at(frame.pc())}!{name}")
        frame = frame.older()
    return " ".join(name.replace(" ", "_") for name in frames)


class Watch(gdb.Breakpoint):
    door = None
    seen = []
    traces = []

    def __init__(self, name):
        super().__init__("*PageAlloc" if name == "PageAlloc" else name, internal=True)
        self.silent = True
        self.name = name

    def stop(self):
        if Watch.door is None:
            return False
        if (
            self.name == "PageAlloc"
            and gdb.parse_and_eval("*(int *)($esp + 4)") != PAGE_USER
        ):
            return False  # a page table, not the program's page
        pc = gdb.newest_frame().pc()
        step = f"{module_at(pc)}!{self.name.split('(')[0]}".replace(" ", "_")
        if step not in Watch.seen:
            Watch.seen.append(step)
            if step in ("nt!NtAllocateVirtualMemory", "nt!PageAlloc"):
                Watch.traces.append(f"TRACE {Watch.door} {step} {backtrace()}")
        return False


gdb.Breakpoint("door_begin")
gdb.Breakpoint("door_end")
gdb.execute("continue")
watches = [Watch(name) for name in WATCHED]
while gdb.selected_inferior().pid:
    where = gdb.newest_frame().name()
    if where == "door_begin":
        Watch.door, Watch.seen = gdb.parse_and_eval("name").string().replace(" ", "_"), []
    elif where == "door_end":
        print("\n".join(Watch.traces))
        Watch.traces.clear()
        print(f"DOOR {Watch.door} {' '.join(Watch.seen)}", flush=True)
        if Watch.door == "virtual":
            break
        Watch.door = None
    gdb.execute("continue", to_string=True)
