"""The machine's console on ours: raw keys in, text out, and the terminal as it was at the
end."""
import errno
import os
import re
import select
import sys
import termios
import time
import tty

CTRL_C = b"\x03"
FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
# What firmware sends to arrange a screen: not wanted in a file, a log or a scrolled
# terminal.
ESCAPES = re.compile(rb"\x1b\[[=?0-9;]*[A-Za-z]|\r(?=\n)")
UNFINISHED = re.compile(rb"(\x1b(\[[=?0-9;]*)?|\r)\Z")


def write_all(descriptor, data):
    """All of it, or as much as anyone still reads: a closed pipe is no failure of the
    run.  OSError: a disk is full."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
        except OSError as wrong:
            if wrong.errno in FULL:
                raise
            return


class PlainText:
    """Console bytes without escape sequences, whichever way they are cut."""

    def __init__(self):
        self.pending = b""

    def feed(self, data):
        data = self.pending + data
        cut = UNFINISHED.search(data)
        self.pending = data[cut.start() :] if cut else b""
        return ESCAPES.sub(b"", data[: cut.start()] if cut else data)


class RawTerminal:
    """A context in which keys come one by one, unechoed; Ctrl-C too."""

    def __enter__(self):
        self.descriptor = sys.stdin.fileno()
        self.saved = termios.tcgetattr(self.descriptor)
        tty.setraw(self.descriptor, termios.TCSANOW)
        return self

    def __exit__(self, *_):
        termios.tcsetattr(self.descriptor, termios.TCSADRAIN, self.saved)
        write_all(1, b"\x1b[0m")


def columns():
    """Of the terminal; 0: it does not say."""
    try:
        return os.get_terminal_size(1).columns
    except OSError:
        return 0


def interactive():
    return sys.stdin.isatty() and sys.stdout.isatty()


class Left(Exception):
    """Ctrl-C three times: the person leaves."""


def connect(session, console):
    """Keys go to the machine's console, Ctrl-C too: it stops the program there, and the
    prompt itself.  Three times within a second it raises Left out of session.follow(), in
    case the machine does not listen."""
    pressed = []

    def key(descriptor):
        data = os.read(descriptor, 1024)
        pressed.extend([time.monotonic()] * data.count(CTRL_C))
        if not data or len(pressed) >= 3 and pressed[-1] - pressed[-3] < 1:
            raise Left
        console.sendall(data)

    session.watch(sys.stdin.fileno(), key)
