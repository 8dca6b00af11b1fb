"""A machine's folder in the temporary directory, and those that a killed tool left there.

The tool removes its folders however it ends, but for SIGKILL (and the host's own end).  So each has
a file `.fathom-owner` that its tool holds locked, and the system lets go of a lock with the
process: whoever finds one that is not locked removes the folder.  The file gets its name when it is
locked already; a folder without one is not ours, or is just being made.  The owner is empty and of
this user: a folder of somebody's own that is called fathom-ANYTHING stays, whatever is in it.
"""
import contextlib
import fcntl
import glob
import os
import shutil
import tempfile

PREFIX, OWNER = "fathom-", ".fathom-owner"
_held = {}  # folder: the descriptor of its owner
_swept = []  # this process has done so


def make():
    """A new folder, this process's."""
    if not _swept:
        _swept.append(True)
        sweep()
    folder = tempfile.mkdtemp(prefix=PREFIX)
    path = os.path.join(folder, OWNER)
    _held[folder] = os.open(path + ".new", os.O_CREAT | os.O_RDWR | os.O_EXCL, 0o600)
    fcntl.flock(_held[folder], fcntl.LOCK_EX)
    os.rename(path + ".new", path)
    return folder


def remove(folder):
    shutil.rmtree(folder, ignore_errors=True)
    if folder in _held:
        os.close(_held.pop(folder))


@contextlib.contextmanager
def folder():
    made = make()
    try:
        yield made
    finally:
        remove(made)


def _is_left(folder):
    """Whether its tool is gone.  Nobody takes a lock again: no tool has two owners."""
    try:
        owner = os.open(os.path.join(folder, OWNER), os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        known = os.fstat(owner)
        return known.st_size == 0 and known.st_uid == os.getuid()
    except OSError:
        return False
    finally:
        os.close(owner)


def sweep():
    """Remove the folders of this user whose tool was killed."""
    for folder in glob.glob(os.path.join(glob.escape(tempfile.gettempdir()), PREFIX + "*")):
        try:
            own = os.lstat(folder).st_uid == os.getuid() and not os.path.islink(folder)
        except OSError:
            continue
        if own and _is_left(folder):
            shutil.rmtree(folder, ignore_errors=True)
