"""`fathom gdb`: a machine halted at its first instruction, and gdb attached to it.

The machine runs the program as `run` does; its host port is answered in the background,
its output is shown between gdb's.  With a script there is no terminal: gdb reads it and
ends.
"""
import json
import os
import secrets
import signal
import subprocess
import threading

from . import machine
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
    os.makedirs(os.path.join(host.out, "gdb"), exist_ok=True)
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
    return start_gdb(options, host.folder)


def start_gdb(options, folder):
    """gdb, with the socket `gdb` and the facts gdb.json of this folder; its exit status."""
    start = os.path.join(machine.TOP, "tools", "gdb", "start.py")
    socket = os.path.join(folder, "gdb")
    command = ["gdb", "-q", "-nx", "-x", start, "-ex", f"target remote {socket}"]
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
