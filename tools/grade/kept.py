"""What all submissions of a lab share: host objects and guest programs, made once for their rules.

  build/labs/N-name/KEY/     KEY by the variants' values; X.how is the command that made X
"""
import hashlib
import os
import re
import shlex
import subprocess

from host import build as system

from .lab import TOP

CC = {"c": "i686-w64-mingw32-gcc", "cpp": "i686-w64-mingw32-g++"}
HOST = (
    "-std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all "
    "-fno-omit-frame-pointer -fno-common -w"
).split()
HOST_FOLDERS = "labs include tests/host build/gen . kernel kernel/executive ntdll".split()
GUEST = (
    "-O2 -g -fno-omit-frame-pointer -w -Ilabs -Iinclude -Itests/guest -Ibuild/gen -Icrt/include"
).split()


class NotMade(Exception):
    """Something of ours could not be built: the grader's fault, not the student's."""


def place(out):
    """Where the build's commands run."""
    return TOP if out == os.path.join(TOP, "build") else os.path.join(out, "tree")


def is_fresh(target, line):
    """Made by this command of nothing newer (its .d)."""
    try:
        with open(target + ".how") as how, open(target + ".d") as rule:
            if how.read() != line:
                return False
            files = rule.read().replace("\\\n", " ").partition(":")[2].split()
        made = os.stat(target).st_mtime_ns
        return all(os.stat(file).st_mtime_ns <= made for file in files)
    except OSError:
        return False


def make_once(words, source, target, cwd):
    """Compile source to target unless it is fresh; dependencies by the compiler."""
    line = shlex.join([*words, source])
    if not is_fresh(target, line):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        made = subprocess.run(
            [*words, "-MD", "-MF", target + ".d", source, "-o", target],
            cwd=cwd,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise NotMade(
                f"{os.path.relpath(source, TOP)}: the grader's own file does not "
                f"compile:\n{made.stderr}"
            )
        with open(target + ".how", "w") as how:
            how.write(line)
    return target


def absolute(words, cwd):
    """-I with whole paths, so that dependencies are found from anywhere."""
    return [f"-I{os.path.join(cwd, w[2:])}" if w.startswith("-I") else w for w in words]


class Kept:
    """What all submissions of a lab share."""

    inside = False  # the proof: what programs in the machine alone would have said

    def __init__(self, lab, out):
        self.lab, self.out, self.cwd = lab, out, place(out)
        key = hashlib.sha256(
            " ".join(lab.defines).encode() + (lab.overlay or "").encode()
        ).hexdigest()[:12]
        self.folder = os.path.join(out, "labs", lab.label, key)

    def tree_programs(self):
        return sorted({f"{t.program}.exe" for t in self.lab.tests if "/" in t.program})

    def prepare(self, tests):
        """Build all that these tests need."""
        wanted = [self.lab.product, "archive.tar", "kernel/ntoskrnl.exe"]
        wanted += ["gdb/offsets"] if any(t.outside for t in tests) else []
        system.need(self.out, wanted + self.tree_programs())
        with system.locked(self.out):
            self.host_objects = self._host() if any(t.stage == "host" for t in tests) else []
            names = {
                n
                for t in tests
                if t.stage != "host"
                for n in (t.program, *t.add, *self.lab.machine["add"])
            }
            self.guests = {name: self._guest(name) for name in sorted(names)}

    def host_words(self):
        """The compiler for the host, with the lab's folders and flags."""
        folders = [*self.lab.host["include"], *HOST_FOLDERS]
        words = [*HOST, *(f"-I{f}" for f in folders), *self.lab.host["flags"]]
        return [os.environ.get("HOST_CC", "gcc"), *absolute(words, self.cwd)]

    def _host(self):
        objects = []
        folder = os.path.join(self.lab.folder, "host")
        words = [*self.host_words(), f"-I{folder}", *self.lab.defines, "-c"]
        sources = self.lab.sources("host") + [
            os.path.join(self.cwd, s) for s in self.lab.host["sources"]
        ]
        for source in sources:
            name = os.path.relpath(source, "/").replace("/", "_")
            held = ["-DLAB_MORE="] if "/held/host/" in source else []  # main is the shown cases'
            target = os.path.join(self.folder, "host", name + ".o")
            objects.append(make_once([*words, *held], source, target, self.cwd))
        self._fit(objects)
        return objects

    def _fit(self, objects):
        """That they link is the grader's affair: what the student's file gives is left open."""
        target = os.path.join(self.folder, "host", "cases")
        made = os.stat(target).st_mtime_ns if os.path.exists(target) else 0
        if made > max(os.stat(path).st_mtime_ns for path in objects):
            return
        words = [os.environ.get("HOST_CC", "gcc"), *HOST, *objects, "-o", target, "-lpthread"]
        open_ends = "-Wl,--unresolved-symbols=ignore-all"
        linked = subprocess.run([*words, open_ends], capture_output=True, text=True)
        if linked.returncode:
            files = f"{self.lab.label}: the grader's own host cases do not fit together"
            raise NotMade(f"{files}:\n{linked.stderr}")

    def _guest(self, name):
        """The program of that name as a file."""
        if "/" in name:
            return os.path.join(self.out, name + ".exe")
        source = self.lab.program(name)
        kind = source.rpartition(".")[2]
        words = [CC[kind], *absolute(GUEST, self.cwd), *self.lab.defines]
        words += ["-static"] if kind == "cpp" else []
        libraries = self._libraries(source)
        target = os.path.join(self.folder, "guest", name + ".exe")
        return make_once([*words, *libraries], source, target, self.cwd)

    def _libraries(self, source):
        """`/* link: -lole32 */` in its first lines."""
        with open(source, encoding="utf-8") as file:
            head = "".join(line for line, _ in zip(file, range(6)))
        found = re.search(r"/\* link: ([^*]*)\*/", head)
        return (
            [
                f"-L{self.out}/lib/crt",
                *(f"-Wl,{w}" if w[:2] == "-l" else w for w in found[1].split()),
            ]
            if found
            else []
        )
