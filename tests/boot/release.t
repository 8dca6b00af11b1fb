#!/usr/bin/env python3
"""make release of the system (all of it: tests/site/site.t): names, bytes, checksums; and what the
container installs is what setup.sh names."""
import filecmp
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}


def text_of(name):
    with open(os.path.join(TOP, name)) as text:
        return text.read()


def release():
    done = subprocess.run(
        ["make", "-s", "-C", TOP, f"O={OUT}", "release", "SYSTEM_ONLY=yes"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    with open(os.path.join(OUT, "release", "SHA256SUMS")) as sums:
        return done, sums.read()


version = text_of("VERSION").strip()
plan.true(re.fullmatch(r"\d+\.\d+\.\d+", version), "VERSION is three numbers", version)
plan.true(f"\n## {version}" in text_of("CHANGELOG.md"), "CHANGELOG.md has its section")
done, sums = release()
plan.equal(done.returncode, 0, "make release")
for name, ours in (
    (f"fathom-{version}.img", "fathom.img"),
    (f"fathom-{version}-ntoskrnl.exe", "kernel/ntoskrnl.exe"),
    (f"fathom-{version}-archive.tar", "archive.tar"),
):
    made = os.path.join(OUT, "release", name)
    plan.true(
        os.path.exists(made)
        and filecmp.cmp(made, os.path.join(OUT, ours), False)
        and f"  {name}\n" in sums,
        f"{name} is what was built, and in SHA256SUMS",
        sums,
    )
check = subprocess.run(
    ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=os.path.join(OUT, "release")
)
plan.equal(check.returncode, 0, "the checksums hold")
plan.equal(release()[1], sums, "a second release has the same")

# The container: its only list of packages is setup.sh's.
container = text_of("Containerfile")
listed = subprocess.run(
    [os.path.join(TOP, "tools", "setup.sh"), "--list", "container"], capture_output=True, text=True
).stdout.split()
plan.true(
    "setup.sh container" in container and not set(listed) & set(container.split()[1:]),
    "Containerfile installs by setup.sh and names none of its packages",
)
devcontainer = json.loads(text_of(".devcontainer/devcontainer.json"))
goals = re.findall(r"[a-z]+", devcontainer["postCreateCommand"].split("make -j2")[1])
known = subprocess.run(["make", "-C", TOP, "help"], capture_output=True, text=True).stdout
plan.true(
    all(goal == "all" or f"\n  {goal} " in known for goal in goals),
    "the dev container makes targets that are there",
    goals,
)
plan.done()
