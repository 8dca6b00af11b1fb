#!/usr/bin/env python3
# needs: nothing
# long: only
"""make DEBUG=1 builds all of the system without a warning (-Og sees others than -O2), in the order
of the house, and what it builds runs a program."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402
from copied import ENVIRONMENT  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
import order  # noqa: E402

plan = Plan()


def said(*words, **others):
    """(how it ended, the last of what it said)"""
    done = subprocess.run(
        words,
        cwd=TOP,
        env={**ENVIRONMENT, **others},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout.split("\n")[-20:]


with tempfile.TemporaryDirectory(prefix="fathom-debug-") as folder:
    out = os.path.join(folder, "build")
    code, text = said("make", "-j2", f"O={out}", "DEBUG=1")
    plan.true(code == 0, "make DEBUG=1 builds the system", *text)
    objects = order.read(out)
    plan.true(len(objects) > 200, f"{len(objects)} objects were read")
    plan.equal(order.upward(objects), [], "no call of it goes up")
    plan.equal(order.foreign(objects), [], "no private name of it is away from home")
    plan.equal(order.unnamed(objects), [], "its names say in which room they are")
    program = os.path.join(out, "bin", "hello.exe")
    code, text = said("tools/fathom", "run", program, FATHOM_OUT=out, FATHOM_BUILT="yes")
    plan.true(code == 0, "it runs a program", *text)
plan.done()
