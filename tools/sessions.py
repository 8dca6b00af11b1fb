#!/usr/bin/env python3
"""sessions.py PAGE.md ... : the guided sessions of docs/debugging, captured anew.

A page's blocks ```console hold what a reader types and what comes: after `$ ` a command of the
shell, after `(gdb) ` one of gdb.  A page has one session: `$ tools/fathom record ...` lines, then
`$ make gdb ...`, then commands of gdb.  run() executes them as they stand there, in order, and
returns what each shows; main() writes that into the page.  tests/gdb/sessions.t compares.

The machine counts instructions (`make gdb` does that), so a session shows the same numbers each
time, until the system is built from other sources.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.abspath(os.environ.get("FATHOM_OUT") or os.path.join(TOP, "build"))
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
PROMPT = re.compile(r"^(\$|\(gdb\)) (.*)$")
MARK = "@@ command"
DATES = "warning: Source file is more recent than executable"
LONGEST = 500  # seconds of a session

# What gdb reads: each command, errors shown and passed over as at a terminal.
RUN = """
import gdb
for number, line in enumerate({commands!r}):
    gdb.write(f"\\n{mark} {{number}}\\n")
    try:
        gdb.execute(line, from_tty=True)
    except gdb.error as wrong:
        gdb.write(f"{{wrong}}\\n")
    gdb.flush()
gdb.write("\\n{mark} end\\n")
"""


def commands(text):
    """[(prompt, command, [line shown])] of a page's blocks, in order."""
    rows = []
    for block in BLOCK.findall(text):
        for line in block.split("\n")[:-1]:
            if match := PROMPT.match(line):
                rows.append((match[1], match[2], []))
            elif rows:
                rows[-1][2].append(line)
    return rows


def words(line, folder):
    """A shell command's words; files that it makes lie in folder, what is built in OUT."""
    found = shlex.split(line)
    return [re.sub(r"build/(?=[\w./-]+\.rec$)", folder + "/", w).replace("build/", OUT + "/")
            if "build/" in w else w for w in found]


def gdb_words(line, folder):
    """tools/fathom's words for a `make gdb` line (mk/run.mk: gdb)."""
    given = dict(word.split("=", 1) for word in words(line, folder)[2:])
    recording = ["--recording", given["RECORDING"]] if "RECORDING" in given else []
    program = given.get("PROGRAM") or (not recording and os.path.join(OUT, "bin", "walk.exe"))
    return ["gdb", "--icount", *recording, *filter(None, [program]), *given.get("ARGS", "").split()]


def fathom(*given):
    return subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), *given],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=LONGEST,
        cwd=TOP,
        env={**os.environ, "FATHOM_OUT": OUT},
    )


def shown(text, count):
    """What each of so many commands printed, from the output of all."""
    parts = re.split(rf"^{MARK} (\d+|end)$", text, flags=re.M)
    found = dict(zip(parts[1::2], parts[2::2]))
    return [clean(found[str(n)]) if str(n) in found else None for n in range(count)]


def clean(text):
    """The lines, without those that are empty or about the dates of files."""
    lines = [line.rstrip() for line in text.split("\n")]
    return [line for line in lines if line and not line.startswith(DATES)]


def run(text):
    """[(prompt, command, [line shown], [line now])] of a page, and all that the session printed."""
    rows, said = commands(text), ""
    with tempfile.TemporaryDirectory(prefix="fathom-session-") as folder:
        typed = [row[1] for row in rows if row[0] == "(gdb)"]
        script = os.path.join(folder, "session.py")
        with open(script, "w") as out:
            out.write(RUN.format(commands=typed, mark=MARK))
        now = []
        for _, line, _ in (row for row in rows if row[0] == "$"):
            if line.startswith("make gdb"):
                done = fathom(*gdb_words(line, folder)[:1], "--script", script,
                              *gdb_words(line, folder)[1:])
                now += shown(done.stdout, len(typed))
            elif line.startswith("tools/fathom "):
                done = fathom(*words(line, folder)[1:])
            else:
                continue
            said += done.stdout
    now = iter(now)
    return [(*row, next(now, None) if row[0] == "(gdb)" else row[2]) for row in rows], said


def rewrite(text, rows):
    """The page with what its commands show now."""
    rows = iter(rows)

    def block(match):
        lines = []
        for line in match[1].split("\n"):
            if PROMPT.match(line):
                lines += [line, *next(rows)[3]]
        return "\n".join(["```console", *lines, "```"])

    return BLOCK.sub(block, text)


def main(paths):
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        rows, said = run(text)
        if any(row[3] is None for row in rows):
            sys.exit(f"sessions.py: {path}: the session ended early\n{said[-3000:]}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(rewrite(text, rows))
        print(f"{path}: {len(rows)} commands")


if __name__ == "__main__":
    main(sys.argv[1:])
