#!/usr/bin/env python3
"""tutorial.py PAGE.md ...: the pages of docs/tutorial, captured anew.

A block ```sh is what a reader types in the top folder of Fathom; a block ```text after it is what
comes then.  A block ```console is a session of gdb: `$ make gdb PROGRAM=X`, then `(gdb) ` lines.
run() executes a page's blocks in order, in a folder of its own that looks like the top folder, and
returns what each shows; main() writes that into the page.  tests/site/tutorial.t compares.
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))
import sessions  # noqa: E402

OUT = sessions.OUT
BLOCK = re.compile(r"^```(sh|console)\n(.*?)^```\n(?:\n?```text\n(.*?)^```\n)?", re.M | re.S)
FILE = re.compile(r"^cat > (\S+) <<'END'\n(.*?)^END$", re.M | re.S)
COMPILE = re.compile(r"^i686-w64-mingw32-g\S+ .*-o (\S+)(?: .*)?$", re.M)
NAMES = ("tools", "crt", "user", "labs", "docs", "kernel", "ntdll", "include")


def top_folder(folder):
    """Makes it look like the top folder of Fathom."""
    for name in NAMES:
        os.symlink(os.path.join(TOP, name), os.path.join(folder, name))
    os.symlink(OUT, os.path.join(folder, "build"))


def shell(script, folder):
    """What a reader's shell shows."""
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        timeout=sessions.LONGEST,
        env={**os.environ, "FATHOM_OUT": OUT, "FATHOM_BUILT": "yes"},
    )
    return [line.rstrip() for line in done.stdout.replace("\r", "").rstrip("\n").split("\n")]


def session(text, folder):
    """What a session of gdb shows: [line], the commands included."""
    rows = sessions.commands(f"```console\n{text}```\n")
    typed = [command for prompt, command, _ in rows if prompt == "(gdb)"]
    program = re.search(r"PROGRAM=(\S+)", rows[0][1])[1]
    script = os.path.join(folder, "session.py")
    with open(script, "w") as out:
        out.write(sessions.RUN.format(commands=typed, mark=sessions.MARK))
    said = "\n".join(shell(f"tools/fathom gdb --icount --script session.py {program}", folder))
    shown = iter(sessions.shown(said, len(typed)))
    lines = []
    for prompt, command, _ in rows:
        lines += [f"{prompt} {command}", *((next(shown) or []) if prompt == "(gdb)" else [])]
    return lines


def run(text):
    """[(kind, what is typed, [line that the page shows] or None, [line now])] of a page."""
    found = []
    with tempfile.TemporaryDirectory(prefix="fathom-tutorial-") as folder:
        top_folder(folder)
        for kind, typed, shown in BLOCK.findall(text):
            if kind == "console":
                found.append((kind, typed, typed.rstrip("\n").split("\n"), session(typed, folder)))
                continue
            now = shell(typed, folder)
            found.append((kind, typed, shown.rstrip("\n").split("\n") if shown else None, now))
    return found


def rewritten(text, rows):
    """The page with what its blocks show now."""
    rows = iter(rows)

    def one(match):
        kind, typed, _ = match.groups()
        _, _, shown, now = next(rows)
        lines = "\n".join(now)
        if kind == "console":
            return f"```console\n{lines}\n```\n"
        return f"```sh\n{typed}```\n" + (f"\n```text\n{lines}\n```\n" if shown is not None else "")

    return BLOCK.sub(one, text)


def programs(text, folder):
    """Builds a page's programs in folder, as its commands say: [path]."""
    made = []
    for _, block, _ in BLOCK.findall(text):
        for name, content in FILE.findall(block):
            with open(os.path.join(folder, name), "w") as out:
                out.write(content)
        for match in COMPILE.finditer(block):
            subprocess.run(["sh", "-c", match[0]], cwd=folder, check=True, capture_output=True)
            made.append(os.path.join(folder, match[1]))
    return made


def main(paths):
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        rows = run(text)
        with open(path, "w", encoding="utf-8") as out:
            out.write(rewritten(text, rows))
        print(f"{path}: {len(rows)} blocks")


if __name__ == "__main__":
    main(sys.argv[1:])
