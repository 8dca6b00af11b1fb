"""exc: the exception or the trap frame at hand, and why the access was refused."""
from .address import why
from .colour import address as shown
from .colour import paint
from .command import Word
from .context import evaluate
from .faults import Registers, bug_check_name, page_fault_text
from .names import KERNEL, Names
from .stops import bug_check, fault, traps


class Exc(Word):
    """The exception at hand, or the trap frames of this stack."""

    name, group, windbg = "exc", "what is wrong", ".exr -1, .ecxr, .trap, !error"
    usage = (
        "exc                    the exception that is being dispatched: code, place, registers",
        "exc -t                 every trap frame on the kernel stack, the innermost first",
        "dt KTRAP_FRAME ADDR    all fields of one; dt CONTEXT ADDR, dt EXCEPTION_RECORD ADDR",
    )
    detail = "`analyze` says what it means."

    def run(self, arguments):
        options = arguments.only("t")
        look = arguments.look()
        names = Names(look)
        stop = bug_check(look)
        if stop:
            print(paint(bug_line(stop), "bad"))
            if stop[2]:
                print("\n".join(register_lines(Registers(stop[2]))))
            return
        found = None if options else fault(look)
        if found:
            print("\n".join(fault_lines(look, names, found)))
        else:
            print("\n".join(trap_lines(look, names)))


def bug_line(stop):
    code, words, _ = stop
    said = ", ".join(f"{word:08x}" for word in words)
    return f"bug check {code:#x} {bug_check_name(code)} ({said})"


def place(names, address):
    line = names.line(address)
    name = names.name(address) or "no module is there"
    return f"{shown(address)} {paint(name, 'name')}" + (f"  {line}" if line else "")


def fault_lines(look, names, found):
    yield paint(found.text, "bad")
    yield f"  at {place(names, found.address)}"
    if found.access:
        words, where = found.access
        yield f"  {words} {shown(where)}: {why(look, where)}"
    elif found.parameters:
        yield "  parameters " + " ".join(f"{p:08x}" for p in found.parameters)
    yield f"  EXCEPTION_RECORD {shown(found.record.address)}"
    yield from register_lines(found.registers)


def register_lines(registers):
    kind = registers.record.layout.name.lstrip("_")
    yield f"  {kind} {shown(registers.record.address)}"
    yield from ("    " + line for line in registers.lines())


def trap_lines(look, names):
    found = traps(look)
    if not found:
        where = "in the kernel" if evaluate("$pc") >= KERNEL else "in user mode"
        yield f"no exception is at hand, and no trap frame on this stack; the processor is {where}"
        return
    for name, trap in found:
        registers = Registers(trap)
        ring = "user mode" if registers.user else "the kernel"
        yield f"{paint(name, 'name')} came from {ring}, {place(names, trap.Eip)}"
        if name == "KiTrap0E":
            yield f"  a page fault: {page_fault_text(trap.ErrCode)}"
        yield from register_lines(registers)
