"""The commands of tools/fathom: what they boot, and what they make of it."""
import os
import secrets
import subprocess
import sys

from record import record

from . import batch, build, debug, interrupt, options as words, replay, tap, terminal, verdict
from .archive import NO_INPUT, Archive
from .leaks import NO_LIST
from .machine import TOP, Machine, close_all
from .refused import Refused, reason
from .reports import Reports
from .session import Session
from .symbols import Images
from .verdict import Verdict

LONGEST_LINE = 1000  # characters of the kernel's command line that it reads (kernel/ke/boot.c)


NEEDED = {"gdb": ["gdb/ntoskrnl.elf"], "record": ["record/recorder.so"]}


def out_folder():
    return os.path.abspath(os.environ.get("FATHOM_OUT") or os.path.join(TOP, "build"))


def need_build(options):
    """The build folder, with what this command runs as new as its sources."""
    out = out_folder()
    needed = ["kernel/ntoskrnl.exe", "archive.tar"]
    if options.boot != "multiboot":
        needed += ["efi/BOOTIA32.EFI", "efi/BOOTX64.EFI"]
    needed += NEEDED.get(options.command, [])
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
        events=options.events,
        **more,
    )


def command_line(options, token, last):
    seed = [f"seed={options.seed}"] if options.seed is not None else []
    extra = ["icount=1"] if options.icount else []
    extra += ["door=int2e"] if options.door == "int2e" else []
    extra += [f"trace={trace_mask(options.trace)}"] if options.events else []
    line = " ".join([f"token={token}", *seed, *extra, *options.boot_word, last])
    if len(line) > LONGEST_LINE:
        raise Refused(f"--boot-word: the kernel reads {LONGEST_LINE} characters of its command line, not {len(line)}")
    return line


def trace_mask(names):
    """The kernel's option trace= for a list of names as in include/events.tbl."""
    if names is None:
        return "all"
    with open(os.path.join(TOP, "include", "events.tbl"), encoding="utf-8") as table:
        rows = [line.split() for line in table if line[:1].isdigit()]
    numbers, mask = {row[1].lower(): int(row[0]) for row in rows}, 0
    for name in names.split(","):
        if name.lower() not in numbers:
            raise Refused(f"--trace {name}: the events are {' '.join(row[1] for row in rows)}")
        mask |= 1 << numbers[name.lower()]
    return mask


def new_archive(options):
    """With what is the same for all programs of a run."""
    archive = Archive(os.path.join(options.out, "archive.tar"))
    environment = list(options.env)
    environment += ["FATHOM_LENIENT=1"] if options.lenient else []
    environment += ["FATHOM_NO_TERMINATE=1"] if options.no_terminate else []
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
    line = command_line(options, token, "run")
    with new_machine(options, **more) as machine:
        archive.write(machine.path("archive.tar"))
        machine.start(line, machine.path("archive.tar"))
        show = (lambda data: terminal.write_all(2, data)) if options.verbose else None
        with Images(options.out, files) as images:
            session = Session(machine, token, options.timeout, sink, show, Reports(images, options.leaks))
            session.follow()
        return session


class PassThrough:
    """The sink of `run`: output to ours as it comes, input from ours when it is asked
    for."""

    def __init__(self, line_end="\n"):
        self.fresh = True  # standard error stands at the start of a line
        self.line_end = line_end.encode()  # a raw terminal wants a carriage return too

    def start(self, _):
        pass

    def verdict(self, *_):
        pass

    audit = verdict

    def output(self, _, data):
        terminal.write_all(1, data)

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


def run(options):
    archive, sink = new_archive(options), PassThrough()
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
        sink.last_line(line if NO_LIST in line else "")
    if result.leaked and result.kind in ("exited", "larger"):
        result.kind = "leaks"
    sink.last_line(result.line())
    return result.code


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
    archive.run(job.path, job.arguments, added, job.stdin or NO_INPUT, job.poolfail or options.poolfail)


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
    line = command_line(options, token, "shell" if at_terminal else "walk")
    path = os.path.join(options.out, "archive.tar")
    archive = Archive(path)
    archive.place(options.add)
    archive.check(options.mem)
    with new_machine(options, disk=options.disk, screen=options.screen) as machine:
        if options.add:
            path = machine.path("archive.tar")
            archive.write(path)
        machine.start(line, path)
        show = lambda data: terminal.write_all(1, data if at_terminal else plain.feed(data))
        sink = PassThrough("\r\n" if at_terminal else "\n")
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
        return debug.gdb(options, archive, machine, PassThrough(), lambda token: command_line(options, token, "run"))


def run_record(options):
    options.icount = True
    archive = new_archive(options)
    archive.run(options.program, options.arguments, options.add)
    archive.check(options.mem)
    line = command_line(options, record.TOKEN, "run")
    with record.Recorder(options.out, options.boot, options.mem, options.cpu) as machine:
        steps = record.run(options, archive, machine, PassThrough(), line)
    print(f"{options.output}: {steps:,} instructions, {os.path.getsize(options.output):,} bytes")
    return 0


CALLS = {"run": run, "batch": run_batch, "boot": boot, "gdb": run_gdb, "record": run_record}


def main(description):
    """The exit code of the command line."""
    try:
        interrupt.listen()
        try:
            options = words.parser(description, CALLS).parse_args()
        except SystemExit:  # --help
            return 0
        words.check(options)
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
