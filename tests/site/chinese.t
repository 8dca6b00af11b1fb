#!/usr/bin/env python3
# needs: nothing
# long: too
# tools: chinese
"""The Chinese pages follow the English ones: at most ten paragraphs are stale, and (make test-long)
a change of the English makes one.  Their links lead somewhere, their punctuation is Chinese."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import LONG, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools", "site"))
import chinese  # noqa: E402

plan = Plan()
TOOL = os.path.join("tools", "site", "chinese.py")
CODE = re.compile(r"^\s*```.*?^\s*```$|`[^`\n]+`|\]\([^)]*\)|<[^>]*>", re.M | re.S)
HALF = re.compile(r"[\u4e00-\u9fff][,:;?!(]|[,:;?!)][\u4e00-\u9fff]")


def check(top):
    done = subprocess.run(
        [sys.executable, os.path.join(top, TOOL), "--check"], capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


# ---- the tool's own rules ----
page = "# A\n\none\ntwo\n- an item\n  goes on\n- `b`\n\n| a |\n|---|\n| b |\n\n"
page += "```sh\nx\n\n\ny\n```\n> q\n\n    one\n      two\n\nend\n"
plain = chinese.plain(page)
plan.true(
    "one two\n\n- an item goes on\n\n- `b`" in plain,
    "a paragraph and an item are a line each",
    plain,
)
plan.true("| a |\n\n|---|\n\n| b |" in plain, "a row of a table, too", plain)
plan.true("```sh\nx\n\n" in plain and "\n y" not in plain, "code stays as it is", plain)
plan.true("\n\n    one\n      two\n\nend" in plain, "indented code as well", plain)
plan.true("| a |\n|---|\n| b |" in chinese.tight(plain), "and together again", chinese.tight(plain))
run = "<!-- x: captured from here -->\n\n```\nq\n```\n\n| 1 | b |\n"
left, runs = chinese.without_runs(f"a\n\n{run}\n<!-- x: to here -->\n\nc\n")
plan.true(
    "q" not in left and "b" not in left and "a\n\n<!-- x" in left,
    "a run's words are no translator's",
    left,
)
plan.true(run in chinese.with_runs(left, runs), "and are the same in Chinese", left)
runs = {
    "<!-- y from here -->\n": "a pair | b\n\n| a pair | `it` | 86.0 | a\\|b |\n|---|---|--:|---|\n"
}
plan.equal(chinese.cells(runs.values()), ["a pair"], "but for the words of its tables")
plan.equal(
    chinese.with_runs("<!-- y from here -->\n\nc", runs, {"a pair": "一对"}).split("\n")[1:4],
    ["a pair | b", "", "| 一对 | `it` | 86.0 | a\\|b |"],
    "which have a translation of their own, whatever the figures are",
)
plan.equal(
    chinese.differing("a\n\nb\n\nc", "a\n\nx\n\nc"), 1, "a paragraph that differs is counted"
)
later = run.replace("| 1 | b |", "| 1 | c |\n| 2 | d |").replace("q", "r")
marks = [text + "\n<!-- x: to here -->\n" for text in (run, later)]
plan.equal(chinese.differing(*marks), 1, "and a run that differs is one")

pages = [*chinese.pages(), chinese.BEHAVIOUR]
own = {english: target for english, target in pages if "/" in english}


def shape(path):
    """What the paragraphs of a page are: heads, rows, items, code, words."""
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        found = re.findall(r"^(```|\||#+ |- |\d+\. |\S)", chinese.plain(file.read()), re.M)
    return ["words" if len(one) == 1 and one != "|" else one for one in found]


# The labs' pages are written in both languages by hand: their pictures have words.
labs = set(glob.glob("labs/**/*.zh.md", root_dir=TOP, recursive=True))
labs = sorted(labs - {target for _, target in pages})
for page in labs:
    english = page.replace(".zh.md", ".md")
    plan.equal(shape(page), shape(english), f"{page} has the paragraphs of {english}")
for english, target in [*pages, *((page, page) for page in labs)]:
    with open(os.path.join(TOP, target), encoding="utf-8") as file:
        text = file.read()
    prose = CODE.sub("\ue000", text)
    half = [line for line in prose.split("\n") if HALF.search(line)]
    plan.equal(half, [], f"{target}: the punctuation beside Chinese is full-width")
    links = [
        re.split("[#?]", link)[0]
        for link in re.findall(r"\]\(([^)]+)\)", text)
        if "://" not in link
    ]
    folder = os.path.dirname(os.path.join(TOP, target))
    gone = [link for link in links if link and not os.path.exists(os.path.join(folder, link))]
    plan.equal(gone, [], f"{target}: each of {len(links)} links leads somewhere")
    places = [os.path.relpath(os.path.join(folder, link), TOP) for link in links if link]
    english_ones = [place for place in places if place in own]
    plan.equal(english_ones, [], f"{target}: to the Chinese page, where there is one")

code, said = check(TOP)
plan.true(code == 0, "translations: " + "; ".join(re.findall(r"^po/.*stale$", said, re.M)), said)
if not LONG:
    plan.done()
with tempfile.TemporaryDirectory(prefix="fathom-chinese-") as copy:
    needed = ["po", "tools/site", "tools/behaviour.py", *(name for pair in pages for name in pair)]
    for name in needed:
        here, there = os.path.join(TOP, name), os.path.join(copy, name)
        os.makedirs(os.path.dirname(there), exist_ok=True)
        (shutil.copytree if os.path.isdir(here) else shutil.copy)(here, there)
    readme = os.path.join(copy, "README.md")
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    with open(readme, "w", encoding="utf-8") as out:
        out.write(re.sub(r"^- ", "- New: ", text, flags=re.M).replace("A teacher", "Any teacher"))
    table = os.path.join(copy, chinese.BEHAVIOUR[0])
    with open(table, encoding="utf-8") as file:
        rows = file.read()
    with open(table, "w", encoding="utf-8") as out:
        out.write(rows.replace("| NULL: no action |", "| NULL: nothing at all |"))
    code, said = check(copy)
    plan.true("stale: NULL: nothing at all" in said, "a statement that changes is stale", said)
    stale = len(re.findall("^stale: ", said, re.M))
    plan.true(
        stale >= 4 and "stale: **For whom.** Any teacher" in said,
        f"English that changes makes {stale} stale",
        said,
    )
    with open(readme, "w", encoding="utf-8") as out:
        out.write(re.sub(r"\b([a-z]+)\.", r"\1 now.", text))
    code, said = check(copy)
    plan.equal(code, 1, "more than ten are a failure")
plan.done()
