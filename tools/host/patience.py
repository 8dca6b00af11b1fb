"""How long to wait for a machine, whatever else the host has to do.

A limit on the host's clock alone judges the host: under load a machine gets a fraction of a
processor, and a program that is well is called a hang.  So the time in which the machine, or this
tool, was ready to run and had no processor does not count.  Linux keeps that time for each thread
(the second number of /proc/PID/task/TID/schedstat, in nanoseconds).  Elsewhere the clock alone
counts.
"""
import glob
import os
import time

# By the clock, so many times the limit and at least so many seconds: the host is too slow to judge.
FUSE, FUSE_SECONDS = 20, 900


def delays(pid):
    """{thread: seconds that it was ready and did not run}."""
    found = {}
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        try:
            with open(path) as file:
                found[path] = int(file.read().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            pass  # the thread has ended, or the host counts nothing
    return found


class Patience:
    """A limit of so many seconds from now on, for the process pid (None: not yet started).
    excused(): seconds that the machine was held so far by someone who looks at it."""

    def __init__(self, seconds, pid, excused=None):
        self.seconds, self.pids, self.excused = seconds, (pid, os.getpid()), excused or (lambda: 0)
        self.held = self.excused()
        self.start, self.before = time.monotonic(), [delays(pid) for pid in self.pids]

    def by_clock(self):
        return self.seconds - (time.monotonic() - self.start) + self.excused() - self.held

    def left(self):
        """Seconds until the limit, at least; the delays are looked up only when they matter."""
        left = self.by_clock()
        if left > 0 or self.fused():
            return left
        # The two may wait at the same time, which passes once: the longer delay counts.
        waited = 0
        for pid, before in zip(self.pids, self.before):
            now = delays(pid)
            waited = max(waited, *(now[t] - before.get(t, 0) for t in now))
        return left + waited

    def fused(self):
        """The host is too slow: by the clock many times the limit has passed."""
        return self.seconds - self.by_clock() > max(FUSE * self.seconds, FUSE_SECONDS)
