#!/usr/bin/env python3
# long: only
# needs: preload
"""The heap's core as malloc of the host: the family as documented, and python3, gcc and git
say under it what they say without."""
import glob
import os
import subprocess
import sys
import sysconfig
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
LIBRARY = os.path.join(OUT, "host", "libfathomheap.so")
THREADS = """
import json, multiprocessing, os, threading
def work(count):
    return len(json.dumps({str(i): [0.5] * (i % 50) for i in range(count)}))
threads = [threading.Thread(target=work, args=(3000,)) for _ in range(4)]
[thread.start() for thread in threads]
children = [os.fork() or os._exit(work(300) == 0) for _ in range(8)]
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
[thread.join() for thread in threads]
with multiprocessing.Pool(3) as pool:
    print(pool.map(work, [500] * 12))
"""


def both(name, *lines, cwd=None, **more):
    """The same commands with and without; all succeed and say the same."""
    said, failed = [], []
    for library in ("", LIBRARY):
        env = {**os.environ, "LD_PRELOAD": library, **more}
        said.append(b"")
        for line in lines:
            done = subprocess.run(
                line, capture_output=True, env=env, timeout=3600, cwd=cwd
            )
            said[-1] += done.stdout
            if done.returncode:
                failed.append((library, line, done.returncode, done.stderr[-500:]))
    plan.equal(failed, [], f"{name}: no fault")
    plan.true(said[0] == said[1], f"{name}: says the same")


def make(*targets):
    done = subprocess.run(
        ["make", "-C", TOP, f"O={OUT}", *targets],
        env={**os.environ, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
    )
    plan.true(
        done.returncode == 0, f"{os.path.basename(targets[0])} is built", done.stderr
    )


make("build/host/libfathomheap.so", "build/host/bench")
owners = subprocess.run(
    [os.path.join(OUT, "host", "bench"), "owner"],
    env={**os.environ, "LD_PRELOAD": LIBRARY},
    capture_output=True,
    text=True,
).stdout.split()[1::2]
plan.equal(set(owners), {LIBRARY}, "malloc, free, realloc and calloc are the heap's")

with tempfile.TemporaryDirectory() as folder:
    family = os.path.join(folder, "family")
    subprocess.run(
        [
            "gcc",
            "-O1",
            "-fno-builtin",
            "-o",
            family,
            f"{TOP}/tests/heap/family.c",
            "-lpthread",
        ],
        check=True,
    )
    both("every function of the family", [family])

    both("threads, forks, processes", [sys.executable, "-c", THREADS])
    both(
        "with each object by malloc",
        [sys.executable, "-c", THREADS],
        PYTHONMALLOC="malloc",
    )
    stdlib = os.path.join(sysconfig.get_paths()["stdlib"], "asyncio")
    copy = os.path.join(folder, "asyncio")
    both(
        "python3 -m compileall",
        ["rm", "-rf", copy],
        ["cp", "-r", stdlib, copy],
        [sys.executable, "-m", "compileall", "-q", "-f", copy],
        ["sh", "-c", f"cd {copy} && cat __pycache__/*.pyc | wc -c"],
    )

    sources = sorted(glob.glob(f"{TOP}/user/*.c") + glob.glob(f"{TOP}/user/*.cpp"))
    both(
        "gcc -O2",
        *(
            [
                "i686-w64-mingw32-g++"
                if source.endswith("pp")
                else "i686-w64-mingw32-gcc"
            ]
            + ["-O2", "-g", "-S", "-o", "-", f"-I{TOP}/include", source]
            for source in sources[::4]
        ),
    )

    tree = os.path.join(folder, "tree")
    subprocess.run(["cp", "-r", f"{TOP}/kernel", tree], check=True)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    both(
        "git",
        ["rm", "-rf", ".git", "clone"],
        [*git, "init", "-q"],
        [*git, "add", "-A"],
        [*git, "commit", "-q", "-m", "all of it", "--date", "2020-01-01T00:00:00Z"],
        ["sh", "-c", "echo more >> init.c"],
        [*git, "commit", "-q", "-a", "-m", "more", "--date", "2020-01-01T00:00:00Z"],
        [*git, "gc", "-q", "--aggressive"],
        [*git, "clone", "-q", ".", "clone"],
        [*git, "-C", "clone", "log", "-p", "--format=%T %s"],
        [*git, "-C", "clone", "fsck", "--full"],
        [*git, "blame", "-s", "-l", "init.c"],
        ["sh", "-c", "git checkout -q -- init.c; git reset -q --hard HEAD~"],
        cwd=tree,
        GIT_COMMITTER_DATE="2020-01-01T00:00:00Z",
    )
plan.done()
