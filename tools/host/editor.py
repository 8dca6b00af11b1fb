"""`fathom gdb --listen PORT`: a machine or a recording that waits for an editor's gdb.

    tools/fathom gdb --listen PORT ...   listens on 127.0.0.1, writes its facts to gdb/editor.json
    the editor -> tools/fathom-gdb       gdb with Fathom's symbols and commands, from these facts
               -> target remote :PORT

The editor needs no option of ours: tools/fathom-gdb takes those that it would give gdb.
"""
import json
import os
import socket

from symbolfiles import kept

from . import debug
from .refused import Refused


def facts_path(out):
    return os.path.join(kept.folder(out), "editor.json")


def listen(port):
    """A socket for one gdb at this port of 127.0.0.1; 0: any that is free."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as wrong:
        raise Refused(f"--listen {port}: {wrong.strerror.lower()}; 0 takes a free port") from None
    listening.listen(1)
    return listening


def offer(out, facts, listening):
    """Say where gdb is awaited; tasks.json and launch.json read this line."""
    port = listening.getsockname()[1]
    temporary = f"{facts_path(out)}.{os.getpid()}"
    with open(temporary, "w") as file:
        json.dump({**facts, "port": port}, file)
    os.replace(temporary, facts_path(out))
    print(f"fathom: waiting for gdb on port {port}", flush=True)


def start(out, arguments):
    """Become gdb with these arguments, for what waits."""
    facts = facts_path(out)
    if not os.path.exists(facts):
        raise Refused("nothing waits for gdb; start tools/fathom gdb --listen PORT first")
    program = debug.find_gdb()
    os.environ["FATHOM_GDB"] = facts
    os.execv(program, [program, "-q", "-nx", "-x", debug.START, *arguments])
