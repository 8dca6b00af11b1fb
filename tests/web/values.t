#!/usr/bin/env python3
# needs: nothing
# tools: web
"""The arguments and results of the doors on the replay page: as many as the function has, sizes in
decimal, constants by Windows' names, nothing for what returns nothing (web/replay/values.js)."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

plan = Plan()
SCRIPT = os.path.join(TOP, "tests", "web", "values.mjs")
MM = os.path.join(TOP, "kernel", "mm", "mm.h")
HEAPP = os.path.join(TOP, "ntdll", "heap", "heapp.h")
done = subprocess.run(["node", SCRIPT, MM, HEAPP], capture_output=True, text=True)
plan.equal((done.returncode, done.stderr), (0, ""), "it runs")
said = json.loads(done.stdout)
plan.equal((said["lacking"], said["unused"]), ([], []), "each door has its shape, and no other")
uses = [words for _, words in said["uses"]]
plan.equal(uses, [f"{name}, 0x1, 00337FE7" for name, _ in said["uses"]], "MMPAGEUSE is mm.h's")
found = [words for _, words in said["failures"]]
wanted = [f"00320000, {name}, 00335760" for name, _ in said["failures"]]
plan.equal(found, wanted, "HEAP_FAILURE_TYPE is heapp.h's")
plan.equal(
    said["told"],
    [
        "98304",
        "00320000, 0x8, 00335760, 5000",
        "FFFFFFFF, 0021FDA0, 0, 0021FDA4, MEM_COMMIT|MEM_RESERVE, PAGE_READWRITE",
        "FFFFFFFF, 0021FDA0, 0021FDA4, MEM_RELEASE",
        "NULL, 1, MEM_COMMIT, PAGE_READWRITE|PAGE_GUARD",
        "00350000, 0, 0x9001",
        "page 5D1",
        "?",
    ],
    "arguments",
)
plan.equal(
    said["answers"],
    ["NULL", "00335760", "", "TRUE", "STATUS_SUCCESS", "C0000017", "page 5D1", "no page"],
    "results",
)
plan.done()
