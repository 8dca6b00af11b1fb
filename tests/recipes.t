#!/usr/bin/env python3
# long: only
"""CONTRIBUTING.md's recipes, followed: every command in them, in a copy of the tree and of the
build, then the system is built, the new test run, its event seen and its export found."""
import os
import re
import shutil
import subprocess
import tempfile

from tap import OUT, TOP, Plan

plan = Plan()
folder = tempfile.mkdtemp(prefix="fathom-recipes-")
source, out = os.path.join(folder, "source"), os.path.join(folder, "out")
shutil.copytree(TOP, source, ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"},
    "FATHOM_OUT": out,
}


def run(*command):
    return subprocess.run(
        command,
        cwd=source,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
    )


try:
    with open(os.path.join(source, "CONTRIBUTING.md")) as text:
        recipes = text.read().split("\n## Recipes\n")[1]
    commands = re.findall(r"^```sh\n(.*?)^```$", recipes, re.M | re.S)
    plan.true(len(commands) >= 5, "the recipes have commands", len(commands))
    for text in commands:
        done = run("sh", "-ec", text)
        plan.true(done.returncode == 0, text.split("\n")[0][:60], done.stdout)

    test = f"{out}/tests/guest/ps/square.exe"
    done = run("make", "-s", "-j2", f"O={out}", "all", test)
    plan.true(done.returncode == 0, "the system with all of them builds", done.stdout[-4000:])

    events = os.path.join(folder, "events")
    fathom = ["tools/fathom", "run", "--events", events, "--trace", "ServiceEnter,Squared"]
    done = run(*fathom, test)
    plan.equal((done.returncode, done.stdout), (0, ""), "the new test passes")
    with open(events, errors="replace") as lines:
        lines = lines.read()
    plan.true(
        re.search(r"\bSquared\b.*\bValue=0*c\b.*\bResult=0*90\b", lines, re.I),
        "--events shows the new event with its values: 12, 144",
        lines[-2000:],
    )
    done = run("i686-w64-mingw32-objdump", "-p", f"{out}/bin/kernel32.dll")
    plan.true(re.search(r"\bFathomSquare\b", done.stdout), "kernel32.dll has the new export")
    listing = run("i686-w64-mingw32-nm", "-g", f"{out}/lib/libkernel32.a").stdout
    plan.true("_FathomSquare@4" in listing, "and its import library the decorated name")
finally:
    shutil.rmtree(folder, ignore_errors=True)
plan.done()
