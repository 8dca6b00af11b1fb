"""From a submission to what runs: its objects, the host program, the kernel or the DLL.

Nothing is compiled but the student's file.  The build keeps the command of each thing that it made
(X.cmd); the same commands run here with the student's object in place of ours, and write into a
folder of this submission.  What all submissions share is kept.py's.
"""
import os
import re
import shlex
import subprocess
import tarfile

from . import limits
from .kept import HOST

COMPILER_CPU, COMPILER_MEMORY = 30, 4 << 30


class NoBuild(Exception):
    """The submission does not compile or link; says what the compiler said."""


def command(out, product):
    """The command that the build made a product with."""
    with open(os.path.join(out, product + ".cmd")) as file:
        return file.read().rpartition(" \\# ")[0]


def shell(text, cwd, cpu=COMPILER_CPU):
    return limits.run(["sh", "-c", text], cwd=cwd, cpu=cpu, memory=COMPILER_MEMORY)


def moved(text, pairs):
    """The command with paths replaced: (path as it is there, path as it is to be)."""
    for old, new in pairs:
        text = re.sub(r"(?<![\w./-])" + re.escape(old), lambda _: new, text)
    return text


class Submission:
    """A student's file, in a folder of its own (scratch)."""

    def __init__(self, kept, path, scratch):
        self.kept, self.lab, self.path, self.scratch = kept, kept.lab, path, scratch
        self.source = os.path.join(scratch, "src", self.lab.file)
        os.makedirs(os.path.dirname(self.source), exist_ok=True)
        self._copy(path)
        base, kind = os.path.splitext(os.path.join(scratch, "src", self.lab.file))
        self.object = base + ".asm.o" if kind == ".asm" else base + ".o"
        self.host_object = base + ".host.o"
        self.warnings, self.emitted = "", False

    def _copy(self, path):
        """No more of it than one byte too many, which vet.py refuses."""
        with open(path, "rb") as given, open(self.source, "wb") as copy:
            copy.write(given.read(self.lab.vet["size"] + 1))

    def near(self, text):
        """Messages with the file's name as in the tree."""
        return text.replace(os.path.join(self.scratch, "src") + "/", "")

    def compile_text(self):
        """The build's command for the student's object: without -Werror, with its file."""
        text = command(self.kept.out, self.lab.object)
        text = re.sub(r"\s&& echo '.*?:' >> \S+$", "", text).replace(" -Werror", "")
        there = "build/" + os.path.splitext(self.lab.object)[0]
        text = moved(
            text,
            [(there + ".", os.path.splitext(self.object)[0] + "."), (self.lab.file, self.source)],
        )
        if self.lab.file.endswith(".asm"):
            known = " ".join(["nasm", *self.lab.defines]) if self.rules_known else "nasm"
            return re.sub(r"\bnasm\b(?= -)", known, text)
        more = f" -iquote {os.path.dirname(self.lab.file)} -ffile-prefix-map={self.scratch}/src/="
        more += "" if self.lab.vet["indirect"] else " -fno-jump-tables"
        more += "".join(f" {d}" for d in self.lab.defines) if self.rules_known else ""
        more += f" -Wa,--MD,{self.assembler_read(False)}"
        return text.replace(" -c ", more + " -c ", 1)

    rules_known = False  # the second solution reads the variants' defines

    def host_words(self):
        more = [
            "-iquote",
            os.path.join(self.kept.cwd, os.path.dirname(self.lab.file)),
            "-fno-jump-tables",
        ]
        more += [f"-ffile-prefix-map={self.scratch}/src/="] + (
            self.lab.defines if self.rules_known else []
        )
        return [*self.kept.host_words(), *more]

    def assembler_read(self, host):
        """Where the assembler lists the files that it read (.incbin, .include)."""
        return (self.host_object if host else self.object) + ".read"

    def preprocess_texts(self):
        """Commands that list what the file includes, for each compiler."""
        if self.lab.file.endswith(".asm"):
            yield re.sub(r"^(nasm) -M .*? (-I.*?) (\S+) &&.*$", r"\1 -M \2 \3", self.compile_text())
            return
        yield self.compile_text().replace(" -MMD -MP", "").partition(" -c ")[
            0
        ] + f" -M -MG {shlex.quote(self.source)}"
        if any(t.stage == "host" for t in self.lab.tests):
            yield shlex.join([*self.host_words(), "-M", "-MG", self.source])

    def line_names(self, text):
        """Of a command of preprocess_texts: the files of which the compiler would show lines."""
        marks = r"s/^# [0-9][0-9]* \"\(.*\)\"[ 0-9]*$/\1/p"
        done = shell(
            f"{text.replace(' -M -MG ', ' -E ')} | sed -n '{marks}' | sort -u", self.kept.cwd
        )
        octal = lambda match: bytes([int(match[1], 8)])
        return [
            re.sub(rb"\\([0-7]{3})", octal, line.encode()).decode(errors="replace")
            for line in done.output.splitlines()
        ]

    def assembler_text(self, host):
        """What the compiler gives to the assembler; all of it, however long."""
        path = os.path.join(self.scratch, "emitted.s")
        text = shlex.join([*self.host_words(), "-c", self.source]) if host else self.compile_text()
        text = text.replace(" -MMD -MP", "").replace(" -fstack-usage", "").partition(" -c ")[0]
        done = shell(f"{text} -g0 -S -o {path} {self.source}", self.kept.cwd)
        if done.code:
            raise NoBuild(self.near(done.output) or "the compiler said nothing, or took too long")
        self.emitted, self.warnings = True, self.warnings or self.near(done.output)
        with open(path, errors="replace") as file:
            return file.read()

    def by_assembler(self, output):
        """What is shown of a compiler's output when its own part (assembler_text) has ended well.
        The rest is the assembler's, which shows lines of whatever it read.  So only what is said
        of the file's own lines, where a file may have assembler text of its own; else nothing."""
        own = re.compile(rf"{re.escape(self.lab.file)}:\d+: ")
        lines = self.near(output).splitlines() if self.lab.vet["asm"] else []
        shown = [line for line in lines if own.match(line)]
        return "\n".join(["the assembler refuses it", *shown])

    def compile(self):
        """The object for Fathom.  Of C the compiler's part first, whose messages may be shown."""
        has_parts = not self.lab.file.endswith(".asm")
        if has_parts and not self.emitted:
            self.assembler_text(False)
        done = shell(self.compile_text(), self.kept.cwd)
        if has_parts:
            if done.code:
                raise NoBuild(self.by_assembler(done.output))
            return
        self.warnings = self.near(done.output)
        if done.code:
            raise NoBuild(self.warnings or "the compiler said nothing, or took too long")

    def compile_host(self):
        done = limits.run(
            [
                *self.host_words(),
                f"-Wa,--MD,{self.assembler_read(True)}",
                *("-c", self.source, "-o", self.host_object),
            ],
            cwd=self.kept.cwd,
            cpu=COMPILER_CPU,
        )
        if done.code:
            raise NoBuild("for the host: " + self.by_assembler(done.output))

    def link_host(self):
        program = os.path.join(self.scratch, "host")
        words = [
            os.environ.get("HOST_CC", "gcc"),
            *HOST,
            *self.kept.host_objects,
            self.host_object,
            "-o",
            program,
        ]
        done = limits.run([*words, "-lpthread"], cwd=self.kept.cwd, cpu=COMPILER_CPU)
        if done.code:
            raise NoBuild("for the host: " + self.near(done.output))
        return program

    def _made(self, product, pairs):
        text = moved(command(self.kept.out, product), pairs)
        done = shell(text, self.kept.cwd)
        if done.code:
            raise NoBuild(self.near(done.output))

    def link(self):
        """What the machine boots with: a folder as the build's, this submission's product in it."""
        out, there = self.kept.out, os.path.join(self.scratch, "out")
        os.makedirs(os.path.join(there, "kernel"), exist_ok=True)
        product = self.lab.product
        pairs = [("build/" + self.lab.object, self.object)]
        pairs += [("build/" + self.lab.object_of(path), "") for path in self.lab.lab["also"]]
        if self.lab.lab["kind"] == "kernel":
            self._kernel(there, pairs)
        else:
            os.symlink(
                os.path.join(out, "kernel", "ntoskrnl.exe"),
                os.path.join(there, "kernel", "ntoskrnl.exe"),
            )
            base = os.path.splitext(product)[0]
            made = os.path.join(self.scratch, os.path.basename(base))
            self._made(product, [*pairs, (f"build/{base}.", made + ".")])
            self.dll = made + ".dll"
        self._archive(there)
        return there

    def _kernel(self, there, pairs):
        """Linked twice, so that it carries its own symbol table (mk/kernel.mk)."""
        kernel = os.path.join(there, "kernel") + "/"
        pairs += [
            ("build/kernel/ntoskrnl.", kernel + "ntoskrnl."),
            ("build/kernel/pass1.", kernel + "pass1."),
        ]
        pairs += [("build/gen/ksym.", kernel + "ksym.")]
        for product in ("kernel/pass1.exe", "gen/ksym.o", "kernel/ntoskrnl.exe"):
            self._made(product, pairs)
        os.symlink(os.path.join(self.kept.out, "bin"), os.path.join(there, "bin"))

    def _archive(self, there):
        archive, ours = os.path.join(there, "archive.tar"), os.path.join(
            self.kept.out, "archive.tar"
        )
        if self.lab.lab["kind"] != "heap":
            os.symlink(ours, archive)
            if not os.path.lexists(os.path.join(there, "bin")):
                os.symlink(os.path.join(self.kept.out, "bin"), os.path.join(there, "bin"))
            return
        bin_folder = os.path.join(there, "bin")
        os.makedirs(bin_folder)
        for name in os.listdir(os.path.join(self.kept.out, "bin")):
            os.symlink(os.path.join(self.kept.out, "bin", name), os.path.join(bin_folder, name))
        os.remove(os.path.join(bin_folder, "ntdll.dll"))
        os.symlink(self.dll, os.path.join(bin_folder, "ntdll.dll"))
        stripped = os.path.join(self.scratch, "stripped.dll")
        subprocess.run(
            ["i686-w64-mingw32-objcopy", "--strip-debug", self.dll, stripped], check=True
        )
        replace_member(ours, archive, "ntdll.dll", stripped)


def replace_member(source, target, name, path):
    """The archive with one file replaced; order and dates stay."""
    with tarfile.open(source) as old, tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as new:
        for member in old:
            data = old.extractfile(member)
            if os.path.basename(member.name) == name:
                data, member.size = open(path, "rb"), os.path.getsize(path)
            new.addfile(member, data)
