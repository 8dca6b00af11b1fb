#!/usr/bin/env python3
"""release.py OUT VERSION [LAB ...]: what `make release` has beside the system, in OUT/release.

    fathom-VERSION-replay.html        the replay page of one cold malloc
    fathom-VERSION-site.tar.gz        the web site
    fathom-VERSION-lab-NAME.tar.gz    each lab (or those named) as a student gets it

The same files give the same bytes: names are sorted, times and owners are fixed.
"""
import glob
import gzip
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "1577836800"))


def plain(member):
    """A member of an archive without what is of this machine; None: left out."""
    if ".git" in member.name.split("/"):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = EPOCH
    return member


def packed(folder, name, target):
    """folder as NAME/ in target, a .tar.gz."""
    with open(target, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as squeezed:
        with tarfile.open(fileobj=squeezed, mode="w", format=tarfile.GNU_FORMAT) as archive:
            archive.add(folder, name, filter=plain)  # in the order of the names
    print(f"  release/{os.path.basename(target)}")


def handouts(start, wanted):
    fathom = os.path.join(TOP, "tools", "fathom")
    with tempfile.TemporaryDirectory(prefix="fathom-handouts-") as scratch:
        for path in sorted(glob.glob(os.path.join(TOP, "labs", "*", "lab.toml"))):
            name = os.path.basename(os.path.dirname(path))
            if wanted and name not in wanted:
                continue
            folder = os.path.join(scratch, name)
            done = subprocess.run(
                [fathom, "handout", name, folder], capture_output=True, text=True, check=False
            )
            if done.returncode:
                sys.exit(f"release.py: lab {name}: {done.stderr or done.stdout}")
            packed(folder, f"fathom-lab-{name}", f"{start}-lab-{name}.tar.gz")


def main(out, version, *labs):
    start = os.path.join(out, "release", f"fathom-{version}")
    shutil.copy(os.path.join(out, "site-replays", "cold.html"), f"{start}-replay.html")
    packed(os.path.join(out, "site"), f"fathom-{version}-site", f"{start}-site.tar.gz")
    handouts(start, labs)


if __name__ == "__main__":
    main(*sys.argv[1:])
