"""Does a tree quote a solution?

A line is characteristic if it is of a solution, long enough, and of no other file of the system:
then who has it has read the solution.  The same goes for the names of a solution's own functions.

    solution's lines - the system's lines - skeleton's lines = characteristic

Blanks do not count, so a quotation in a listing, in a table or with a line number is found as well.
"""
import os
import re
import subprocess
from dataclasses import dataclass, field

LEAST = 24  # characters without blanks; a comment's line: 32
LEAST_COMMENT = 32
COMMENT = re.compile(r"^\s*(/\*|\*|//|;|#)")
FUNCTION = re.compile(
    r"^(?:static |DECLSPEC_NOINLINE |inline )*[A-Za-z_][\w \*\(,\)]*?[ \*](\w+)\(", re.M
)
LABEL = re.compile(r"^(\w+):", re.M)
TELLING = re.compile(r"_|[a-z][A-Z]")  # a name of more than one word
LEAST_NAME = 8
SYSTEM = (
    "boot/",
    "crt/",
    "fathom/",
    "include/",
    "kernel/",
    "kernel32/",
    "ntdll/",
    "ole32/",
    "oleaut32/",
    "psapi/",
    "user/",
)


def squeezed(line):
    return re.sub(r"\s+", "", line)


def text_of(path):
    """The file's text; of a binary file its printable bytes."""
    with open(path, "rb") as file:
        return file.read().decode("utf-8", "replace")


def long_lines(text):
    """Squeezed lines that say something."""
    for line in text.splitlines():
        squeezed_line = squeezed(line)
        if len(squeezed_line) >= (LEAST_COMMENT if COMMENT.match(line) else LEAST):
            yield squeezed_line


def functions(text):
    return set(FUNCTION.findall(text)) | set(LABEL.findall(text))


@dataclass
class Secrets:
    """lines: {squeezed: the file it is of}; names: {function: file}; files: contents of whole
    files."""

    lines: dict = field(default_factory=dict)
    names: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)  # bytes -> path

    def add(self, path, text, names=True):
        for line in long_lines(text):
            self.lines.setdefault(line, path)
        for name in functions(text) if names else ():
            if len(name) >= LEAST_NAME and TELLING.search(name):
                self.names.setdefault(name, path)
        self.files[text.encode("utf-8", "replace")] = path

    def excuse(self, texts, names_only=False):
        """What these texts have is no secret."""
        whole = "\n".join(texts)
        for word in set(re.findall(r"\w+", whole)):
            self.names.pop(word, None)
        if not names_only:
            small = re.sub(r"[^\S\n]+", "", whole)
            self.lines = {line: path for line, path in self.lines.items() if line not in small}

    def prepare(self):
        self.any_name = (
            re.compile(r"\b(%s)\b" % "|".join(map(re.escape, sorted(self.names))))
            if self.names
            else None
        )
        return self

    def in_line(self, line):
        """The file that this line quotes; or None."""
        if self.any_name and (named := self.any_name.search(line)):
            return self.names[named[1]]
        small = squeezed(line)
        return (
            next((self.lines[one] for one in self.lines if one in small), None)
            if len(small) >= LEAST
            else None
        )

    def in_text(self, text):
        """[(line number, the file that it quotes)]."""
        small = squeezed(text)
        if not any(one in small for one in self.lines) and not (
            self.any_name and self.any_name.search(text)
        ):
            return []
        found = ((at, self.in_line(line)) for at, line in enumerate(text.splitlines(), 1))
        return [(at, what) for at, what in found if what]


def is_system(path):
    return path.startswith(SYSTEM)


def search(folder, secrets):
    """["PATH:LINE: quotes FILE"] of all files below folder; git's are in_history's."""
    found = []
    for place, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name != ".git")
        for name in sorted(files):
            path = os.path.join(place, name)
            if os.path.islink(path):
                continue
            shown, text = os.path.relpath(path, folder), text_of(path)
            if what := secrets.files.get(text.encode("utf-8", "replace")):
                found.append(f"{shown}: is {what}")
            found += [f"{shown}:{at}: quotes {what}" for at, what in secrets.in_text(text)]
    return found


def objects(folder):
    """(kind and name, data) of every object that git has in there."""
    words = [
        "git",
        "-C",
        folder,
        "cat-file",
        "--batch-all-objects",
        "--unordered",
        "--buffer",
        "--batch",
    ]
    data, at = subprocess.run(words, capture_output=True).stdout, 0
    while at < len(data):
        end = data.index(b"\n", at)
        name, kind, size = data[at:end].decode().split()
        yield f"{kind} {name}", data[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)


def in_history(folder, secrets):
    """As search, of every object that git has in there."""
    found = []
    for name, data in objects(folder):
        text = data.decode("utf-8", "replace")
        found += [f"git {name}:{at}: quotes {what}" for at, what in secrets.in_text(text)]
    return found
