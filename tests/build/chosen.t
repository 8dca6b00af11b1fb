#!/usr/bin/env python3
# needs: nothing
"""make test-NAME builds what NAME needs and no more: seen in a tree where nothing is built."""
import ast
import os
import re

from copied import Copy
from tap import Plan, compiler

plan = Plan()


def compilers(said):
    """The commands that compile."""
    said = said.replace("\\\n", " ")
    return re.findall(r"^\S*(?:gcc|g\+\+|clang) .* (?:-c )?\S+\.(?:c|cpp)\b.*", said, re.M)


def compiled(said):
    """The sources that make would compile."""
    return sorted({m[1] for line in compilers(said) if (m := re.search(r" -c (\S+)", line))})


MADE_BY = {
    "build/book/path.json": ["tools/book/path.py"],
    "build/book/chain.html": ["tools/book/book.py"],
    "build/web/layouts.json": ["tools/web/layouts.py"],
    "build/web/fathom.html": ["tools/web/npm.py", "tools/web/tab.py"],
    "build/web/ready": ["tools/web/npm.py", "tools/web/tab.py"],
    "build/site-replays/cold.html": ["tools/fathom", "tools/web/page.py"],
}


def imported(copy, tools):
    """These and the modules of tools/ that they import, as paths from the top."""
    found, ahead = set(), list(tools)
    while ahead:
        path = ahead.pop()
        found.add(path)
        for node in ast.walk(ast.parse(copy.read(path))):
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                continue
            level = getattr(node, "level", 0)
            module = getattr(node, "module", "") or ""
            names = [f"{module}/{name.name}".strip("/").replace(".", "/") for name in node.names]
            roots = [os.path.dirname(path)] + ["tools", "tools/gdb"] * (not level)
            for name in [module.replace(".", "/"), *names]:
                files = (f"{root}/{name}.py" for root in roots)
                ahead += {f for f in files if os.path.exists(copy.path(f))} - found
    return found


with Copy(built=False) as copy:

    def would(*goals):
        return copy.run("make", "-n", *goals).stdout

    plan.equal(
        compiled(would("test-test_efi_pe")),
        ["boot/efi/pe.c", "tests/host/test_efi_pe.c"],
        "a host test: its own sources",
    )
    sources = compiled(would("build/tests/guest/ole32.list"))
    own = sorted(
        f"tests/guest/ole32/{n}"
        for n in os.listdir(copy.path("tests/guest/ole32"))
        if n.endswith(".c")
    )
    plan.equal(sources, own, "a list of guest programs: its own")
    said = would("test-ole32")
    plan.true(
        set(own) < set(compiled(said))
        and "ntoskrnl.exe" in said
        and ".EFI" not in said
        and "host/" not in said,
        "to run them, the system too, but no loaders and no host tests",
    )
    said = would("test-loader")
    plan.true(
        ".EFI" in said and "tests/guest" not in said,
        "a test of the loaders: they, and no guest program",
    )
    done = copy.run("make", "-n", "test-nothing_of_that_name")
    plan.true(
        done.returncode != 0 and "no test has nothing_of_that_name" in done.stderr,
        "no such test: a sentence",
        done.stderr,
    )
    for goal, library in (
        ("run", "lib/debug/libmsvcrt.a"),
        ("run", "lib/crt/libcw3220.a"),
        ("gdb", "gdb/ntoskrnl.elf"),
    ):
        plan.true(f"> build/{library}.cmd" in would(goal), f"make {goal} makes {library}")

    # Without their sources `make -n` shows how they are built, too.
    done = copy.run("make", "-n", "programs")
    kept, stripped = (
        re.findall(rf"> build/programs/{folder}([\w-]+)\.exe\.cmd$", done.stdout, re.M)
        for folder in ("", "prompt/")
    )
    plan.true(
        done.returncode == 0 and "lua" in kept and kept == stripped,
        "programs: each has its command beside it",
        kept,
        done.stderr,
    )

    # What a tool of ours imports is an input of what it makes.
    rules = copy.run("make", "-npq", *MADE_BY).stdout
    for made, tools in MADE_BY.items():
        inputs = " ".join(re.findall(rf"^{made}: (.*)", rules, re.M)).split()
        unseen = sorted(imported(copy, tools) - set(inputs))
        plan.true("FORCE" in inputs and not unseen, f"{made} is made by all that it needs", *unseen)

    # What is compiled with -w shows none.
    sets = sorted(name for name in os.listdir(copy.path("tests", "guest")) if "." not in name)
    lines = compilers(
        would(
            "all",
            "build/book/cold.exe",
            *(f"build/tests/guest/{name}.list" for name in sets),
            "test-record",
            "test-bench",
        )
    )
    lax = [line for line in lines if not {"-Werror", "-w"} & set(line.split())]
    if compiler() == 12:
        plan.true(len(lines) > 500 and not lax, "a warning stops the build of any program", *lax)
    else:
        plan.skip("of another compiler than Debian 12's a warning stops no program's build")

    objects = compiled(would("test-test_heap"))
    plan.true(len(objects) >= 30, f"the heap's host tests: {len(objects)} objects", *objects)
    done = copy.run(
        "make", "build/host/heap/ntdll/heap/core/encode.o", "build/host/plain/kernel/rtl/avl.o"
    )
    copy.add("ntdll/heap/core/encode.c", "/* more */\n")
    made, said = copy.make(
        "build/host/heap/ntdll/heap/core/encode.o", "build/host/plain/kernel/rtl/avl.o"
    )
    plan.equal(
        made,
        ["host/heap/ntdll/heap/core/encode.o"],
        "an edit compiles one object for all tests of a flavour",
    )
plan.done()
