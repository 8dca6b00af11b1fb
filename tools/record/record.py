"""`fathom record`: a program runs to a point, and from there each instruction is written down.

    boot, QEMU's gdb stub -> the start of the stretch: halted there
    guest RAM             -> the start image
    monitor               -> `one-insn-per-tb on`, `log cpu,fpu,nochain`: from now on, recorder.c
    recorder.c --blocks-> the file

The machine counts instructions and its clock starts at one fixed date, so the same command gives
the same bytes.  Nothing is masked: a timer's tick or another thread inside the stretch is in it.
Where no plugin can be had, stepping.py does the same through the stub alone.
"""
import hashlib
import mmap
import os
import shutil
import struct
import subprocess
import sys
import threading
import time

from host import debug, machine
from host.refused import Refused
from host.session import Session

from . import recording, remote, stepping, symbols

CONTROL = struct.Struct("<8I4Q")  # recorder.c: CONTROL
BEGUN, SAVED = 8, 12  # where in it
BLOCK = struct.Struct("<II")  # steps, bytes
TOKEN = hashlib.sha256(b"a recording").hexdigest()[:32]  # the same for every run
DATE = "2026-01-01T00:00:00"
EVERY, SELDOM = 1, 20  # seconds between two lines of progress: on a terminal, else
MOST = (1 << 32) - 1


class Stepped(machine.Machine):
    """The machine with its memory in a file."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, icount=True, **more)
        self.memory = os.memfd_create("fathom")
        os.ftruncate(self.memory, self.mem << 20)
        self.halted = self.path("gdb")
        os.symlink(os.path.realpath(self.kernel()), self.path("ntoskrnl.exe"))

    def _memory_arguments(self):
        backend = f"id=memory,size={self.mem}M,share=on,mem-path=/dev/fd/{self.memory}"
        return [
            *("-m", str(self.mem), "-object", f"memory-backend-file,{backend}"),
            *("-machine", "memory-backend=memory", "-rtc", f"base={DATE},clock=vm"),
        ]


class Recorder(Stepped):
    """The same with the plugin in QEMU."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.shadow = os.memfd_create("shadow")
        os.ftruncate(self.shadow, (self.mem << 20) + recording.PAGE_BYTES)  # and FXSAVE's image
        self.control_file = os.memfd_create("control")
        os.ftruncate(self.control_file, mmap.PAGESIZE)
        self.control = mmap.mmap(self.control_file, mmap.PAGESIZE)
        for name in ("log", "blocks"):
            os.mkfifo(self.path(name))
        # Both ends: QEMU's open for writing does not wait for the plugin's for reading.
        self.log = os.open(self.path("log"), os.O_RDWR)
        self.blocks = os.open(self.path("blocks"), os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(self.blocks, True)

    def _memory_arguments(self):
        plugin = [
            os.path.join(self.out, "record", "recorder.so"),
            f"memory=/dev/fd/{self.memory}",
            f"shadow=/dev/fd/{self.shadow}",
            f"control=/dev/fd/{self.control_file}",
            f"log={self.path('log')}",
            f"out={self.path('blocks')}",
        ]
        return [*super()._memory_arguments(), "-plugin", ",".join(plugin)]

    def inherit(self):
        return [self.shadow, self.control_file]

    def facts(self):
        names = "active done begun saved start_eip start_esp stop_eip stop_esp".split()
        names += "most steps missed missed_at".split()
        return dict(zip(names, CONTROL.unpack_from(self.control)))

    def activate(self, start, stop, most):
        """start and stop: (EIP, ESP)."""
        self.control[: CONTROL.size] = CONTROL.pack(1, 0, 0, 0, *start, *stop, most, 0, 0, 0)

    def start_image(self):
        """The shadow, when the plugin has come to the first instruction."""
        while not self.control[BEGUN]:
            if self.wait(0.01) is not None:
                raise Refused("QEMU ended before the stretch began")
        return mmap.mmap(self.shadow, 0)

    def go_on(self):
        self.control[SAVED] = 1

    def close(self):
        super().close()
        for file in (self.log, self.blocks, self.shadow, self.control_file):
            os.close(file)


def takes_plugins(out):
    """QEMU can load recorder.so, and it is there or can be built."""
    qemu = os.environ.get("FATHOM_QEMU") or "qemu-system-i386"
    words = subprocess.run([qemu, "-help"], capture_output=True, text=True).stdout
    built = os.path.exists(os.path.join(out, "record", "recorder.so"))
    return "-plugin" in words and (built or shutil.which("gcc") is not None)


# ---- where the stretch begins and ends ----
def door(stub, names, name, count, after=None):
    """Halted at the entry of the count-th call that the program makes of name, from main on:
    a call whose return address is in the program.  Its runtime's start-up does not count.
    after: from this function on, and any caller counts, in another process too."""
    address = names.find(name)
    stub.run_to(names.find(after) if after else names.main())
    base, size = symbols.image(next(iter(names.files.values())))
    while True:
        stub.run_to(address)
        esp = stub.registers()[4]
        caller = stub.word(esp) or 0
        if after or base <= caller < base + size:
            count -= 1
            if count == 0:
                return caller, esp + 4


def begin(stub, names, options):
    """Halted at the first instruction of the stretch: (EIP, least ESP) of its end."""
    if options.door:
        name, _, count = options.door.rpartition(":")
        name, count = (name, int(count)) if name and count.isdigit() else (options.door, 1)
        return door(stub, names, name, count, options.after)
    if options.start or options.all:
        stub.run_to(names.find(options.start or "ntdll!LdrInitializeThunk"))
        return (names.find(options.to), 0) if options.to else (0, MOST)
    stub.run_to(names.main())
    esp = stub.registers()[4]
    return stub.word(esp), esp + 4


# ---- what the header says ----
def module_list(names, added=()):
    """The files that the recording is of, each known by its content; last other programs."""
    rows = []
    others = [path for path in added if path.lower().endswith(".exe")]
    for path in [*names.files.values(), *others]:
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        base, size = symbols.image(path)
        rows.append({"name": os.path.basename(path), "base": base, "size": size, "sha256": digest})
    return rows


def qemu_version():
    text = subprocess.run(["qemu-system-i386", "--version"], capture_output=True, text=True).stdout
    return text.splitlines()[0] if text else "unknown"


def header(options, names):
    return {
        "command": [os.path.basename(options.program), *options.arguments],
        "stretch": options.door or options.start or ("all" if options.all else "main"),
        "memory": options.mem,
        "seed": options.seed,
        "cpu": options.cpu,
        "qemu": qemu_version(),
        "registers": recording.REGISTERS,
        "way": "stepping" if options.stepping else "plugin",
        "modules": module_list(names, options.add),
    }


# ---- the stretch itself ----
def exactly(file, size):
    data = b""
    while len(data) < size:
        part = os.read(file, size - len(data))
        if not part:
            break
        data += part
    return data


def plugin_blocks(host):
    """(how many steps, their data), as the plugin sends them."""
    while head := exactly(host.blocks, BLOCK.size):
        count, size = BLOCK.unpack(head)
        size += recording.STATE.size
        data = exactly(host.blocks, size)
        if len(data) < size:
            raise Refused("QEMU ended in the middle of it")
        yield count, data


def copy_blocks(blocks, writer, say):
    begun = time.monotonic()
    for count, data in blocks:
        writer.steps_block(count, data)
        rate = writer.steps / max(time.monotonic() - begun, 0.001)
        say(f"{writer.steps:,} instructions, {rate:,.0f} a second", True)


def by_stepping(host, stub, names, options, stop, writer, say):
    memory = stepping.Memory(host.memory, host.mem << 20)
    stepper = stepping.Stepper(stub, memory, names.extent("nt!KeIdleLoop"), options.preemption)
    writer.memory(memory.shadow)
    copy_blocks(stepper.blocks(stop, options.instructions or MOST), writer, say)


def by_plugin(host, stub, names, options, stop, writer, say):
    registers = stub.registers()
    # The first has two names: in QEMU to 8.2 and from 8.1 on.
    alone = "singlestep on", "one-insn-per-tb on"
    for command in (*alone, f"logfile {host.path('log')}", "log cpu,fpu,nochain"):
        stub.monitor(command)
    host.activate((registers[8], registers[4]), stop, options.instructions or MOST)
    stub.send("c")
    with host.start_image() as memory:
        writer.memory(memory)
    host.go_on()
    copy_blocks(plugin_blocks(host), writer, say)
    facts = host.facts()
    if not facts["done"] or not writer.steps:
        raise Refused("QEMU ended before the stretch did")
    if facts["missed"]:
        raise Refused(
            f"{facts['missed']} bytes of memory changed unseen, the first at "
            f"{facts['missed_at']:#x}"
        )


def record(host, stub, names, options, out, around, say):
    say("the machine starts")
    stop = begin(stub, names, options)
    writer = recording.Writer(out)
    writer.head(header(options, names))
    way = by_stepping if options.stepping else by_plugin
    way(host, stub, names, options, stop, writer, say)
    say("once more, for the events around it")
    around()
    with open(host.path("events"), "rb") as events:
        writer.events(events.read())
    writer.done({})
    return writer.steps


def run(options, archive, host, sink, line, around):
    """line: the kernel's command line, with TOKEN.  around: puts the run's events into the
    machine's file `events`.  The number of instructions that options.output has then."""
    names = symbols.Symbols(options.program, host.out, options.add)
    tell = sys.stderr.isatty()
    last = time.monotonic()

    def say(text, again=False):
        """again: it was said before, with another number."""
        nonlocal last
        if again and time.monotonic() - last < (EVERY if tell else SELDOM):
            return
        last = time.monotonic()
        if tell:
            print(f"\rfathom: {text:50}", end="", file=sys.stderr, flush=True)
        elif again:
            print(f"fathom: {text}", file=sys.stderr, flush=True)

    archive.write(host.path("archive.tar"))
    host.start(line, "archive.tar", "ntoskrnl.exe")
    session = Session(host, TOKEN, None, sink)
    session.patience = None
    threading.Thread(target=debug.follow_quietly, args=(session,), daemon=True).start()
    temporary = f"{options.output}.{os.getpid()}"
    try:
        with open(temporary, "wb") as out:
            steps = record(host, remote.Remote(host), names, options, out, around, say)
        os.replace(temporary, options.output)
    except (remote.Gone, symbols.Unknown) as wrong:
        raise Refused(str(wrong)) from None
    finally:
        if tell:
            print(file=sys.stderr)
        if os.path.exists(temporary):
            os.remove(temporary)
    return steps
