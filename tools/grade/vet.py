"""What a submission may be, before anything of it runs.

Refused, with the reason: a file that is too large; that includes what is not its own; that calls or
names what its contract does not list; that has instructions which only the house uses; that runs
before the tests do.  Warnings of the compiler are shown and refuse nothing.
"""
import fnmatch
import itertools
import functools
import hashlib
import os
import re
import subprocess

from handout import stamp

from .build import NoBuild, shell
from .handed import content

ALWAYS = (
    "in out ins outs insb insw insl outsb outsw outsl hlt cli sti int int3 into iret iretw iretd "
    "iretq sysenter sysexit"
    " syscall sysret ljmp lcall lret rdmsr wrmsr lgdt lidt lldt ltr lmsw clts invd wbinvd invlpg "
    "rsm vmcall"
).split()
REGISTERS = re.compile(r"%(cr|db|dr)\d")
INDIRECT = re.compile(r"^(?:notrack |bnd )*(call|jmp)[lqw]?\s+\*")
SECTIONS = re.compile(
    r"\.(text|data|bss|rdata|rodata|debug_|eh_frame|comment|note|file|line)|/\d+$"
)
EARLY = re.compile(
    r"\.(ctors|dtors|init_array(?!\.00099)|fini_array(?!\.00099)|CRT|tls|drectve|idata"
    r"|preinit_array|init|fini)\b"
)
# The first two read files; the others could put the first two together.
TAKES_IN = re.compile(r"\.(include|incbin|macro|irpc?|rept?|altmacro|mri)\b", re.I)
# Functions of libgcc, which gcc calls for 64-bit numbers and bits; the kernel is linked with it.
ARITHMETIC = re.compile(
    r"__(u?div|u?mod|u?divmod|mul|ash[lr]|lshr|popcount|parity|c[lt]z|ffs)[sd]i[234]$"
)
SANITIZERS = re.compile(r"__(asan|ubsan|lsan)_")
HOST_OWN = {"_GLOBAL_OFFSET_TABLE_", "__assert_fail", "__stack_chk_fail"}
HOST_SANITIZER_CALLS = {"memcpy", "memset", "memmove"}  # the compiler calls these for structures


class Refused(Exception):
    """One sentence for each thing that is not allowed."""


def tool(name, host, *words):
    program = name if host else "i686-w64-mingw32-" + name
    done = subprocess.run([program, *words], capture_output=True, text=True, errors="replace")
    return done.stdout


def plain(name, host):
    """Without the underscore and the @N of i386; an imported function by its name."""
    if host:
        return name
    name = name.removeprefix("__imp_")
    return re.sub(r"(?<=.)@\d+$", "", name[1:] if name[:1] in "_@" else name)


@functools.cache
def compilers_folders():
    found = ["/usr/i686-w64-mingw32/include", "/usr/share/mingw-w64/include", "/usr/include"]
    for compiler in ("gcc", "i686-w64-mingw32-gcc"):
        for folder in ("include", "include-fixed"):
            words = [compiler, f"-print-file-name={folder}"]
            found.append(subprocess.run(words, capture_output=True, text=True).stdout.strip())
    return tuple(os.path.realpath(path) + "/" for path in found)


def check_source(submission):
    size = os.path.getsize(submission.path)
    most = submission.lab.vet["size"]
    if size > most:
        yield f"the file has {size} bytes; {most} are allowed"
    with open(submission.path, "rb") as file:
        data = file.read(most)
    if b"\0" in data:
        yield "the file is not text: it has a zero byte"


def check_handout(submission):
    """A file of another handout has other rules: it is named, not graded."""
    lab = submission.lab
    with open(submission.path, encoding="utf-8", errors="replace") as file:
        text = file.read(lab.vet["size"])
    why = stamp.refusal(text, lab.label, lab.lab["version"], lab.seed)
    if why := why or stamp.unlisted(text, lab.course):
        yield why


def read_by_ours(submission):
    """What the build read for the file that the submission replaces."""
    try:
        with open(
            os.path.join(submission.kept.out, os.path.splitext(submission.lab.object)[0] + ".d")
        ) as file:
            return {
                os.path.normpath(name)
                for name in file.read().replace("\\\n", " ").replace(":", " ").split()
            }
    except OSError:
        return set()


def may_include(submission, file, name, ours_read):
    """Whether it may read this file: name is its path from where the build's commands run."""
    lab = submission.lab
    if os.path.realpath(file) == os.path.realpath(submission.source):
        return True
    if name.startswith("tests/host/") and name.endswith(".h") or name == lab.lab["contract"]:
        return True
    if os.path.realpath(file).startswith(compilers_folders()):
        return True
    if name in ours_read and not name.endswith(os.path.splitext(lab.file)[1]):
        return True
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in lab.vet["headers"])


def check_includes(submission):
    """Before it is compiled, so that no message shows a line of what it must not read."""
    if os.path.realpath(submission.path) in map(os.path.realpath, submission.lab.seconds_solutions):
        return  # a solution of ours may be made of files of the tree
    cwd, ours_read = submission.kept.cwd, read_by_ours(submission)
    for text in submission.preprocess_texts():
        done = shell(text, cwd)
        if done.code:
            raise NoBuild(f"{submission.lab.file}: the preprocessor stops at an error")
        rule = done.output.replace("\\\n", " ").partition(":")[2]
        files = [os.path.join(cwd, file) for file in rule.split()]
        for file in files:
            name = os.path.relpath(os.path.normpath(file), cwd)
            if not may_include(submission, file, name, ours_read):
                there = "" if os.path.exists(file) else " (there is no such file)"
                shown = file if name.startswith("..") else name
                yield f"it includes {shown}, which is none of its headers{there}"
                return  # what comes after it may come from it
        yield from check_line_names(submission, text, files)


def check_line_names(submission, text, files):
    """#line with another file's name: the compiler would show lines of that."""
    if submission.lab.file.endswith(".asm"):
        return
    whole = lambda name: os.path.normpath(os.path.join(submission.kept.cwd, name))
    known = {whole(file) for file in [*files, submission.source]}
    for name in submission.line_names(text):
        if not name.startswith("<") and not name.endswith("//") and whole(name) not in known:
            yield f"it gives its lines the name of another file, {os.path.basename(name)} (#line)"


def check_assembler(submission, host):
    """Before it is assembled: no message may show a line of a file that a directive takes in.
    Names of sections and symbols come there as they were written, so all of the text is looked at;
    what the assembler takes for a string, and what for a comment, they can change: strings count
    too."""
    if not submission.lab.file.endswith((".c", ".cpp")):
        return
    text = submission.assembler_text(host)
    if re.search(r"^[#/]APP$", text, re.M) and not submission.lab.vet["asm"] and not host:
        yield "it has inline assembler, which a file of this lab may not have"
    if found := TAKES_IN.search(text):
        yield f"its assembler text has .{found[1].lower()}, which a file of a lab may not have"


def check_symbols(submission, path, host):
    """Names that it uses and has not; names that it must have."""
    lab, used, has = submission.lab, [], set()
    for line in tool("nm", host, path).splitlines():
        words = line.split()
        name = plain(words[-1], host)
        if words[-2] in "Uwv":
            used.append(name)
        elif words[-2].isupper():
            has.add(name)
    allowed = {*lab.vet["symbols"], *lab.lab["provides"]}
    used = [name for name in used if not ARITHMETIC.match(name)]
    if host:
        allowed |= HOST_OWN | HOST_SANITIZER_CALLS
        used = [name for name in used if not SANITIZERS.match(name)]
    if foreign := sorted({name for name in used} - allowed):
        yield f"it uses {' '.join(foreign)}, which its contract does not give it"
    if missing := [name for name in lab.lab["provides"] if name not in has]:
        yield f"it does not define {' '.join(missing)}"


def disassembled(path, host):
    """(where, mnemonic and operands) of each instruction."""
    function = ""
    for line in tool("objdump", host, "-d", "--no-show-raw-insn", path).splitlines():
        if line.endswith(">:"):
            function = line[line.index("<") + 1 : -2]
        elif line[:1] == " " and "\t" in line:
            yield function, line.split("\t", 1)[1].strip()


PREFIXES = set("rep repz repnz lock bnd notrack data16 addr16 cs ds".split())


def forbidden_in(text, forbidden, vet):
    """What of one instruction a lab forbids; "": nothing."""
    words = list(itertools.dropwhile(PREFIXES.__contains__, text.split()))
    if not words:
        return ""
    if not vet["indirect"] and INDIRECT.match(text):
        return f"{words[0]} through a pointer"
    if REGISTERS.search(text) and "mov" not in vet["allow"]:
        return text
    if words[0] == "(bad)":
        return "bytes that are no instruction"
    return next((word for word in (words[0], words[0].rstrip("bwlq")) if word in forbidden), "")


def check_instructions(submission, path, host):
    vet = submission.lab.vet
    forbidden = {*ALWAYS, *vet["opcodes"]} - set(vet["allow"])
    seen = set()
    for function, text in disassembled(path, host):
        bare = forbidden_in(text, forbidden, vet)
        if bare and (function, bare) not in seen:
            seen.add((function, bare))
            what = f"{plain(function, host)} has the instruction {bare}"
            yield f"{what}, which a file of this lab may not have"


def check_sections(submission, path, host):
    for line in tool("objdump", host, "-h", path).splitlines():
        words = line.split()
        if len(words) >= 7 and words[0].isdigit():
            if EARLY.match(words[1]):
                why = "code that runs before the tests, or words for the linker"
                yield f"it has a section {words[1]}: {why}"
            elif words[1] in submission.lab.vet["sections"]:
                continue
            elif not host and not SECTIONS.match(words[1]) and not words[1].startswith("/"):
                yield f"it has a section {words[1]} of its own making"


def check_assembled(submission, host):
    """Inline assembler may name files too; gcc's own text has a name that ends in .s."""
    try:
        with open(submission.assembler_read(host)) as file:
            names = file.read().replace("\\\n", " ").partition(":")[2].split()
    except OSError:
        return
    own = os.path.basename(submission.lab.file)  # named by its line table
    for name in names:
        if name != own and not name.endswith((".s", ".h")):
            yield f"its assembler text takes in {os.path.basename(name)}"


def refuse(reasons):
    found = list(dict.fromkeys(reasons))
    if found:
        raise Refused("\n".join(found))


def localize(submission, path, host):
    """What the contract does not ask for is the file's own: it can take no other's place."""
    keep = set(submission.lab.lab["provides"])
    names = []
    for line in tool("nm", host, "-g", "--defined-only", path).splitlines():
        raw = line.split()[-1]
        if plain(raw, host) not in keep and not SANITIZERS.match(raw):
            names.append(raw)
    if names:
        program = "objcopy" if host else "i686-w64-mingw32-objcopy"
        subprocess.run([program, *(f"--localize-symbol={n}" for n in names), path], check=True)


def before(submission):
    """What can be said of the source; nothing has been compiled."""
    refuse(check_source(submission))
    refuse(check_handout(submission))
    refuse(check_includes(submission))


def object_file(submission, path, host):
    """What can be said of an object, and its names made local."""
    reasons = [*check_assembled(submission, host), *check_symbols(submission, path, host)]
    reasons += check_sections(submission, path, host)
    refuse([*reasons, *check_instructions(submission, path, host)])
    localize(submission, path, host)


def assembler(submission, host):
    """What can be said of the compiler's text; nothing has been assembled."""
    refuse(check_assembler(submission, host))


def stripped(text):
    """The tokens of a C file, without comments and layout."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)
    return re.findall(r"\w+|\S", text)


def shape(path):
    """What two files have in common that differ in comments and layout alone."""
    text = (content(path) or b"").decode(errors="replace")
    return hashlib.sha256(" ".join(stripped(text)).encode()).digest()


def same_as(path, known):
    """Which of the known solutions a file equals, up to comments and layout."""
    given = shape(path)
    return next((other for other in known if os.path.isfile(other) and shape(other) == given), None)
