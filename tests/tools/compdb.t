#!/usr/bin/env python3
"""The compilation database: make's own commands, read as clang will."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import compdb
from tap import OUT, TOP, Plan

plan = Plan()
with tempfile.TemporaryDirectory(prefix="fathom-compdb-") as folder:
    with open(os.path.join(folder, "t.c"), "w") as out:
        out.write("/* cflags: -DSAID=1 */\n")
    TEXT = f"""mkdir -p build; echo '  kernel/mm/page.o'
i686-w64-mingw32-gcc -std=gnu11 -fno-shrink-wrap -ffreestanding -I./kernel -c kernel/mm/page.c -o \
build/page.o && echo 'x.c:' >> build/page.d
cd build/lib && i686-w64-mingw32-dlltool -d x.def
gcc -O1 $(sed -n 's,.*cflags: \\([^*]*\\)\\*/.*,\\1,p' {folder}/t.c) \\
  -o build/t {folder}/t.c kernel/mm/page.c -lcmocka
i686-w64-mingw32-g++ -static user/a.cpp -o build/a.exe
"""
    found = {e["file"]: e["arguments"] for e in compdb.database(TEXT, TOP, "i686-w64-mingw32-g++")}
    page = os.path.join(TOP, "kernel/mm/page.c")
    plan.equal(
        sorted(found),
        sorted([page, os.path.join(TOP, "user/a.cpp"), folder + "/t.c"]),
        "one entry a source file",
    )
    plan.equal(
        found[page][:3],
        ["i686-w64-mingw32-gcc", "-std=gnu11", "-fno-builtin"],
        "a file of the system has the PE command, without what gcc alone knows",
    )
    test = found[folder + "/t.c"]
    plan.true(
        "-DSAID=1" in test and "kernel/mm/page.c" not in test,
        "a test has the flags that its source names, and is the command's only source",
        test,
    )
    cpp = found[os.path.join(TOP, "user/a.cpp")]
    plan.true(
        any("c++" in w for w in cpp) and found[page].count("-isystem") >= 1,
        "the compiler's own header folders are named, C++'s for C++",
        cpp,
    )

    # The real thing: what make would run for one kernel file.
    done = subprocess.run(
        ["make", "-nB", "-C", TOP, f"O={OUT}", "V=1", "SETUP_DONE=yes", "build/kernel/mm/vad.o"],
        capture_output=True,
        text=True,
        env={k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"},
    )
    entries = compdb.database(done.stdout, TOP, "i686-w64-mingw32-g++")
    vad = [e for e in entries if e["file"] == os.path.join(TOP, "kernel/mm/vad.c")]
    plan.true(
        len(vad) == 1 and "-ffreestanding" not in vad[0]["arguments"],
        "kernel/mm/vad.c is among make's commands",
        done.stdout[-500:] + done.stderr[-500:],
    )
plan.done()
