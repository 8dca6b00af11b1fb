#!/usr/bin/env python3
# long: only
"""The walk must fail when a layer is short-circuited, and name the row that broke.  Each variant
changes one or two files through REPLACE, in a copy of the build."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import replaced
from tap import LONG, TOP, Plan

plan = Plan()


def source(path):
    with open(os.path.join(TOP, path)) as text:
        return text.read()


def changed(path, pattern, replacement):
    """The file's text with one change; the pattern must be there, or the test is worth nothing."""
    text, count = re.subn(pattern, replacement, source(path))
    plan.true(count > 0, f"{path} still has what this test changes", pattern)
    return text


VARIANTS = {
    "kernel32's HeapAlloc is a function of its own": (
        "7",
        {
            "kernel32/kernel32.def": changed(
                "kernel32/kernel32.def", r"(?m)^(HeapAlloc)\s*=.*$", r"\1"
            ),
            "kernel32/heap.c": source("kernel32/heap.c")
            + "\nPVOID WINAPI HeapAlloc(HANDLE heap, DWORD flags, SIZE_T size)\n{\n"
            '    PVOID block = RtlAllocateHeap(heap, flags, size);\n    __asm__ volatile("");\n    '
            'return block;\n}\n',
        },
    ),
    "malloc uses the default heap": (
        "2",
        {
            "crt/msvcrt/heap.c": changed(
                "crt/msvcrt/heap.c", r"= HeapCreate\([^;]*\);", "= GetProcessHeap();"
            )
        },
    ),
    "GlobalAlloc goes around the heap": (
        "5",
        {
            "kernel32/global.c": changed(
                "kernel32/global.c", r"\bGlobalAlloc\(", "GlobalAllocOfBefore("
            )
            + "\nHGLOBAL WINAPI GlobalAllocOfBefore(UINT, SIZE_T);\n"
            "HGLOBAL WINAPI GlobalAlloc(UINT flags, SIZE_T size)\n{\n"
            "    if (size < 4096)\n        return GlobalAllocOfBefore(flags, size);\n"
            "    return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);\n}\n"
        },
    ),
}


def walk_of(files):
    with tempfile.TemporaryDirectory() as folder:
        build = os.path.join(folder, "build")
        replaced.built_copy(build)
        made = subprocess.run(
            [
                "make",
                "-C",
                TOP,
                f"O={build}",
                replaced.word(folder, files),
                os.path.join(build, "archive.tar"),
            ],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if made.returncode:
            return 0, made.stdout[-1500:] + made.stderr[-1500:]
        done = subprocess.run(
            [
                os.path.join(TOP, "tools", "fathom"),
                "run",
                "--icount",
                os.path.join(build, "archive", "walk.exe"),
            ],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env={**os.environ, "FATHOM_OUT": build},
        )
        return done.returncode, done.stdout


for name, (row, files) in list(VARIANTS.items())[: None if LONG else 1]:
    code, text = walk_of(files)
    broken = re.findall(r"BROKEN\s+row (\S+)", text)
    plan.true(code != 0, f"{name}: the walk fails")
    plan.true(
        row in broken,
        f"{name}: it says that row {row} broke",
        f"broken rows: {broken}",
        text[-1500:],
    )
plan.done()
