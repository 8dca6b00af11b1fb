#!/usr/bin/env python3
# long: only
# needs: system guests
"""The services' fuzzer finds what it is there for: into each of these kernels one fault is put, of
a kind that was once in ours or that a net once missed, and within 200,000 calls it must be
noticed."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import replaced
from tap import OUT, TOP, Plan

plan = Plan()
CALLS, RUNS, SEED = 50000, 4, int(os.environ.get("FATHOM_SEED", "300"))
FUZZER = os.path.join(OUT, "tests", "guest", "fuzz", "services.exe")
FELL = r"bug check"
IO = "kernel/executive/io/"
# What is put before a function, and the call at its start.
DEEP_PATTERN = r"""static ULONG IopPlanted(const WCHAR *at)
{
    volatile UCHAR frame[64];
    frame[0] = *at == '?' || *at == '>' || *at == '"';
    const ULONG deeper = frame[0] ? IopPlanted(at + 1) : 0;
    return frame[0] + deeper;
}

\g<0>    if (IopPlanted(pattern) > IO_LONGEST_NAME)
        return FALSE;
"""
STARS = r"""static BOOLEAN IopPlanted(const WCHAR *p, const WCHAR *n)
{
    if (*p == '*')
        return IopPlanted(p + 1, n) || (*n && IopPlanted(p, n + 1));
    return *p ? *p == *n && IopPlanted(p + 1, n + 1) : !*n;
}

\g<0>    ULONG stars = 0, others = 0;
    for (const WCHAR *p = pattern; *p; p++)
        *p == '*' ? stars++ : (*p == 'a' || *p == 'b') ? 0 : others++;
    if (stars && !others)
        return IopPlanted(pattern, name);
"""
DEEP_TREE = r"""static ULONG IopPlanted(IONODE *folder)
{
    volatile UCHAR frame[64];
    frame[0] = 1;
    for (LIST_ENTRY *e = folder->Children.Flink; e != &folder->Children; e = e->Flink)
        frame[0] |= IopPlanted(CONTAINING_RECORD(e, IONODE, Siblings));
    return frame[0];
}

\g<0>    IopPlanted(IopRoot);
"""
# name: (file, pattern, replacement, what tells of it, POISON)
PLANTS = {
    "a view's offset is not compared with the section": (
        "kernel/section/section.c",
        r"offset >= section->Size \|\| \*size > section->Size - offset",
        "*size > section->Size",
        FELL + r"|mm audit",
        False,
    ),
    "a rename keeps its reference to the root": (
        IO + "setfile.c",
        r"(IopRenameTo\(node, name.*?;\n)    if \(root != NULL\)\n        "
        r"ObDereferenceObject\(root\);\n",
        r"\g<1>",
        r"audit: .*objects",
        False,
    ),
    "a pattern's characters are a recursion": (
        IO + "pattern.c",
        r"BOOLEAN IopMatches\([^{]*\{\n",
        DEEP_PATTERN,
        FELL,
        False,
    ),
    "folders in folders are a recursion": (
        IO + "archive.c",
        r"void IoResetFiles\(void\)\n\{\n",
        DEEP_TREE,
        FELL,
        False,
    ),
    "stars are tried in every way": (
        IO + "pattern.c",
        r"BOOLEAN IopMatches\([^{]*\{\n",
        STARS,
        r"hang|no longer answer",
        False,
    ),
    "a raised exception shows the kernel's stack": (
        "kernel/dispatch/exception.c",
        r"EXCEPTION_RECORD record = \{0\};",
        "EXCEPTION_RECORD record __attribute__((uninitialized));",
        r"words of the kernel's stack",
        True,
    ),
}


def kernel(folder, path, text, poison):
    """A kernel with this text for a file; its path."""
    build = os.path.join(folder, "poison" if poison else "build")
    if not os.path.exists(build):
        replaced.built_copy(build)
    made = subprocess.run(
        [
            "make",
            "-C",
            TOP,
            f"-j{os.cpu_count()}",
            f"O={build}",
            replaced.word(folder, {path: text}),
            f"POISON={'1' if poison else ''}",
            "build/kernel/ntoskrnl.exe",
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "MAKEFLAGS": ""},
    )
    plan.true(made.returncode == 0, f"{path} with the fault is built", made.stderr[-2000:])
    return os.path.join(build, "kernel", "ntoskrnl.exe")


def fuzz(path, seed):
    """What one run of CALLS calls came to."""
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
        listing.write(f"{FUZZER} {seed} {CALLS}\n")
        listing.flush()
        done = subprocess.run(
            [os.path.join(TOP, "tools", "fathom"), "batch", "--timeout", "60", listing.name],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env={**os.environ, "FATHOM_KERNEL": path},
        )
    return done.stdout


with tempfile.TemporaryDirectory() as folder:
    for name, (path, old, new, told, poison) in PLANTS.items():
        with open(os.path.join(TOP, path)) as source:
            text, count = re.subn(old, new, source.read(), flags=re.S)
        plan.equal(count, 1, f"{path} still has what is changed")
        broken, said = kernel(folder, path, text, poison), ""
        for run in range(1, RUNS + 1):
            said = fuzz(broken, SEED + run)
            if re.search(told, said):
                break
        plan.true(
            re.search(told, said), f"{name}: found in run {run} of {CALLS} calls", said[-3000:]
        )
plan.done()
