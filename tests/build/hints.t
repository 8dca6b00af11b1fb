#!/usr/bin/env python3
# needs: system
"""The hint of each import of our DLLs from one another is the name's place in the export table, so
that the loader finds it at the first look (tools/hints.py)."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, Plan

plan = Plan()
TABLE = "[Ordinal/Name Pointer] Table"


def headers(path):
    command = [os.environ.get("MINGW", "i686-w64-mingw32-") + "objdump", "-p", path]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


said = {
    os.path.basename(path).lower(): headers(path)
    for path in glob.glob(os.path.join(OUT, "bin", "*.dll"))
}
names = {
    name: re.findall(r"^\s*\[ *\d+\] .*?(\S+)$", text[text.index(TABLE) :], re.M)
    for name, text in said.items()
    if TABLE in text
}
for name, text in sorted(said.items()):
    wrong, count = [], 0
    for block in text.split("DLL Name: ")[1:]:
        exports = names.get(block.split()[0].lower(), [])
        for hint, function in re.findall(r"^\t[0-9a-f]+\t +(\d+) +(\S+)", block, re.M):
            count += 1
            if int(hint) >= len(exports) or exports[int(hint)] != function:
                wrong.append(function)
    if count:
        plan.true(not wrong, f"{name}: {count} hints hit", wrong[:10])
plan.true(len(said) > 5, "there are DLLs")
plan.done()
