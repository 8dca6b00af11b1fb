#!/usr/bin/env python3
# needs: system gdb programs
"""process, threads, handles agree with what the kernel tells a program; `@PROCESS` reads another
process through its own tables; a process that has ended gets a sentence."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session  # noqa: E402
from tap import Plan  # noqa: E402

plan = Plan()
commands = """process|process two|process 4|threads|threads 99|handles|handles 0x4|handles 0x5554
process nobody|process 0 0|address KiPcr.CurrentThread|address MiCurrentSpace|lm nt*
vad -r @CHILD|vad CHILD|address &mine|address &mine @CHILD|pte &mine
pte &mine @CHILD|heap @CHILD|lm CHILD|threads CHILD|handles CHILD|pfn &mine|pfn &mine @CHILD
dt ULONG &mine|dt ULONG &mine @CHILD|peb|peb @CHILD|peb -v|teb|teb 16|teb 99|teb @CHILD
locks|locks @CHILD|locks 12345678|vm|fathom vm|fathom nosuch
continue|process|process CHILD|vad CHILD|heap @CHILD|handles CHILD|threads CHILD
address &mine @CHILD|lm CHILD|peb @CHILD|teb @CHILD|dt ULONG &mine @CHILD|locks @CHILD"""
commands = commands.replace("CHILD", "child_id").replace("\n", "|").split("|")
told, answers = session.run("two.exe", commands)
session.clean(plan, commands, answers)
before, after = answers[: commands.index("continue")], answers[commands.index("continue") + 1 :]
answer = dict(zip(commands, before))
child = session.rows(told, "CHILD")[0][0]
ended = dict(zip(commands[len(before) + 1 :], after))


def numbers(text):
    """The rows of `process` as the program has them."""
    rows = (line.lstrip("* ").split()[:7] for line in text.split("\n")[1:])
    return [row for row in rows if row and row[0].isdigit()]


wanted = [row for row in session.rows(told, "PROCESS") if row[6] == "two.exe"]
plan.equal(len(wanted), 2, "two processes run")
got = [row[:6] for row in numbers(answer["process"])]
plan.equal(got, [row[:6] for row in wanted], "process has the numbers of Fathom's query")
text = answer["process"]
plan.true(re.search(r"^\* +12 ", text, re.M), "the current one is marked", text)
tids = [row[0] for row in session.rows(told, "THREAD")]
got = re.findall(r"^\*? +(\d+) +(\w+)", answer["threads"], re.M)
plan.equal(sorted(tid for tid, _ in got), sorted(tids), "threads has the program's threads")
plan.true(("16", "running") in got and (tids[1], "waiting") in got, "and their states", got)
plan.true("two!idle" in answer["threads"], "and where they start", answer["threads"])
handles = [tuple(row[:2]) for row in session.rows(told, "HANDLE")]
got = re.findall(r"^ *([0-9A-F]+) (\w+) +[0-9A-F]{8} [0-9A-F]{8}", answer["handles"], re.M)
plan.true(handles == got and handles, "handles has NtQueryObject's types", handles, got)
plan.true(re.search(r"Event .* ready$", answer["handles"], re.M), "and names", answer["handles"])

ran = {int(row[0], 16): row for row in session.rows(told, "CHILDRUN") if row[2] != "10000"}
pages = {p for b, row in ran.items() for p in range(b >> 12, int(row[1], 16) >> 12)}
shown = re.findall(r"^  ([0-9A-F]{8}) ([0-9A-F]{8})  ", answer["vad -r @child_id"], re.M)
got = {p for a, b in shown for p in range(int(a, 16) >> 12, (int(b, 16) >> 12) + 1)}
plan.true(pages == got and pages, f"vad -r of the child: its {len(pages)} pages", pages ^ got)
both = [answer[f"address &mine{who}"] for who in ("", " @child_id")]
frames = {re.search(r"page ([0-9A-F]+)", text)[1] for text in both}
plan.equal(len(frames), 2, "one address, two pages")
words = [answer[f"dt ULONG &mine{who}"] for who in ("", " @child_id")]
plan.true("0x11111111" in words[0] and "0x22222222" in words[1], "and two values", *words)
text = answer["pfn &mine @child_id"]
plan.true(f"two.exe ({child}): shown at" in text and "two.exe (12): shown" not in text, "pfn", text)
text = answer["vad child_id"]
plan.true("heap 1" in text and "stack of thread" in text, "its heaps and stacks are named", text)
for command, word in (
    ("process two", "several processes have this name: 12, "),
    ("process nobody", "no such process"),
    ("process 0 0", "two.exe"),
    ("lm nt*", "ntdll"),
    ("address KiPcr.CurrentThread", "the ETHREAD of thread 16 of two.exe"),
    ("address MiCurrentSpace", "the MMSPACE of two.exe (12)"),
    ("process 4", "no such process"),
    ("handles 0x5554", "no such handle"),
    ("lm child_id", "two.exe"),
    ("peb", "CommandLine C:\\two.exe"),
    ("peb @child_id", "CommandLine two "),
    ("peb -v", "OS=Windows_NT"),
    ("teb", f"client 12.{tids[0]}"),
    ("teb 99", "no such thread"),
):
    plan.true(word in answer[command], f"{command}: {word}", answer[command])
for command in ("locks", "locks @child_id"):
    rows = re.findall(r"^(loader|PEB|heap \d+) +[0-9A-F]{8} free$", answer[command], re.M)
    plan.true(len(rows) > 2, f"{command}: {', '.join(rows)} are free", answer[command])
counts = [int(n) for n in re.findall(r"^.*?(\d+) +\d+ KiB", answer["vm"], re.M)]
plan.true(
    counts[0] == sum(counts[1:-1]) and 0 < counts[-1] < counts[0],
    "vm's parts are all pages",
    answer["vm"],
)
plan.equal(answer["fathom vm"], answer["vm"], "fathom vm is vm")
plan.true(
    "no such command" in answer["fathom nosuch"],
    "fathom nosuch: a sentence",
    answer["fathom nosuch"],
)
plan.true("(ended)" in ended["process"], "a process that has ended is said to be", ended["process"])
for command in ("vad child_id", "heap @child_id", "address &mine @child_id", "locks @child_id"):
    plan.true("it has ended" in ended[command], f"{command}: a sentence", ended[command])
text = ended["process child_id"]
plan.true("ended with 0x7" in text, "with its exit code", text)
plan.done()
