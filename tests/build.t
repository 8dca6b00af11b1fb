#!/usr/bin/env python3
"""The build elsewhere: from a read-only copy, out of tree, one file replaced, twice the
same."""
import filecmp
import os
import shutil
import subprocess
import tempfile

from tap import OUT, TOP, Plan

plan = Plan()
folder = tempfile.mkdtemp(prefix="fathom-build-")
source, out, mine = (os.path.join(folder, name) for name in ("source", "out", "mine.c"))
REPLACED = "kernel/rtl/format.c"
MARK = "A file that replaces one of ours."

shutil.copytree(
    TOP, source, ignore=shutil.ignore_patterns("build", ".git", "__pycache__")
)
with open(os.path.join(TOP, REPLACED)) as original, open(mine, "w") as copy:
    copy.write(
        original.read()
        + f'\nconst char ReplacedMark[] __attribute__((used)) = "{MARK}";\n'
    )
subprocess.run(["chmod", "-R", "a-w", source], check=True)
environment = {
    k: v
    for k, v in os.environ.items()
    if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "FATHOM_OUT")
}


def make(*words, options=("-s",)):
    command = ["make", *options, "-j2", "-C", source, f"O={out}", *words]
    if os.geteuid() == 0 and shutil.which(
        "setpriv"
    ):  # a reader without rights, who cannot write there
        os.makedirs(out, exist_ok=True)
        subprocess.run(["chmod", "-R", "a+rwX", folder + "/out"], check=True)
        subprocess.run(["chmod", "a+rx", folder, mine], check=True)
        command = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            *command,
        ]
    return subprocess.run(
        command,
        env={**environment, "HOME": folder},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def listing():
    return sorted(os.path.join(d, f) for d, _, files in os.walk(source) for f in files)


try:
    before = listing()
    done = make("image")
    plan.true(
        done.returncode == 0,
        "a read-only tree builds out of tree, without root",
        done.stdout[-4000:],
    )
    plan.equal(listing(), before, "nothing was written into the source tree")
    for name in (
        "kernel/ntoskrnl.exe",
        "archive.tar",
        "efi/BOOTIA32.EFI",
        "efi/BOOTX64.EFI",
        "fathom.img",
    ):
        here, there = os.path.join(OUT, name), os.path.join(out, name)
        if name == "fathom.img" and not os.path.exists(here):
            continue
        plan.true(
            os.path.exists(there) and filecmp.cmp(here, there, False),
            f"{name} is the same, byte for byte",
        )
    done = make(
        "kernel",
        f"REPLACE={REPLACED}={mine}",
    )
    with open(os.path.join(out, "kernel", "ntoskrnl.exe"), "rb") as kernel:
        plan.true(
            MARK.encode() in kernel.read(),
            "REPLACE= builds with another file in place of one of ours",
            done.stdout[-2000:],
        )
    done = make("kernel", options=("--no-print-directory",))
    plan.equal(
        done.stdout.split(),
        ["kernel/rtl/format.o", "kernel/ntoskrnl.exe"],
        "each thing that is built is one short line",
    )
finally:
    subprocess.run(["chmod", "-R", "u+w", folder])
    shutil.rmtree(folder, ignore_errors=True)
plan.done()
