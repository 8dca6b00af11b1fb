#!/usr/bin/env python3
# needs: nothing
"""tools/older.sh on a busy host: what another make writes while it looks is not a date to come; a
date that is to come is seen."""
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

plan = Plan()
OLDER = os.path.join(TOP, "tools", "older.sh")
# The first date is that of ten seconds ago: so long did the look take that began with it.
DATE = (
    '#!/bin/sh\n[ -e "$0.asked" ] && exec /bin/date "$@"\n: >"$0.asked"\n/bin/date -d -10sec "$@"\n'
)

for seconds, wanted in ((0, True), (30, False)):
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "bin"))
        os.makedirs(os.path.join(folder, "tree", "out"))
        date, command = (
            os.path.join(folder, *path) for path in (("bin", "date"), ("out", "x.cmd"))
        )
        with open(date, "w") as script:
            script.write(DATE)
        os.chmod(date, 0o755)
        os.mkdir(os.path.dirname(command))
        open(command, "w").close()
        os.utime(command, (time.time() + seconds,) * 2)
        path = f"{os.path.dirname(date)}:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", OLDER, os.path.dirname(command)],
            cwd=os.path.join(folder, "tree"),
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
        )
        plan.true(
            os.path.exists(command) == wanted and ("gone back" in done.stderr) != wanted,
            f"a product that is {seconds} s ahead of the clock {'stays' if wanted else 'goes'}",
            done.stderr,
        )
plan.done()
