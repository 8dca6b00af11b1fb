"""Builds with some of our files replaced, for tests that put a fault in (REPLACE=, mk/tree.mk)."""
import os
import shutil

from tap import OUT


def word(folder, files):
    """make's word for {path from the top: its text}; the texts go into files of folder."""
    pairs = []
    for number, (path, text) in enumerate(files.items()):
        mine = os.path.join(folder, f"{number}-{os.path.basename(path)}")
        with open(mine, "w") as out:
            out.write(text)
        pairs.append(f"{path}={mine}")
    return "REPLACE=" + " ".join(pairs)


def built_copy(build):
    """A copy of what is built, so that make has only the replaced files to build."""
    leave = ("tests", "host", "fuzz", "coverage", "*.img")
    shutil.copytree(
        OUT,
        build,
        symlinks=True,
        copy_function=shutil.copy2,
        ignore=shutil.ignore_patterns(*leave),
    )
