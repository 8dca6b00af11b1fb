#!/usr/bin/env python3
# needs: system
"""Who may call whom (DESIGN: layers), seen in what was built and in the sources."""
import glob
import os
import re
import subprocess
import sys
import tempfile

from tap import OUT, TOP, Plan, compiler

sys.path.insert(0, os.path.join(TOP, "tools"))
import order
import services
import statics

plan = Plan()

# Which DLLs each of ours may import from.  ole32 may also call ntdll's port functions.
MAY_IMPORT = {
    "ntdll": set(),
    "kernel32": {"ntdll"},
    "fathom": {"ntdll"},
    "msvcrt": {"kernel32"},
    "cw3220": {"kernel32"},
    "ole32": {"kernel32", "ntdll"},
    "oleaut32": {"kernel32", "ole32"},
    "msvcrtd": {"kernel32"},
    "psapi": set(),
    "advapi32": {"kernel32"},
    "user32": {"kernel32"},
    "shell32": {"kernel32"},
    "shlwapi": {"kernel32"},
}
OLE32_FROM_NTDLL = re.compile(r"(Nt|Zw)\w*Port$")


def imports(path):
    """{dll: [name, ...]} as the import table has it."""
    text = subprocess.run(
        ["i686-w64-mingw32-objdump", "-p", path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found, dll = {}, None
    for line in text.split("\n"):
        if match := re.match(r"\s+DLL Name: (\S+)", line):
            dll = match[1].lower().removesuffix(".dll")
            found[dll] = []
        elif dll and (match := re.match(r"\s+[0-9a-f]+\s+(?:<none>\s+)?[0-9a-f]+\s+(\S+)$", line)):
            found[dll].append(match[1])
        elif not line.strip():
            dll = None if dll and found[dll] else dll
    return found


for name, allowed in MAY_IMPORT.items():
    table = imports(os.path.join(OUT, "bin", name + ".dll"))
    extra = set(table) - allowed
    plan.true(
        not extra,
        f"{name}.dll imports only from {', '.join(sorted(allowed)) or 'nobody'}",
        *(f"{dll}: {' '.join(table[dll])}" for dll in extra),
    )
    if name == "ole32":
        wrong = [f for f in table.get("ntdll", []) if not OLE32_FROM_NTDLL.match(f)]
        plan.true(not wrong, "ole32.dll calls nothing of ntdll but its ports", *wrong)

# In the kernel: what lies below never includes what lies above (tests/order.t sees the calls).
LEVEL = {room: level for level, room in enumerate(order.ROOMS)}


def sources(*patterns):
    return sorted(sum((glob.glob(os.path.join(TOP, p), recursive=True) for p in patterns), []))


def kernel_folder(path):
    return os.path.basename(os.path.dirname(path))


upward, foreign = [], []
for path in sources("kernel/*/**/*.c", "kernel/*/**/*.h"):
    mine, name = kernel_folder(path), os.path.relpath(path, TOP)
    for number, line in enumerate(open(path), 1):
        if match := re.match(r'#include "(\w+)/', line):
            if LEVEL.get(match[1], 0) > LEVEL[mine]:
                upward.append(f"{name}:{number}: {line.strip()}")
        if re.match(r'#include "(mm/)?mmp.h"', line) and mine not in ("mm", "section"):
            foreign.append(f"{name}:{number}: {line.strip()}")
        if (
            mine not in ("mm", "section")
            and re.search(r"\bMi[A-Z]\w*\(", line)
            and not line.lstrip().startswith("*")
        ):
            foreign.append(f"{name}:{number}: {line.strip()}")
plan.true(not upward, "no folder of the kernel includes one above it", *upward)
plan.true(not foreign, "only kernel/mm and kernel/section call Mi functions", *foreign)

# A static of the kernel carries its room's prefix: a captured stack says where it is.
unnamed = [
    f"{os.path.relpath(path, TOP)}: {name}"
    for path in sources("kernel/**/*.c")
    for name in statics.statics(open(path).read())
    if not name.startswith(statics.PREFIX[kernel_folder(path)])
]
plan.true(not unnamed, "statics of the kernel carry their room's prefix", *unnamed)
sample = "static ULONG Count;\nstatic BOOLEAN KipIs(int a)\n{\n    return a;\n}\n"
plan.equal(statics.statics(sample), ["Count", "KipIs"], "a static is seen, whatever it is")

# Control registers and model-specific registers are set in one place; the boot turns paging on.
# Seen in the code, whatever the source says it with.
MODES = re.compile(r"\t(?:wrmsr|clts|lmsw|xsetbv)\b|\tmov +%e\w\w,%cr[04]$", re.M)


def mode_setters(*paths):
    """Those of the objects that set a mode of the processor."""
    text = subprocess.run(
        ["i686-w64-mingw32-objdump", "-d", "--no-show-raw-insn", *paths],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    parts = re.split(r"^(\S+\.o): +file format .*$", text, flags=re.M)
    return [name for name, code in zip(parts[1::2], parts[2::2]) if MODES.search(code)]


built = [
    os.path.join(OUT, name + ".o")
    for name in order.read(OUT)
    if name.startswith(("kernel/", "boot/"))
]
plan.equal(
    sorted(os.path.relpath(path, OUT) for path in mode_setters(*built)),
    ["boot/multiboot.asm.o", "kernel/ke/cpu.o"],
    "processor modes are set in ke/cpu.c alone",
)
with tempfile.TemporaryDirectory(prefix="fathom-lint-") as folder:
    planted = []
    for number, code in enumerate(("mov cr4, ecx", "clts", "wrmsr", "mov eax, cr0")):
        planted.append(os.path.join(folder, f"{number}.o"))
        with open(planted[-1] + ".asm", "w") as file:
            file.write(f"section .text\nKiPlanted: {code}\n")
        subprocess.run(["nasm", "-f", "win32", "-o", planted[-1], file.name], check=True)
    plan.equal(mode_setters(*planted), planted[:3], "a mode is seen to be set, in each form")

# The loader and the kernel name the words of the command line that the kernel does not know.
asked = set()
for path in sources("kernel/**/*.c"):
    asked |= set(re.findall(r'\bKeBoot(?:Option|Number)\("(\w+)"', open(path).read()))
words = re.search(
    r"BOOT_WORDS((?:.*\\\n)*.*)", open(os.path.join(TOP, "include/bootinfo.h")).read()
)
plan.equal(
    sorted(re.findall(r'"(\w+)"', words[1])),
    sorted(asked),
    "BOOT_WORDS are those that the kernel asks for",
)

# Sizes that keep a file one idea.
LIMIT, COLUMNS = 500, 100
CORE_LIMIT = 7446  # the contracts and their comments have 530 of it
# A page more: the screen's scrolling, folding and letters, the keyboard's grey keys.  Three for
# named pipes; two fewer since what stood twice stands once.
KERNEL_BYTES = 232 * 1024
# 20,527 before the kernel's defences (bounds, maps, verdicts, the local APIC); 11 hold it at an
# event, 25 keep images for a batch, 83 are the notifications of low and high memory; 39 are the
# prompt's pte, and what the walk needs to judge a guessed frame and to show one screen; 112 the
# screen's; 173 lock byte ranges of files, for SQLite; 777 are named pipes.  449 went with what was
# written twice, and with what no caller needed.
KERNEL_LIMIT = 23056
KINDS = tuple(".c .h .cpp .asm .inc .def .ld .py .t .sh .js .mjs .css .html .mk".split())


def ours():
    """The paths of sources and scripts of every kind; a table or a document may have long lines."""
    for folder, rooms, names in os.walk(TOP):
        rooms[:] = sorted({*rooms} - {"build", "node_modules", "__pycache__", ".git", "po"})
        rooms[:] = [r for r in rooms if not os.path.exists(os.path.join(folder, r, "settings"))]
        for path in (os.path.join(folder, name) for name in sorted(names)):
            if path.endswith(KINDS) or os.path.basename(path) in ("Makefile", "Containerfile"):
                yield path
            elif "." not in os.path.basename(path) and open(path, "rb").read(2) == b"#!":
                yield path


def wide_lines(text):
    """The numbers of its lines of more than COLUMNS characters; a tab goes on to the next 8th."""
    return [n for n, line in enumerate(text.split("\n"), 1) if len(line.expandtabs()) > COLUMNS]


def lies_behind(line):
    """Which side is meant?  In memory there are before and after; left behind is another thing."""
    return bool(re.search(r"\bbehind\b", re.sub(r"\b(left|leaves?)\b.* behind\b", "", line)))


plan.equal(
    wide_lines("ä" * 100 + "\n" + "x" * 101 + "\n\t" + "x" * 93),
    [2, 3],
    "a wide line is seen: in characters, not bytes, and tabs count",
)
plan.equal(
    [lies_behind(s) for s in ("the entry behind it", "is left behind", "behind")],
    [True, False, True],
    "a thing that lies behind another is seen",
)
long, wide, behind, seen = [], [], [], set()
for path in ours():
    name, text = os.path.relpath(path, TOP), open(path, encoding="utf-8").read()
    seen.add(os.path.splitext(name)[1])
    if text.count("\n") > LIMIT and not name.endswith(".def"):  # one name a line: a table
        long.append(f"{name}: {text.count(chr(10))} lines")
    wide += [f"{name}:{at}" for at in wide_lines(text)]
    if name.endswith((".c", ".h", ".cpp", ".asm", ".inc", ".t")) and name != "tests/lint.t":
        lines = enumerate(text.split("\n"), 1)
        behind += [f"{name}:{at}" for at, line in lines if lies_behind(line)]
plan.true(not {*KINDS, ""} - seen, "each kind of source is among them", *{*KINDS, ""} - seen)
plan.true(not long, f"no file is longer than {LIMIT} lines", *long)
plan.true(not behind, "in memory, what follows lies after, never behind", *behind)
plan.true(not wide, f"no line of a source is longer than {COLUMNS} columns", *wide)
kernel_lines = sum(
    sum(1 for _ in open(p)) for p in sources("kernel/**/*.[ch]", "kernel/**/*.asm", "boot/*.asm")
)
plan.true(
    kernel_lines <= KERNEL_LIMIT,
    f"the whole kernel has {kernel_lines} lines, at most {KERNEL_LIMIT}",
)
core_lines = sum(
    sum(1 for _ in open(path))
    for path in sources(
        "kernel/init.c",
        *(f"kernel/{room}/*.{e}" for room in order.CORE for e in ("[ch]", "asm", "inc")),
    )
)
plan.true(
    core_lines <= CORE_LIMIT, f"the core that is read has {core_lines} lines, at most {CORE_LIMIT}"
)
RUNTIME_LIMIT = 9500  # what libmingwex has right is taken from there (crt/msvcrt/math.c)
runtime_lines = sum(
    sum(1 for _ in open(path))
    for path in sources("crt/msvcrt/*.[ch]", "crt/msvcrt/*.asm", "crt/new/*.[ch]")
)
plan.true(
    runtime_lines <= RUNTIME_LIMIT,
    f"msvcrt has {runtime_lines} lines, at most {RUNTIME_LIMIT}",
)
with tempfile.TemporaryDirectory(prefix="fathom-lint-") as folder:
    stripped = os.path.join(folder, "ntoskrnl.exe")
    kernel = os.path.join(OUT, "kernel", "ntoskrnl.exe")
    subprocess.run(["i686-w64-mingw32-strip", "-o", stripped, kernel], check=True)
    size = os.path.getsize(stripped)
most = KERNEL_BYTES + (0 if compiler() == 12 else 8192)  # GCC 14's code is larger by 3.5 %
plan.true(size <= most, f"the kernel has {size} bytes stripped, at most {most}")

# What documents and headers send a reader to is there (tests by their place in tests/guest), and
# docs/README.md names every document.
ROOMS = (
    "boot|kernel|ntdll|kernel32|crt|ole32|oleaut32|psapi|advapi32|user32|shell32|shlwapi"
    "|fathom|user|include|tools|tests|mk|docs"
)
gone, index = [], open(os.path.join(TOP, "docs", "README.md")).read()
for path in sources("README.md", "CONTRIBUTING.md", "docs/*.md"):
    for named in re.findall(rf"`((?:{ROOMS})/[\w./]*)`", open(path).read()):
        if not any(glob.glob(os.path.join(TOP, at, named) + "*") for at in ("", "tests/guest")):
            gone.append(f"{os.path.relpath(path, TOP)}: {named}")
for path in sources(*(f"{room}/**/*.h" for room in ("kernel", "ntdll", "crt", "ole32", "labs"))):
    for named in re.findall(r"\btests/[\w./*]*[\w*]", open(path).read()):
        if not glob.glob(os.path.join(glob.escape(TOP), named) + "*"):
            gone.append(f"{os.path.relpath(path, TOP)}: {named}")
plan.true(not gone, "every path that documents name is there, every test that headers name", *gone)
unnamed = [
    d
    for d in sources("docs/*.md")
    if f"({os.path.basename(d)})" not in index and "docs/README.md" not in d
]
plan.true(not unnamed, "docs/README.md names every document", *unnamed)

# An address that a document shows is of one build: a goal of make captures its page anew.
CAPTURED = {
    "readme": ["README.md"],
    "sessions": ["docs/debugging/[0-9]-*.md", "docs/debugging/stepping.md"],
    "tutorial": ["docs/tutorial/[1-9]-*.md", "docs/reports.md", "docs/tracing.md"],
    "attacks-captured": ["docs/attacks.md"],
}
FENCED = re.compile(r"^```.*?^```$", re.M | re.S)
ADDRESS = re.compile(r"\b(?:0x)?(?=[a-fA-F]*\d)(?![cC]0000)[0-9a-fA-F]{8}\b")  # no status
goals = set(re.findall(r"^([\w-]+):", "".join(open(p).read() for p in sources("mk/*.mk")), re.M))
plan.true(set(CAPTURED) <= goals, "each goal that captures pages is there", *CAPTURED)
captured = {path for patterns in CAPTURED.values() for path in sources(*patterns)}
stale = [
    f"{os.path.relpath(path, TOP)}: {found[0]}"
    for path in sources("*.md", "docs/**/*.md")
    if path not in captured and "/zh/" not in path and not path.endswith(".zh.md")
    if (found := ADDRESS.search("".join(FENCED.findall(open(path).read()))))
]
plan.true(not stale, "every address in a run that a document shows is captured by a goal", *stale)

# The service table ascends, and ntdll exports a stub for each row.
table = list(services.rows(os.path.join(TOP, "include/services.tbl")))
rows = [(number, name) for number, name, _ in table]
plan.equal([n for n, _ in rows], sorted({n for n, _ in rows}), "the service table ascends")
unchecked = [
    os.path.relpath(path, TOP)
    for path in sources("kernel/**/*.c")
    if re.search(r"^NTSTATUS NTAPI Nt\w+\(", text := open(path).read(), re.M)
    and '"services.h"' not in text
]
plan.true(not unchecked, "what defines a service is compiled against its prototype", *unchecked)
exports = subprocess.run(
    ["i686-w64-mingw32-objdump", "-p", os.path.join(OUT, "bin/ntdll.dll")],
    capture_output=True,
    text=True,
    check=True,
).stdout
missing = [name for _, name in rows if not re.search(rf"\b{name}\b", exports)]
plan.true(not missing, "ntdll exports a stub for every service", *missing)


mute = [
    path
    for path in glob.glob(os.path.join(TOP, "tests/**/*.t"), recursive=True)
    if not os.access(path, os.X_OK)
]
plan.true(not mute, "every test can be executed (chmod +x)", *mute)
untold = []
for path in glob.glob(os.path.join(TOP, "tests/**/*.t"), recursive=True):
    text = open(path).read()
    head = " ".join(re.findall(r"^# (?:long )?tools: (.*)", text, re.M))
    skips = re.findall(r"plan\.skip\(.*\(tools/setup\.sh (\w+)\)", text)
    untold += [f"{path}: {group}" for group in skips if group not in head.split()]
plan.true(not untold, "a test that cannot run without a tool names its group of tools", *untold)


def exported(path):
    """{name: forwarder or None} of a DLL, from its address and name tables."""
    text = subprocess.run(
        ["i686-w64-mingw32-objdump", "-p", path], capture_output=True, text=True, check=True
    ).stdout
    forwarders = dict(re.findall(r"^\s*\[\s*(\d+)\] \+base.* Forwarder RVA -- (\S+)$", text, re.M))
    names = re.findall(
        r"^\s*\[\s*(\d+)\] (?:\+base\[\s*\d+\]\s+[0-9a-f]+ )?([A-Za-z_?@$]\S*)$", text, re.M
    )
    return {name: forwarders.get(index) for index, name in names}


table = exported(os.path.join(OUT, "bin/kernel32.dll"))
for name in ("HeapAlloc", "HeapFree", "HeapReAlloc", "HeapSize"):
    wanted = name.replace("HeapAlloc", "AllocateHeap").replace("HeapFree", "FreeHeap")
    wanted = wanted.replace("HeapReAlloc", "ReAllocateHeap").replace("HeapSize", "SizeHeap")
    plan.equal(table.get(name), f"NTDLL.Rtl{wanted}", f"kernel32 forwards {name}")
plan.done()
