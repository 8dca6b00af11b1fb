#!/usr/bin/env python3
"""examples.py PAGE.md ...: the examples of a page, captured anew.

A page names a source, `<!-- example: FILE -->`, and shows it; each block after it that begins with
`$ ` lines is what these commands print, run in one folder that has the source.  run() returns what
each block shows and what it would show now; main() writes that into the page.  Tests compare
(tests/tools/reports.t, tests/tools/tracing.t).
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCE = re.compile(r"^<!-- example: (\S+) -->\n\n?```\w*\n(.*?)^```$", re.M | re.S)
BLOCK = re.compile(r"^```\n((?:\$ [^\n]*\n)+)(.*?)^```$", re.M | re.S)


def write_sources(text, folder):
    for name, source in SOURCE.findall(text):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(source)


def printed(commands, folder):
    """What they print there: of each first what goes to standard output."""
    text = b""
    for line in re.findall(r"^\$ (.*)$", commands, re.M):
        words = shlex.split(line)
        if words[0].startswith("tools/"):
            words[0] = os.path.join(TOP, words[0])
        done = subprocess.run(words, cwd=folder, capture_output=True, timeout=1200)
        text += done.stdout.replace(b"\r", b"") + done.stderr
    return text.decode().replace(folder + "/", "")


def run(text, folder):
    """[(commands, what the page shows, what they print now)] of a page's blocks."""
    write_sources(text, folder)
    return [(typed, shown, printed(typed, folder)) for typed, shown in BLOCK.findall(text)]


def rewritten(text, rows):
    """The page with what its blocks show now."""
    rows = iter(rows)

    def one(match):
        typed, _, now = next(rows)
        return f"```\n{typed}{now}```"

    return BLOCK.sub(one, text)


def main(paths):
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with tempfile.TemporaryDirectory(prefix="fathom-examples-") as folder:
            rows = run(text, os.path.realpath(folder))
        with open(path, "w", encoding="utf-8") as out:
            out.write(rewritten(text, rows))
        print(f"{path}: {len(rows)} blocks")


if __name__ == "__main__":
    main(sys.argv[1:])
