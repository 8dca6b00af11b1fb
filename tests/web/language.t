#!/usr/bin/env python3
# needs: nothing
"""The replay page and the tab in two languages: what they say has its Chinese in
web/replay/chinese.js or web/tab/chinese.js, nothing there is unused, and each has the same values
as its English."""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

plan = Plan()
WEB = os.path.join(TOP, "web")
ROW = re.compile(r'^  (?:"([^"]*)"|(\w+)):\s+"([^"]*)",$', re.M)
# Words that the model gives (kinds, states) and lists of words: said by word().
LISTS = re.compile(r"^const (?:NAMED|PANES) = (.*?)^[}\]];", re.M | re.S)
WORDS = re.compile(r"^const (?:WRITES|FETCHES|READS|STEPS|TRUST) =(.*?);$", re.M | re.S)
STOPS = re.compile(r'^  \w+: \[\s*"([^"]+)"', re.M)  # web/tab/stops.js
GIVEN = {
    *("private", "mapped", "image"),  # web/model/regions.js: KINDS
    *("present", "trapping", "promised", "shown", "reserved"),  # and the states of a page
    *("busy", "free", "range", "own"),  # web/model/heap.js
    *("system call", "page fault", "interrupt"),  # web/model/calls.js
    *(
        "addresses",
        "kind",
        "holds",
        "allocated",
        "pages",
        "level",
        "physical",
        "entry",
        "says",
    ),  # heads
}
with open(os.path.join(TOP, "include", "events.tbl")) as table:  # its words that the tab says
    for line in re.findall(r"^unit (?:served|use) (.+)$", table.read(), re.M):
        GIVEN |= set(re.findall(r"=([^,]+)", line))
# {} of no words of its own, or names that are the same in every language.
NO_WORDS = re.compile(r"^[{}\W]*$")


def templates(text):
    """The texts of say`...`, {} for each value; a value may hold braces of its own."""
    for match in re.finditer(r"\bsay`", text):
        key, at, deep = "", match.end(), 0
        while deep or text[at] != "`":
            if not deep and text.startswith("${", at):
                key, at, deep = key + "{}", at + 2, 1
                continue
            deep += deep and {"{": 1, "}": -1}.get(text[at], 0)
            key, at = key + ("" if deep or text[at] == "}" else text[at]), at + 1
        yield re.sub(r"\n\s*", " ", key)


said, rows, wide = set(GIVEN), {}, []
files = sorted(glob.glob(os.path.join(WEB, "*", "*.js")))
for path in sorted(files, key=lambda path: not path.endswith("chinese.js")):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    wide += [f"{path}: {line.strip()}" for line in text.split("\n") if len(line) > 100]
    text = text.replace(r"\u25c0", "\u25c0").replace(r"\u25b6", "\u25b6")
    if path.endswith("chinese.js"):
        text = re.sub(r":\n\s+", ": ", text)
        found = {english or name: chinese for english, name, chinese in ROW.findall(text)}
        plan.equal(
            sorted(set(found) & set(rows)), [], f"{os.path.relpath(path, TOP)}: no row twice"
        )
        rows |= found
        continue
    if path.endswith("language.js"):
        continue
    text = re.sub(r'" \+\s+"', "", text)  # one string in two lines
    said |= {key for key in templates(text) if key in rows or not NO_WORDS.match(key)}
    said |= set(re.findall(r'\bword\("([^"]+)"\)', text))
    for block in LISTS.findall(text) + WORDS.findall(text):
        said |= set(re.findall(r'"([^"]+)"', block))
    if path.endswith("stops.js"):
        said |= set(STOPS.findall(text))
plan.true(len(said) > 150, f"the pages have {len(said)} sentences and words")
plan.equal(wide, [], "no line has more than 100 columns: say`...` may be folded")
plan.equal(sorted(said - set(rows)), [], "each has its Chinese")
plan.equal(sorted(set(rows) - said), [], "no Chinese is of something that is not said")
values = [
    english
    for english, chinese in rows.items()
    if sorted(re.findall(r"\{\d\}", chinese)) != [f"{{{n}}}" for n in range(english.count("{}"))]
]
plan.equal(values, [], "the Chinese has the values of its English")
plan.equal(
    [c for c in rows.values() if re.search(r"[\u4e00-\u9fff][,:;(]", c)],
    [],
    "full-width punctuation",
)
plan.done()
