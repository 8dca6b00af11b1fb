"""Files that are made for gdb, and paths in its commands.  No gdb in here."""
import hashlib
import os


def quoted(path):
    """A path as one word of a gdb command."""
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def kept(out, path, end):
    """Where the copy of a file is kept: by its content, since two programs may have one
    name."""
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()[:16]
    return os.path.join(folder(out), f"{os.path.basename(path)}.{digest}{end}")


def folder(out):
    """The build directory's, or one in the user's cache where that cannot be written."""
    folder = os.path.join(out, "gdb")
    if not os.access(folder if os.path.isdir(folder) else out, os.W_OK):
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        folder = os.path.join(home, "fathom")
    os.makedirs(folder, exist_ok=True)
    return folder
