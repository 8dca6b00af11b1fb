"""A gdb session for the tests of the words: gdb reads a script, each answer comes back apart.

The program's own output is what the answers are compared with: it stands in the same text, between
gdb's lines.
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP  # noqa: E402

FATHOM = os.path.join(TOP, "tools", "fathom")
PROGRAMS = os.path.join(OUT, "tests", "words", "programs")
MARK = "=====word====="


def run(program, commands, *options, stop="look_here", arguments=(), environment=()):
    """(all that was printed, [each command's answer]) at the first stop in the function stop."""
    lines = [f"break {stop}", "continue", "up 0"] if stop else []
    for command in commands:
        lines += [f"echo {MARK}\\n", command]
    lines += [f"echo {MARK}\\n"]
    with tempfile.TemporaryDirectory(prefix="fathom-words-") as folder:
        script = os.path.join(folder, "script")
        with open(script, "w") as out:
            out.write("\n".join(lines) + "\n")
        path = program if os.path.isabs(program) else os.path.join(PROGRAMS, program)
        done = subprocess.run(
            [FATHOM, "gdb", *options, "--script", script, path, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env={**os.environ, **dict(environment)},
        )
    parts = done.stdout.split(MARK + "\n")
    answers = [part.rstrip("\n") for part in parts[1:-1]]
    none = f"(no answer)\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    answers += [none] * (len(commands) - len(answers))
    return done.stdout, answers


def rows(text, word):
    """The fields of the program's lines that begin with word."""
    return [line.split()[1:] for line in text.split("\n") if line.startswith(word + " ")]


def clean(plan, commands, answers):
    """Not one answer is a Python trace or a fault of the command's own."""
    for command, answer in zip(commands, answers):
        broken = not answer.strip() or answer.startswith("(no answer)")
        broken |= any(word in answer for word in ("Traceback", "command failed", "Exception <"))
        if broken:
            plan.true(False, f"{command}: answers in words", answer)
            return
    plan.true(True, f"{len(commands)} commands answer in words, none fails by itself")
