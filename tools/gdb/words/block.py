"""peb, teb: the blocks that a process and a thread have in user memory."""
from . import heaps, loader
from .colour import address as shown
from .colour import paint
from .command import Word
from .names import Names
from .processes import threads
from .status import ntstatus
from .trouble import Trouble, need

FLAGS = (  # gflags: those that Fathom's heap obeys
    (0x00000010, "htc"),
    (0x00000020, "hfc"),
    (0x00000040, "hpc"),
    (0x00000080, "hvc"),
    (0x00001000, "ust"),
    (0x02000000, "hpa"),
)


class Peb(Word):
    """The PEB: image, command line, environment, modules, heaps."""

    name, group, windbg = "peb", "processes", "!peb"
    usage = (
        "peb [PROCESS]          the fields that a reader asks for",
        "peb -v                 also the environment",
        "dt PEB ADDR            all of them",
    )

    def run(self, arguments):
        verbose = "v" in arguments.only("v")
        look = arguments.look_by_rest()
        space = look.user_space()
        where = look.process.record.Peb
        if not where:
            raise Trouble(f"{look.process.title} has no PEB")
        peb = need(space.record("PEB", where))
        print(f"PEB {shown(where)} of {look.process.title}")
        print("\n".join("  " + line for line in peb_lines(space, peb, verbose)))


def peb_lines(space, peb, verbose):
    yield f"image at {shown(peb.ImageBaseAddress)}, being debugged: {peb.BeingDebugged}"
    flags = " ".join(word for bit, word in FLAGS if peb.NtGlobalFlag & bit)
    yield f"NtGlobalFlag {peb.NtGlobalFlag:08X} {flags}".rstrip()
    modules, wrong = loader.modules(space, peb.address)
    names = ", ".join(module.name for module in modules)
    yield f"Ldr {shown(peb.Ldr)}: {names}" + (f"; {wrong}" if wrong else "")
    found, wrong = heaps.every(space, peb)
    yield "heaps " + (", ".join(f"{h.address:08X}" for h in found) or wrong)
    parameters = space.record("RTL_USER_PROCESS_PARAMETERS", peb.ProcessParameters)
    if not parameters:
        yield f"ProcessParameters: {parameters}"
        return
    yield f"ProcessParameters {shown(peb.ProcessParameters)}"
    for name in ("ImagePathName", "CommandLine"):
        yield f"  {name} {space.text(getattr(parameters, name))}"
    yield f"  CurrentDirectory {space.text(parameters.CurrentDirectory.DosPath)}"
    yield from ("  " + line for line in environment(space, parameters, verbose))


def environment(space, parameters, verbose):
    where, size = parameters.Environment, min(parameters.EnvironmentSize, 1 << 16)
    data = space.read(where, size) if where else b""
    if not data:
        yield f"Environment {where:08X} cannot be read"
        return
    words = [word for word in data.decode("utf-16-le", "replace").split("\0") if word]
    more = "" if verbose else ", -v shows them"
    yield f"Environment {shown(where)}: {len(words)} variables{more}"
    if verbose:
        yield from ("  " + word for word in words)


class Teb(Word):
    """The TEB of a thread: stack, exception chain, last error, TLS."""

    name, group, windbg = "teb", "processes", "!teb, !gle"
    usage = (
        "teb                    of the running thread",
        "teb TID                of a thread of the process",
        "dt TEB ADDR            all fields",
    )

    def run(self, arguments):
        arguments.only()
        look = arguments.look()
        space = look.user_space()
        thread = self.find(look, arguments.rest)
        where = thread.tcb.Teb
        if not where:
            raise Trouble(f"thread {thread.id} has no TEB")
        teb = need(space.record("TEB", where))
        print(f"TEB {shown(where)} of thread {thread.id} of {look.process.title}")
        print("\n".join("  " + line for line in teb_lines(space, teb, Names(look))))

    def find(self, look, text):
        found, _ = threads(look.kernel, look.process)
        if text:
            chosen = [t for t in found if text in (str(t.id), hex(t.id))]
        else:
            chosen = [t for t in found if t.address == look.thread] or found
        if not chosen:
            known = ", ".join(str(t.id) for t in found) or "none"
            raise Trouble(f"{text or look.process.title}: no such thread; the process has {known}")
        return chosen[0]


def teb_lines(space, teb, names):
    tib = teb.NtTib
    reserved = f"reserved from {shown(teb.DeallocationStack)}"
    yield f"stack {shown(tib.StackLimit)} to {shown(tib.StackBase)}, {reserved}"
    client = f"{teb.ClientId.UniqueProcess}.{teb.ClientId.UniqueThread}"
    yield f"client {client}, PEB {shown(teb.ProcessEnvironmentBlock)}"
    status = teb.LastStatusValue
    yield f"last error {teb.LastErrorValue}"
    yield f"last status {status:08X} {ntstatus(status)}".rstrip()
    slots = [(i, value) for i, value in enumerate(teb.TlsSlots) if value]
    yield "TLS slots " + (", ".join(f"{i}: {value:08X}" for i, value in slots) or "all 0")
    yield "exception handlers"
    yield from ("  " + line for line in handlers(space, names, tib.ExceptionList, tib.StackBase))


def handlers(space, names, at, end):
    """The chain of SEH: each record lies above the last one, on the stack."""
    before = 0
    for _ in range(64):
        if at == 0xFFFFFFFF:
            yield "end of the chain"
            return
        record = space.read(at, 8)
        if not before < at < end or not record:
            yield paint(f"{at:08X}: the chain is broken: no record of this stack is there", "bad")
            return
        before, after = at, int.from_bytes(record[:4], "little")
        code = int.from_bytes(record[4:], "little")
        yield f"{at:08X}: handler {code:08X} {names.name(code)}".rstrip()
        at = after
    yield "the chain goes on: more than 64 records"
