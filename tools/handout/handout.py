"""fathom handout LAB[,LAB...] DIR: a student's tree of these labs.

    fathom handout 8 --seed 17 ~/com           one lab
    fathom handout --labs 1,5,7 --seed 3 DIR   three of them stripped in one tree
    fathom handout 8 --overlay ~/course DIR    the course's held-back tests stay out,
                                               its seed is used

DIR becomes a git repository of one commit.  It builds, boots and steps as this tree does, but the
lab's file is the skeleton, and no solution, bug, held-back test or page of the teacher is in it:
the finished tree is searched for their lines before it is left there.  A page of docs/ that quotes
a solution has a mark in place of the quotation.
"""
import argparse
import glob
import os
import re
import secrets as chance
import shutil
import subprocess
import tempfile

from grade import command as grader
from grade import lab as labs
from host.machine import TOP
from host.options import Parser
from host.refused import Refused

from . import contents, leaks
from .stamp import LEDGER, Stamp, ledger, stamped

DRAWS = 300  # of a seed: no lab has more than some twenty sets of rules
MARK = "(left out: a lab of this handout asks for it)"
DATE = "2020-01-01T00:00:00Z"
COMMENTS = {".asm": ("; ", ""), ".c": ("/* ", " */"), ".h": ("/* ", " */")}


class Handed:
    """A lab that is handed out."""

    def __init__(self, lab):
        self.lab, self.label, self.file = lab, lab.label, lab.file
        self.folder = f"labs/{lab.label}"
        self.also = list(lab.lab["also"])  # the student's file provides what these do
        self.also += stripped_paths(lab.lab["strips"])
        self.stamp = Stamp(lab.label, lab.lab["version"], lab.seed)
        self.needed = [*lab.host["sources"], *(program_source(test.program) for test in lab.tests)]

    def skeleton(self):
        return os.path.join(TOP, self.folder, "skeleton", os.path.basename(self.file))

    def solutions(self):
        """Paths of this tree's correct solutions."""
        given = [
            self.file,
            *self.also,
            *(os.path.relpath(p, TOP) for p in self.lab.seconds_solutions),
        ]
        return [path for path in given if os.path.exists(os.path.join(TOP, path))]

    def kept_back(self, overlay):
        """Paths of held-back tests, bugs and the teacher's pages."""
        roots = [
            os.path.join(TOP, self.folder),
            *([os.path.join(overlay, self.label)] if overlay else []),
        ]
        for root in roots:
            for path in contents.walked(root):
                if contents.matches(path, contents.TEACHERS) or root != roots[0]:
                    yield os.path.join(root, path)

    def rules(self, chinese=False):
        return [v.text_zh[v.chosen] if chinese else v.text[v.chosen] for v in self.lab.variants]


def stripped_paths(patterns):
    """What `strips` of a lab names, as paths of the tree."""
    found = {path for pattern in patterns for path in glob.glob(os.path.join(TOP, pattern))}
    return sorted(os.path.relpath(path, TOP) for path in found)


def program_source(name):
    return f"{name}.c" if name.startswith("tests/") else ""


# ---- what must not be in it ----
def secrets_of(handed, paths, overlay=None):
    """What the handout must not quote; paths: what goes into it."""
    found = leaks.Secrets()
    replaced = {path for one in handed for path in (one.file, *one.also)}
    for one in handed:
        for path in one.solutions():
            found.add(path, leaks.text_of(os.path.join(TOP, path)))
        for path in one.kept_back(overlay):
            text = leaks.text_of(path)
            if path.endswith(".patch"):
                text = "\n".join(line[1:] for line in text.splitlines() if line.startswith("+"))
            found.add(os.path.relpath(path, TOP), text, names=False)
    read = lambda path: leaks.text_of(os.path.join(TOP, path))
    system = [
        read(p)
        for p in paths
        if p not in replaced and (leaks.is_system(p) or p.startswith(("labs/", "tests/")))
    ]
    found.excuse([*system, *(leaks.text_of(one.skeleton()) for one in handed)])
    found.excuse(
        [read(p) for p in paths if p.startswith("tools/") and p.endswith(".py")], names_only=True
    )
    return found.prepare()


# ---- making it ----
def copied(paths, folder):
    for path in paths:
        source, target = os.path.join(TOP, path), os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def rule_lines(one, chinese):
    head = "## 本讲义的规则" if chinese else "## The rules of this handout"
    why = (
        f"讲义 {one.label} {one.stamp.version}，种子 {one.stamp.seed}。以下规则优先于契约头文件。"
        if chinese
        else f"Handout {one.label} {one.stamp.version}, seed {one.stamp.seed}."
        " Where the contract says otherwise, this holds."
    )
    return "\n".join(["", head, "", why, "", *(f"- {rule}" for rule in one.rules(chinese)), ""])


def without_links(text, folder):
    """A link to a lab that is not in this handout is its words."""
    kept = lambda m: m[0] if os.path.exists(os.path.join(folder, m[2])) else m[1]
    return re.sub(r"\[([^]\n]*)\]\((\.\./[^)#\s]*)[^)\s]*\)", kept, text)


def stripped(one, folder):
    """The student's file is the skeleton, and the rules of the seed are in README and contract."""
    comment = COMMENTS.get(os.path.splitext(one.file)[1], ("# ", ""))
    write(
        os.path.join(folder, one.file), stamped(leaks.text_of(one.skeleton()), one.stamp, comment)
    )
    for path in one.also:
        os.remove(os.path.join(folder, path))
    for name in ("README.md", "README.zh.md"):
        path = os.path.join(folder, one.folder, name)
        if os.path.exists(path):
            rules = rule_lines(one, ".zh." in name) if one.lab.variants else ""
            write(path, without_links(leaks.text_of(path), os.path.dirname(path)) + rules)
    contract = os.path.join(folder, one.lab.lab["contract"])
    kind = COMMENTS.get(os.path.splitext(contract)[1])
    if kind and one.lab.variants and os.path.exists(contract):
        said = [
            "The rules of this handout come before what is said below:",
            *(f"  - {rule}" for rule in one.rules()),
        ]
        write(
            contract,
            "".join(f"{kind[0]}{line}{kind[1]}\n" for line in said) + leaks.text_of(contract),
        )


def may_be_cut(path):
    """Documents, and tables of names: without the line they still say what they say."""
    return (
        path.startswith(("docs/", "README", "web/"))
        and path.endswith((".md", ".html", ".po", ".svg"))
        or path.endswith((".tbl", ".md", ".po"))
    )


def cut(folder, secrets):
    """Quotations leave the documents.  ["PATH: n lines"]."""
    said = []
    for path in contents.walked(folder):
        if not may_be_cut(path) or os.path.islink(os.path.join(folder, path)):
            continue
        text = leaks.text_of(os.path.join(folder, path))
        quoted = {at for at, _ in secrets.in_text(text)}
        if quoted:
            write(
                os.path.join(folder, path),
                without(text, quoted, "" if path.endswith(".tbl") else MARK),
            )
            said.append(f"{path}: {len(quoted)} lines")
    return said


def without(text, lines, mark):
    """The text less these lines (from 1); a run of them is one mark.  A table's row just goes."""
    kept = []
    for at, line in enumerate(text.splitlines(), 1):
        if at not in lines:
            kept.append(line)
        elif mark and not line.startswith("|") and kept[-1:] != [mark]:
            kept.append(mark)
    return "\n".join(kept) + "\n"


def head(handed):
    """handout.toml: what this tree is; the grader and the student's commands read it."""
    text = ["# What this handout is of.  The grader refuses a file of another one.\n"]
    for one in handed:
        text.append(
            f'[[lab]]\nname = "{one.label}"\nnumber = {one.lab.lab["number"]}\n'
            f'version = "{one.stamp.version}"\nseed = {one.stamp.seed}\nid = '
            f'"{one.stamp.id}"\nfile = "{one.file}"\n'
        )
    return "\n".join(text)


NOTICE = {
    "README.md": (
        "> **This is a handout: {name}.** Your file is {file}, the task is in {page}. Here "
        "`make` builds and runs\n"
        "> the shown tests, `make test T=NAME` one of them, `make gdb T=NAME` stops in your "
        "function at the call that\n"
        "> fails, `make record T=NAME` records it, `make bench` counts; `make help` lists these. "
        "All the rest is as this page\n"
        "> says. Tests and other solutions that a contract names are not in a handout.\n\n"
    ),
    "README.zh.md": (
        "> **这是一份讲义：{name}。** 你的文件是 {file}，任务见 {page}。在这里 `make` 编译并运行公开的测试，\n"
        "> `make test T=名字` 运行其中一个，`make gdb T=名字` 停在你的函数里失败的那次调用处，`make record T=名字`\n"
        "> 把它录下来，`make bench` 计数；`make help` 列出这些命令。其余与本页所说相同。约定里提到的测试和其他解法不在讲义中。\n\n"
    ),
}


def noticed(handed, folder):
    """The tree's README begins with what differs here."""
    for name, text in NOTICE.items():
        path = os.path.join(folder, name)
        if os.path.exists(path):
            names = ", ".join(one.label for one in handed)
            files = ", ".join(f"`{one.file}`" for one in handed)
            pages = ", ".join(f"[{one.label}]({one.folder}/{name})" for one in handed)
            write(path, text.format(name=names, file=files, page=pages) + leaks.text_of(path))


def committed(folder, handed):
    """One commit, the same bytes for the same tree."""
    who = {
        f"GIT_{w}_{k}": v
        for w in ("AUTHOR", "COMMITTER")
        for k, v in (("NAME", "Fathom"), ("EMAIL", "fathom@example.org"), ("DATE", DATE))
    }
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    settings = [
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "commit.gpgSign=false",
        "-c",
        "core.autocrlf=false",
        "-c",
        "core.excludesFile=/dev/null",
    ]
    subject = f"Handout: {', '.join(str(one.stamp) for one in handed)}"
    for words in (
        ["init", "-q", "--template=", "-b", "main"],
        ["add", "-A"],
        ["commit", "-q", "--no-verify", "-m", subject],
    ):
        subprocess.run(["git", *settings, "-C", folder, *words], check=True, env={**clean, **who})


def make(handed, folder, overlay=None):
    """The tree in this new folder; ["PATH: n lines"] of the documents that were cut."""
    paths = list(contents.chosen(contents.tracked(), handed))
    secrets = secrets_of(handed, paths, overlay)
    copied(paths, folder)
    rules = leaks.text_of(os.path.join(TOP, "tools", "handout", "student.mk"))
    words = [word.replace("=", " ?= ", 1) for one in handed for word in one.lab.lab["make"]]
    write(os.path.join(folder, "GNUmakefile"), "".join(f"{word}\n" for word in words) + rules)
    write(os.path.join(folder, "handout.toml"), head(handed))
    for one in handed:
        stripped(one, folder)
    noticed(handed, folder)
    said = cut(folder, secrets)
    if found := leaks.search(folder, secrets):
        raise Refused(
            "the handout would show a solution: " + "; ".join(found[:5]) + f" ({len(found)} places)"
        )
    committed(folder, handed)
    return said


# ---- the command ----
def seed_of(given, names, overlay):
    if given is not None:
        return given
    return drawn([labs.load(name, overlay=overlay) for name in names], overlay) if overlay else 0


def drawn(loaded, overlay):
    """A seed by which no lab has rules that it had in the overlay's list; if no draw is one, that
    of the fewest labs that have."""
    had = {lab.label: rules_had(lab, overlay) for lab in loaded}

    def again(seed):
        return sum(labs.chosen(lab.variants, seed, lab.label) in had[lab.label] for lab in loaded)

    return min((1 + chance.randbelow(1 << 31) for _ in range(DRAWS)), key=again)


def rules_had(lab, overlay):
    """The rules of its earlier handouts; where it had each set, those of the last one."""
    stamps = [stamp for stamp in ledger(overlay) or [] if stamp.name == lab.label]
    found = [labs.chosen(lab.variants, stamp.seed, lab.label) for stamp in stamps]
    new = set(labs.alternatives(lab.variants, lab.label)) - set(found)
    return found if new else found[-1:]


def written_down(handed, overlay):
    with open(os.path.join(overlay, LEDGER), "a", encoding="utf-8") as rows:
        for one in handed:
            rows.write(f"{one.label}\t{one.stamp.version}\t{one.stamp.seed}\t{one.stamp.id}\n")


def load(names, seed, overlay):
    return [Handed(labs.load(str(name), overlay=overlay, seed=seed)) for name in names]


def words_of(text):
    """The labs of `1,5,region-services`, each once."""
    return list(dict.fromkeys(word for word in text.split(",") if word))


def parse(words):
    parser = Parser(
        prog="fathom handout",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "words",
        nargs="+",
        metavar="LAB DIR",
        help="1 to 8, or 1,5,7; a folder that does not exist yet",
    )
    parser.add_argument("--labs", metavar="LAB,...", help="instead of the first word")
    parser.add_argument(
        "--seed",
        type=int,
        metavar="S",
        help="of the rules (0: the tree's own; with --overlay: drawn)",
    )
    parser.add_argument(
        "--overlay",
        metavar="DIR",
        help="the teacher's folder: held-back tests, and a list of handouts",
    )
    options = parser.parse_intermixed_args(words)
    if len(options.words) != (1 if options.labs else 2):
        raise Refused("handout wants the number of a lab and a new folder: fathom handout 8 DIR")
    options.labs, options.folder = options.labs or options.words[0], options.words[-1]
    if options.seed is not None and options.seed < 0:
        raise Refused(f"--seed {options.seed}: 0 or more expected")
    if options.overlay and not os.path.isdir(options.overlay):
        raise Refused(f"--overlay {options.overlay}: no such folder")
    if os.path.exists(options.folder) and (
        not os.path.isdir(options.folder) or os.listdir(options.folder)
    ):
        raise Refused(f"{options.folder}: it exists; a handout wants a new folder")
    return options


def main(words):
    return grader.guarded(lambda: command(parse(words)))


def command(options):
    overlay = options.overlay and os.path.abspath(options.overlay)
    seed = seed_of(options.seed, words_of(options.labs), overlay)
    handed = load(words_of(options.labs), seed, overlay)
    target = os.path.abspath(options.folder)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".handout-", dir=os.path.dirname(target)) as scratch:
        made = os.path.join(scratch, "tree")
        os.mkdir(made)
        said = make(handed, made, overlay)
        if os.path.isdir(target):
            os.rmdir(target)
        os.rename(made, target)
    if overlay:
        written_down(handed, overlay)
    for one in handed:
        print(f"{options.folder}: {one.stamp}; the student's file is {one.file}")
    for line in said:
        print(f"  quotations left out of {line}")
    return 0
