#!/usr/bin/env python3
"""A lab's folder, read and checked: labs/FORMAT.md says what lab.toml holds.

  python3 tools/grade/lab.py labs/1-page     says what is wrong in it

Every mistake is one sentence: what is wrong, in which entry, what to do.
"""
import glob
import hashlib
import itertools
import os
import re
import sys
import tomllib
from dataclasses import dataclass, field

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from grade.schema import SCHEMA, taken  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LABS = os.path.join(TOP, "labs")
HANDOUT = os.path.isfile(
    os.path.join(TOP, "handout.toml")
)  # a student's tree: it holds no solution, nothing held back
STAGES = ("host", "guest", "icount", "judge")
KINDS = ("kernel", "dll", "heap")
PRODUCT = {"kernel": "kernel/ntoskrnl.exe", "heap": "bin/ntdll.dll"}
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Wrong(Exception):
    """A lab cannot be used; says why, a sentence a mistake."""


def is_text(path, text):
    """The file has that text."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read() == text
    except (OSError, ValueError):
        return False


def joined(files, label):
    """A file with the text of these, each under its name."""
    text = ""
    for path in files:
        with open(path, encoding="utf-8") as file:
            text += f"/* ---- {os.path.relpath(path, TOP)} ---- */\n{file.read()}"
    out = os.path.abspath(os.environ.get("FATHOM_OUT") or os.path.join(TOP, "build"))
    target = os.path.join(out, "labs", label, "reference", os.path.basename(files[0]))
    if is_text(target, text):
        return target  # in a tree that may be read only
    os.makedirs(os.path.dirname(target), exist_ok=True)
    temporary = f"{target}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, target)
    return target


@dataclass
class Test:
    number: int
    name: str
    points: int
    stage: str
    shown: bool
    layer: str
    says: str
    says_zh: str
    hint: str
    hint_zh: str
    case: str
    program: str
    outside: str
    args: list
    report: bool
    mem: list
    boot: list
    add: list
    poolfail: int
    full: int
    half: int
    worst: list


@dataclass
class Variant:
    name: str
    define: str
    values: list
    text: list
    text_zh: list
    chosen: int = 0  # index of the value


@dataclass
class Lab:
    folder: str
    overlay: str | None
    lab: dict
    vet: dict
    host: dict
    machine: dict
    variants: list
    tests: list
    chinese: dict
    seed: int = 0
    course: str | None = None  # the teacher's folder, which has the list of handouts
    defines: list = field(default_factory=list)

    @property
    def label(self):
        return f"{self.lab['number']}-{self.lab['name']}"

    @property
    def word(self):
        """What it is called by in a command."""
        inside = os.path.dirname(self.folder) == LABS
        return str(self.lab["number"]) if inside else os.path.relpath(self.folder)

    @property
    def file(self):
        return self.lab["file"]

    @property
    def product(self):
        return self.lab["product"] or PRODUCT.get(self.lab["kind"], "")

    @property
    def object(self):
        """The replaced object, below build/."""
        return self.lab["object"] or self.object_of(self.file)

    def object_of(self, file):
        """What the build makes of a file of the tree, below build/."""
        base, kind = os.path.splitext(file)
        tail = ".asm.o" if kind == ".asm" and self.lab["kind"] == "kernel" else ".o"
        return ("" if self.lab["kind"] == "kernel" else "dll/") + base + tail

    @property
    def reference(self):
        """The tree's own file; with `also` one file that is all of them, below build/labs.  Not of
        a handout: there the tree's file is the student's."""
        files = [os.path.join(TOP, path) for path in (self.file, *self.lab["also"])]
        return joined(files, self.label) if self.lab["also"] else files[0]

    @property
    def seconds_solutions(self):
        given = self.lab["second"] or [
            os.path.join(self.folder, "second", os.path.basename(self.file))
        ]
        return [os.path.join(TOP, path) for path in given]

    def sources(self, where):
        """The C and C++ files of host or guest, held ones last: the overlay's, else the lab's
        own."""
        found = [
            path
            for kind in ("c", "cpp")
            for path in sorted(glob.glob(f"{glob.escape(self.folder)}/{where}/*.{kind}"))
        ]
        for base in filter(None, (self.overlay, self.folder)):
            held = sorted(glob.glob(f"{glob.escape(base)}/held/{where}/*.c*"))
            if held:
                return found + held
        return found

    def program(self, name):
        """The source of a program of guest/; None: there is none."""
        return next(
            (p for p in self.sources("guest") if os.path.splitext(os.path.basename(p))[0] == name),
            None,
        )

    def watcher(self, name):
        """The path of outside/NAME.py, the overlay's or a held one first; None: there is none."""
        places = [os.path.join(base, "held") for base in (self.overlay, self.folder) if base]
        paths = (os.path.join(at, "outside", name + ".py") for at in [*places, self.folder])
        return next((path for path in paths if os.path.isfile(path)), None)

    def choose(self, seed):
        """The rules of this seed; 0: the tree's own."""
        self.seed = seed
        for variant, index in zip(self.variants, chosen(self.variants, seed, self.label)):
            variant.chosen = index
        self.defines = [f"-D{v.define}={v.values[v.chosen]}" for v in self.variants]


def alternatives(variants, label):
    """All rules that a seed other than 0 may give, as indexes of each variant's values, in an
    order of this lab's own.  At least two rules, or all there are, differ from the tree's."""
    wanted = min(2, len(variants))
    every = itertools.product(*(range(len(variant.values)) for variant in variants))
    found = [indexes for indexes in every if sum(index != 0 for index in indexes) >= wanted]
    return sorted(found, key=lambda one: hashlib.sha256(f"{label}/{one}".encode()).digest())


def chosen(variants, seed, label):
    """The index of each variant's value.  Seeds take the alternatives in turn: two that are one
    apart (this year's and last year's) have different rules; all come before one comes again."""
    found = alternatives(variants, label)
    if not seed or not found:
        return (0,) * len(variants)
    return found[seed % len(found)]


def mistakes_of(test):
    """What is wrong with one test, by itself."""
    if not WORD.match(str(test.name)):
        yield "its name is not one word of letters, digits and _"
    if test.stage not in STAGES:
        yield f"stage is {test.stage!r}, and must be one of {' '.join(STAGES)}"
    if test.stage == "icount" and not 0 < test.full <= test.half:
        yield "stage icount wants full and half in instructions, full not above half"
    if test.stage != "icount" and (test.full or test.half):
        yield f"full and half are for stage icount, not {test.stage}"
    if test.worst and (
        test.stage != "icount" or len(test.worst) != 2 or not 0 < test.worst[0] <= test.worst[1]
    ):
        yield "worst is [full, half] in instructions, for stage icount"
    for size in test.mem:
        if not 32 <= size <= 65536:
            yield f"mem {size}: 32 to 65536 MiB"


def checked_tests(given, machine, mistakes):
    tests, names = [], set()
    if not isinstance(given, list) or not given:
        mistakes.append("there is no [[test]]")
        return []
    for number, entry in enumerate(given, 1):
        name = entry.get("name") if isinstance(entry, dict) else None
        what = f"[[test]] {name or number}"
        row = taken("test", what, entry, mistakes)
        test = Test(number=number, **row)
        test.shown = row["shown"] is not False and row["shown"] != ""
        test.report = row["report"] is not False and row["report"] != ""
        test.case, test.mem = test.case or test.name, test.mem or machine["mem"][:1] or [256]
        mistakes += [f"{what}: {one}" for one in mistakes_of(test)]
        if test.name in names:
            mistakes.append(f"{what}: there are two of that name")
        names.add(test.name)
        tests.append(test)
    total = sum(test.points for test in tests)
    if total != 100:
        mistakes.append(f"the points of all tests are {total}, and must be 100")
    return tests


def checked_variants(given, mistakes):
    variants = []
    for name, entry in given.items() if isinstance(given, dict) else ():
        variant = Variant(name, **taken("variant", f"[variant.{name}]", entry, mistakes))
        lengths = {len(variant.values), len(variant.text), len(variant.text_zh)}
        if len(lengths) != 1 or len(variant.values) < 2:
            mistakes.append(
                f"[variant.{name}]: values, text and text_zh must be equally long, two or more"
            )
        variants.append(variant)
    return variants


def check_programs(lab, mistakes):
    """What the tests name is there."""
    guests = [os.path.splitext(os.path.basename(path))[0] for path in lab.sources("guest")]
    host = lab.sources("host")
    for test in lab.tests:
        what = f"[[test]] {test.name}"
        if HANDOUT and not test.shown:
            continue
        if test.stage == "host":
            if not host:
                mistakes.append(f"{what}: stage host, but {lab.label}/host has no file")
            continue
        if not test.program and len(guests) == 1:
            test.program = guests[0]
        if not test.program:
            mistakes.append(f"{what}: program is missing; guest/ has {' '.join(guests) or 'none'}")
        elif "/" in test.program:
            if not glob.glob(os.path.join(TOP, glob.escape(test.program) + ".c*")):
                mistakes.append(f"{what}: program {test.program}: the tree has no such file")
        elif test.program not in guests:
            mistakes.append(
                f"{what}: program {test.program}: guest/ has {' '.join(guests) or 'none'}"
            )
        if test.outside and not lab.watcher(test.outside):
            mistakes.append(f"{what}: outside {test.outside}: outside/ has no {test.outside}.py")
        for name in [*test.add, *lab.machine["add"]]:
            if name not in guests:
                mistakes.append(f"{what}: add {name}: guest/ has {' '.join(guests) or 'none'}")


def check_lab(lab, mistakes):
    if lab.lab["kind"] not in KINDS:
        mistakes.append(f"[lab]: kind is {lab.lab['kind']!r}, and must be one of {' '.join(KINDS)}")
    if lab.lab["kind"] == "dll" and not lab.lab["product"]:
        mistakes.append('[lab]: kind dll wants product, as "bin/cw3220.dll"')
    also = [] if HANDOUT else [("also", path) for path in lab.lab["also"]]
    for key, path in [*((key, lab.lab[key]) for key in ("file", "contract")), *also]:
        if path and not os.path.isfile(os.path.join(TOP, path)):
            mistakes.append(f"[lab]: {key} {path}: the tree has no such file")
    if not re.match(r"\d+\.\d+\Z", lab.lab["version"] or ""):
        mistakes.append(f"[lab]: version is {lab.lab['version']!r}, and must be as \"1.0\"")
    if not lab.lab["provides"]:
        mistakes.append("[lab]: provides is empty: name the functions that the file must define")
    if os.path.basename(lab.folder) != lab.label:
        mistakes.append(
            f"[lab]: number and name make {lab.label}, but the folder is "
            f"{os.path.basename(lab.folder)}"
        )


def find(word):
    """The folder of a lab by its number, its name, its label or its path."""
    for folder in sorted(glob.glob(os.path.join(glob.escape(LABS), "[0-9]*-*"))):
        label = os.path.basename(folder)
        if word in (label, label.partition("-")[0], label.partition("-")[2]):
            return folder
    if os.path.isfile(os.path.join(word, "lab.toml")):
        return os.path.abspath(word)
    known = ", ".join(
        sorted(os.path.basename(f) for f in glob.glob(os.path.join(glob.escape(LABS), "[0-9]*-*")))
    )
    raise Wrong(f"lab {word}: there is none; there are {known or 'none'}")


def read_toml(path):
    """Its tables; Wrong says why there are none."""
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as wrong:
        raise Wrong(f"{path}: {(wrong.strerror or str(wrong)).lower()}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise Wrong(f"{path}: not TOML: {wrong}") from None


def load(word, overlay=None, seed=0):
    """The Lab of that number, name or folder; Wrong lists all its mistakes."""
    folder = find(word)
    over = os.path.join(overlay, os.path.basename(folder)) if overlay else None
    if overlay and not os.path.isdir(overlay):
        raise Wrong(f"--overlay {overlay}: no such folder")
    over = over if over and os.path.isdir(over) else None
    path = next(
        p
        for p in (over and os.path.join(over, "lab.toml"), os.path.join(folder, "lab.toml"))
        if p and (p.startswith(folder) or os.path.isfile(p))
    )
    given = read_toml(path)
    mistakes = [f"[{key}] is no table of a lab" for key in given if key not in (*SCHEMA, "chinese")]
    tables = {
        key: taken(key, f"[{key}]", given.get(key, {}), mistakes)
        for key in ("lab", "vet", "host", "machine")
    }
    lab = Lab(
        folder,
        over,
        **tables,
        variants=checked_variants(given.get("variant", {}), mistakes),
        tests=checked_tests(given.get("test"), tables["machine"], mistakes),
        chinese=given.get("chinese", {}),
    )
    check_lab(lab, mistakes)
    check_programs(lab, mistakes)
    if mistakes:
        raise Wrong("\n".join(f"{os.path.relpath(path)}: {one}" for one in mistakes))
    lab.course = overlay
    lab.choose(seed)
    return lab


def unwritten(lab):
    """What a whole lab has besides lab.toml, and this one not yet."""
    file = os.path.basename(lab.file)
    wanted = ["README.md", "README.zh.md", "teacher.md", f"skeleton/{file}", "bugs/bugs.toml"]
    wanted += ["defence/defence.toml"]
    lacks = [path for path in wanted if not os.path.exists(os.path.join(lab.folder, path))]
    lacks += [os.path.relpath(p) for p in lab.seconds_solutions if not os.path.exists(p)]
    lacks += [] if glob.glob(os.path.join(lab.folder, "forgeries", "*")) else ["forgeries/"]
    return [*lacks, *([] if len(lab.variants) > 1 else ["two variants"])]


def main(words):
    if not words:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    for word in words:
        try:
            lab = load(word)
        except Wrong as wrong:
            print(wrong, file=sys.stderr)
            return 1
        print(f"{lab.label}: {len(lab.tests)} tests, {len(lab.variants)} variants")
        if lacks := unwritten(lab):
            print(f"{lab.label}: not there yet: {', '.join(lacks)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
