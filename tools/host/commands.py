"""The commands of tools/fathom: what they boot, and what they make of it."""
import copy
import os
import secrets
import subprocess
import sys

from record import record, recording
from trace import answers, walk as descent

from . import batch, build, debug, interrupt, options as words, replay, scratch, tap, terminal
from . import verdict
from .archive import NO_INPUT, Archive
from .events import STACKS_OF_ALL, STACKS_OF_HEAP, Events
from .fold import Fold
from .leaks import SAID
from .machine import TOP, Machine, close_all
from .refused import Refused, reason
from .reports import Reports
from .session import Session
from .symbols import Images
from .verdict import Verdict

LONGEST_LINE = 1000  # characters of the kernel's command line that it reads (kernel/ke/boot.c)


NEEDED = {
    "gdb": ["gdb/ntoskrnl.elf", "gdb/offsets"],
    "record": ["record/recorder.so"],
    "replay": ["record/recorder.so", "web/layouts.json"],
}


def out_folder():
    return os.path.abspath(os.environ.get("FATHOM_OUT") or os.path.join(TOP, "build"))


def need_build(options):
    """The build folder, with what this command runs as new as its sources."""
    out = out_folder()
    needed = ["kernel/ntoskrnl.exe", "archive.tar"]
    if options.boot != "multiboot":
        needed += ["efi/BOOTIA32.EFI", "efi/BOOTX64.EFI"]
    needed += NEEDED.get(options.command, []) if not getattr(options, "stepping", False) else []
    own = [getattr(options, name) for name in ("program", "list") if hasattr(options, name)]
    build.need(out, needed, [*filter(None, own), *options.add])
    return out


def new_machine(options, **more):
    return Machine(
        options.out,
        options.boot,
        options.mem,
        options.cpu,
        options.icount,
        events=options.recorded,
        **more,
    )


def command_line(options, token, last, machine=None):
    seed = [f"seed={options.seed}"] if options.seed is not None else []
    extra = ["icount=1"] if options.icount else []
    extra += ["door=int2e"] if options.door == "int2e" else []
    extra += options.recorded.words(machine and machine.has_ring()) if options.recorded else []
    line = " ".join([f"token={token}", *seed, *extra, *options.boot_word, last])
    if len(line) > LONGEST_LINE:
        raise Refused(
            f"--boot-word: the kernel reads {LONGEST_LINE} characters of its command line, "
            f"not {len(line)}"
        )
    return line


def new_archive(options):
    """With what is the same for all programs of a run."""
    archive = Archive(os.path.join(options.out, "archive.tar"))
    environment = list(options.env)
    environment += ["FATHOM_LENIENT=1"] if options.lenient else []
    environment += ["FATHOM_VERBOSE=1"] if options.verbose else []
    environment += ["FATHOM_NO_TERMINATE=1"] if options.no_terminate else []
    environment += ["FATHOM_AS_WINDOWS=1"] if options.as_windows else []
    flags = always = words.GFLAGS_OF_LEAKS if options.leaks else 0
    for image, value in options.gflags:
        if image:
            environment.append(f"FATHOM_GFLAGS_{image}={value | always:#x}")
        else:
            flags |= value
    for pair in environment:
        archive.variable(pair)
    if flags:
        archive.line("gflags", str(flags))
    return archive


def follow(options, archive, sink, files, **more):
    """Boot this archive and follow it to the end; the session.  files: of each program of the run
    list, the paths of what lies on C: for it."""
    archive.check(options.mem)
    token = secrets.token_hex(16)
    with new_machine(options, **more) as machine:
        line = command_line(options, token, "run", machine)
        archive.write(machine.path("archive.tar"))
        machine.start(line, machine.path("archive.tar"))
        show = (lambda data: terminal.write_all(2, data)) if options.verbose else None
        with Images(options.out, files) as images:
            session = Session(
                machine, token, options.timeout, sink, show, Reports(images, options.leaks)
            )
            session.follow()
        return session


class PassThrough:
    """The sink of `run`: output to ours as it comes, input from ours when it is asked
    for."""

    def __init__(self, line_end="\n", out=1):
        self.out = out  # descriptor of the program's standard output
        self.fresh = True  # standard error stands at the start of a line
        self.line_end = line_end.encode()  # a raw terminal wants a carriage return too

    def start(self, _):
        pass

    def verdict(self, *_):
        pass

    audit = verdict

    def output(self, _, data):
        terminal.write_all(self.out, data)
        if self.out == 2 and data:
            self.fresh = data.endswith(b"\n")

    def error(self, _, data):
        terminal.write_all(2, data)
        self.fresh = data.endswith(b"\n") if data else self.fresh

    def log(self, data):
        self.error(None, ((b"" if self.fresh else b"\n") + data).replace(b"\n", self.line_end))

    def stdin(self, _):
        return 0

    def last_line(self, text):
        if text:
            self.log(text.encode("utf-8", "surrogateescape") + b"\n")


class AtTerminal(PassThrough):
    """The sink of `boot` on a terminal: the console and the log are one text, folded at words."""

    def __init__(self):
        super().__init__("\r\n")
        self.fold = Fold(terminal.columns)

    def show(self, data):
        terminal.write_all(1, self.fold.feed(data))

    def error(self, _, data):
        super().error(_, self.fold.feed(data))


def run(options):
    return run_one(options, PassThrough()).code


def run_one(options, sink):
    """The program's Verdict; the last line on standard error is said."""
    archive = new_archive(options)
    archive.run(options.program, options.arguments, options.add, poolfail=options.poolfail)
    session = follow(options, archive, sink, [[*options.add, options.program]])
    result = session.verdicts.get(0) or session.nothing_known()
    if session.end and session.end.kind in ("bugcheck", "triple"):
        result = session.end  # also when it came after the program's own end
    if result.kind in ("noboot", "triple", "bugcheck") and session.console and not options.verbose:
        sink.log(terminal.PlainText().feed(bytes(session.console)))
    if options.poolfail and 0 in session.audits:
        sink.last_line(f"fathom: {session.audits[0][5]} allocations")
    if session.audits.get(0, (0,))[0]:
        sink.last_line("fathom: audit: " + "; ".join(tap.audit_faults(session.audits[0])))
    for line in result.leaks[-1:]:
        sink.last_line(line if line.startswith(SAID) else "")
    if result.leaked and result.kind in ("exited", "larger"):
        result.kind = "leaks"
    sink.last_line(result.line())
    return result


class Reporter:
    """Prints the report of each job as it is finished, in the list's order."""

    def __init__(self, count):
        self.done, self.good = 0, True
        sys.stdout.reconfigure(errors="backslashreplace")
        print(f"TAP version 13\n1..{count}", flush=True)

    def finished(self, job):
        with interrupt.whole():
            self.done += 1
            self.good = self.good and tap.judge(job)[0]
            for line in tap.report(self.done, job):
                print(line)
            sys.stdout.flush()
            job.forget_output()

    def interrupted(self, jobs, name):
        """A signal of this name ended us: the rest is not judged."""
        for job in jobs[self.done :]:
            job.verdict = job.verdict or Verdict("interrupted", None, 0, f"{name} came first")
            self.finished(job)


def run_batch(options):
    jobs = batch.read_list(options.list)
    check_jobs(options, jobs)
    reporter = Reporter(len(jobs))
    try:
        while reporter.done < len(jobs):
            boot_batch(options, jobs[reporter.done :], reporter)
    except interrupt.Interrupted as signal:
        interrupt.unlisten()
        reporter.interrupted(jobs, signal.name)
        raise
    except Exception:
        print("Bail out!  the tool failed; its standard error says how", flush=True)
        raise
    return 0 if reporter.good else 1


def add_job(options, archive, job):
    added = [*options.add, *job.added]
    archive.run(
        job.path, job.arguments, added, job.stdin or NO_INPUT, job.poolfail or options.poolfail
    )


def check_jobs(options, jobs):
    """Refused, before anything runs, if one of them cannot be."""
    for job in jobs:
        archive = new_archive(options)
        add_job(options, archive, job)
        archive.check(options.mem)


def boot_batch(options, jobs, reporter):
    """Run jobs in one boot, as many as the machine's memory holds and as far as it gets: the
    first one always is finished."""
    archive, taken = new_archive(options), []
    for job in jobs:
        before = archive.state()
        add_job(options, archive, job)
        if taken and archive.needs() > options.mem:
            archive.back_to(before)
            break
        taken.append(job)
    sink = batch.Collector(taken, options.output << 20, reporter.finished)
    files = [[*options.add, *job.added, job.path] for job in taken]
    sink.end(follow(options, archive, sink, files))


def boot(options):
    """The system with its console here.  On a terminal it ends at the prompt, else after
    the walk."""
    at_terminal = terminal.interactive() and not options.walk
    token, plain = secrets.token_hex(16), terminal.PlainText()
    path = os.path.join(options.out, "archive.tar")
    archive = Archive(path)
    archive.place(options.add)
    archive.check(options.mem)
    with new_machine(options, disk=options.disk, screen=options.screen) as machine:
        if options.add:
            path = machine.path("archive.tar")
            archive.write(path)
        word = "shell" if at_terminal else "walk"
        machine.start(command_line(options, token, word, machine), path)
        sink = AtTerminal() if at_terminal else PassThrough()
        show = sink.show if at_terminal else lambda data: terminal.write_all(1, plain.feed(data))
        images = Images(options.out, [options.add])
        timeout = None if at_terminal else options.timeout
        session = Session(machine, token, timeout, sink, show, Reports(images))
        try:
            if at_terminal:
                with terminal.RawTerminal():
                    terminal.connect(session, machine.console)
                    session.follow()
            else:
                session.follow()
        except terminal.Left:
            pass
    result = session.end or session.verdicts.get(0)
    if result is None:
        return 0 if at_terminal else verdict.RESERVED["noboot"][0]
    PassThrough().last_line(result.line())
    return result.code


def run_gdb(options):
    if options.recording:
        return replay.gdb(options)
    archive = new_archive(options)
    archive.run(options.program, options.arguments, options.add)
    archive.check(options.mem)
    with new_machine(options) as machine:
        line = lambda token: command_line(options, token, "run", machine)
        return debug.gdb(options, archive, machine, PassThrough(), line)


def choose_way(options):
    """Of recording: the plugin where there can be one."""
    if (
        options.command in words.RECORDING
        and not options.stepping
        and not record.takes_plugins(out_folder())
    ):
        print(
            "fathom: no plugin for QEMU can be had here: stepping, 100 times slower",
            file=sys.stderr,
        )
        options.stepping = True


class Silent:
    """The sink of a run that nobody watches."""

    start = verdict = audit = output = error = log = lambda *_: None

    def stdin(self, _):
        return None


def events_around(options, out):
    """The same run once more, with events and unrecorded, to the file out: what came before the
    stretch and what comes after it.  Events in the stretch itself would be steps of it."""
    again = copy.copy(options)
    again.events, again.events_format, again.trace, again.events_stacks = out, "binary", None, False
    again.recorded = Events(again)
    archive = new_archive(again)
    archive.run(again.program, again.arguments, again.add)
    follow(again, archive, Silent(), [[*again.add, again.program]])


def make_recording(options):
    """The number of instructions that options.output has then."""
    options.icount = True
    archive = new_archive(options)
    archive.run(options.program, options.arguments, options.add)
    archive.check(options.mem)
    line = command_line(options, record.TOKEN, "run")
    kind = record.Stepped if options.stepping else record.Recorder
    with kind(options.out, options.boot, options.mem, options.cpu) as machine:
        around = lambda: events_around(options, machine.path("events"))
        return record.run(options, archive, machine, PassThrough(), line, around)


def run_record(options):
    steps = make_recording(options)
    print(f"{options.output}: {steps:,} instructions, {os.path.getsize(options.output):,} bytes")
    if steps == options.instructions:
        print("ended by --instructions: the stretch itself is longer")
    return 0


def run_replay(options):
    """The page of a recording; PROGRAM.exe is recorded first."""
    page = options.output
    with scratch.folder() as folder:
        if not recording.is_one(options.program):
            options.output = os.path.join(folder, "recording")
            make_recording(options)
            options.recording = options.output
        else:
            options.recording = options.program
            options.program = options.arguments[0] if options.arguments else None
        text = replay.page(options)
    with open(page, "w") as out:
        out.write(text)
    print(f"{page}: {len(text):,} bytes; open it in a browser")
    return 0


def observed(options, sink, answer, stacks=STACKS_OF_HEAP):
    """Run the program under icount; its events go to answer(path, options, how it was cut short),
    also when a signal ended it."""
    options.icount, options.events_format, options.events_stacks = True, "binary", stacks
    with scratch.folder() as folder:
        options.events = os.path.join(folder, "events")
        options.recorded = Events(options)
        signal = result = None
        try:
            result = run_one(options, sink)
            how = result.line() if result.kind not in ("exited", "larger", "leaks") else None
        except interrupt.Interrupted as caught:
            signal, how = caught, f"fathom: ended by {caught.name}"
        notes = answer(options.events, options, how)
    for note in notes:
        sink.last_line(f"fathom: {options.command}: {note}")
    if signal:
        raise signal
    return result.code


def run_trace(options):
    answers.check(options)
    return observed(options, PassThrough(), answers.trace)


def run_where(options):
    options.trace = answers.HEAP
    return observed(options, PassThrough(out=2), answers.where)


def run_walk(options):
    options.trace = descent.EVENTS
    stacks = STACKS_OF_HEAP | STACKS_OF_ALL
    return observed(options, PassThrough(out=2), answers.walk, stacks)


CALLS = {
    "run": run,
    "batch": run_batch,
    "boot": boot,
    "gdb": run_gdb,
    "record": run_record,
    "replay": run_replay,
    "trace": run_trace,
    "where": run_where,
    "walk": run_walk,
}


def main(description):
    """The exit code of the command line."""
    try:
        interrupt.listen()
        try:
            options = words.parser(description, CALLS).parse_args()
        except SystemExit:  # --help
            return 0
        words.check(options)
        options.recorded = Events(options) if options.events else None
        choose_way(options)
        options.out = need_build(options)
        return options.call(options)
    except (Refused, build.NotBuilt, OSError, subprocess.CalledProcessError) as wrong:
        said = reason(wrong) if isinstance(wrong, OSError) else wrong
        print(f"fathom: {said}", file=sys.stderr)
        return verdict.USAGE
    except interrupt.Interrupted as signal:
        print(f"fathom: ended by {signal.name}", file=sys.stderr)
        return signal.code
    finally:
        close_all()
