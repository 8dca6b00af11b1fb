"""Signals that end the tool: SIGHUP, SIGINT, SIGQUIT, SIGTERM.

The first one raises Interrupted out of whatever is being done, so that every `with` on the way
ends its machine and removes its files; further ones wait meanwhile.  What must be done whole (a
report of a batch) is done whole first.
"""
import contextlib
import signal
import sys

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class Interrupted(BaseException):
    """Not an Exception: nothing but what cleans up may catch it."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number

    @property
    def name(self):
        return signal.Signals(self.number).name

    @property
    def code(self):
        return 128 + self.number


class _State:
    caught = None  # the signal that came first
    whole = 0  # depth of whole()


def _handler(number, _):
    first, _State.caught = _State.caught is None, _State.caught or number
    if first and not _State.whole:
        raise Interrupted(number)
    if not first and _State.whole:
        sys.exit(128 + number)  # what was to be done whole does not end


def listen():
    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _handler)


def unlisten():
    """All is cleaned up: a further signal ends the tool at once."""
    for number in ENDING:
        if signal.getsignal(number) == _handler:
            signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def whole():
    """What is done in here is done before a signal counts; a second signal does not wait."""
    before = _State.caught
    _State.whole += 1
    try:
        yield
    finally:
        _State.whole -= 1
        if _State.caught and not before and not _State.whole and sys.exc_info()[0] is None:
            raise Interrupted(_State.caught)
