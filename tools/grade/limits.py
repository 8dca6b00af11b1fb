"""One program of the host with its limits: output capped, CPU seconds and memory bounded.

A case that uses its CPU seconds up is the student's hang.  The clock is only a fuse: when it ends
a program that had no processor, the grading machine was too slow, and nobody loses a point.
"""
import os
import resource
import selectors
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

MOST_OUTPUT = 256 << 10  # bytes that are kept
FLOOD = 64 << 20  # bytes after which it is ended


@dataclass
class Done:
    code: int  # as Popen has it: negative for a signal
    output: str
    report: str
    flooded: bool
    late: bool  # the clock's fuse
    seconds: float

    @property
    def busy(self):
        """It used up its CPU seconds."""
        return self.code in (-signal.SIGXCPU, -signal.SIGKILL) and not (self.late or self.flooded)


def _limits(cpu, memory):
    def apply():
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FLOOD, FLOOD))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    return apply


def _end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        pass


def run(words, cwd=None, cpu=10, clock=600, memory=0, stdin=b"", report=False, env=None):
    """Run it to its end.  report: descriptor 3 is a pipe of ours too."""
    start = time.monotonic()
    ends = {}
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        out, out_theirs = os.pipe()
        reads, reads_theirs = os.pipe() if report else (None, None)

        def prepare(limit=_limits(cpu, memory)):
            if report:
                os.dup2(reads_theirs, 3)
                os.set_inheritable(3, True)
            limit()

        process = subprocess.Popen(
            words,
            cwd=cwd,
            stdin=given,
            stdout=out_theirs,
            stderr=out_theirs,
            preexec_fn=prepare,
            pass_fds=[3, reads_theirs] if report else [],
            env=env,
        )
        for end in filter(None, (out_theirs, reads_theirs)):
            os.close(end)
        flooded, late = _collect(
            process, [e for e in (out, reads) if e is not None], ends, start + clock
        )
    code = process.wait()
    _end(process)
    text = lambda end: bytes(ends.get(end, b"")).decode("utf-8", "replace")
    return Done(code, text(out), text(reads), flooded, late, time.monotonic() - start)


def _collect(process, descriptors, kept, until):
    """What comes, up to the limits; (it flooded us, it was late)."""
    selector, total = selectors.DefaultSelector(), 0
    for descriptor in descriptors:
        selector.register(descriptor, selectors.EVENT_READ)
        kept[descriptor] = bytearray()
    flooded = late = False
    while selector.get_map():
        left = until - time.monotonic()
        for key, _ in selector.select(max(min(left, 1), 0)):
            data = os.read(key.fd, 65536)
            total += len(data)
            kept[key.fd] += data[: max(MOST_OUTPUT - len(kept[key.fd]), 0)]
            if not data:
                selector.unregister(key.fd)
                os.close(key.fd)
        ended = process.poll() is not None
        if total > FLOOD or left <= 0 or (ended and left < 0):
            flooded, late = total > FLOOD, left <= 0
            _end(process)
            break
    for key in list(selector.get_map().values()):
        os.close(key.fd)
    return flooded, late
