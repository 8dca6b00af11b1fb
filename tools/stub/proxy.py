"""Between gdb and QEMU's stub: gdb sees one process at a time, and never stops in another.

    gdb --packet--> Proxy.answer --packet--> QEMU
        <-- stop ---   judge     <-- stop ---

QEMU knows virtual addresses and no processes.  Here each stop is looked at: CR3 says which process
it is in.  A breakpoint of another process is stepped over and the machine goes on.  stub.py has
what a recording's server does as well.

Memory is read from the machine's own, which is mapped here; QEMU is asked for what is not RAM.
Invariants: while gdb talks, QEMU is halted.  regs is None or QEMU's `g`.
"""
import os
import select
import socket
import subprocess

from . import borrow, commands, process, registers
from .libraries import ALWAYS, Libraries
from .points import BREAK
from .space import Space
from .stub import FEATURES, Stub
from .wire import INTERRUPT, Wire

MASKED = b"0x7"  # Qqemu.sstep: 1 step, 2 no interrupts, 4 no timers
NTDLL = 0x7C900000  # in every process
INTERRUPTED = b"T02thread:p01.01;"
GENERAL_BYTES = registers.AT[registers.ST0]  # of `g`: what comes after it gdb asks for by `p`


class Proxy(Stub):
    """gdb, qemu: Wires.  ntdll: {name: address}."""

    KINDS = "01234"

    def __init__(self, gdb, qemu, kernel, libraries, ntdll, say):
        super().__init__(gdb, kernel, libraries, say)
        self.qemu, self.hook = qemu, ntdll["_LdrpModuleLoaded"]
        self.protect = ntdll["_NtProtectVirtualMemory@20"]
        self.inserted = {}  # (kind, address): length; what QEMU has
        self.regs = None
        self.over = None  # the address of a breakpoint that was of another process
        self.interrupted = False
        self.masks = MASKED
        self.stack = None  # ESP and EBP where the last motion began

    def close(self):
        super().close()
        self.qemu.socket.close()

    def elsewhere(self, packet):
        if packet.startswith(b"Qqemu.sstep"):
            self.late = False  # a new command of a person's: goingon.py
        return self.qemu.ask(packet)

    def monitor(self, words):
        self.regs = None
        return commands.monitor(self.qemu, words)

    # ---- what is asked ----
    def _supported(self, rest):
        return self.qemu.ask(b"qSupported" + rest) + FEATURES

    def _features(self, rest):
        """QEMU's description of the machine's registers, as registers.described has it."""
        at, size = (int(word, 16) for word in rest.split(b","))
        text = registers.described(self._file)
        return (b"m" if at + size < len(text) else b"l") + text[at : at + size]

    def _file(self, name):
        """One of QEMU's descriptions, whole."""
        text, more = b"", b"m"
        while more == b"m":
            answer = self.qemu.ask(b"qXfer:features:read:%s:%x,ff0" % (name, len(text)))
            more, text = answer[:1], text + answer[1:]
        return text

    def _mode(self, rest):
        """QEMU's own: addresses of `m` and `M` are physical from now on."""
        self.memory.by_qemu = rest != b"0"
        return self.qemu.ask(b"Qqemu.PhyMemMode:" + rest)

    def _stepping(self, rest):
        """QEMU's own: what a step masks."""
        self.masks = rest
        return self.qemu.ask(b"Qqemu.sstep=" + rest)

    def registers(self):
        if self.regs is None:
            self.regs = bytes.fromhex(self.qemu.ask(b"g").decode())
            if registers.top(self.regs) and commands.reads_stack(self.qemu):
                self.regs = registers.to_qemu(self.regs)
        return self.regs

    def word(self, number):
        return registers.word(self.registers(), number)

    def _read_registers(self, _):
        return self.registers()[:GENERAL_BYTES].hex().encode()

    def _read_register(self, rest):
        number = int(rest, 16)
        if number >= len(registers.AT):
            return b"ffffffff"  # orig_eax: in no system call of Linux
        data = registers.to_gdb(self.registers())
        if number == registers.FTAG:
            tags = registers.tags(self.registers(), commands.valid_floats(self.qemu))
            return tags.to_bytes(4, "little").hex().encode()
        at = registers.AT[number]
        return data[at : at + registers.BYTES[number]].hex().encode()

    def _write_register(self, rest):
        number, _, value = rest.partition(b"=")
        if int(number, 16) >= len(registers.AT):
            return b"OK"
        number = registers.physical_st(int(number, 16), self.registers())
        self.regs = None
        return self.qemu.ask(b"P%x=%s" % (number, value))

    def _write_registers(self, rest):
        data = bytes.fromhex(rest.decode())
        data = data + registers.to_gdb(self.registers())[len(data) :]
        self.regs = None
        return self.qemu.ask(b"G" + registers.to_qemu(data).hex().encode())

    # ---- movement ----
    def _resume(self, action):
        """action: what vCont says of the one processor, `c` or `s` first."""
        if (held := self.release()) is not None and not self.moved(held):
            return held
        step = action[:1] in b"sS"
        if not step and (home := self._home()) is not None:
            return self.library_event(home)
        self.interrupted = False
        while True:
            reply = self._go(step)
            if reply[:1] not in b"TS":
                return reply
            meant = self._judge(reply, step)
            if self.interrupted or step and self.late:
                self.late = False
                return INTERRUPTED if meant is None or step else meant
            if meant is not None:
                return meant

    def _home(self):
        """The process whose symbols gdb is to have while the machine runs, if it has not."""
        watcher = self.points.watcher()
        if self.shown is None:
            return None
        if watcher in (None, self.shown.id) and self.home in (None, self.shown):
            return None
        alive = {p.id: p for p in self.kernel.processes(self.word(registers.CR3))}
        wanted = alive.get(watcher) or self.home and alive.get(self.home.id)
        return wanted if wanted and wanted.id != self.shown.id else None

    def _go(self, step):
        """One motion of the machine; its stop.

        gdb looks for the unwinding rules of an interrupted instruction at the byte before it.  They
        are others there if the instruction before it moved the stack or its frame: then this step
        lets no interrupt come.
        """
        eip = self.word(registers.EIP)
        stack = self.word(registers.ESP), self.word(registers.EBP)
        moved, self.stack = stack != self.stack, stack
        self._insert_all()
        at = (BREAK, eip)
        if at in self.inserted and (step or at not in self.points.wanted or self.over == eip):
            self.change("z", at)
            reply = self._masked_step()
            if step or reply[:3] != b"T05" or b"watch:" in reply:
                return reply
            self._insert_all()
        if step and moved:
            return self._masked_step()
        return self.motion(b"s" if step else b"c")

    def _masked_step(self):
        """Off a breakpoint: an interrupt would lead back to it."""
        masks = self.masks
        if masks != MASKED:
            self._stepping(MASKED)
        reply = self.motion(b"s")
        if masks != MASKED:
            self._stepping(masks)
        return reply

    def motion(self, packet):
        """One motion; its stop.  QEMU comes back from some steps, one in a thousand, without having
        executed the instruction: then a breakpoint at it would be told twice."""
        before = self.registers() if packet == b"s" else None
        reply = self._run(packet)
        if before is not None and reply[:3] == b"T05" and self.registers() == before:
            reply = self._run(packet)
        return reply

    def _run(self, packet):
        self.regs = None
        self.qemu.send(packet)
        while True:
            reply = self.qemu.pending()
            if reply is not None and reply[:1] != b"O":
                return reply
            if reply is not None:
                self.gdb.send(reply)
                continue
            for wire in select.select([self.gdb, self.qemu], [], [])[0]:
                wire.fill()
            if self.gdb.buffer and self.gdb.pending() == INTERRUPT:
                self.interrupted = True
                self.qemu.interrupt()

    def _insert_all(self):
        """QEMU gets what it lacks, and loses what nobody wants any more."""
        wanted = {**self.points.begin(), (BREAK, self.hook): 1}
        for key in [key for key in self.inserted if wanted.get(key) != self.inserted[key]]:
            self.change("z", key)
        for key in wanted.keys() - self.inserted.keys():
            self.change("Z", key, wanted[key])

    def change(self, letter, key, length=None):
        length = self.inserted.pop(key) if length is None else length
        self.qemu.ask(b"%s%s,%x,%x" % (letter.encode(), key[0].encode(), key[1], length))
        if letter == "Z":
            self.inserted[key] = length

    # ---- the program's own thread ----
    def copy(self, page, data, locked):
        """Have the process shown have page, whose bytes are data, for itself.  locked: it may not
        write to it.  borrow.Impossible."""
        thread = borrow.Thread(self, NTDLL, self.protect)
        old = thread.set_protection(page, borrow.PAGE_EXECUTE_WRITECOPY) if locked else None
        thread.touch(page, data[:4])
        if locked:
            thread.set_protection(page, old)

    # ---- whether a stop is meant, and what gdb has to know first ----
    def _judge(self, reply, step):
        """What gdb is told of a stop; None: nothing, go on."""
        eip, process = self.word(registers.EIP), self.process()
        self.over, self.broke = None, False
        if b"watch:" in reply:
            address = int(reply.partition(b"watch:")[2].split(b";")[0], 16)
            if not self.points.watched(address, process):
                return b"T05thread:p01.01;" if step else None
        elif not step and reply[:3] == b"T05" and (BREAK, eip) in self.inserted:
            if eip == self.hook and not any(eip in p.where for p in self.points.user.values()):
                return self._loaded(process)
            if not self.meant(eip, process):
                self.over = eip
                return None
            self.broke = True
        return self.show(process, reply, step and eip != self.hook)

    def _loaded(self, process):
        """A module has come to a process."""
        self.over = self.hook
        if process is None:
            return None
        if self.home is None:
            self.home = process
            self.points.bind(process)
        if process == self.home or self.points.pending:
            return self.library_event(process)
        return None


Proxy.ANSWERS = [
    (b"vCont;", lambda proxy, rest: proxy._resume(rest)),
    (b"c", lambda proxy, rest: proxy._resume(b"c" + rest)),
    (b"C", lambda proxy, rest: proxy._resume(b"c")),
    (b"s", lambda proxy, rest: proxy._resume(b"s" + rest)),
    (b"S", lambda proxy, rest: proxy._resume(b"s")),
    (b"qSupported", Proxy._supported),
    (b"qXfer:features:read:target.xml:", Proxy._features),
    (b"Qqemu.PhyMemMode:", Proxy._mode),
    (b"Qqemu.sstep=", Proxy._stepping),
    (b"g", Proxy._read_registers),
    (b"p", Proxy._read_register),
    (b"P", Proxy._write_register),
    (b"G", Proxy._write_registers),
    (b"M", lambda proxy, rest: proxy.memory.write(rest)),
    (b"X", lambda proxy, rest: b""),
]


def say(line):
    print(line, flush=True)


def serve(listening, stub, ram, out, known):
    """Take gdb's connection and serve it.  stub: the path of QEMU's socket; ram: the machine's
    memory; out: the build directory; known: {base name: path} of files beside it."""
    try:
        connection, _ = listening.accept()
    except OSError:
        return  # gdb never came
    with connection, socket.socket(socket.AF_UNIX) as machine:
        machine.connect(stub)
        try:
            kernel = process.Kernel(Space(ram, len(ram)), out)
            ntdll = process.addresses(os.path.join(out, "bin", ALWAYS))
            libraries = Libraries(out, known)
            Proxy(Wire(connection), Wire(machine), kernel, libraries, ntdll, say).serve()
        except (OSError, KeyError, subprocess.CalledProcessError) as wrong:
            say(f"fathom: gdb cannot be served: {wrong!r}; is the build whole?")
