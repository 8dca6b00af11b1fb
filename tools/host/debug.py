"""`fathom gdb`: a machine halted at its first instruction, and gdb attached to it.

The machine runs the program as `run` does; its host port is answered in the background,
its output is shown between gdb's.  With a script there is no terminal: gdb reads it and
ends.
"""
import json
import os
import secrets
import shutil
import signal
import subprocess
import threading
import time

from . import machine
from .refused import Refused
from .session import Session


def known_modules(options):
    """Where the symbols of the host's own files are: {base name: path}."""
    return {
        os.path.basename(p): os.path.abspath(p) for p in [*options.add, options.program]
    }


def follow_quietly(session):
    try:
        session.follow()
    except (OSError, ValueError):
        pass  # gdb has ended and the machine with it


def gdb(options, archive, host, sink, words):
    """Run it; gdb's exit status.  host: the Machine, not yet started."""
    token = secrets.token_hex(16)
    facts = host.path("gdb.json")
    with open(facts, "w") as out:
        json.dump(
            {"out": host.out, "top": machine.TOP, "modules": known_modules(options)}, out
        )
    archive.write(host.path("archive.tar"))
    host.halted = host.path("gdb")
    host.start(words(token), host.path("archive.tar"))
    session = Session(host, token, None, sink)
    session.patience = None  # a person thinks
    threading.Thread(target=follow_quietly, args=(session,), daemon=True).start()
    wait_for(host.halted, host.process)
    return start_gdb(options, host.folder)


def find_gdb():
    """gdb with Python: $FATHOM_GDB_PROGRAM, gdb, or gdb-multiarch."""
    wanted = os.environ.get("FATHOM_GDB_PROGRAM")
    found = shutil.which(wanted) if wanted else shutil.which("gdb") or shutil.which("gdb-multiarch")
    if not found:
        raise Refused(f"{wanted or 'gdb'}: not found; install the package gdb (make gdb does)")
    asked = subprocess.run([found, "-nx", "-batch", "-ex", "python print(1)"], capture_output=True, text=True)
    if asked.stdout.strip() != "1":
        raise Refused(f"{found}: it has no Python; install the package gdb, not gdb-minimal")
    return found


def wait_for(path, process):
    """QEMU's socket is there, or QEMU has ended."""
    while not os.path.exists(path):
        if process.poll() is not None:
            raise Refused("QEMU ended before gdb could attach")
        time.sleep(0.02)


def start_gdb(options, folder):
    """gdb, with the socket `gdb` and the facts gdb.json of this folder; its exit status."""
    start = os.path.join(machine.TOP, "tools", "gdb", "start.py")
    socket = os.path.join(folder, "gdb")
    recorded = bool(getattr(options, "recording", None))
    command = [find_gdb(), "-q", "-nx", "-x", start, "-ex", f"target remote {socket}"]
    command += ["-ex", f"python manners.welcome({recorded})"]
    if options.script:
        command += ["-batch", "-x", options.script]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is gdb's
    try:
        return subprocess.run(
            command,
            env={**os.environ, "FATHOM_GDB": os.path.join(folder, "gdb.json")},
            stdin=subprocess.DEVNULL if options.script else None,
        ).returncode
    finally:
        signal.signal(signal.SIGINT, before)
