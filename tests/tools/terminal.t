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
PROMPT = rb"C:\\> \Z"
SECONDS = 1200  # a fuse
ADDED, SPINS = (
    os.path.join(OUT, "tests", "tools", "programs", name) for name in ("show.exe", "spins.exe")
)


class Terminal:
    """A pseudo-terminal with fathom on it."""

    def __init__(self):
        self.ours, self.theirs = pty.openpty()
        self.before = termios.tcgetattr(self.theirs)
        self.text = b""
        self.process = subprocess.Popen(
            [os.path.join(TOP, "tools", "fathom"), "boot", "--add", ADDED, "--add", SPINS],
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
        """(exit status, the terminal is as it was)"""
        status = self.process.wait(60)
        return status, termios.tcgetattr(self.theirs) == self.before


screen = Terminal()
text = screen.read_until(PROMPT)
plan.true("Every row of the chain holds" in text, "the walk comes first", text[-2000:])
plan.true("exit" in text[-300:] and "Ctrl-C" in text[-300:], "the prompt says how to leave", text[-400:])
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
    (b"nonesuch\r", "cannot be started"),
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
screen.type(b"spins handler\r")
screen.read_until(rb"for ever")
time.sleep(0.5)
screen.type(b"\x03")
text = screen.read_until(PROMPT)
plan.true("handled 0" in text and "exit code 9 " in text, "or is its handler's", text)
screen.type(b"spins pair\r")
screen.read_until(rb"for ever")
time.sleep(0.5)
screen.type(b"abc\r")
screen.read_until(rb"<abc>")
screen.type(b"\x7fde\r")
plan.true("<de>" in screen.read_until(PROMPT), "a line is one reader's alone")
screen.type(b"exit\r")
screen.read_until(rb"\Z(?!)")
plan.equal(screen.end(), (0, True), "exit powers off; the status is the walk's, the terminal restored")

screen = Terminal()
screen.read_until(PROMPT)
screen.type(b"\x03")
plan.equal(screen.end(), (0, True), "Ctrl-C leaves; the terminal is restored")
screen = Terminal()
screen.read_until(rb"malloc")
screen.type(b"\x03\x03\x03")
plan.equal(screen.end(), (0, True), "three times it leaves a machine that does not listen")
plan.done()
