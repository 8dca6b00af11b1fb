"""One boot with a run list, followed frame by frame until it has ended.

    boot --H--> running --time is up: K--> killing --no answer: NMI--> nmi --> end
                   |  ^                       |
                   |  +-------- X ------------+            Q, or QEMU ends: end

Each program gets a Verdict.  The end of the machine itself gives one to the program that
ran when a bug check, a triple fault or a hung kernel cut it short; a machine that never
said H has no boot.  The words of programs are only data here: nothing but frames is
judged.  Time is up when the machine had it (patience.py), not when the host's clock says so.
"""
import os
import selectors

from . import frames
from .machine import EXIT_BUGCHECK
from .patience import Patience
from .reports import Reports
from .symbols import Images
from .terminal import PlainText
from .verdict import Verdict, from_frame
from .window import Window

BOOT_SECONDS = {"multiboot": 60, "ia32": 180, "x64": 180}
KILL_GRACE, NMI_GRACE, END_GRACE = 10, 5, 10
EXIT_SECONDS = 120  # for QEMU to end once its lines are closed: a fuse
CONSOLE_KEPT = 1 << 16
STDIN_PIECE = 16384
KERNEL_FIRST = (frames.HELLO, frames.LOG, frames.BUGCHECK)
LOADER_STOPPED = b"fathom: boot stopped"


class Session:
    """sink: an object with start(i), output(i, bytes), error(i, bytes), log(bytes),
    verdict(i, Verdict), audit(i, tuple), and stdin(i): a descriptor to read the program's input
    from, or None for none.  annotate: the reports.Reports that the machine's reports go
    through."""

    excused = None  # seconds that the machine was held from outside (patience.py)

    def __init__(self, machine, token, timeout, sink, on_console=None, annotate=None):
        self.machine, self.token, self.timeout, self.sink = machine, token, timeout, sink
        self.reports = annotate or Reports(Images(machine.out, []))
        self.on_console = on_console
        self.verdicts, self.audits = {}, {}
        self.current = None  # index of the program that runs
        self.end = None  # Verdict on the machine itself, when it did not end in order
        self.console = bytearray()
        self.bugcheck = None
        self.last_words = None
        self.hello = self.quit = False
        self.decoder = frames.Decoder()
        self.window = None
        self.selector = (
            selectors.PollSelector()
        )  # poll takes regular files, epoll does not
        self.wanted = None  # (index, max) of standard input asked for
        self.held = False  # it is not read now
        self._phase("boot", BOOT_SECONDS[machine.boot])

    def _phase(self, name, seconds):
        self.phase, self.drained = name, False
        process = self.machine.process
        pid = process and process.pid
        self.patience = Patience(seconds, pid, self.excused) if seconds else None

    def watch(self, descriptor, call):
        """Also call call(descriptor) whenever something can be read there."""
        self.selector.register(descriptor, selectors.EVENT_READ, call)

    def forget(self, descriptor):
        """Watch it no longer."""
        self.selector.unregister(descriptor)

    # ---- the loop ----

    def follow(self):
        """Until the machine has ended.  Leaves verdicts, audits and end."""
        self.selector.register(self.machine.host, selectors.EVENT_READ, self._host)
        self.selector.register(self.machine.console, selectors.EVENT_READ, self._console)
        if ring := self.machine.ring:
            self.selector.register(ring.gate, selectors.EVENT_READ, ring.knock)
        try:
            while self.phase != "over":
                left = self.patience.left() if self.patience else None
                if left is not None and left <= 0:
                    if self.drained:
                        self._late()
                        continue
                    left, self.drained = 0, True  # what has come is read before it is judged
                for key, _ in self.selector.select(left):
                    if self.phase != "over":
                        key.data(key.fileobj)
        except frames.Damaged as wrong:
            if self.phase == "nmi":  # it came in the middle of a frame
                self._over(self._how_it_ended(None))
            else:
                kind = "bugcheck" if self.hello else "noboot"
                self._over(Verdict(kind, None, 0, f"damaged frame: {wrong}"))
        finally:
            self.selector.close()
        self._drain_console()
        self._judge_cut_short()

    def _late(self):
        """The time of this phase is up."""
        if self.patience.fused():
            self._over(Verdict("slow"))
        elif self.phase == "boot":
            self._over(Verdict("noboot", None, 0, "the kernel did not report in time"))
        elif self.phase == "speechless":
            self._no_entry()
        elif self.phase == "running":
            self._send(frames.KILL)
            self._phase("killing", KILL_GRACE)
        elif self.phase == "killing":
            self.machine.nmi()
            self._phase("nmi", NMI_GRACE)
        elif self.phase == "nmi":
            self._over(Verdict("hang", None, 0, "the kernel no longer answers"))
        else:  # "ending": it said all
            self._over(None if self.quit else self._how_it_ended(self.machine.wait(0)))

    def _no_entry(self):
        text = self.last_words.decode("latin-1").split("\n")[0].strip()
        self._over(Verdict("noboot", None, 0, text.removeprefix("Fathom: ")))

    def _over(self, verdict):
        self.phase, self.end = "over", verdict

    def _send(self, kind, payload=b""):
        try:
            self.machine.reply.sendall(frames.encode(kind, payload))
        except OSError:
            pass  # it has ended meanwhile; the host line will say so

    # ---- what comes ----

    def _console(self, line):
        data = self._receive(line)
        if not data:
            self.selector.unregister(line)
            return
        self._show(data)
        if not self.hello and LOADER_STOPPED in self.console:
            reason = [
                w for w in self.console_text().split("\n") if w.startswith("fathom: ")
            ]
            self._over(Verdict("noboot", None, 0, reason[0].removeprefix("fathom: ")))

    def _drain_console(self):
        """What the serial line had before the frame that has come."""
        if rest := self._receive(self.machine.console):
            self._show(rest)

    def _show(self, data):
        self.console += data
        del self.console[:-CONSOLE_KEPT]
        if self.on_console:
            self.on_console(data)

    @staticmethod
    def _receive(line):
        try:
            return line.recv(65536)
        except (ConnectionError, BlockingIOError):
            return b""

    def _host(self, line):
        data = self._receive(line)
        if not data:
            self.selector.unregister(line)
            status = self.machine.wait(EXIT_SECONDS)
            self._over(None if self.quit else self._how_it_ended(status))
            return
        begins = not (self.hello or self.decoder.pending) and self.last_words is None
        if begins and data[:1] not in KERNEL_FIRST:
            self._phase("speechless", END_GRACE)
            self.last_words = bytearray()  # of the entry code, which knows no frames
        if self.last_words is not None:
            self.last_words += data
            if b"\n" in self.last_words:
                self._no_entry()
            return
        for kind, payload in self.decoder.feed(data):
            self._frame(kind, payload)

    def _frame(self, kind, payload):
        if kind == frames.HELLO:
            if payload.decode("latin-1") != self.token:
                raise frames.Damaged("foreign token")
            self._drain_console()  # firmware and loader were before
            self.hello = True
            self._phase("running", self.timeout)
        elif kind == frames.START:
            (self.current, _) = frames.words(payload, 1)
            self._phase("running", self.timeout)
            self.reports.start(self.current)
            self.sink.start(self.current)
        elif kind in (frames.OUTPUT, frames.ERROR):
            index, data = frames.words(payload, 1)
            (self.sink.output if kind == frames.OUTPUT else self.sink.error)(index, data)
        elif kind == frames.WINDOW:
            self._open_window(payload)
        elif kind == frames.RING:
            self._open_ring(payload)
        elif kind == frames.INPUT:
            index, most, _ = frames.words(payload, 2)
            self._want_input(index, most)
        elif kind == frames.VERDICT:
            self._verdict(payload)
        elif kind == frames.AUDIT:
            index, *numbers, text = frames.words(payload, 7)
            self.audits[index] = (*numbers, text.decode("utf-8", "replace").strip("\0\n"))
            self.sink.audit(index, self.audits[index])
        elif kind == frames.LOG:
            self.sink.log(payload)
        elif kind == frames.CONSOLE:
            self._show(payload)
        elif kind == frames.IMAGE:
            self.reports.image(payload)
        elif kind == frames.STACK:
            self.reports.stack(payload)
        elif kind in (frames.REPORT, frames.THREADS):
            if shown := self.reports.text(payload):
                self.sink.log(shown)
        elif kind == frames.BUGCHECK:
            self._drain_console()
            self.bugcheck = payload.decode("utf-8", "replace")
            self.sink.log(self.reports.text(payload) + self.reports.rest())
            if self.phase != "nmi":
                self._phase("ending", END_GRACE)
        elif kind == frames.QUIT:
            self.quit = payload.decode("latin-1") == self.token
            self._phase("ending", END_GRACE)

    def _open_window(self, payload):
        *place, _ = frames.words(payload, 4)
        if self.machine.memory is None or self.machine.icount:
            return
        try:
            self.window = self.decoder.window = Window(self.machine.memory, *place)
        except ValueError as wrong:
            raise frames.Damaged(str(wrong)) from None

    def _open_ring(self, payload):
        if self.machine.ring:
            try:
                self.machine.ring.offered(*frames.words(payload, 2)[:2])
            except ValueError as wrong:
                raise frames.Damaged(str(wrong)) from None

    def _verdict(self, payload):
        index, kind, status, address, text = frames.words(payload, 4)
        if kind == frames.EXITED and self.phase == "killing":
            kind = frames.KILLED  # it ended by our word, however it puts it
        self.verdicts[index] = from_frame(kind, status, address, text)
        self.reports.conclude(self.verdicts[index])
        self.sink.verdict(index, self.verdicts[index])
        self.current = None
        self._forget_input()
        self._phase("running", self.timeout)

    # ---- standard input, read only when a program reads ----

    def _want_input(self, index, most):
        descriptor = self.sink.stdin(index)
        if descriptor is None or not most:
            self._send(frames.DATA)
            return
        self.wanted = (descriptor, min(most, STDIN_PIECE))
        if not self.held:
            self.watch(descriptor, self._input_ready)

    def hold_input(self):
        """From now on what is typed is for another: the program's input is not read."""
        if self.wanted and not self.held:
            self.forget(self.wanted[0])
        self.held = True

    def release_input(self):
        if self.wanted and self.held:
            self.watch(self.wanted[0], self._input_ready)
        self.held = False

    def _input_ready(self, descriptor):
        _, most = self.wanted
        self._forget_input()
        try:
            data = os.read(descriptor, most)
        except OSError:
            data = b""
        if self.window and data:
            self._send(frames.WINDOW_DATA, self.window.put(data))
        else:
            self._send(frames.DATA, data)

    def _forget_input(self):
        if self.wanted and not self.held:
            self.forget(self.wanted[0])
        self.wanted = None

    # ---- how it ended ----

    def console_text(self):
        return self.console.decode("utf-8", "replace").replace("\r", "")

    def _last_console_line(self):
        """All that a kernel says that stops before it can send frames."""
        self._drain_console()
        plain = PlainText().feed(bytes(self.console)).decode("utf-8", "replace")
        return next(
            (line for line in reversed(plain.splitlines()) if line.strip()),
            "the kernel stopped at its start",
        )

    def _how_it_ended(self, status):
        """QEMU has ended (status) or hangs (None) without the kernel's last word."""
        if self.phase == "nmi":
            return Verdict(
                "hang", None, 0, "the kernel no longer answered; its stacks are above"
            )
        if self.bugcheck is None and status == EXIT_BUGCHECK:
            return Verdict(
                "bugcheck" if self.hello else "noboot", None, 0, self._last_console_line()
            )
        if self.bugcheck is not None:
            first = self.bugcheck.strip().split("\n")[0]
            return Verdict("bugcheck", None, 0, first)
        if status == 0:
            return Verdict("triple", None, 0, "the machine reset itself")
        if not self.hello:
            says = self.machine.qemu_says()
            return Verdict(
                "noboot", None, 0, says.split("\n")[-1] if says else f"status {status}"
            )
        return Verdict("bugcheck", None, 0, f"ended without a verdict, status {status}")

    def nothing_known(self):
        """The verdict on a program that has none, of a machine that ended in order."""
        return self.end or Verdict("bugcheck", None, 0, "the machine ended without a verdict")

    def _judge_cut_short(self):
        if self.end and self.current is not None:
            self.verdicts.setdefault(self.current, self.end)
