"""tools/fathom with a machine that only talks (fake_qemu.py), in a build folder of stubs."""
import os
import subprocess
import tempfile

from tap import TOP

TOOL = os.path.join(TOP, "tools", "fathom")
FOLDER = tempfile.TemporaryDirectory()
OUT = FOLDER.name
PROGRAM = os.path.join(OUT, "prog.exe")


def file(name, data=b""):
    """A file below OUT; its path."""
    path = os.path.join(OUT, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)
    return path


for needed in ("kernel/ntoskrnl.exe", "prog.exe"):
    file(needed, needed.encode())
subprocess.run(["tar", "-C", OUT, "-cf", os.path.join(OUT, "archive.tar"), "prog.exe"], check=True)


def environment(play, **more):
    return {**os.environ, "FATHOM_OUT": OUT, "FATHOM_BUILT": "yes", "FAKE_PLAY": play,
            "FATHOM_QEMU": os.path.join(TOP, "tests", "tools", "fake_qemu.py"), **more}


def fathom(play, *arguments, **more):
    """What came of it; the timeout is a fuse."""
    return subprocess.run(
        [TOOL, *arguments],
        capture_output=True,
        timeout=600,
        stdin=subprocess.DEVNULL,
        env=environment(play, **more),
    )


def batch(play, *lines, options=(), **more):
    """fathom batch of these lines."""
    return fathom(
        play,
        "batch",
        *options,
        file("list", b"".join(line.encode() + b"\n" for line in lines)),
        **more
    )
