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
from tap import OUT, TOP, Plan
from stock import PREFIX, build, fathom, line_of, run_all, without_addresses

sys.path[:0] = [os.path.join(TOP, "tools"), os.path.join(TOP, "tools", "site")]
import examples
from host import reports, symbols

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
    words = ("inlined", "template", "double", "printed", "library", "dll", "child", "forge")
    lines = [f"--add there.dll faults.exe {word}" for word in words]
    lines += [f"--add there.dll {line}" for line in ("plain.exe template", "plain.exe double")]
    lines += ["--add there.dll bare.exe inlined", "--add bare/there.dll faults.exe dll"]
    os.mkdir(os.path.join(folder, "bare"))
    subprocess.run(
        [PREFIX + "strip", dll, "-o", os.path.join(folder, "bare", "there.dll")], check=True
    )
    results = run_all(folder, lines)
    (
        inlined,
        template,
        double,
        printed,
        library,
        there,
        child,
        forge,
        plain,
        twice,
        bare,
        bare_dll,
    ) = results

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
    plan.true(
        re.search(rf"freed twice\?\), in Name::~Name at .*{at('delete')}$", printed[1]["end"]),
        "also when the first printf of the program comes between the two",
        printed,
    )
    says(
        library[1]["end"],
        rf"at msvcrt.dll\+[0-9a-f]+: access violation reading 00000000, in measure "
        rf"at .*{at('measure')}$",
        "a fault in the C library is that of the function that called it",
    )
    says(there[1]["end"], rf"in fault_there at .*{at('there', 'there.c')}$", "--add: a DLL's line")
    says(there[1]["log"], r"there!fault_there\+[0-9a-f]+ at .*there\.c:\d+$", "and in the stack")
    says(
        child[1]["log"], rf"faults!main\+[0-9a-f]+ at .*{at('call')}$", "a process that it started"
    )
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
    says(twice[1]["log"], r"plain!Name::~Name\(\)( \[clone [\w.]+\])?\+", "and in stacks")
    says(
        bare[1]["end"],
        r"at bare.exe\+([0-9a-f]+): access violation writing 00000000, in bare\+\1$",
        "stripped: module and offset",
    )

    says(bare_dll[1]["end"], r"in there\+[0-9a-f]+$|in fault_there$", "a DLL without DWARF")
    says(bare_dll[1]["log"], r"faults!main\+[0-9a-f]+ at .*faults\.cpp:\d+$", "and its caller")

    done = fathom("run", "--gflags", "hpa", "--add", dll, faults, "stale")
    text = done.stderr.decode()
    says(
        text,
        r"^fathom: page heap: the address \w+ belongs to\n  block \w+, 21 bytes, freed$",
        "hpa",
    )
    says(
        text,
        rf"was allocated by\n(    .*!.*\n)*    \w+ faults!main\+\w+ at .*{at('stale')}$",
        "hpa: who allocated, through code without EBP",
    )
    says(
        text,
        rf"^   \d \w+ \w+ faults!recall.* at .*{at('recall')}\n   \d \w+ \w+ faults!main",
        "the stack from printf's depth to main, through code without EBP",
    )
    says(
        text.rstrip(),
        rf": access violation reading \w+, in recall at .*{at('recall')}\Z",
        "a use after free through printf: who called printf",
    )
    plan.equal(done.returncode, 241, "run: the exit code of a crash")

    with symbols.Images(OUT, []) as images:
        kernel = images.find(symbols.KERNEL)
        inside = next(n for n, name in kernel._symbols() if name == "PageAlloc") + 0x20
        line = f"  {inside:08x} nt!PageAlloc+20\n".encode()
        told = reports.Reports(images).text(line).decode()
    says(
        told, r"^  [0-9a-f]{8} nt!.* at kernel/mm/\w+\.[ch]:\d+", "a bug check: the kernel's lines"
    )
    names = {
        "double* make<double>(int)": "make<double>",
        "Foo::operator()(int) const": "Foo::operator()",
        "A<std::tuple<void (*)(int), int> "
        ">::operator()()": "A<std::tuple<void (*)(int), int> >::operator()",
        "(anonymous namespace)::pool::free(void*) [clone "
        ".constprop.0]": "(anonymous namespace)::pool::free",
        "operator new[](unsigned int)": "operator new[]",
        "main": "main",
    }
    plan.equal(
        {name: reports.plain(name) for name in names}, names, "names without types and arguments"
    )
    symbols.BINUTILS = "no-such-"
    line = b"   0 0021ff08 004080da faults!_ZN4NameD1Ev+1a\n"
    with symbols.Images(OUT, [[faults]]) as images:
        lone = reports.Reports(images)
        lone.image(b"\0\0\x40\0\0\0\x02\0faults.exe")
        plan.equal(lone.text(line), line, "without binutils a report stays as it came")

    with open(os.path.join(TOP, "docs", "reports.md")) as document:
        rows = examples.run(document.read(), os.path.realpath(folder))
    plan.equal(len(rows), 2, "docs/reports.md has two examples")
    for typed, shown, got in rows:
        plan.equal(
            without_addresses(got),
            without_addresses(shown),
            f"docs/reports.md: {typed.split()[-1]} as shown (make tutorial captures it anew)",
        )
finally:
    shutil.rmtree(folder)
plan.done()
