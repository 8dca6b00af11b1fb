"""`monitor fathom ...`: what tools/gdb tells the stub and asks of it; all else is QEMU's monitor.

  where                      a stop is shown: NAME ID RING of it; `- 0 RING` without a process
  quiet                      what gdb reads until the next stop is for itself
  modules                    DISPLACEMENT FILE a line: the symbols of the process
  breakpoint N ADDRESS...    the places of the user's breakpoint N
  delete N                   it is gone
  owner N every|ID           whose it is
  pending 0|1                whether one waits for a module
"""
import re

from . import registers
from .points import EVERY
from .space import USER_END

PREFIX = "fathom "


def text(words):
    return words.encode("latin-1", "replace").hex().encode()


def monitor(qemu, command):
    """A command of QEMU's own monitor; what it printed."""
    answer, said = qemu.ask(b"qRcmd," + command.encode().hex().encode()), ""
    while answer[:1] == b"O" and answer != b"OK":
        said += bytes.fromhex(answer[1:].decode()).decode("latin-1")
        answer = qemu.receive()
    return said


def reads_stack(qemu):
    """Its `g` has the x87 registers from the top of their stack on: QEMU 8 and later."""
    match = re.match(r"(\d+)\.", monitor(qemu, "info version"))
    return bool(match) and int(match[1]) >= 8


def valid_floats(qemu):
    """Bit i: the x87 register R(i) is not empty."""
    match = re.search(r"FTW=([0-9a-f]+)", monitor(qemu, "info registers"))
    return int(match[1], 16) if match else 0xFF


def run(stub, rest):
    words = bytes.fromhex(rest.decode()).decode("latin-1")
    if words.startswith(PREFIX):
        name, *arguments = words[len(PREFIX) :].split()
        call = CALLS.get(name)
        said = call(stub, *arguments) if call else f"{name}: no such command\n"
        return text(said) if said else b"OK"
    said = stub.monitor(words)
    if said:
        stub.gdb.send(b"O" + text(said))
    return b"OK"


def where(stub):
    stub.quiet = False
    process = stub.process()
    ring = 3 if stub.word(registers.CS) & 3 else 0
    return f"{process.name} {process.id} {ring}\n" if process else f"- 0 {ring}\n"


def quiet(stub):
    stub.quiet = True


def modules(stub):
    return "".join(f"{move:x} {file}\n" for file, move in stub.libraries.of_all(stub.modules))


def breakpoint(stub, number, *addresses):
    stub.points.define(int(number), [int(a, 16) for a in addresses], stub.shown)


def owner(stub, number, whose):
    done = stub.points.choose(int(number), EVERY if whose == "every" else int(whose))
    return "" if done else f"no breakpoint number {number}\n"


def pending(stub, flag):
    stub.points.pending = flag == "1"


CALLS = {
    "where": where,
    "quiet": quiet,
    "modules": modules,
    "breakpoint": breakpoint,
    "delete": lambda stub, number: stub.points.delete(int(number)),
    "owner": owner,
    "pending": pending,
}
