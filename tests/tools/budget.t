#!/usr/bin/env python3
# needs: nothing
"""tests/run.py: a red test makes the run red, a dear one above twice the budget, too; what each
cost is written down, the dearest first.  tests/repeat.py counts what fails once in some runs."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import TOP, Plan

plan = Plan()
GREEN = "#!/bin/sh\necho ok 1\necho 1..1\n"
RED = "#!/bin/sh\necho not ok 1\necho '# what was wrong'\necho 1..1\n"
DEAR = "#!/usr/bin/env python3\nimport time\nwhile time.process_time() < 0.3:\n    pass\n"
DEAR += 'print("ok 1\\n1..1")\n'


def run(budget, *tests):
    """(exit code, what is printed, the lines of cpu.txt) of a run of tests with these texts."""
    with tempfile.TemporaryDirectory(prefix="fathom-budget-") as folder:
        names = []
        for number, text in enumerate(tests):
            names.append(os.path.join(folder, f"{number}.t"))
            with open(names[-1], "w") as out:
                out.write(text)
            os.chmod(names[-1], 0o755)
        done = subprocess.run(
            [sys.executable, "tests/run.py", "--budget", str(budget), *names],
            cwd=TOP,
            env={**os.environ, "FATHOM_OUT": folder},
            capture_output=True,
            text=True,
        )
        with open(os.path.join(folder, "tests", "cpu.txt")) as table:
            return done.returncode, done.stdout + done.stderr, table.read().splitlines()


code, said, table = run(100, GREEN, DEAR)
plan.true(code == 0 and "over the budget" not in said, "within the budget: green", said)
plan.true(len(table) == 3 and "1.t" in table[0] and " all" in table[2], "the dearest first", table)
code, said, table = run(0.16, GREEN, DEAR)
plan.true("over the budget" in said, "over the budget: it is said", said, table)
code, said, table = run(0.01, DEAR)
plan.true(code != 0, "over twice the budget: red", said, table)
code, said, _ = run(100, GREEN, RED)
plan.true(code != 0 and "what was wrong" in said, "a red test: red, and it says why", said)

FLAKY = """#!/bin/sh
echo once more >>"$0.runs"
[ $(($(wc -l <"$0.runs") % 3)) != 0 ] || { echo third; exit 7; }
"""
with tempfile.TemporaryDirectory(prefix="fathom-repeat-") as folder:
    os.makedirs(os.path.join(folder, "tests", "host"))
    path = os.path.join(folder, "tests", "host", "flaky")
    with open(path, "w") as out:
        out.write(FLAKY)
    os.chmod(path, 0o755)
    done = subprocess.run(
        [sys.executable, "tests/repeat.py", "--times", "7", "flaky"],
        cwd=TOP,
        env={**os.environ, "FATHOM_OUT": folder},
        capture_output=True,
        text=True,
    )
    plan.true(
        done.returncode == 1
        and "   2 of    7 failed: flaky" in done.stdout
        and done.stdout.count("exit 7\nthird") == 2,
        "what fails every third time is counted, with what it said",
        done.stdout + done.stderr,
    )
plan.done()
