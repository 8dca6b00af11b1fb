#!/usr/bin/env python3
"""Lay out the tree that make works in for O= and REPLACE= (mk/tree.mk calls it).

tree.py O DEBUG POISON FRONT REPLACE PID, as make was given them; PID is make's.  What cannot be
done is printed as one sentence. Else, afterwards:

  O/settings   has DEBUG, POISON, FRONT and REPLACE
  O/tree       has a link for each file of this tree, a copy for each that is replaced (not if O
               is this tree's build folder and nothing is replaced)
  X.cmd        is gone for each X made of a file that is another than the last time
  O/turn       is make's: nobody else changes that tree while it builds (tools/turn.sh)
"""
import fcntl
import glob
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import settled

KINDS = (".c", ".cpp", ".h", ".asm", ".inc", ".def", ".tbl", ".ld")
ROOMS = """boot crt fathom include kernel kernel32 ntdll ole32 oleaut32 psapi advapi32 user32
shell32 shlwapi tests user""".split()


class Refused(Exception):
    """What was asked for cannot be done; says why."""


def replacements(text):
    """{path from the top: the file in its place}, checked."""
    found = {}
    for pair in text.split():
        path, equals, mine = pair.partition("=")
        path = os.path.normpath(path)
        if not equals or not mine:
            raise Refused(f"REPLACE={pair}: FILE=MINE is expected, without blanks")
        if not os.path.isfile(path):
            raise Refused(f"REPLACE={pair}: there is no file {path} in this tree")
        if not path.endswith(KINDS) or path.split("/")[0] not in ROOMS:
            raise Refused(f"REPLACE={pair}: {path} is neither compiled nor included")
        if not os.path.isfile(mine):
            raise Refused(f"REPLACE={pair}: there is no file {mine}")
        if path in found:
            raise Refused(f"REPLACE names {path} twice")
        found[path] = mine
    return found


def copy_of(path, mine):
    """The text that stands for path: messages and line tables name MINE."""
    with open(mine, encoding="utf-8", errors="surrogateescape") as source:
        text = source.read()
    name = mine.replace("\\", "\\\\").replace('"', '\\"')
    if path.endswith((".c", ".cpp", ".h")):
        return f'#line 1 "{name}"\n{text}'
    if path.endswith((".asm", ".inc")):
        return f"%line 0+1 {mine}\n{text}"
    return text


def check_folder(top, out):
    """Refuse an O that is no folder of its own."""
    there = os.path.realpath(out)
    if not out or os.path.commonpath([there, top]) == there:
        raise Refused(f"O={out}: that folder holds this tree; name one of its own")
    if there == os.path.join(top, "build") or not os.path.exists(there):
        return
    if not os.path.isdir(there):
        raise Refused(f"O={out}: that is no folder")
    if os.listdir(there) and not is_build_folder(there):
        raise Refused(f"O={out}: that folder has other things in it, and no build of this tree")


def is_build_folder(folder):
    return os.path.exists(os.path.join(folder, "settings"))


def sources(top, out):
    """Paths from the top of all files, but for version control's and what was built."""
    for folder, folders, names in os.walk(top):
        folders[:] = [
            name
            for name in folders
            if name not in (".git", "__pycache__")
            and not os.path.samefile(os.path.join(folder, name), out)
            and not is_build_folder(os.path.join(folder, name))
        ]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), top)


def put_link(path, target):
    """Make path a link to target, if it is not."""
    if os.path.islink(path) and os.readlink(path) == target:
        return
    if os.path.lexists(path):
        os.remove(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(target, path)


def lay_out(top, out, replaced):
    """O/tree as the head of this file says."""
    tree = os.path.join(out, "tree")
    wanted = set()
    for path in sources(top, out):
        there = os.path.join(tree, path)
        wanted.add(there)
        if path not in replaced:
            put_link(there, os.path.join(top, path))
            continue
        if os.path.islink(there):
            os.remove(there)
        os.makedirs(os.path.dirname(there), exist_ok=True)
        settled.write(there, copy_of(path, replaced[path]))
    for folder, _, names in os.walk(tree):
        for name in names:
            if os.path.join(folder, name) not in wanted:
                os.remove(os.path.join(folder, name))
    put_link(os.path.join(tree, "build"), os.pardir)


def forget(out, paths):
    """Products made of one of these files are made anew: their commands are forgotten."""
    if not paths:
        return
    named = re.compile("|".join(rf"(?<![\w/.-]){re.escape(path)}(?![\w.-])" for path in paths))
    old = set()
    for folder, folders, names in os.walk(out):
        folders[:] = [name for name in folders if name != "tree"]
        for name in names:
            stem, kind = os.path.splitext(os.path.join(folder, name))
            if kind not in (".d", ".cmd"):
                continue
            with open(stem + kind, errors="replace") as text:
                if named.search(text.read()):
                    old |= (
                        {stem, stem + ".o", stem + ".exe", stem + ".made"}
                        if kind == ".d"
                        else {stem}
                    )
    for product in old:
        if os.path.exists(product + ".cmd"):
            os.remove(product + ".cmd")


def check_front(name):
    """Refuse a front end that this tree does not have."""
    known = [
        "groups",
        *sorted(
            os.path.basename(os.path.dirname(header))
            for header in glob.glob("ntdll/heap/front/*/*.h")
            if os.path.splitext(os.path.basename(header))[0]
            == os.path.basename(os.path.dirname(header))
        ),
    ]
    if name and name not in known:
        raise Refused(f"FRONT={name}: there is no such front end; this tree has {', '.join(known)}")


def take_turn(out, make):
    """Wait until no other make works in O, which is a build folder.  Descriptor 3 is the user's."""
    subprocess.run(["tools/turn.sh", out, make], stdout=3, stderr=3)


def locked(out, make):
    """One tree.py at a time in O, which may be new: only the folder itself is there to lock.  If
    another make has begun a build there, it ends before this one goes on."""
    try:
        os.makedirs(out, exist_ok=True)
        lock = os.open(out, os.O_RDONLY)  # until this process ends
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_build_folder(out):
            fcntl.flock(lock, fcntl.LOCK_UN)
            take_turn(out, make)
            fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError:
        pass  # what is wrong with it is said by who uses it


def last_replaced(settings):
    """{path: the file in its place} of the last time."""
    found = None
    if os.path.exists(settings):
        with open(settings) as old:
            found = re.search(r"^REPLACE := ?(.*)$", old.read(), re.M)
    return dict(pair.split("=", 1) for pair in found[1].split()) if found else {}


def settings_text(debug, poison, front, text):
    values = {"DEBUG": debug, "POISON": poison, "FRONT": "" if front == "groups" else front}
    lines = [f"{name} := {value}\n" for name, value in values.items()]
    return "".join(lines) + f"REPLACE := {' '.join(text.split())}"


def main(out, debug, poison, front, text, make):
    check_front(front)
    replaced = replacements(text)
    locked(out, make)
    check_folder(os.getcwd(), out)
    try:
        os.makedirs(out, exist_ok=True)
        out, settings = os.path.realpath(out), os.path.join(out, "settings")
        was = last_replaced(settings)
        open(settings, "a").close()  # ours from now on, also if we are stopped here
        forget(out, [path for path in {**was, **replaced} if was.get(path) != replaced.get(path)])
        if replaced or out != os.path.realpath("build"):
            lay_out(os.getcwd(), out, replaced)
        else:
            shutil.rmtree(os.path.join(out, "tree"), ignore_errors=True)
        settled.write(settings, settings_text(debug, poison, front, text))
        take_turn(out, make)
    except OSError as wrong:
        raise Refused(f"O={out}: {wrong.filename}: {wrong.strerror}") from None


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Refused as why:
        print(why)
