#!/usr/bin/env python3
"""The commands of README.md and docs/commands.md do what is said: the example, the two runtimes,
the gdb session."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
with open(os.path.join(TOP, "README.md"), encoding="utf-8") as readme:
    text = readme.read()
with open(os.path.join(TOP, "docs", "commands.md"), encoding="utf-8") as commands:
    rows = re.findall(r"^\| (`.*?`) \|(.*)\|$", commands.read(), re.M)
PROGRAMS = {  # which row of the table: a program that shows what it is for
    "lcw3220": '#include <cw3220.h>\n#include <stdio.h>\n#include <stdlib.h>\n'
    'int main(void) { free(malloc(9)); return printf("%d\\n", heapcheck() == _HEAPOK) != 2; }\n',
    "-D_DEBUG": '#include <crtdbg.h>\n#include <stdio.h>\n#include <stdlib.h>\n'
    'int main(void) { unsigned char *p = malloc(1); return printf("%X\\n", *p) != 3; }\n',
}
SAYS = {"lcw3220": "1\n", "-D_DEBUG": "CD\n"}


def shell(script, folder):
    done = subprocess.run(
        ["sh", "-ec", script],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        env={**os.environ, "FATHOM_OUT": OUT},
    )
    return done.returncode, done.stdout.replace("\r", "")


with tempfile.TemporaryDirectory(prefix="fathom-readme-") as folder:
    for name in ("tools", "crt", "user"):
        os.symlink(os.path.join(TOP, name), os.path.join(folder, name))
    os.symlink(OUT, os.path.join(folder, "build"))
    example = re.search(r"Try it:\n\n```\n(.*?)^```$", text, re.M | re.S)
    code, said = shell(example[1], folder)
    plan.true(
        code == 0 and re.fullmatch(r"42 at 0x[0-9a-f]+\n", said),
        "the example prints what its source says",
        said,
    )
    for key, source in PROGRAMS.items():
        with open(os.path.join(folder, "X.c"), "w") as out:
            out.write(source)
        line = next(cell.strip("`") for cell, _ in rows if key in cell)
        code, said = shell(f"{line}\ntools/fathom run X.exe", folder)
        plan.equal((code, said), (0, SAYS[key]), f"the line with {key} builds and runs")
    session = next(what for cell, what in rows if cell == "`make gdb`")
    words = re.findall(r"`([^`]+)`", session.split("Type ")[1].split(":")[0])
    with open(os.path.join(folder, "session.gdb"), "w") as out:
        out.write("\n".join(words) + "\n")
    code, said = shell("tools/fathom gdb --script session.gdb build/archive/walk.exe", folder)
    frames = [line for line in said.split("\n") if line.startswith("#")]
    plan.true(
        any("NtAllocateVirtualMemory" in f for f in frames[:1])
        and any(" main (" in f for f in frames),
        "the gdb session of the table shows one stack from the service to main",
        said[-3000:],
    )
plan.done()
