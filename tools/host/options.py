"""The options of tools/fathom, and what each of them takes."""
import argparse

from . import batch, verdict
from .events import FORMATS
from .machine import BOOTS, DEFAULT_CPU, DISKS
from .refused import Refused
from trace.answers import FORMATS as TRACES
from trace.table import SORTS

LEAST_MEMORY, MOST_MEMORY, LEAST_FOR_UEFI = 32, 65536, 64  # MiB
LONGEST_SECONDS = 1_000_000
LONGEST_IMAGE = 64  # characters of an image's name that ntdll/ldr/option.c looks up


def whole_number(least, most, unit=""):
    """A type for argparse: an integer from least to most."""

    def number(text):
        try:
            value = int(text, 0)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text}: {least} to {most}{unit} expected")
        return value

    return number


def seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= LONGEST_SECONDS:  # nan is in no range
        raise argparse.ArgumentTypeError(f"{text}: 0 to {LONGEST_SECONDS} seconds expected")
    return value


def boot_word(text):
    if not text.isascii() or not text.isprintable() or " " in text or not text:
        raise argparse.ArgumentTypeError(f"{text!r}: one word of printable ASCII expected")
    return text


number = whole_number(0, 0xFFFFFFFF)


# The words are those of Microsoft's gflags.exe.
GFLAGS = {
    "htc": 0x10,  # heap tail checking
    "hfc": 0x20,  # heap free checking
    "hpc": 0x40,  # heap parameter checking
    "hvc": 0x80,  # heap validation on call
    "ust": 0x1000,  # user mode stack trace database
    "dhc": 0x200000,  # disable heap coalesce on free
    "hpa": 0x2000000,  # page heap
}
GFLAGS_OF_LEAKS = GFLAGS["ust"] | 0x8  # FLG_FATHOM_LEAKS (include/rtlheap.h)


def global_flags(text):
    """[IMAGE.exe:]WORDS as (image or None, number)."""
    image, _, words = text.rpartition(":")
    value = 0
    for word in words.replace(",", "+").split("+"):
        try:
            value |= GFLAGS[word.lower()] if word.lower() in GFLAGS else number(word)
        except argparse.ArgumentTypeError:
            raise argparse.ArgumentTypeError(
                f"{word}: none of {' '.join(GFLAGS)}, nor a number"
            ) from None
    if len(image) > LONGEST_IMAGE:
        raise argparse.ArgumentTypeError(
            f"{image}: the name has more than {LONGEST_IMAGE} characters"
        )
    return image or None, value


class Parser(argparse.ArgumentParser):
    """Whose errors are one sentence."""

    def error(self, message):
        raise Refused(f"{message} (--help lists the options)")


def output(parser):
    parser.add_argument(
        "-o", dest="output", metavar="FILE", help="where it goes; may also stand at the end"
    )


def output_at_end(options):
    """-o FILE after the program and its arguments, as most commands of the host take it."""
    if options.output is None and options.arguments[-2:-1] == ["-o"]:
        options.output = options.arguments[-1]
        del options.arguments[-2:]
    if options.output is None:
        raise Refused("-o FILE is missing: where it goes (--help lists the options)")


def stretch(parser):
    """The options of record."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--main", action="store_true", help="main, to its return (default)")
    which.add_argument(
        "--door", metavar="NAME[:N]", help="the N-th call (1) that the program makes of NAME"
    )
    which.add_argument("--from", dest="start", metavar="SYMBOL", help="from this function on")
    which.add_argument("--all", action="store_true", help="the program's whole life")
    parser.add_argument("--to", metavar="SYMBOL", help="with --from: up to this function")
    parser.add_argument(
        "--after",
        metavar="SYMBOL",
        help="with --door: from there on, all calls, whoever makes them",
    )
    parser.add_argument("--instructions", type=number, metavar="N", help="end after so many")
    parser.add_argument(
        "--stepping",
        action="store_true",
        help="through QEMU's gdb stub, 100 times slower: the way taken where QEMU has no plugins",
    )
    parser.add_argument(
        "--preemption",
        action="store_true",
        help="with --stepping let interrupts in (without --stepping they always are)",
    )
    output(parser)


def timeline(parser):
    """The options of trace."""
    output(parser)
    parser.add_argument(
        "--format",
        choices=TRACES,
        help="what FILE is (perfetto, or speedscope if its name ends so)",
    )


def table(parser):
    """The options of where."""
    parser.add_argument(
        "--top",
        type=whole_number(1, 1 << 30),
        metavar="N",
        help="only the N largest call sites; the rest is one line",
    )
    parser.add_argument("--sort", choices=SORTS, default="bytes", help="by which column (bytes)")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")


def way_down(parser):
    """The options of walk."""
    parser.add_argument(
        "--call",
        dest="number",
        type=whole_number(1, 1 << 30),
        default=1,
        metavar="N",
        help="the N-th allocation of the program's own code (1)",
    )
    parser.add_argument(
        "--in",
        dest="function",
        metavar="FUNCTION",
        help="only those that FUNCTION is in the stack of",
    )


RECORDING = ("record", "replay")  # the machine is always the same one
OWN = {
    "record": stretch,
    "replay": stretch,
    "trace": timeline,
    "where": table,
    "walk": way_down,
}  # of one command alone


def parser(description, calls):
    """calls: {command: function that takes the options and returns the exit code}."""
    top = Parser(
        prog="fathom",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit codes of `run` (docs/hostport.md):\n" + verdict.table(),
    )
    machine = Parser(add_help=False)
    machine.add_argument(
        "--mem",
        type=whole_number(LEAST_MEMORY, MOST_MEMORY, " MiB"),
        default=256,
        metavar="MB",
        help=f"memory, {LEAST_MEMORY} or more, by UEFI {LEAST_FOR_UEFI} (256)",
    )
    machine.add_argument(
        "--cpu",
        default=DEFAULT_CPU,
        metavar="MODEL",
        help=f"QEMU's model ({DEFAULT_CPU})",
    )
    machine.add_argument("--boot", choices=BOOTS, default="multiboot", help="way in (multiboot)")
    machine.add_argument("--icount", action="store_true", help="the TSC counts instructions")
    machine.add_argument(
        "--timeout",
        type=seconds,
        default=60,
        metavar="S",
        help="seconds for each program; 0: no end (60)",
    )
    machine.add_argument("--seed", type=number, metavar="N", help="of all that is random")
    entry = Parser(add_help=False)
    entry.add_argument(
        "--door",
        choices=("sysenter", "int2e"),
        default="sysenter",
        help="how ntdll enters the kernel (sysenter, where the processor has it)",
    )
    machine.add_argument(
        "--boot-word",
        action="append",
        type=boot_word,
        default=[],
        metavar="WORD",
        help="one more word for the kernel's command line",
    )
    machine.add_argument(
        "--events",
        metavar="FILE",
        help="trace events (services, faults, pages, heap, ...) to FILE (-: standard output), one "
             "a line",
    )
    machine.add_argument(
        "--events-stacks", action="store_true", help="each with its stack, across the ring"
    )
    machine.add_argument(
        "--events-format",
        choices=FORMATS,
        default="text",
        help="text, or binary records for a program that reads them (text)",
    )
    machine.add_argument(
        "--trace",
        metavar="NAME,...",
        help="only these --events, as include/events.tbl names them (all)",
    )
    machine.add_argument(
        "--verbose",
        "-v",
        action="store_true",
        help="the console on standard error, and what GetProcAddress does not find",
    )
    machine.add_argument(
        "--add", action="append", default=[], metavar="FILE", help="put FILE on C: as well"
    )
    program = Parser(add_help=False)
    program.add_argument(
        "--lenient",
        action="store_true",
        help="a missing function, or one of a missing DLL, fails when it is called, not at the "
             "start",
    )
    corruption = program.add_mutually_exclusive_group()
    corruption.add_argument(
        "--terminate",
        action="store_true",
        help="heap corruption ends the program, whatever it says itself (the default)",
    )
    corruption.add_argument(
        "--no-terminate", action="store_true", help="heap corruption returns an error"
    )
    corruption.add_argument(
        "--as-windows",
        action="store_true",
        help="as Windows 7: heap corruption ends the program if its subsystem version is 6.0 or "
        "above, or if it set HeapEnableTerminationOnCorruption; no check at exit",
    )
    program.add_argument(
        "--gflags",
        type=global_flags,
        action="append",
        default=[],
        metavar="[IMAGE.exe:]WORDS",
        help="NtGlobalFlag, of all or of one image: words joined by + ("
        + " ".join(GFLAGS)
        + ") or a number",
    )
    program.add_argument(
        "--leaks",
        action="store_const",
        const="show",
        help="when it ends, the blocks of its own that it did not free, by stack",
    )
    program.add_argument(
        "--leaks=fail",
        dest="leaks",
        action="store_const",
        const="fail",
        help="the same, and it has failed if there are any",
    )
    program.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    program.add_argument(
        "--poolfail",
        type=number,
        default=0,
        metavar="N",
        help="the kernel's N-th own allocation for the program fails, once",
    )
    commands = top.add_subparsers(dest="command", required=True)
    shape = {
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "epilog": "Exit codes:\n" + verdict.table(),
    }
    for name, words in (
        ("run", "run one program"),
        ("gdb", "the same under gdb"),
        ("record", "write down every instruction of a stretch of it"),
        ("replay", "a page to step through a recording, or through a program's main"),
        ("trace", "run one program; what happened when, for Perfetto or speedscope"),
        ("where", "run one program; which of its lines allocated how much"),
        ("walk", "run one program; one of its allocations, layer by layer"),
    ):
        shared = [machine, program, *([entry] if name not in RECORDING else [])]
        one = commands.add_parser(name, parents=shared, help=words, **shape)
        one.set_defaults(call=calls[name])
        if name == "gdb":
            one.add_argument("--script", metavar="FILE", help="gdb commands; no terminal then")
            one.add_argument(
                "--recording", metavar="FILE", help="step through a recording, forward and back"
            )
            one.add_argument(
                "--listen",
                type=whole_number(0, 65535),
                metavar="PORT",
                help="wait for an editor's gdb, tools/fathom-gdb (0: a free port)",
            )
            one.add_argument(
                "--gdbinit",
                metavar="FILE",
                help="your own gdb commands, read once gdb has attached (or $FATHOM_GDBINIT)",
            )
        if name in OWN:
            OWN[name](one)
        one.add_argument("program", metavar="PROGRAM.exe", nargs="?" if name == "gdb" else None)
        one.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARG")
    many = commands.add_parser(
        "batch",
        parents=[machine, entry, program],
        help="run many in one boot, in TAP",
        description=batch.__doc__,
        **shape,
    )
    many.add_argument("list", metavar="LIST")
    many.add_argument(
        "--output",
        type=whole_number(1, 4095, " MiB"),
        default=16,
        metavar="MB",
        help="of each stream of a program so much is kept; more is a failure (16)",
    )
    many.set_defaults(call=calls["batch"])
    whole = commands.add_parser(
        "boot", parents=[machine, entry], help="the system and its console", **shape
    )
    whole.add_argument("--walk", action="store_true", help="walk and power off, also on a terminal")
    whole.add_argument("--disk", choices=DISKS, default="virtio", help="what the disk is (virtio)")
    whole.add_argument(
        "--screen",
        nargs="?",
        const="none",
        choices=("none", "gtk", "sdl", "vnc"),
        help="with a VGA card: hidden (none), in a window (gtk, sdl), or for a VNC viewer",
    )
    whole.set_defaults(call=calls["boot"])
    return top


def check(options):
    """What one option says of another."""
    if hasattr(options, "output") and options.command != "batch":
        output_at_end(options)
    if options.boot != "multiboot" and options.mem < LEAST_FOR_UEFI:
        raise Refused(f"--mem {options.mem}: by UEFI at least {LEAST_FOR_UEFI} MiB are needed")
    if options.trace and not options.events and options.command != "trace":
        raise Refused("--trace wants --events FILE to put them in")
    if options.events and options.command in OWN:
        raise Refused(f"--events: not of {options.command}; run it once more with --events")
    if options.command == "gdb" and not (options.program or options.recording):
        raise Refused("gdb wants a PROGRAM.exe, or --recording FILE")
    if options.command == "gdb" and options.listen is not None and options.script:
        raise Refused("--listen waits for an editor: --script has no gdb to read it")
    if options.command in RECORDING and options.to and not options.start:
        raise Refused("--to wants --from SYMBOL")
    if options.command in RECORDING and options.after and not options.door:
        raise Refused("--after wants --door NAME")
    if options.command == "gdb" and options.boot == "x64":
        raise Refused("--boot x64: gdb sees a 64-bit machine there; use ia32 or multiboot")
    if options.command in RECORDING and options.boot != "multiboot":
        raise Refused(f"--boot {options.boot}: recordings are of multiboot")
