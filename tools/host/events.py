"""--events: what the machine's events go through until they lie in the user's file.

The kernel writes binary records (kernel/observe/stream.c).  Where QEMU's memory is a file that we
map, they lie in a ring there, and the gate says when it is full: a pipe of packets that holds one
byte.  Of the two bytes that the kernel writes there, the second has no room until we have read the
first; so the machine stands still while we take the records.  Where there is no such memory they
come out of COM2.

Both ways they are spooled as they come; at the end the spool becomes a stream with a head, or
text.
"""
import fcntl
import json
import mmap
import os
import shutil
import struct
import sys

from events import names, stream, table as tables, text

from .refused import Refused

PORT = 0x5E9  # of the gate: a second debug console
FULL = b"F"
USED, DATA = 0, 8  # offsets in the ring
ALWAYS = ("ModuleLoad", "ModuleUnload", "ProcessExit")  # without them a stack has no names
FORMATS = ("text", "binary")
STANDARD_OUTPUT = "-"  # as a path
STACKS_OF_ALL = 1  # the same file: of every event, as the kernel walks them
STACKS_OF_HEAP = 2  # kernel/observe/observe.h: those of HeapOperation, exact, in user mode


def possible():
    """Whether this host has rings; FATHOM_EVENTS=serial: as if it had none."""
    return hasattr(os, "memfd_create") and os.environ.get("FATHOM_EVENTS") != "serial"


class Ring:
    """The ring of a machine, its gate, and the spool."""

    def __init__(self, machine, spool):
        self.machine, self.spool = machine, open(spool, "wb")
        self.gate, self.theirs = os.pipe2(os.O_DIRECT | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.fcntl(self.gate, fcntl.F_SETPIPE_SZ, mmap.PAGESIZE)  # one packet
        self.memory = self.base = None
        self.full = False  # the last byte read was FULL

    def arguments(self):
        """For QEMU, whose standard output is theirs: handed over in another way it is no pipe of
        packets any more."""
        device = ["-device", f"isa-debugcon,iobase={PORT:#x},chardev=gate"]
        return ["-chardev", "stdio,id=gate,signal=off", *device]

    def offered(self, base, size):
        """The kernel says where it lies.  ValueError: not in the machine's memory."""
        if base + DATA + size > self.machine.mem << 20:
            raise ValueError("a ring outside memory")
        self.memory = mmap.mmap(self.machine.memory, 0)
        self.base, self.size = base, size

    def knock(self, _):
        """There is a byte in the gate, the first and the second in turn.  The first is read last:
        the machine stands still until then, and only then."""
        if self.memory is None:
            return  # its offer comes first, by another line
        if not self.full:
            self.take()
        self.full = os.read(self.gate, 1) == FULL

    def take(self):
        (used,) = struct.unpack_from("<I", self.memory, self.base + USED)
        used = min(used, self.size)
        if used:
            self.spool.write(self.memory[self.base + DATA : self.base + DATA + used])
            struct.pack_into("<I", self.memory, self.base + USED, 0)

    def close(self):
        """The machine has ended: the rest."""
        if self.memory:
            self.take()
            self.memory.close()
            self.memory = None
        self.spool.close()
        os.close(self.gate)
        os.close(self.theirs)


def program_of(options):
    return getattr(options, "program", None)


def head_of(options):
    """What a stream says of the run that it is of."""
    clock = "instructions" if options.icount else "ticks"
    head = {"clock": clock, "memory": options.mem, "boot": options.boot}
    if program_of(options):
        head["command"] = [os.path.basename(options.program), *options.arguments]
    return head if options.seed is None else {**head, "seed": options.seed}


class Events:
    """What the options ask for: path, format, names, stacks."""

    def __init__(self, options):
        self.path, self.format = options.events, options.events_format
        self.wanted, self.stacks = options.trace, options.events_stacks
        self.head = head_of(options)
        self.files = [[*options.add, *filter(None, [program_of(options)])]]
        self.boots = 0
        self.mask()
        if self.path != STANDARD_OUTPUT:
            open(
                self.path, "ab"
            ).close()  # it can be written, or it is refused before anything runs

    def words(self, ring):
        """For the kernel's command line."""
        words = [f"trace={self.mask()}"]
        words += [f"stacks={self.stacks:d}"] * bool(self.stacks)
        return words + [f"ring={PORT:#x}"] * bool(ring)

    def mask(self):
        if self.wanted is None:
            return "all"
        rows = tables.read().rows.values()
        numbers = {row.name.lower(): row.id for row in rows}
        wanted = [*self.wanted.split(","), *(ALWAYS if self.stacks else ())]
        for name in wanted:
            if name.lower() not in numbers:
                known = " ".join(row.name for row in rows)
                raise Refused(f"--trace {name}: the events are {known}")
        return sum({1 << numbers[name.lower()] for name in wanted})

    def _opened(self):
        """The user's file, for one more boot."""
        if self.path != STANDARD_OUTPUT:
            return open(self.path, "ab" if self.boots else "wb")
        sys.stdout.flush()
        return os.fdopen(os.dup(sys.stdout.fileno()), "wb")

    def finish(self, spool, out):
        """The spool of one boot, into the file: after those of earlier boots."""
        with open(spool, "rb") as records, self._opened() as file:
            self.boots += 1
            if self.format == "binary":
                stream.write_head(file, self.head)
                shutil.copyfileobj(records, file)
            else:
                self._write_text(records, file, out)

    def _write_text(self, records, file, out):
        from .symbols import Images

        said = " ".join(f"{key}={json.dumps(value)}" for key, value in self.head.items())
        file.write(f"# {said}\n".encode())
        events = stream.Stream(records)
        with Images(out, self.files) as images:
            known = names.Names(images)
            for event in events:
                known.see(event)
                lines = [text.line(events.table, event)]
                lines += [text.frame(one, known.of(event.pid, one)) for one in event.stack]
                file.write(("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))
        if events.lost:
            file.write(f"# {events.lost} events lost\n".encode())
