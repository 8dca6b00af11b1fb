#!/usr/bin/env python3
"""compdb.py OUT DIRECTORY G++ < commands - compile_commands.json from what `make -nB V=1` prints.

clangd and clang-tidy read it.  One entry a source file: the first command that compiles it, so a
file of the system has the PE compiler's command even if a host test compiles it as well.  Flags
that gcc alone knows are left out: clang stops at them.  A command that takes a text out of its
source, $(sed ... test.c), is expanded by the shell, as make would.  clang does not know where the
PE compiler, G++, keeps its headers (the Windows ones neither if PATH has a wrapper of it): G++ is
asked. clang's float.h has its Windows part for hosted code alone, hence -fno-builtin for
-ffreestanding.
"""
import json
import os
import re
import shlex
import subprocess
import sys

COMPILER = re.compile(r"^(?:\S*/)?(?:[\w-]+-)?(?:gcc|g\+\+|clang|clang\+\+|cc|c\+\+)$")
SOURCE = (".c", ".cpp")
GCC_ALONE = re.compile(
    r"-ftrivial-auto-var-init=zero$|-fno-(partial-inlining|shrink-wrap|var-tracking-assignments"
    r"|ipa-[\w-]+|tree-loop-distribute-patterns)$|-ffixed-\w+$"
    r"|-m(no-)?accumulate-outgoing-args$|-mpreferred-stack-boundary=|-Wframe-larger-than="
)


def commands(text):
    """Yield the words of each command that begins with a compiler."""
    for line in re.sub(r"\\\n\s*", " ", text).split("\n"):
        line = line.strip()
        if not COMPILER.match(line.split(" ", 1)[0]):
            continue
        if "$(" in line:
            line = subprocess.run(
                ["sh", "-c", f"printf '%s ' {line}"], capture_output=True, text=True, check=True
            ).stdout
        words = shlex.split(line)
        ends = [i for i, word in enumerate(words) if word in ("&&", "||", ";", ">", ">>", "|")]
        yield words[: min(ends, default=len(words))]


def sources(words):
    """The source files among a command's words: those that no option takes."""
    return [w for before, w in zip(words, words[1:]) if w.endswith(SOURCE) and before != "-o"]


def headers_of(compiler):
    """The PE compiler's header folders that clang lacks, as options; the C++ ones first."""
    done = subprocess.run(
        [compiler, "-xc++", "-E", "-v", os.devnull], capture_output=True, text=True
    )
    folders = map(os.path.normpath, re.findall(r"^ (/\S+)$", done.stderr, re.M))
    return [f for f in folders if "c++" in f or not re.search(r"/lib/gcc/", f)]


def database(text, directory, compiler):
    found, headers = {}, headers_of(compiler)
    for words in commands(text):
        mine = sources(words)
        for source in mine:
            path = os.path.normpath(os.path.join(directory, source))
            rest = [w for w in words if w == source or not (w in mine or GCC_ALONE.match(w))]
            if "mingw" in words[0]:
                rest = ["-fno-builtin" if w == "-ffreestanding" else w for w in rest]
                cpp = os.path.basename(words[0]).endswith("g++")
                folders = [f for f in headers if cpp or "c++" not in f]
                rest += [word for folder in folders for word in ("-isystem", folder)]
            entry = {"directory": directory, "file": path, "arguments": rest}
            found.setdefault(path, entry)
    return [found[path] for path in sorted(found)]


def main(out, directory, compiler):
    entries = database(sys.stdin.read(), os.path.abspath(directory), compiler)
    if not entries:
        raise SystemExit("compdb: no compiler among the commands")
    with open(out, "w") as result:
        json.dump(entries, result, indent=1)
        result.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
