#!/usr/bin/env python3
# needs: system
# long: only
"""A DLL that is loaded at its first call, by the stock tools' delay-load library: it is not there
before, its functions work, and one that cannot be had is the helper's exception C06D007Eh."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import Plan
from stock import PREFIX, build, fathom

plan = Plan()
folder = tempfile.mkdtemp(prefix="delayload-")


def library(dll, *functions):
    """lib-DLL.a, by which calls of these functions load the DLL."""
    definition = os.path.join(folder, dll + ".def")
    with open(definition, "w") as file:
        file.write("\n".join(["EXPORTS", *functions]) + "\n")
    made = os.path.join(folder, f"lib{dll}.a")
    words = ["dlltool", "--input-def", definition, "--dllname", dll, "--output-delaylib", made]
    subprocess.run([PREFIX + words[0], *words[1:]], check=True)
    return made


PRINTS = "before 0\nanswer 33\nafter 1\nexception C06D007E\n"
try:
    dll = build(folder, "late.dll", "late.c", "-shared")
    late, gone = library("late.dll", "late_answer"), library("gone.dll", "gone_answer")
    exe = build(folder, "delays.exe", "delays.c", late, gone, "-ldelayimp")
    done = fathom("run", "--add", dll, exe)
    plan.equal(done.stdout.decode().replace("\r", ""), PRINTS, "loaded at the first call")
    plan.equal(done.returncode, 3, "its exit code")
finally:
    shutil.rmtree(folder)
plan.done()
