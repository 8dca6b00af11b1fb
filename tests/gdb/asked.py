"""A session of `fathom gdb`, for tests: a script, or commands and what each of them printed."""
import os
import subprocess
import tempfile

from tap import TOP

FATHOM = os.path.join(TOP, "tools", "fathom")
ONE = """import gdb
print('@@')
try:
    gdb.execute({!r})
except gdb.error as wrong:
    print(wrong)
"""


def session(script, program, *words, kind="", **environment):
    """(exit code, all that was said)"""
    with tempfile.TemporaryDirectory(prefix="fathom-gdb-") as folder:
        path = os.path.join(folder, f"script{kind}")
        with open(path, "w") as out:
            out.write(script)
        done = subprocess.run(
            [FATHOM, "gdb", *words, "--script", path, program],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={**os.environ, **environment},
        )
    return done.returncode, done.stdout


def each(commands, program, *words):
    """What each command printed; of one that never came, the end of all."""
    _, text = session("".join(map(ONE.format, commands)), program, *words, kind=".py")
    parts = text.split("@@\n")[1:]
    return parts + [text[-2000:]] * (len(commands) - len(parts))
