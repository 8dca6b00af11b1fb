#!/usr/bin/env python3
"""make attacks-captured: what docs/attacks.md shows of runs, between its marks.

  report            the sample report, of attacks.exe double-free under --gflags ust
  cost              what the check at exit costs: three lines of heap.exe (make bench)
  corrupt SEED TRIALS [TEXT]
                    the search's table; TEXT: what `make corrupt` printed, instead of a run
  --check report    exit status 1 if the page shows other functions, lines or words; addresses,
                    which move with every build, are not compared
"""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.abspath(os.environ.get("FATHOM_OUT") or os.path.join(TOP, "build"))
PAGE = os.path.join(TOP, "docs", "attacks.md")
FATHOM = os.path.join(TOP, "tools", "fathom")
REGISTERS = re.compile(r"^  (eax|eip)=")
KINDS = ["no effect", "reported", "latent", "unseen", "size", "error", "stopped", "fault"]
WRONG = ["crash", "silent", "wild", "hang"]


def said(*words, ends=(0,)):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode not in ends:
        sys.exit(f"captured.py: {' '.join(words)} ended with {done.returncode}: {done.stdout}")
    return done.stdout


def report():
    program = os.path.join(OUT, "bin", "attacks.exe")
    text = said(FATHOM, "run", "--gflags", "ust", program, "double-free", ends=(241,))
    lines = [line for line in text.splitlines() if not REGISTERS.match(line)]
    return "\n".join(["```", *lines, "```"])


def cost():
    text = said(FATHOM, "run", "--icount", os.path.join(OUT, "tests", "bench", "heap.exe"))
    figure = {line.split()[0]: float(line.split()[1]) for line in text.splitlines()}
    return (
        f"Cost, in instructions: {figure['heap_check']:,.0f} for a heap, and for each block "
        f"{figure['heap_check_back']:.0f} in the back end, {figure['heap_check_front']:.0f} in the "
        "front end; none before the process ends."
    )


def corrupt(seed, trials, text=None):
    search = os.path.join(OUT, "tests", "host", "test_heap_corruption")
    if text:
        with open(text, encoding="utf-8") as file:
            text = file.read()
    else:
        text = said(search, seed, trials, ends=(0, 1))
    rows = re.findall(r"^# (\S.*?)((?: +\d+){12})$", text, re.M)
    count = sum(int(n) for _, cells in rows for n in cells.split())
    names = [*KINDS, *WRONG]
    lines = [
        f"`make corrupt SEED={seed} TRIALS={trials}`, {count:,} damages:",
        "",
        "| place | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
        *(f"| {name} | " + " | ".join(cells.split()) + " |" for name, cells in rows),
    ]
    return "\n".join(lines)


def bare(text):
    """Without addresses: numbers of eight digits, and offsets in functions and modules."""
    return re.sub(r"\b[0-9A-Fa-f]{8}\b|\+[0-9a-f]+\b|pid \d+", "", text)


def main():
    check = sys.argv[1] == "--check"
    what, *words = sys.argv[2:] if check else sys.argv[1:]
    begin, end = f"<!-- {what}: captured from here -->", f"<!-- {what}: to here -->"
    new = {"report": report, "cost": cost, "corrupt": corrupt}[what](*words)
    with open(PAGE, encoding="utf-8") as page:
        before, _, rest = page.read().partition(begin)
    old, _, after = rest.partition(end)
    if check:
        if bare(old.strip()) != bare(new):
            print(f"docs/attacks.md shows\n{old}\nwhere a run says\n{new}")
        return bare(old.strip()) != bare(new)
    if not after:
        sys.exit(f"captured.py: docs/attacks.md has no mark {begin}")
    with open(PAGE, "w", encoding="utf-8") as page:
        page.write(f"{before}{begin}\n\n{new}\n\n{end}{after}")
    return 0


sys.exit(main())
