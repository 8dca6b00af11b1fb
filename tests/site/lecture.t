#!/usr/bin/env python3
# needs: system lecture loaders tab
# long: too
# long tools: release
"""docs/lecture.md: it is spoken in five minutes, and (make test-long) each of its screens is what
it says, with no line broken: on a terminal of 80 columns, on the framebuffer of 1280 x 720, where a
letter is 16 x 32 dots and there are 80 x 22 of them, and in the tab in a window of that size."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "boot")]
import firmware  # noqa: E402
import letters  # noqa: E402
from tap import LONG, OUT, TOP, Plan  # noqa: E402

plan = Plan()
SPOKEN = 650  # words
FUSE = 600  # seconds
COLUMNS, ROWS = 80, 22
PAGE = os.path.join(TOP, "docs", "lecture.md")
NUMBER = re.compile(r"\b[0-9A-F]{2,8}\b")  # of a page, an address
PROMPT = re.compile(r"C:\\>\s*\Z")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# What is on the screen at a step, by its number: what the words at that place speak of.
SEEN = {
    3: ("ntdll!RtlAllocateHeap", "HeapAlloc"),
    12: ("Ring 3 becomes ring 0",),
    15: ("promised", "no page is there"),
    17: ("The program has the block",),
    19: ("trap 0Eh", "no page is there"),
    23: ("the instruction runs again", "is there, page"),
    25: ("The block goes back",),
}

with open(PAGE, encoding="utf-8") as file:
    text = file.read()
spoken = " ".join(line[1:] for line in text.split("\n") if line.startswith(">")).split()
plan.true(400 < len(spoken) <= SPOKEN, f"{len(spoken)} words are spoken, at most {SPOKEN}")
commands = re.findall(r"^```\n(.*?)\n```$", text, re.M | re.S)
plan.equal(commands, ["walk", "walk malloc", "attacks"], "its commands")
steps = [int(n) for n in re.findall(r"^Press space until step (\d+)\.$", text, re.M)]
plan.equal(steps, list(SEEN), "the steps that it stops at")


class Terminal:
    """A pseudo-terminal of that size with `fathom boot` on it."""

    def __init__(self):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            [os.path.join(TOP, "tools", "fathom"), "boot", "--boot", "multiboot"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def rows(self, wanted):
        """The lines that came until wanted(text), without their colours."""
        said, end = b"", time.monotonic() + FUSE
        while time.monotonic() < end:
            if select.select([self.ours], [], [], 1)[0]:
                said += os.read(self.ours, 65536)
            elif self.process.poll() is not None:
                break
            plain = ESCAPE.sub("", said.decode("utf-8", "replace"))
            if wanted(plain):
                break
        return [line.rstrip() for line in plain.replace("\r", "\n").split("\n")]

    def type(self, keys):
        os.write(self.ours, keys.encode())

    def close(self):
        os.close(self.ours)
        self.process.terminate()
        self.process.wait(FUSE)


class Screen:
    """The framebuffer of a machine that was booted by UEFI, as text."""

    def __init__(self):
        size = ["-global", "VGA.xres=1280", "-global", "VGA.yres=720"]
        self.machine = firmware.Odd("x64", more=size, screen=True)
        self.machine.__enter__()
        self.machine.boot_with("shell").until("C:\\>", "bug check")

    def rows(self, wanted):
        return letters.until(self.machine, lambda rows: wanted("\n".join(rows).rstrip()))[0]

    def type(self, keys):
        self.machine.console.sendall(keys.encode())

    def close(self):
        self.machine.__exit__(None, None, None)


class Tab:
    """The console of the machine in a browser, as its page shows it."""

    def __init__(self):
        sys.path.insert(0, os.path.join(TOP, "tests", "web"))
        from browser import Browser
        from server import Server

        self.server = Server(os.path.join(OUT, "web", "site")).__enter__()
        self.browser = Browser().__enter__()
        self.browser.look(1280, 720)
        self.browser.go(self.server.address)
        self.rows(PROMPT.search)
        self.type("walk\r")
        self.rows(re.compile(r"C:\\> walk\n[\s\S]*C:\\>\s*\Z").search)

    def rows(self, wanted):
        """The console, once wanted(text) and nothing has changed between two looks."""
        end, before = time.monotonic() + FUSE, None
        while time.monotonic() < end:
            text = self.browser.run(
                "return document.querySelector('.xterm-rows')?.innerText ?? '';"
            )
            rows = [row.rstrip() for row in text.replace("\xa0", " ").split("\n")]
            if wanted("\n".join(rows).rstrip()) and rows == before:
                break
            before = rows
            time.sleep(0.5)
        return rows

    def type(self, keys):
        self.browser.run("page.machine.send(args[0]);", keys)

    def close(self):
        shown = (
            "return [...document.querySelectorAll('.xterm-rows > div')].map("
            "(row) => row.scrollWidth - row.clientWidth);"
        )
        plan.true(max(self.browser.run(shown)) <= 0, "the tab: no row reaches past the console")
        self.browser.__exit__(None, None, None)
        self.server.__exit__(None, None, None)


def whole_step(number):
    return re.compile(rf"step {number} of \d+[\s\S]*q: leave\s*\Z").search


class HalfDrawn:
    """A framebuffer on which the head of step 2 stands over the rest of step 1 for two pictures."""

    def __init__(self, halts):
        self.pictures, self.halts = 0, halts

    def monitor(self, line):
        return [f"HLT={int(self.halts and self.pictures > 2)}"]

    def read(self):
        self.pictures += 1
        row = "one" if self.pictures == 1 else "half" if self.pictures == 2 else "two"
        return ["step 2 of 2", row, "q: leave"], 1


def waits_for_the_rest(halts):
    real, letters.read_screen = letters.read_screen, HalfDrawn.read
    rows, _ = letters.until(HalfDrawn(halts), lambda rows: whole_step(2)("\n".join(rows)), 60)
    letters.read_screen = real
    name = "the processor halts" if halts else "the processor is busy"
    plan.equal(rows[1], "two", f"{name}: a framebuffer half drawn is not taken")


def show(name, place):
    def whole(rows, what):  # nothing reaches past the last column
        wide = [row for row in rows if len(row) > COLUMNS]
        plan.true(not wide, f"{name}: no line of {what} is broken", *wide)

    rows = place.rows(PROMPT.search)
    doors = [row for row in rows if row.endswith(" holds")]
    plan.true(len(doors) >= 10, f"{name}: walk shows {len(doors)} lines that hold", *rows)
    whole(rows, "the walk")
    place.type("walk malloc\r")
    at = 1
    place.rows(whole_step(1))
    for step in steps:
        while at < step:
            at += 1
            place.type(" ")
            rows = place.rows(whole_step(at))
        said = " ".join(" ".join(rows).split())
        missing = [words for words in SEEN[step] if words not in said]
        plan.equal(missing, [], f"{name}: step {step} shows what is spoken of")
        whole(rows, f"step {step}")
    place.type("q")
    place.rows(PROMPT.search)
    place.close()
    return [" ".join(NUMBER.sub("N", row).split()) for row in doors]


# What walk says of each step, without a screen: a function more in the chain moves the numbers.
done = subprocess.run(
    [os.path.join(TOP, "tools", "fathom"), "run", os.path.join(OUT, "bin", "walk.exe"), "malloc"],
    capture_output=True,
    stdin=subprocess.DEVNULL,
    text=True,
)
_, *parts = re.split(r"step (\d+) of \d+", " ".join(done.stdout.split()))
told = {int(number): words for number, words in zip(parts[0::2], parts[1::2])}
missing = [
    (step, words) for step in steps for words in SEEN[step] if words not in told.get(step, "")
]
plan.equal(missing, [], f"of {len(told)} steps those of the lecture say what is spoken of")
waits_for_the_rest(True)
waits_for_the_rest(False)
if LONG:
    on_terminal = show("a terminal", Terminal())
    plan.equal(show("the framebuffer", Screen()), on_terminal, "the walk is the same on both")
    missing = os.path.join(OUT, "web", "missing")
    if os.path.exists(missing):
        with open(missing) as why:
            plan.skip(why.read().strip())
    else:
        plan.equal(show("the tab", Tab()), on_terminal, "and in the tab")
plan.done()
