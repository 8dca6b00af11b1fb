#!/usr/bin/env python3
# needs: system gdb record programs
# long: only
"""Back to who wrote it, on a recording: a block of the front end, a large block, a page that the
write copied, a guard page whose write was done twice, one address in two processes."""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "gdb")]
from asked import FATHOM, each  # noqa: E402
from tap import OUT, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "record", "programs", "kinds.exe")
with open(os.path.join(HERE, "programs", "kinds.c")) as source:
    LINES = {
        found[1]: n
        for n, text in enumerate(source, 1)
        if (found := re.search(r"/\* ([\w ]+) \*/$", text.strip()))
    }
WRITTEN = {  # at the line of this name: what, as `heap -x` or `pte` have it
    "front": ("front[3]", "heap -x front", "front end"),
    "large": ("large[0x80000]", "heap -x large", "large"),
    "copied": ("shared", "pte &shared", r"present, r[cw]"),
    "guarded": ("guarded[5]", "address guarded", "guarded|private|region"),
    "handler": ("caught", "print/x caught", "0x80000001"),
}
END = ["delete", f"tbreak kinds.c:{LINES['end']}", "continue"]
commands, asked = list(END), {}
for name, (place, look, _) in WRITTEN.items():
    asked[name] = len(commands)
    commands += [look, f"watch -l {place}", "reverse-continue", *END]
asked["two"] = len(commands)
commands += ["print shared", "goto 0", "delete", f"tbreak kinds.c:{LINES['child']}"]
number = 1 + sum(command.startswith(("tbreak", "watch")) for command in commands[:-1])
commands += [f"breakpoint-process {number} every", "continue", "print shared", "process", "next"]
commands += ["print shared", "watch -l shared", "reverse-continue", *END, "print shared"]
with tempfile.TemporaryDirectory(prefix="fathom-record-") as folder:
    path = os.path.join(folder, "kinds.rec")
    made = [FATHOM, "record", "--mem", "64", "-o", path, PROGRAM]
    done = subprocess.run(made, capture_output=True, text=True)
    plan.equal(done.returncode, 0, f"a recording: {done.stdout.strip()[-60:]}")
    answers = each(commands, PROGRAM, "--recording", path)
for name, (place, look, wanted) in WRITTEN.items():
    said = answers[asked[name] :]
    plan.true(re.search(wanted, said[0]), f"{name}: {look}: {wanted}", said[0])
    back = re.search(rf"^{LINES[name]}\t", said[2], re.M)
    plan.true(back, f"{name}: {place} leads back to line {LINES[name]}", said[2])
said = answers[asked["two"] :]
plan.true("= 3" in said[0], "the parent has its own number", said[0])
plan.true(re.search(rf"^{LINES['child']}\t", said[5], re.M), "a stop in the child", said[5])
plan.true("= 1" in said[6], "which has the image's number yet", said[6])
plan.true(said[7].count("kinds.exe") == 2, "two processes are there", said[7])
plan.true("= 7" in said[9], "and its own after the write", said[9])
plan.true(re.search(rf"^{LINES['child']}\t", said[11], re.M), "back to the child's write", said[11])
plan.true("= 3" in said[15], "the parent's is 3 at the end", *said[12:16])
plan.done()
