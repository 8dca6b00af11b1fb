"""fathom grade-class --similarity: the files of a class as Dolos and MOSS want them.

    OUT/README            the two commands
    OUT/info.csv          Dolos: a row for each file; `ignored` names the skeleton
    OUT/base.c            the skeleton, which all have in common
    OUT/NAME/page.c       a student's; MOSS -d takes each folder for one program
    OUT/of-reference/, OUT/of-second1/    ours

Dolos: https://dolos.ugent.be/docs/adding-metadata.html.  MOSS: the usage at the head of its script.
One file that is not there, or that Perl's -T does not call text, makes either refuse the whole
class, so such files are left out, and named.
"""
import codecs
import csv
import os
import shutil
import sys

from .handed import content

README = """Similar submissions of {label}

Dolos: `dolos run -f web -l {dolos} info.csv`, or upload this folder as a zip
(https://dolos.ugent.be).
MOSS:  `moss -l {moss} -b {base} -d */{file}`.
The folders of-reference and of-second* hold our solutions: a pair with one of them is a copy of
ours.
{base} is the skeleton, which all have in common: it lies in no student's folder, and info.csv calls
it ignored, so neither counts what everybody was given.
"""
BLOCK = 512  # bytes that -T looks at
ODD = set(range(32)) - set(b"\b\t\n\f\r\x1b") | set(range(128, 256))


def is_text(data):
    """As Perl's -T has it, by which MOSS refuses."""
    block = data[:BLOCK]
    if b"\0" in block:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(block)
        whole = not block.isascii()
    except UnicodeDecodeError:
        whole = False
    return whole or 3 * sum(byte in ODD for byte in block) <= len(block)


def printed(name):
    """A name that is no UTF-8, as it can be written."""
    return name.encode(errors="backslashreplace").decode()


def folders_of(names, taken):
    """{student: folder}: none that the commands take for an option, and none that is taken."""
    found = {}
    for name in names:
        folder = printed(name)
        while folder.startswith("-") or folder in {*taken, *found.values()}:
            folder = "_" + folder
        found[name] = folder
    return found


def languages(file):
    """(Dolos', MOSS').  Dolos has no parser for assembly, and compares its letters."""
    return ("char", "a8086") if file.endswith(".asm") else ("c", "c")


def write_info(path, rows, base):
    """rows: (file, name, label)."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["filename", "full_name", "label", "ignored"])
        table.writerows([*row, ""] for row in rows)
        table.writerow([base, "the skeleton", "ours", "true"])


def lay_out(lab, files, out):
    """files: {student: path}.  The command's exit code."""
    own = os.path.basename(lab.file)
    base = "base" + os.path.splitext(own)[1]
    ours = {"of-reference": lab.reference}
    ours.update({f"of-second{n}": path for n, path in enumerate(lab.seconds_solutions, 1)})
    folders = folders_of(files, {*ours, base, "README", "info.csv"})
    paths = {**{folders[name]: path for name, path in files.items()}, **ours}
    found = {name: content(path) for name, path in paths.items()}
    there = {name: data for name, data in found.items() if data is not None and is_text(data)}
    for name, data in there.items():
        os.makedirs(os.path.join(out, name), exist_ok=True)
        with open(os.path.join(out, name, own), "wb") as file:
            file.write(data)
    shutil.copyfile(os.path.join(lab.folder, "skeleton", own), os.path.join(out, base))
    rows = [(f"{name}/{own}", name, "ours" if name in ours else "student") for name in there]
    write_info(os.path.join(out, "info.csv"), rows, base)
    dolos, moss = languages(own)
    with open(os.path.join(out, "README"), "w", encoding="utf-8") as file:
        file.write(README.format(label=lab.label, file=own, base=base, dolos=dolos, moss=moss))
    left = [name for name in folders.values() if name not in there]
    if left:
        print(f"fathom: left out, no text: {', '.join(left)}", file=sys.stderr)
    print(f"{out}: {len(files) - len(left)} submissions and {len(there.keys() & ours)} of ours")
    return 0
