#!/usr/bin/env python3
# needs: nothing
"""lab.toml: every lab of the tree can be read, and each mistake in one is a sentence that says
where."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import lab as labs  # noqa: E402

NAMES = {"malloc", "operator new", "IMalloc", "IMallocSpy"}  # layers that need no translation
plan = Plan()
for folder in sorted(glob.glob(os.path.join(TOP, "labs", "[0-9]*-*"))):
    lab = labs.load(folder)
    plan.true(
        12 <= len(lab.tests) <= 15 and len(lab.variants) >= 2,
        f"{lab.label}: 12 to 15 tests, two variants",
        f"{len(lab.tests)} tests, {len(lab.variants)} variants",
    )
    rules = set()
    for seed in range(1, 20):
        lab.choose(seed)
        rules.add(tuple(lab.defines))
        changed = sum(v.chosen != 0 for v in lab.variants)
        if changed < 2:
            plan.true(False, f"{lab.label}: seed {seed} changes two rules", lab.defines)
    plan.true(len(rules) > 1, f"{lab.label}: seeds differ", rules)
    bare = {test.layer for test in lab.tests} - set(lab.chinese) - NAMES
    plan.equal(bare, set(), f"{lab.label}: each layer is in [chinese]")
    drawn = [labs.chosen(lab.variants, seed, lab.label) for seed in range(2026, 2060)]
    same = [2026 + n for n, (one, next) in enumerate(zip(drawn, drawn[1:])) if one == next]
    plan.equal(same, [], f"{lab.label}: last year's rules are not this year's")


def patched(base, patch):
    """What a patch makes of a file; None: it does not apply."""
    words = ["patch", "-s", "-p1", "-r", "-", "-o", "-", base, patch]
    done = subprocess.run(words, capture_output=True)
    return None if done.returncode else done.stdout


def patches(lab):
    """(patch, what it is a patch to), as proof.py takes them."""
    skeleton = os.path.join(lab.folder, "skeleton", os.path.basename(lab.file))
    for path in sorted(glob.glob(os.path.join(lab.folder, "*", "*.patch"))):
        ours = path.endswith(".ours.patch") or os.path.basename(os.path.dirname(path)) == "bugs"
        yield path, lab.reference if ours else skeleton


for folder in sorted(glob.glob(os.path.join(TOP, "labs", "[0-9]*-*"))):
    lab, stale = labs.load(folder), []
    for path, base in patches(lab):
        with open(base, "rb") as file:
            if patched(base, path) in (None, file.read()):
                stale.append(os.path.relpath(path, TOP))
    plan.equal(
        stale,
        [],
        f"{lab.label}: each planted bug and patched forgery applies, and changes something",
    )

# What a contract promises by a header's name must be in the header that replaces it on the host.
OFFERS = re.compile(r"^static inline [^(]*?\b(\w+)\(|^#define (M[MI]_\w+|PTE_\w+|Mi\w+)", re.M)


def offered(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        text = file.read()
    return {one or other for one, other in OFFERS.findall(text)}, text


for name in ("pte.h", "range.h"):
    names, _ = offered("kernel", "mm", name)
    has = set(re.findall(r"\w+", offered("labs", "4-fault", "host", "mm", "range.h")[1]))
    # The world has no directory; the header maps entries where it likes.
    lacks = names - has - {"MiPdeOf"}
    plan.equal(lacks, set(), f"4-fault: what {name} offers inline is on the host, too")

FIRST = os.path.join(TOP, "labs", "1-page")
with open(os.path.join(FIRST, "lab.toml"), encoding="utf-8") as file:
    GOOD = file.read()

# (what is written instead, what the sentence says)
MISTAKES = (
    ("points = 10", "points = 11", "the points of all tests are 101, and must be 100"),
    ('kind = "kernel"', 'kind = "kernal"', "kind is 'kernal'"),
    ('stage = "icount"', 'stage = "speed"', "[[test]] constant_time: stage is 'speed'"),
    ("full = 1150", "full = 5000", "[[test]] constant_time: stage icount wants full and half"),
    ("full = 1150", "worst = [9, 5]\nfull = 1150", "[[test]] constant_time: worst is [full, half]"),
    ("shown = false", "shwon = false", "[[test]] long_life has shwon"),
    ('program = "cost"', 'program = "costs"', "program costs: guest/ has cost pages"),
    ('name = "zone_edges"', 'name = "limit_is_kept"', "there are two of that name"),
    ('version = "1.0"', "version = 1", "[lab]: version is 1, and must be a text"),
    ("values = [0, 1]", "values = [0]", "[variant.order]: values, text and text_zh"),
    ("mem = [64, 768]", "mem = [64, 7]", "mem 7: 32 to 65536 MiB"),
    ("provides = [", "provide = [", "[lab] lacks provides"),
    ("[lab]", "[lab", "not TOML"),
)
with tempfile.TemporaryDirectory(prefix="fathom-lab-") as scratch:
    folder = os.path.join(scratch, "1-page")
    shutil.copytree(FIRST, folder)
    for before, after, wanted in MISTAKES:
        with open(os.path.join(folder, "lab.toml"), "w", encoding="utf-8") as file:
            file.write(GOOD.replace(before, after, 1))
        try:
            labs.load(folder)
            said = "nothing"
        except labs.Wrong as wrong:
            said = str(wrong)
        plan.true(wanted in said and "lab.toml" in said, f"{after.splitlines()[0]}: said", said)

    # An overlay: other points, another held-back case, instead of those here.
    overlay = os.path.join(scratch, "overlay")
    os.makedirs(os.path.join(overlay, "1-page", "held", "host"))
    own = os.path.join(overlay, "1-page", "held", "host", "own.c")
    with open(own, "w") as file:
        file.write("")
    with open(os.path.join(overlay, "1-page", "lab.toml"), "w", encoding="utf-8") as file:
        file.write(GOOD.replace("points = 14", "points = 13").replace("points = 10", "points = 11"))
    lab = labs.load("1", overlay)
    plan.equal(
        [t.points for t in lab.tests if t.name in ("long_life", "idle_zeroes")],
        [11, 13],
        "an overlay's points",
    )
    held = [path for path in lab.sources("host") if "/held/" in path]
    plan.equal(held, [own], "and its held-back cases instead of ours")
plan.done()
