#!/usr/bin/env python3
# needs: system gdb programs
"""docs/debugging/windbg.md is true: each command in its tables exists, each word has a row, help;
what the words print is plain where it is piped, and coloured where gdb's style is on."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session  # noqa: E402
from tap import TOP, Plan  # noqa: E402

plan = Plan()
with open(os.path.join(TOP, "docs", "debugging", "windbg.md")) as text:
    rows = [line.strip().strip("|").split("|") for line in text if line.startswith("| ")]
rows = [row for row in rows if row[0].strip() not in ("WinDbg", "---")]
used = [use for row in rows for use in re.findall(r"`([^`]+)`", row[1])]
names = sorted({re.match(r"[\w-]+", use)[0] for use in used})
options = sorted({use for use in used if re.match(r"\w+ -\w", use) and not use.startswith("watch")})
plan.true(len(rows) > 40 and len(names) > 30, f"{len(rows)} rows, {len(names)} commands")

known, answers = session.run("memory.exe", [f"help {name}" for name in names] + ["words"], stop="")
for name, answer in zip(names, answers):
    if name != "goto":  # recordings have it: replay.t
        plan.true("Undefined command" not in answer and answer.strip(), f"help {name}", answer)
words = re.findall(r"^  (\S+) +\S", answers[-1], re.M)
missing = [word for word in words if word not in names]
plan.true(len(words) > 15 and not missing, f"each of {len(words)} words has a row", missing)

# Options that a row names are those that the command's help names.
shown = dict(zip(names, answers))
wrong = [use for use in options if " ".join(use.split()[:2]) not in shown[use.split()[0]]]
plan.true(not wrong, f"{len(options)} options are in their command's help", wrong)

ask = ["vad", "heap", "analyze", "set style enabled on", "vad", "heap", "analyze", "words"]
_, answers = session.run("memory.exe", ask)
session.clean(plan, ask[:3], answers[:3])
plan.true(not any("\033" in text for text in answers[:3]), "plain when piped")
plan.true(all("\033[" in text for text in answers[4:7]), "coloured when style is on", answers[4])
bare = [re.sub(r"\033\[[\d;]*m", "", text) for text in answers[4:7]]
plan.equal(bare, answers[:3], "and the same text")
plan.done()
