#!/usr/bin/env python3
# needs: system
"""Reports with lines of source: the program's own frames, whatever it was built with."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import Plan
from stock import PREFIX, build, examples, fathom, follow, line_of, run_all, without_addresses

plan = Plan()
folder = tempfile.mkdtemp(prefix="reports-")


def at(mark, source="faults.cpp"):
    return line_of(source, mark)


def says(text, pattern, name):
    return plan.true(re.search(pattern, text, re.M), name, pattern, text)


try:
    dll = build(folder, "there.dll", "there.c", "-shared", "-g")
    faults = build(folder, "faults.exe", "faults.cpp", "-O2", "-g", dll)
    for name, words in (("plain.exe", ["-g"]), ("bare.exe", [])):
        target = os.path.join(folder, name)
        subprocess.run([PREFIX + "strip", *words, faults, "-o", target], check=True)
    words = ("inlined", "template", "double", "library", "dll", "child", "forge")
    lines = [f"faults.exe {word}" for word in words]
    lines += ["plain.exe template", "plain.exe double", "bare.exe inlined"]
    inlined, template, double, library, there, child, forge, plain, twice, bare = run_all(
        folder, lines, "--add", dll
    )

    log = inlined[1]["log"]
    says(log, rf"crashed: c0000005 .* \(main\+[0-9a-f]+\), .*{at('store')}$", "-g: the crash line")
    says(
        log,
        rf"^   0 \w{{8}} \w{{8}} faults!store at .*{at('store')}, inlined in\n"
        rf" +faults!main\+[0-9a-f]+ at .*{at('call')}$",
        "-g: an inlined function has a line of its own before that of its caller",
    )
    says(
        inlined[1]["end"],
        rf"^crashed 0xC0000005 at faults.exe\+[0-9a-f]+: access violation writing 00000000, "
        rf"in store at .*{at('store')}$",
        "-g: the last line has kind, function and line",
    )
    plan.true(
        not re.search(r"(kernel32|ntdll|msvcrt)!.* at ", log), "the system's own frames stay", log
    )
    says(
        template[1]["end"],
        rf"writing 0000000[0-9a-f], in Shelf<short>::put at .*{at('put')}$",
        "a template by its name in the source",
    )
    says(
        double[1]["end"],
        rf"^crashed 0xC0000374 at ntdll.dll\+[0-9a-f]+: heap corruption: block not busy \(freed "
        rf"twice\?\), in Name::~Name at .*{at('delete')}$",
        "the double delete of a class without a copy constructor: by default, and who did it",
    )
    says(
        library[1]["end"],
        rf"at msvcrt.dll\+[0-9a-f]+: access violation reading 00000000, in measure "
        rf"at .*{at('measure')}$",
        "a fault in the C library is that of the function that called it",
    )
    says(there[1]["end"], rf"in fault_there at .*{at('there', 'there.c')}$", "--add: a DLL's line")
    says(there[1]["log"], r"there!fault_there\+[0-9a-f]+ at .*there\.c:\d+$", "and in the stack")
    says(child[1]["log"], rf"faults!main\+[0-9a-f]+ at .*{at('call')}$", "a process that it started")
    plan.equal(child[1].get("exit"), "0", "and its own verdict is not that crash")
    plan.equal(
        [forge[1][name].replace("\r", "") for name in ("stderr", "log")],
        [forge[1]["stdout"].replace("\r", "")] * 2,
        "what a program prints, or says to a debugger, stays as it is",
    )
    says(
        plain[1]["end"],
        r"in Shelf<short>::put$",
        "without -g: C++ names all the same",
    )
    says(twice[1]["log"], r"plain!Name::~Name\(\)\+", "and in stacks")
    says(
        bare[1]["end"],
        r"at bare.exe\+([0-9a-f]+): access violation writing 00000000, in bare\+\1$",
        "stripped: module and offset",
    )

    build(folder, "there.dll", "there.c", "-shared", "-s")
    (bare_dll,) = run_all(folder, ["faults.exe dll"], "--add", dll)
    says(bare_dll[1]["end"], r"in there\+[0-9a-f]+$|in fault_there$", "a DLL without DWARF")
    says(bare_dll[1]["log"], r"faults!main\+[0-9a-f]+ at .*faults\.cpp:\d+$", "and its caller")

    done = fathom("run", "--gflags", "ust", "--add", dll, faults, "overrun")
    text = done.stderr.decode()
    says(text, rf"^    [0-9A-F]{{8}} faults!main\+\w+ at .*faults\.cpp:\d+$", "ust: who allocated")
    plan.equal(done.returncode, 241, "run: the exit code of a crash")
    done = fathom("run", "--add", dll, faults, "inlined", FATHOM_BINUTILS="no-such-")
    says(done.stderr.decode(), r"faults!main\+[0-9a-f]+$", "without binutils: as it came")
    plan.equal(done.returncode, 241, "and with the same verdict")
    for name, (source, commands, printed) in examples("reports.md").items():
        got = follow(folder, name, source, commands)
        plan.equal(
            without_addresses(got), without_addresses(printed), f"docs/reports.md: {name} as shown"
        )
finally:
    shutil.rmtree(folder)
plan.done()
