"""Where the machine is, for the commands that move it: ring, thread, space; and what a stop says.

A stop that a breakpoint of ours made is told after gdb has settled, once, and with gdb's own frame.
"""
import gdb

from words.context import Look
from words.trouble import Trouble

KERNEL = 0x80000000


def ring():
    return 0 if gdb.newest_frame().pc() >= KERNEL else 3


def need_machine():
    if not gdb.selected_inferior().pid:
        raise Trouble("no machine is here any more: it has ended; leave gdb and start it again")


def need_program():
    """The space of the process that runs."""
    need_machine()
    if not process_runs():
        raise Trouble("no program runs yet; break main, continue")
    return current_space()


def kernel_word(expression):
    try:
        return int(gdb.parse_and_eval(expression)) & 0xFFFFFFFF
    except gdb.error:
        return None


def current_space():
    """The address space that the processor has; None: the kernel is not up."""
    return kernel_word("MiCurrentSpace") or None


def process_runs():
    try:
        return Look().process is not None
    except Trouble:
        return False


def current_thread():
    return kernel_word("KiPcr.CurrentThread")


class Told:
    """The sentence of the next stop, and who wants to look before it is said."""

    def __init__(self):
        self.text, self.askers, self.connected = None, [], False

    def say(self, text):
        self.text = text
        self._connect()

    def add(self, line):
        """More, while the stop is looked at."""
        self.text = f"{self.text}\n  {line}" if self.text else line

    def before(self, asker):
        self.askers.append(asker)
        self._connect()

    def no_more(self, asker):
        self.askers.remove(asker)

    def _connect(self):
        if not self.connected:
            gdb.events.stop.connect(self.show)
            self.connected = True

    def show(self, _):
        for asker in self.askers:
            asker()
        text, self.text = self.text, None
        if text:
            print(text)
            gdb.execute("frame")


told = Told()


def run_to(points):
    """continue, to one of these breakpoints or whatever else stops; then they go.

    What gdb says of a stop is shown if it is none of these.  False: the machine has ended."""
    try:
        said = gdb.execute("continue", to_string=True)
        if not any(point.is_valid() and point.hit for point in points):
            print(said, end="")
    except gdb.error as wrong:
        print(wrong)
    finally:
        for point in points:
            if point.is_valid():
                point.delete()
    return bool(gdb.selected_inferior().pid)
