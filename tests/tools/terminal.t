#!/usr/bin/env python3
# needs: system loaders programs
"""`fathom boot` on a terminal: the walk, the prompt, what is typed there, and two ways out."""
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
# A line that is edited begins with CR alone; one written anew after foreign text, with LF CR.
PROMPT = rb"\n\r?C:\\> (\x1b\[K)?\Z"
SECONDS = 1200  # a fuse
ADDED, SPINS, KEYS = (
    os.path.join(OUT, "tests", "tools", "programs", name)
    for name in ("show.exe", "spins.exe", "keys.exe")
)


class Terminal:
    """A pseudo-terminal with fathom on it."""

    def __init__(self):
        self.ours, self.theirs = pty.openpty()
        self.before = termios.tcgetattr(self.theirs)
        self.text = b""
        self.process = subprocess.Popen(
            [
                os.path.join(TOP, "tools", "fathom"),
                "boot",
                "--add",
                ADDED,
                "--add",
                SPINS,
                "--add",
                KEYS,
            ],
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            start_new_session=True,
        )

    def read_until(self, pattern):
        """More text, until pattern matches all that came since the last call."""
        text, end = b"", time.monotonic() + SECONDS
        while time.monotonic() < end and not re.search(pattern, text):
            if select.select([self.ours], [], [], 1)[0]:
                text += os.read(self.ours, 65536)
            elif self.process.poll() is not None:
                break
        self.text += text
        return text.decode("utf-8", "replace")

    def type(self, keys):
        os.write(self.ours, keys)

    def end(self):
        """(exit status, the terminal is as it was); what comes meanwhile is read, else a full
        terminal would hold the tool."""
        self.read_until(rb"\Z(?!)")
        status = self.process.wait(SECONDS)
        return status, termios.tcgetattr(self.theirs) == self.before


screen = Terminal()
text = screen.read_until(PROMPT)
plan.true("Every row of the chain holds" in text, "the walk comes first", text[-2000:])
lines = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\r", "", text[text.index("walk ") :]).split("\n")
plan.true(len(lines) <= 23 and max(map(len, lines)) <= 80, "it and the prompt are one screen", text)
doors = [line for line in lines if re.search(r" rows| [\d',-]+ +holds$", line)]
plan.true(
    len(doors) == 15 and re.search(r"^row: .* holds: ", text, re.M),
    "ten doors and four facts hold",
    text,
    *doors,
)
plan.true(
    "exit" in text[-300:] and "Ctrl-C" in text[-300:], "the prompt says how to leave", text[-400:]
)
plan.true("\x1b[" in text, "on a terminal there is colour")
for typed, wanted in (
    (b"mem\r", "free"),
    (b"mem\r", "ntdll.dll"),
    (b"ps\r", "shell.exe"),
    (b"vad\r", "ntdll"),
    (b"heap\r", "heap"),
    (b"hello.exe\r", "Hello"),
    (b"help\r", "exit"),
    (b"help\r", "show"),
    (b'show "a b" c\r', "a b"),
    (b"nonesuch\r", "there is no C:\\nonesuch.exe: help lists"),
):
    screen.type(typed)
    text = screen.read_until(PROMPT)
    plan.true(wanted.lower() in text.lower(), f"{typed.decode().strip()} answers", text)
for word in (b"spins", b"spins computing"):
    screen.type(word + b"\r")
    screen.read_until(rb"for ever")
    time.sleep(0.5)
    screen.type(b"\x03")
    text = screen.read_until(PROMPT)
    plan.true("0xC000013A" in text, f"Ctrl-C ends a program: {word.decode()}", text)
time.sleep(1)
screen.type(b"spins writes\r")
screen.read_until(rb"for ever\r?\n\.")
screen.type(b"\x03")
text = screen.read_until(PROMPT)
plan.true(
    "0xC000013A" in text and text.count(".") < 0x2000000,
    "and a write of 64 MiB to the console, before its end",
    len(text),
    text[-300:],
)
screen.type(b"spins fills\r")
text = screen.read_until(PROMPT)
cells = re.findall(r"\x1b7\x1b\[1;\d+H(.*?)\x1b8", text, re.S)
plan.equal(cells, ["  "] * 6 + ["xx"], "cells are filled with no control characters")
screen.type(b"spins handler\r")
screen.read_until(rb"for ever")
time.sleep(0.5)
screen.type(b"\x03")
text = screen.read_until(PROMPT)
plan.true("handled 0" in text and "exit code 9 " in text, "or is its handler's", text)
screen.type(b"spins twice\r")
screen.read_until(rb"for ever")
time.sleep(1.5)  # three within a second would leave
screen.type(b"\x03\x03")
text = screen.read_until(PROMPT)
plan.true("handled twice" in text and "exit code 10 " in text, "two at once are two", text)
screen.type(b"spins pair\r")
screen.read_until(rb"for ever")
time.sleep(0.5)
screen.type(b"abc\r")
screen.read_until(rb"<abc>")
screen.type(b"\x7fde\r")
plan.true("<de>" in screen.read_until(PROMPT), "a line is one reader's alone")


def ask(line, wait=PROMPT):
    screen.type(line)
    return screen.read_until(wait)


RECORDS = """peeked 1 down vk 41 state 00 char 61
read 1 down vk 41 state 00 char 61
read 1 up vk 41 state 00 char 61
read 1 down vk 42 state 10 char 42
read 1 up vk 42 state 10 char 42
read 1 down vk BA state 10 char 3A
read 1 up vk BA state 10 char 3A
read 1 down vk 0D state 00 char 0D
read 1 up vk 0D state 00 char 0D
read 1 down vk BE state 00 char 2E
3 waiting, kbhit 1
3 peeked: up 1, then U+0071
3 read at once; getch x
z line
line: z line
0 after the flush, kbhit 0
no console: 0 6
the mode while a read waits: as before
"""
ask(b"keys\r", rb"type")
ask(b"a", rb"read 1 up")
time.sleep(0.5)
text = ask(b"\x03")
plan.true("0xC000013A" in text, "Ctrl-C ends a program that waits for a record", text)
ask(b"keys\r", rb"type")
text = ask(b"aB:\r.qxz line\rm").replace("\r", "")
plan.true(
    RECORDS in text, "keys as records: peeked at, read, counted, flushed; a line after that", text
)
ask(
    b"spins later &\r",
    rb"for ever[^\0]*C:\\> (\x1b\[K)?\Z|C:\\> [^\0]*for ever\r?\n\rC:\\> \x1b\[K\Z",
)
text = ask(b"abc", rb"has ended[^\0]*abc\x1b\[K\Z").replace("\r\n", "\n")
plan.true(
    re.search(r"half a line\n\rC:\\> (abc)?\x1b\[K", text)
    and re.search(
        r" and the rest\n(\rC:\\> abc\x1b\[K)?"  # it may have ended by then
        r"\r\x1b\[K\[\d+\] spins has ended, exit code 3 \(0x3\)\n\rC:\\> abc\x1b\[K$",
        text,
    ),
    "what a program beside the prompt writes: the typed line is written anew after it",
    repr(text),
)
text = ask(b"\x15hello\r")
plan.true("Hello" in text, "and goes on being edited", text)
started = ask(b"spins many &\r", rb"for ever[^\0]*C:\\> (\x1b\[K)?\Z")
pid = re.search(r"^\[(\d+)\] spins runs beside the prompt", started, re.M)
plan.true(pid, "& runs a program beside the prompt", started)
pid = pid[1] if pid else "0"
for typed, wanted in (
    (f"ps\r", rf"^ *{pid} +\d+ .* spins\.exe"),
    (
        f"vad {pid}\r",
        r"(?s)stack of thread.*guard before heap 2.*heap 2, .*spins\.exe.*heap 1, "
        r".*ntdll\.dll.*TEB of.*PEB",
    ),
    (
        f"heap {pid}\r",
        r"(?s)the default heap.*^00[0-9A-F]{6}  #[#.-]*\.[#.-]*$.*heap 00320000.*busy \d+ blocks",
    ),
    (
        f"heap {pid}\r",
        r"(?s)front end, blocks of 48 bytes: (8\d|9\d|100) of \d+ busy.*^00[0-9A-F]{6}  [#.]+",
    ),
    (f"pte {pid} 400000\r", r"PTE   \[  0\]  [0-9A-F]{16}  valid user.* page [0-9A-F]+"),
    (f"pte {pid} 7ffe0000\r", r"PTE   \[1E0\]  8[0-9A-F]{15}  valid user.*no-execute"),
    (f"pte {pid} 80000000\r", r"80000000 is not an address of user mode"),
    (f"pte 99999 400000\r", r"no process has the number 99999"),
    (f"vad 99999\r", r"no process has the number 99999"),
):
    text = ask(typed.encode())
    plan.true(re.search(wanted, text.replace("\r", ""), re.M), f"{typed.strip()} answers", text)
text = ask(b"rest 600 &\r", rb"touched[^\0]*C:\\> (\x1b\[K)?\Z")
pid, at = re.search(r"\[(\d+)\] rest runs", text), re.search(r"^(\w+)  1 MiB reserved", text, re.M)
text = ask(b"vad %s\r" % pid[1].encode()) if pid and at else text
plan.true(
    at and re.search(rf"^{at[1].upper()} \w+ +16 rw- +private", text, re.M),
    "rest: its committed pages",
    text,
)
for typed, wanted in (
    (b"hello | more\r", r"the prompt has no pipes"),
    (b"hello \"a|b\"\r", r"^Hello"),
):
    text = ask(typed).replace("\r", "")
    plan.true(re.search(wanted, text, re.M), f"{typed.decode().strip()} answers", text)
for keys, wanted, name in (
    (b"llo\x01he\x05.exe\r", "Hello", "Ctrl-A, Ctrl-E"),
    (b"hexyz\x1b[D\x1b[D\x1b[D\x0bllo\r", "Hello", "arrows, Ctrl-K"),
    (b"nonsense\x15hello\r", "Hello", "Ctrl-U"),
    (b"xlo\x1b[H\x1b[3~hel\x1b[F\r", "Hello", "Home, Del, End"),
    (b"help\x7fxx\x7f\x08lo\r", "Hello", "backspace"),
    (b"\x1b[A\r", "Hello", "the line before"),
    (b"\x1b[A\x1b[A\x1b[B\r", "Hello", "the history, back and forth"),
    (b"w" * 120 + b"\x17hello\r", "Hello", "a line that is longer than the screen"),
):
    text = ask(keys)
    plan.true(wanted in text, name, text)
KEYS_LINE = rb"q: leave\x1b\[0m\Z"
seen = [ask(b"walk malloc\r", KEYS_LINE)]
seen += [ask(key, KEYS_LINE) for key in (b"n", b" ", b"\x1b[C", b"b", b"\x1b[D", b"\x7f")]
pictures = [text[text.rindex("\x1b[H") :] for text in seen]
plan.true(
    pictures[4:] == pictures[2::-1] and len(set(pictures[:4])) == 4,
    "forward and back is the same picture",
    pictures,
)
plan.true(
    "step 4 of " in pictures[3] and "> " in pictures[3], "walk malloc goes by keys", pictures[3]
)
shown = [re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\r", "", text).split("\n") for text in pictures]
plan.true(
    all(len(rows) <= 25 and max(map(len, rows)) <= 80 for rows in shown),
    "a step is one screen",
    shown,
)
text = ask(b"q")
plan.true("C:\\>" in text, "q leaves", text)
for door in "new borland imalloc cotaskmem global local heapalloc heapcreate virtual".split():
    ask(f"walk {door}\r".encode(), KEYS_LINE)
    text = ask(b"G", KEYS_LINE)
    plan.true(
        "the free   step" in text and "evidence" in text, f"walk {door}: to its last step", text
    )
    ask(b"q")
text = ask(b"walk out\r")
plan.true(
    text.count("row 4 ") == 11 and "BROKEN" not in text, "walk out: the [out] rule alone", text
)
text = ask(b"walk nonesuch\r")
plan.true(
    "imalloc cotaskmem" in text and "exit code 2" in text, "no such door: which there are", text
)
for _ in range(3):
    text = ask(b"attacks double-free\r").replace("\r", "")
    plan.true(
        re.fullmatch(
            r"attacks double-free\n(\x1b\[0m)?fathom: attacks.exe: heap corruption.*\n(fathom|  "
            r").*\n(  .*\n)+"
            r"attacks: exit code \d+ \(0xC0000374\)\n(\x1b\[0m)?C:\\> ",
            text,
        ),
        "the kernel's report stands between the command and its exit code",
        repr(text),
    )
text = ask(b"attacks\r").replace("\r", "")
screen_shown = text[text.rindex("\x1b[?1049l") :]
rows = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen_shown).split("\n")
plan.true(
    len(rows) <= 22 and max(map(len, rows)) <= 80 and rows[0].startswith("40 attacks on a heap"),
    "attacks: one screen",
    text[-3000:],
)
names = [name for row in rows[1:-2] if row.startswith("  ") for name in row.split()]
counts = [int(count) for count in re.findall(r": (\d+)$", "\n".join(rows), re.M)]
plan.true(
    len(set(names)) == len(names) == sum(counts) == 40 and counts[0] >= 28 and counts[-1] == 0,
    f"each attack is in one group: {counts}, none unnoticed",
    *rows,
)
for _ in range(12):  # at once after the prompt: no read may have begun yet
    ask(b"abc\x03")
plan.true("abc^C" in screen.text.decode("latin-1"), "Ctrl-C drops a line, and is never lost")
screen.type(b"exit\r")
plan.equal(
    screen.end(), (0, True), "exit powers off; the status is the walk's, the terminal restored"
)

screen = Terminal()
screen.read_until(PROMPT)
screen.type(b"\x03")
plan.equal(screen.end(), (0, True), "Ctrl-C leaves; the terminal is restored")
screen = Terminal()
screen.read_until(rb"malloc")
screen.type(b"\x03\x03\x03")
plan.equal(screen.end(), (0, True), "three times it leaves a machine that does not listen")
plan.done()
