#!/usr/bin/env python3
# needs: nothing
"""docs/behaviour.md is what the guest tests say."""
import os
import re
import subprocess
import sys

from tap import TOP, Plan

plan = Plan()
done = subprocess.run([os.path.join(TOP, "tools", "behaviour.py"), "--check"])
plan.equal(done.returncode, 0, "docs/behaviour.md is made from the tests: make behaviour")

sys.path.insert(0, os.path.join(TOP, "tools"))
import behaviour  # noqa: E402

with open(behaviour.TABLE, encoding="utf-8") as file:
    english = file.read()
own = {one: f"句 {i}" for i, one in enumerate(behaviour.statements(english)) if i % 2}
chinese = behaviour.in_chinese(english, own)
ROW = r"^\| .* \| `\S+` \| ({}) \|$"
rows = [
    len(re.findall(ROW.format(words), text, re.M))
    for words, text in (
        ("same|simplified|differs", english),
        ("相同|简化|不同", chinese),
        ("same|simplified|differs", chinese),
    )
]
plan.true(
    rows[0] == rows[1] > 1000 and rows[2] == 0 and f"{rows[0]} 条说法：" in chinese,
    f"in Chinese it has the same {rows[0]} rows",
    rows,
)
left = re.findall(r"^\| (?!句 )(.*) \| `\S+` \| [^|]+ \|$", chinese, re.M)
plan.equal(
    set(left),
    set(behaviour.statements(english)) - set(own),
    "a statement without Chinese is English",
)
plan.true(chinese.startswith("# 文档怎么说") and "| statement |" not in chinese, "and Chinese heads")
plan.done()
