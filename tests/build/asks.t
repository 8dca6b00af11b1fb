#!/usr/bin/env python3
# long: only
# needs: system
"""tools/fathom builds before it runs: no stale system is judged."""
import os
import subprocess

from copied import ENVIRONMENT, Copy
from tap import Plan

plan = Plan()
HELLO = "build/archive/hello.exe"
SAYS = "Hello from a stock program."

with Copy() as copy:

    def fathom(*words, **environment):
        return copy.run("tools/fathom", *words, **environment)

    def says(text):
        copy.write("user/hello.c", copy.read("user/hello.c").replace(SAYS, text))

    ours = copy.read("user/hello.c")
    plan.true(SAYS in ours, "hello.c says what this test changes")
    says("Hello anew.")
    done = fathom("run", HELLO)
    plan.equal(
        (done.returncode, done.stdout), (0, "Hello anew.\n"), "what was edited is built, then run"
    )
    plan.true("bin/hello.exe" in done.stderr, "and the build is seen", done.stderr)

    other = os.path.join(copy.folder, "elsewhere")
    copy.add("user/hello.c", "\n")
    done = fathom("run", HELLO, O=other)
    plan.true(
        done.stdout == "Hello anew.\n"
        and "user/hello.o" in done.stderr
        and not os.path.exists(other),
        "in the folder that is judged, whatever O says in the environment",
        done.stdout,
        done.stderr,
    )

    copy.write("user/hello.c", "#error not today\n")
    for words in (
        ["run", HELLO],
        ["batch", copy.mine("list", f"{copy.path(HELLO)}\n")],
        ["gdb", HELLO],
        ["boot"],
    ):
        done = fathom(*words)
        plan.true(
            done.returncode == 125
            and "not today" in done.stderr
            and "fathom: the system could not be built" in done.stderr
            and not done.stdout,
            f"fathom {words[0]} does not run what cannot be built",
            done.stdout,
            done.stderr,
        )
    done = fathom("run", HELLO, FATHOM_BUILT="yes")
    plan.equal(
        (done.returncode, done.stdout),
        (0, "Hello anew.\n"),
        "under make (FATHOM_BUILT) it does not ask",
    )

    copy.write("user/hello.c", ours)
    mine = copy.mine("mine.c", ours.replace(SAYS, "Hello of mine."))
    copy.make(f"REPLACE=user/hello.c={mine}", "build/archive.tar")
    done = fathom("run", HELLO)
    plan.equal(
        (done.returncode, done.stdout, done.stderr),
        (0, "Hello of mine.\n", ""),
        "what REPLACE= built stays",
    )
    copy.mine("mine.c", ours.replace(SAYS, "Hello of mine, edited."))
    two = [
        subprocess.Popen(
            ["tools/fathom", "run", HELLO],
            cwd=copy.tree,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate() for process in two]
    plan.equal(
        [out for out, _ in said], ["Hello of mine, edited.\n"] * 2, "two at once run the same"
    )
    plan.equal(sum("bin/hello.exe" in error for _, error in said), 1, "which one of them built")
    plan.true(
        "bin/hello.exe" in copy.make("build/archive.tar")[0],
        "make without REPLACE= builds ours again",
    )

    guest = "build/tests/guest/rtl/status.exe"
    done = fathom("run", guest)
    plan.equal(done.returncode, 0, "a program of the tests is built because it is run")
    copy.run("chmod", "-R", "a-w", ".")
    done = fathom("run", HELLO)
    plan.equal(
        (done.returncode, done.stdout), (0, SAYS + "\n"), "a build folder that cannot be written"
    )
plan.done()
