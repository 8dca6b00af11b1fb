"""A copy of this tree with what was built of it, for tests that change files and build again.

Commands and dependencies are relative, so the copy is as well built as the original: a test pays
only for what its change touches.
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP  # noqa: F401

# What the make that runs the tests has set is not for the make that they start.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("MAKE", "MFLAGS", "FATHOM_")) or name == "FATHOM_HOST"
}
SYSTEM = ["build/kernel/ntoskrnl.exe", "build/archive.tar"]
FOLDERS = "boot kernel gen dll lib bin user archive gdb efi".split()


class Copy:
    """folder/name is the tree, folder/name/build what was built."""

    def __init__(self, name="tree", built=True):
        self.scratch = tempfile.TemporaryDirectory(prefix="fathom-build-")
        self.folder = self.scratch.name
        self.tree = os.path.join(self.folder, name)
        out = os.path.join(self.tree, "build")
        skip = {os.path.realpath(path) for path in (OUT, os.path.join(TOP, "build"))}

        def unwanted(folder, names):
            paths = ((name, os.path.realpath(os.path.join(folder, name))) for name in names)
            return [n for n, path in paths if path in skip or n in (".git", "__pycache__")]

        shutil.copytree(TOP, self.tree, ignore=unwanted)
        os.mkdir(out)
        for entry in os.scandir(OUT) if built else ():
            if entry.is_file() and not entry.name.endswith(".img"):
                shutil.copy2(entry.path, out)
            elif entry.name in FOLDERS:
                shutil.copytree(entry.path, os.path.join(out, entry.name))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["chmod", "-R", "u+w", self.folder])
        self.scratch.cleanup()

    def path(self, *names):
        return os.path.join(self.tree, *names)

    def read(self, name):
        with open(self.path(name)) as text:
            return text.read()

    def write(self, name, text):
        with open(self.path(name), "w") as out:
            out.write(text)

    def add(self, name, text):
        """More text at the end of a file."""
        self.write(name, self.read(name) + text)

    def mine(self, name, text):
        """A file of a student's, beside the tree; its path."""
        path = os.path.join(self.folder, name)
        with open(path, "w") as out:
            out.write(text)
        return path

    def run(self, *words, **environment):
        return subprocess.run(
            words,
            cwd=self.tree,
            env={**ENVIRONMENT, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )

    def make(self, *words):
        """(the products that were built, or None if make failed; all that was said)."""
        done = self.run("make", *words)
        text = done.stdout + done.stderr
        if done.returncode:
            return None, text
        return [line.strip() for line in done.stdout.split("\n") if line.startswith("  ")], text
