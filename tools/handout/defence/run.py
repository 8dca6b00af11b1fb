"""A submission's defence program is built, run and recorded.

What is recorded is the stretch from defence_begin to defence_end of the program; it has the steps,
and nothing of the program's own start and printing.
"""
import os
import re
import subprocess
import tomllib

from grade import build
from grade.kept import CC, GUEST, Kept, absolute, make_once
from grade import lab as labs
from grade.grader import submitted
from grade.lab import Wrong
from host import build as system
from host import commands
from host.machine import TOP
from host.refused import Refused

FATHOM = os.path.join(TOP, "tools", "fathom")
RESULT = re.compile(r"^step (\d+) ([0-9a-f]{8})$", re.M)
NEEDS = ["record/recorder.so"]


def table_of(lab):
    """labs/N-name/defence/defence.toml."""
    path = os.path.join(lab.folder, "defence", "defence.toml")
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise Refused(
            f"lab {lab.label} has no defence: {os.path.relpath(path)} is missing"
        ) from None
    except tomllib.TOMLDecodeError as wrong:
        raise Wrong(f"{path}: not TOML: {wrong}") from None


def chinese_of(lab, table):
    """{a program's words for a step: the same in Chinese}, of the lab whose program it is."""
    other = table["program"].rpartition("/")[0]
    if not other:
        return table.get("chinese", {})
    with open(os.path.join(labs.LABS, other, "defence", "defence.toml"), "rb") as file:
        return tomllib.load(file).get("chinese", {})


class Run:
    """The defence program of a lab with one submission."""

    def __init__(self, lab, path, scratch):
        self.lab, self.table, self.scratch = lab, table_of(lab), scratch
        self.chinese = chinese_of(lab, self.table)
        self.real = commands.out_folder()
        system.need(self.real, NEEDS)
        kept = Kept(lab, self.real)
        kept.prepare([])
        self.submission = build.Submission(kept, submitted(lab, path), scratch)
        self.submission.rules_known = False
        self.program = self._program(kept)
        try:
            self.submission.compile()
            self.out = self.submission.link()
        except build.NoBuild as why:
            raise Refused(f"{path}: it does not build: {why}") from None
        for name in ("record", "gen"):
            if not os.path.lexists(os.path.join(self.out, name)):
                os.symlink(os.path.join(self.real, name), os.path.join(self.out, name))

    def _program(self, kept):
        """Of this lab's folder; "1-page/page" is another lab's, as it is there."""
        lab, _, name = self.table["program"].rpartition("/")
        folder = os.path.join(labs.LABS, lab) if lab else self.lab.folder
        source = os.path.join(folder, "defence", name + ".c")
        folders = [
            os.path.join(TOP, "tools/handout/defence"),
            os.path.join(self.lab.folder, "guest"),
        ]
        words = [CC["c"], *absolute(GUEST, kept.cwd), *self.lab.defines]
        words += [f"-I{folder}" for folder in folders]
        target = os.path.join(kept.folder, "defence", name + ".exe")
        return make_once(words, source, target, kept.cwd)

    def added(self):
        return [self.submission.dll] if self.lab.lab["kind"] == "dll" else []

    def fathom(self, command, *words, arguments=()):
        """One run, the same every time; its output."""
        more = [w for path in self.added() for w in ("--add", path)]
        machine = [
            "--mem",
            str(self.lab.machine["mem"][0]),
            "--seed",
            str(self.lab.machine["seed"]),
        ]
        done = subprocess.run(
            [FATHOM, command, *machine, *more, *words, self.program, *map(str, arguments)],
            env={**os.environ, "FATHOM_OUT": self.out, "FATHOM_BUILT": "yes"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()[-4:]
            raise Refused(
                f"{self.lab.label}: the defence's program does not come to its end with this file: "
                + " ".join(said)
            )
        return done.stdout

    def record(self, seed, changed=0):
        """The path of the recording; changed: the step that is another one."""
        target = os.path.join(self.scratch, f"defence{changed}.rec")
        stretch = ["--from", "defence_begin", "--to", "defence_end", "-o", target]
        self.fathom("record", *stretch, arguments=[seed, changed])
        return target

    def results(self, seed, changed):
        """{step: its result} of the run whose step `changed` is another one."""
        said = self.fathom("run", "--icount", arguments=[seed, changed])
        return {int(n): int(value, 16) for n, value in RESULT.findall(said.replace("\r", ""))}
