"""`fathom gdb --recording FILE`: gdb on a recording, which is served in the background.

Symbols are those of the very files that were recorded: each is looked for by name, in the folders
of the program, the recording and what is added (--add), and in the build directory, and taken if
its SHA-256 is the one in the recording's header.
"""
import hashlib
import os
import sys
import threading

from record import loaded, recording, serve
from stub import process
from stub.libraries import ALWAYS, Libraries
from stub.wire import Wire
from web import page as web_page

from . import debug, machine, scratch
from .refused import Refused


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def folders(options):
    """Where a module's file may be, in the order of looking."""
    given = (options.program, options.recording, *options.add)
    own = [os.path.dirname(os.path.abspath(p)) for p in given if p]
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
    unknown = [name for name in loaded.ever(record).values() if name.lower() not in files]
    return {
        "out": options.out,
        "top": machine.TOP,
        "modules": files,
        "recording": f"{' '.join(record.head['command'])}: {record.count:,} instructions",
    }, unknown


def read(options):
    try:
        return recording.Recording(options.recording)
    except recording.Damaged as wrong:
        raise Refused(f"{options.recording}: {wrong}") from None


def page(options):
    """The text of the page of a recording."""
    record = read(options)
    files, missing = find_files(record, folders(options))
    if "ntoskrnl.exe" in missing:
        raise Refused(
            f"{options.recording}: the kernel in {options.out} is another one than was recorded"
        )
    for name in missing:
        print(f"fathom: {name}: no file here is the recorded one: it has no names", file=sys.stderr)
    return web_page.build(options.recording, record, files, options.out)


def gdb(options):
    """gdb's exit status."""
    record = read(options)
    handed, unknown = facts(options, record)
    for name in unknown:
        print(f"fathom: {name}: no file here is the recorded one; it has no symbols", flush=True)
    folder, over = scratch.make(), threading.Event()
    try:
        with debug.gdbs_line(options, folder) as listening:
            arguments = (listening, record, options.out, handed["modules"], over)
            threading.Thread(target=serve_one, args=arguments, daemon=True).start()
            return debug.attach(options, folder, handed, listening, over)
    finally:
        scratch.remove(folder)


def serve_one(listening, record, out, files, over):
    """To one gdb; then over is set."""
    try:
        connection, _ = listening.accept()
    except OSError:
        return  # gdb never came
    libraries = Libraries(out, files, only=True)
    hook = process.addresses(os.path.join(out, "bin", ALWAYS))["_LdrpModuleLoaded"]
    kernel = process.Kernel(record, out)
    with connection:
        serve.Server(record, Wire(connection), kernel, libraries, hook, say).serve()
    over.set()


def say(line):
    print(line, flush=True)
