#!/usr/bin/env python3
# needs: nothing
"""One make at a time in a build folder: the second waits and says so; a make that a recipe starts
does not wait for its own, nor one for a make that has built what it will; a make that was killed
leaves nothing to wait for, and one that was stopped early no folder that is refused."""
import contextlib
import fcntl
import os
import select
import signal
import subprocess
import time

from copied import ENVIRONMENT, Copy
from tap import Plan

plan = Plan()
SERVICES, EVENTS = "build/gen/services.made", "build/gen/events.made"
SECONDS = 120  # a fuse

with Copy(built=False) as copy:
    begun = copy.path("begun")

    def python(name, before):
        """An interpreter that first does something; its path."""
        path = copy.mine(name, f'#!/bin/sh\necho >> "{begun}"\n{before}\nexec python3 "$@"\n')
        os.chmod(path, 0o755)
        return path

    def start(goal, interpreter, *more, before=()):
        return subprocess.Popen(
            [*before, "make", goal, f"PYTHON={interpreter}", *more],
            cwd=copy.tree,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_until_begun():
        end = time.monotonic() + SECONDS
        while not os.path.exists(begun) and time.monotonic() < end:
            time.sleep(0.05)

    def lays_out(process):
        """Has this make started tools/tree.py?"""
        children = f"/proc/{process.pid}/task/{process.pid}/children"
        with open(children) as file:
            return any("tools/tree.py" in command(child) for child in file.read().split())

    def command(pid):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline") as file:
            return file.read()
        return ""

    go = copy.path("go")
    slow = python("slow", f'until [ -e "{go}" ]; do sleep 0.05; done')
    first = start(SERVICES, slow)
    wait_until_begun()
    second = start(SERVICES, slow)
    spoke = select.select([second.stderr], [], [], SECONDS)[0]
    said = second.stderr.readline() if spoke else "nothing"
    waits = f"process {first.pid} is another make in build"
    plan.true(waits in said, "the second says why it waits", said)
    with open(go, "w"):
        pass
    ends = [process.wait(SECONDS) for process in (first, second)]
    plan.equal(ends, [0, 0], "both end well")
    with open(begun) as file:
        plan.equal(len(file.read().split("\n")) - 1, 1, "and what both wanted was made once")

    inner = python("inner", f'env -i PATH="$PATH" make -C "{copy.tree}" {EVENTS} >&2')
    copy.add("include/services.tbl", "\n")
    nested = start(SERVICES, inner)
    plan.equal(nested.wait(SECONDS), 0, "a make of a recipe has its turn inside the outer one's")
    plan.true(os.path.exists(copy.path(EVENTS)), "and builds")

    first_process = "unshare", "-Urpf", "--kill-child", "--mount-proc"
    if copy.run(*first_process, "true").returncode:
        plan.skip("a make that is process 1: there is no unshare here")
    else:
        for name in ("services", "events"):
            copy.add(f"include/{name}.tbl", "\n")
        nested = start(SERVICES, inner, before=first_process)
        plan.equal(nested.wait(SECONDS), 0, "nor is a make waited for that is process 1")

    out = copy.path("..", "out")
    os.mkdir(out)
    for which in ("first", "second"):
        done = copy.run("make", f"O={out}", EVENTS)
        plan.equal((done.returncode, done.stderr), (0, ""), f"O= an empty folder: the {which} make")

    new = f"O={copy.path('..', 'new')}"
    both = [start(EVENTS, "python3", new) for _ in range(2)]
    ends = [(process.wait(SECONDS), process.stdout.read()[:200]) for process in both]
    plan.true(
        [code for code, _ in ends] == [0, 0], "two first ones at once in a new folder", ends
    )

    os.unlink(go)
    os.unlink(begun)
    table = copy.read("include/services.tbl")
    mine = [copy.mine(f"{n}.tbl", f"{table}0x100A NtFathomOf{n} (ULONG Value)\n") for n in (1, 2)]
    other, seen = copy.path("..", "other"), copy.path("seen")
    look = f'grep -o "NtFathomOf." include/services.tbl >> "{seen}"'
    looks = python("looks", f'{look}; until [ -e "{go}" ]; do sleep 0.05; done; {look}')
    os.mkdir(other)
    lock = os.open(other, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)  # both have asked for their turn before one has laid it out
    both = [start(SERVICES, looks, f"O={other}", f"REPLACE=include/services.tbl={m}") for m in mine]
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and sum(map(lays_out, both)) < 2:
        time.sleep(0.05)
    os.close(lock)
    wait_until_begun()
    spoke = select.select([process.stderr for process in both], [], [], 5)[0]
    with open(go, "w"):
        pass
    ends = [process.wait(SECONDS) for process in both]
    with open(seen) as file:
        found = file.read().replace("NtFathomOf", "").split()
    plan.true(
        ends == [0, 0] and "".join(found) in ("1122", "2211"),
        "two first ones with two REPLACEs: each builds with its own",
        ends,
        found,
    )
    said = spoke[0].readline() if spoke else "nothing"
    plan.true("is another make in" in said, "the second says why it waits", said)

    stopped = copy.path("..", "stopped")
    lines = f"""import os, sys
sys.path.insert(0, "tools")
import tree
tree.lay_out = lambda top, out, replaced: (os.mkdir(out + "/tree"), os._exit(1))
tree.main({stopped!r}, "", "", "", "", "1")"""
    copy.run("sh", "-c", 'exec python3 -c "$1" 3>&2', "sh", lines)
    begun_there = os.listdir(f"{stopped}/tree")
    done = copy.run("make", f"O={stopped}", EVENTS)
    plan.equal(
        (begun_there, done.returncode, done.stderr),
        ([], 0, ""),
        "a new O= whose first make was stopped as it laid out the tree",
    )

    os.unlink(go)
    copy.add(
        "mk/run.mk",
        f'''
built: $(O)/gen/events.made
\t$(done)
\t@echo done; until [ -e "{go}" ] || [ ! -e mk ]; do sleep 0.05; done
''',
    )
    for where in (["O=build"], [new]):
        stays = start("built", "python3", *where)
        while stays.stdout.readline() not in ("done\n", ""):
            pass
        other = start(EVENTS, "python3", *where)
        plan.equal(other.wait(SECONDS), 0, f"{where[0]}: one that has built all is not waited for")
        plan.equal((stays.poll(), other.stderr.read()), (None, ""), "though it still runs")
        with open(go, "w"):
            pass
        stays.wait(SECONDS)
        os.unlink(go)

    os.unlink(begun)
    copy.add("include/services.tbl", "\n")
    killed = start(SERVICES, slow)
    wait_until_begun()
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    after = start(SERVICES, "python3")
    plan.equal(after.wait(SECONDS), 0, "a make that was killed leaves nothing to wait for")
    plan.equal(after.stderr.read(), "", "and nothing is said")
plan.done()
