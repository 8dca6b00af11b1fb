#!/usr/bin/env python3
# needs: system
# long: only
"""fathom trace: what importers make of a run, in both formats."""
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import Plan
from stock import build, fathom, line_of
import importer

plan = Plan()
folder = tempfile.mkdtemp(prefix="trace-")
MILLION = 1_000_000


def traced(name, *words):
    """(exit code, standard output, standard error, text of the file)"""
    path = os.path.join(folder, name)
    done = fathom("trace", "-o", path, *words)
    with open(path) as file:
        return done.returncode, done.stdout, done.stderr.decode(), file.read()


def within(slices, outer):
    """The slices directly in one."""
    return [one for one in slices if one["parent"] is outer]


try:
    dll = build(folder, "there.dll", "there.c", "-shared", "-O2", "-g")
    places = build(folder, "places.exe", "places.cpp", "-O2", "-g", dll)
    code, out, said, text = traced("a.json", "--add", dll, places)
    plan.equal((code, out), (7, b"done\r\n"), "the program's output and exit code are ours")
    plan.true(re.search(r"a\.json: \d+ slices, for perfetto\n$", said), "what was written", said)
    wrong, page = importer.perfetto(text)
    plan.equal(wrong, [], "an importer takes it: types, nesting, names, times that go forward")
    pid = next((n for n, name in page["processes"].items() if name.startswith("places.exe")), 0)
    threads = [name for (process, _), name in page["threads"].items() if process == pid]
    plan.equal(len(threads), 3, "three threads of the program")
    named = {one["name"] for one in page["slices"]}
    for name in ("heap: allocate", "NtAllocateVirtualMemory", "page fault (write)", "thread 16"):
        plan.true(name in named, f"slices: {name}", sorted(named))
    calls = [one for one in page["slices"] if one["name"] == "heap: allocate"]
    at = {}
    for one in calls:
        place = one["args"].get("At", "").rpartition(" ")[2].rpartition("/")[2]
        at.setdefault(place, []).append(one)
    worker = at.get(line_of("places.cpp", "worker"), [])
    plan.equal(len(worker), 100, "each allocation says its line")
    plan.equal(len({one["tid"] for one in worker}), 2, "in the thread that made it")
    large = at[line_of("places.cpp", "large")][0]
    inside = [one["name"] for one in within(page["slices"], large)]
    wanted = ["NtAllocateVirtualMemory", "page fault (write)"], "large"
    plan.equal((inside, large["args"]["Served"]), wanted, "a large one: the kernel, a header")
    whole = max(one["ts"] + one["dur"] for one in page["slices"])
    dear = [one["dur"] for one in calls if not 20 < one["dur"] < 100_000]
    plan.true(not dear and whole < 50 * MILLION, "1 us is 1 instruction", dear, whole)
    bytes_ = [value for _, value in page["counters"].get((pid, "committed bytes"), [])]
    all_ = max(bytes_) > 3 * MILLION and bytes_[-1] == 0
    plan.true(all_, "committed bytes, to the process's end", bytes_)
    free = [value for _, value in page["counters"].get((0, "free pages"), [])]
    plan.true(free and max(free) < 65536 and min(free) > 0, "free pages", free[:3])
    runs = [one["name"] for one in page["slices"] if one["cat"] == "runs"]
    plan.true(any("thread 20" in name for name in runs) and len(runs) > 4, "what runs", runs)

    code, out, said, text = traced("a.speedscope.json", "--add", dll, places, "crash")
    plan.equal(code, 241, "a program that crashes: its exit code")
    both = "this is what was seen until then" in said and "for speedscope" in said
    plan.true(both, "it is said", said)
    wrong, graph = importer.speedscope(text)
    plan.equal(wrong, [], "speedscope's schema and rules")
    main = next((profile for name, profile in graph.items() if name.startswith("places.exe")), None)
    good = main and len(main["events"]) > 200 and main["unit"] == "none"
    plan.true(good, "a graph of the thread", list(graph))
    for words, why in (
        (["-o", "/nowhere/x.json"], "/nowhere/x.json"),
        ([], "-o"),
        (["-o", "x", "--format", "svg"], "svg"),
    ):
        done = fathom("trace", *words, places)
        good = done.returncode == 125 and why in done.stderr.decode()
        plan.true(good, f"refused: {why}", done.stderr)
    _, _, _, text = traced("b.json", "--add", dll, "--boot", "x64", "--mem", "128", places)
    plan.equal(importer.perfetto(text)[0], [], "by UEFI")
    _, _, _, text = traced("c.json", "--add", dll, places, "parent")
    wrong, page = importer.perfetto(text)
    plan.equal((wrong, len(page["processes"])), ([], 3), "two processes")
    _, _, _, text = traced("d.json", "--trace", "HeapOperation", "--add", dll, places)
    wrong, page = importer.perfetto(text)
    kinds = {one["cat"] for one in page["slices"]}
    plan.equal((wrong, kinds), ([], {"heap"}), "--trace: those alone")
finally:
    shutil.rmtree(folder)
plan.done()
