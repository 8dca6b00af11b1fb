"""`fathom gdb`: a machine halted at its first instruction, and gdb attached to it.

The machine runs the program as `run` does; its host port is answered in the background,
its output is shown between gdb's.  With a script there is no terminal: gdb reads it and
ends.
"""
import json
import mmap
import os
import secrets
import shutil
import signal
import subprocess
import threading
import time

from stub import proxy
from symbolfiles import bang

from . import editor, machine, relay
from .refused import Refused, file_size
from .session import Session


KILL_SECONDS = 60  # for a QEMU that gdb killed; one that stays is ended without a word
START = os.path.join(machine.TOP, "tools", "gdb", "start.py")


def known_modules(options):
    """Where the symbols of the host's own files are: {base name: path}."""
    return {
        os.path.basename(p): os.path.abspath(p) for p in [*options.add, options.program]
    }


class Unhurried(Session):
    """A person thinks: no time is ever up."""

    def _phase(self, name, seconds):
        super()._phase(name, None)


def follow_quietly(session):
    """To the machine's end; whether it came before gdb's."""
    try:
        session.follow()
        return True
    except (OSError, ValueError):
        return False  # gdb has ended and the machine with it


def follow(session, line):
    """To the machine's end; how it ended is said here, and to gdb."""
    if not follow_quietly(session) and not line.killed:
        return
    verdict = session.verdicts.get(0) or session.nothing_known()
    if session.end and session.end.kind in ("bugcheck", "triple"):
        verdict = session.end
    said = verdict.line() or f"fathom: exit code {verdict.status}"
    session.sink.last_line("fathom: ended by gdb's kill" if line.killed else said)
    line.end(verdict)


def gdb(options, archive, host, sink, words):
    """Run it; gdb's exit status.  host: the Machine, not yet started."""
    token = secrets.token_hex(16)
    facts = {"out": host.out, "top": machine.TOP, "modules": known_modules(options)}
    facts |= {"program": os.path.abspath(options.program), "counts": options.icount}
    with gdbs_line(options, host.folder) as listening:
        archive.write(host.path("archive.tar"))
        host.halted = host.path("stub")
        host.start(words(token), host.path("archive.tar"))
        wait_for(host.halted, host.process)
        if host.memory is not None:  # gdb's words look into it: tools/gdb/words/window.py
            facts["memory"] = f"/proc/{os.getpid()}/fd/{host.memory}"
        session = Unhurried(host, token, None, sink)
        look_after(host, options)
        line = relay.Relay(session, listening, host.path("proxy"))
        following = threading.Thread(target=follow, args=(session, line), daemon=True)
        following.start()
        status = attach(options, host.folder, facts, listening, line.over)
        if line.killed:  # the machine ends by itself, perhaps later than gdb
            following.join(KILL_SECONDS)
        return status


def look_after(host, options):
    """Between the relay and QEMU's stub: the processes are kept apart."""
    memory = mmap.mmap(host.memory, 0, access=mmap.ACCESS_READ)
    arguments = (
        relay.listen(host.path("proxy")),
        host.halted,
        memory,
        host.out,
        known_modules(options),
    )
    threading.Thread(target=proxy.serve, args=arguments, daemon=True).start()


def gdbs_line(options, folder):
    """The socket where gdb comes: an editor's, or the one started here."""
    return (
        relay.listen(os.path.join(folder, "gdb"))
        if options.listen is None
        else editor.listen(options.listen)
    )


def attach(options, folder, facts, listening, over):
    """gdb on what listens, from its first to its last command; its exit status.  over: an Event,
    that an editor's gdb has gone."""
    if options.listen is not None:
        editor.offer(options.out, facts, listening)
        over.wait()
        print("fathom: gdb has gone", flush=True)
        return 0
    with open(os.path.join(folder, "gdb.json"), "w") as out:
        json.dump(facts, out)
    return start_gdb(options, folder)


def find_gdb():
    """gdb with Python: $FATHOM_GDB_PROGRAM, gdb, or gdb-multiarch."""
    wanted = os.environ.get("FATHOM_GDB_PROGRAM")
    found = shutil.which(wanted) if wanted else shutil.which("gdb") or shutil.which("gdb-multiarch")
    if not found:
        raise Refused(f"{wanted or 'gdb'}: not found; install the package gdb (make gdb does)")
    asked = subprocess.run(
        [found, "-nx", "-batch", "-ex", "python print(1)"], capture_output=True, text=True
    )
    if asked.stdout.strip() != "1":
        raise Refused(f"{found}: it has no Python; install the package gdb, not gdb-minimal")
    return found


def wait_for(path, process):
    """QEMU's socket is there, or QEMU has ended."""
    while not os.path.exists(path):
        if process.poll() is not None:
            raise Refused("QEMU ended before gdb could attach")
        time.sleep(0.02)


def translated(script, folder):
    """A script of gdb's commands, with module!name in quotes where gdb wants them."""
    if script.endswith(".py") or not os.path.isfile(script):
        return script
    with open(script, encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
    if (new := bang.translate(text)) == text:
        return script
    path = os.path.join(folder, os.path.basename(script))
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as out:
        out.write(new)
    return path


def start_gdb(options, folder):
    """gdb, with the socket `gdb` and the facts gdb.json of this folder; its exit status."""
    socket = os.path.join(folder, "gdb")
    recorded = bool(getattr(options, "recording", None))
    command = [find_gdb(), "-q", "-nx", "-x", START, "-ex", f"target remote {socket}"]
    if init := options.gdbinit or os.environ.get("FATHOM_GDBINIT"):
        file_size(init)
        command += ["-x", os.path.abspath(init)]
    command += ["-ex", f"python manners.welcome({recorded})"]
    if options.script:
        command += ["-batch", "-x", translated(options.script, folder)]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is gdb's
    try:
        return subprocess.run(
            command,
            env={**os.environ, "FATHOM_GDB": os.path.join(folder, "gdb.json")},
            stdin=subprocess.DEVNULL if options.script else None,
        ).returncode
    finally:
        signal.signal(signal.SIGINT, before)
