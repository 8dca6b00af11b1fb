"""`fathom gdb --recording FILE`: gdb on a recording, which is served in the background.

Symbols are those of the very files that were recorded: each is looked for by name, in the
program's folder, the recording's and the build directory, and taken if its SHA-256 is the one
in the recording's header.
"""
import hashlib
import json
import os
import shutil
import socket
import tempfile
import threading

from record import loaded, recording, serve

from . import debug, machine
from .refused import Refused


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def folders(options):
    """Where a module's file may be, in the order of looking."""
    own = [os.path.dirname(os.path.abspath(p)) for p in (options.program, options.recording) if p]
    return own + [os.path.join(options.out, name) for name in ("bin", "kernel", "archive")]


def find_files(record, places):
    """({lower-case name: path} of the recorded files that are here, the names of the others)."""
    files, missing = {}, []
    for module in record.head["modules"]:
        paths = [os.path.join(place, module["name"]) for place in places]
        same = [p for p in paths if os.path.isfile(p) and digest(p) == module["sha256"]]
        if same:
            files[module["name"].lower()] = same[0]
        else:
            missing.append(module["name"])
    return files, missing


def facts(options, record):
    """What tools/gdb/start.py is handed, and the modules that have no symbols."""
    files, missing = find_files(record, folders(options))
    if "ntoskrnl.exe" in missing:
        raise Refused(
            f"{options.recording}: the kernel in {options.out} is another one than was recorded; "
            "record it again"
        )
    present = loaded.ever(record)
    rows = [[name, base] for base, name in present.items() if name.lower() in files]
    unknown = [name for name in present.values() if name.lower() not in files]
    return {
        "out": options.out,
        "top": machine.TOP,
        "modules": files,
        "loaded": rows,
        "recording": f"{' '.join(record.head['command'])}: {record.count:,} instructions",
    }, unknown


def gdb(options):
    """gdb's exit status."""
    try:
        record = recording.Recording(options.recording)
    except recording.Damaged as wrong:
        raise Refused(f"{options.recording}: {wrong}") from None
    handed, unknown = facts(options, record)
    for name in unknown:
        print(f"fathom: {name}: no file here is the recorded one; it has no symbols", flush=True)
    folder = tempfile.mkdtemp(prefix="fathom-")
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(os.path.join(folder, "gdb"))
            listening.listen(1)
            with open(os.path.join(folder, "gdb.json"), "w") as out:
                json.dump(handed, out)
            threading.Thread(target=serve_one, args=(listening, record), daemon=True).start()
            return debug.start_gdb(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def serve_one(listening, record):
    try:
        connection, _ = listening.accept()
    except OSError:
        return  # gdb never came
    with connection:
        serve.Server(record, connection).serve()
