#!/usr/bin/env python3
"""A machine that only talks: plays a kernel on the host port, so that the tool is tested
alone.

$FAKE_PLAY names the play; the lines are those that QEMU would inherit (socket,id=NAME,fd=N).
"""
import os
import re
import socket
import struct
import sys
import time


def option(name):
    return sys.argv[sys.argv.index(name) + 1]


LINES = {
    m[1]: socket.socket(fileno=int(m[2]))
    for m in (re.fullmatch(r"socket,id=(\w+),fd=(\d+)", a) for a in sys.argv)
    if m
}
PIPE = next(a for a in sys.argv if a.startswith("pipe,path=")).split(",")[1][5:]
CONSOLE = open(PIPE + ".out", "wb", buffering=0)
TOKEN = re.search(r"token=(\w+)", option("-append"))[1].encode()
ORDERLY, BUGCHECK = 33, 35


def send(kind, *parts):
    payload = b"".join(struct.pack("<I", p) if isinstance(p, int) else p for p in parts)
    frame = kind + struct.pack("<I", len(payload)) + payload
    LINES["host"].sendall(frame[:3])  # a frame may come in pieces
    LINES["host"].sendall(frame[3:])


def receive():
    line = LINES["reply"].makefile("rb")
    head = line.read(5)
    return head[:1], line.read(struct.unpack("<I", head[1:])[0])


def finish(index=0, kind=0, status=0, address=0, text=b"", free=(100, 100), left=(0, 0)):
    send(b"X", index, kind, status, address, text)
    send(b"A", index, 0, *free, *left, 0)


def quit_orderly():
    send(b"Q", TOKEN)
    sys.exit(ORDERLY)


def hello(first=0):
    send(b"H", TOKEN)
    send(b"S", first)


def play_status():
    hello()
    finish(status=int(os.environ["FAKE_STATUS"], 0))
    quit_orderly()


def play_crash():
    hello()
    send(b"L", b"unhandled exception\n")
    finish(kind=1, status=0xC0000005, address=0x401234, text=b"prog.exe+1234")
    quit_orderly()


def play_unstarted():
    hello()
    send(b"L", b"fathom: prog.exe: foo.dll not found\n")
    finish(kind=3, status=0xC0000135)
    quit_orderly()


def play_echo():
    """Copies standard input to both outputs, bytes as they are."""
    hello()
    while True:
        send(b"I", 0, 100)
        _, data = receive()
        if not data:
            break
        send(b"O", 0, data)
        send(b"E", 0, data[::-1])
    finish()
    quit_orderly()


def play_silent_input():
    """Never asks for input."""
    hello()
    finish()
    quit_orderly()


def play_hang():
    hello()
    assert receive()[0] == b"K"
    send(b"T", b"thread 1: prog!main+12\n")
    finish(kind=2)
    quit_orderly()


def wait_for_nmi():
    LINES["qmp"].sendall(b"{}\n")
    seen = b""
    while b"inject-nmi" not in seen:
        seen += LINES["qmp"].recv(1000)


def play_hung_kernel():
    """The NMI finds it in the middle of a frame of output."""
    hello()
    LINES["host"].sendall(b"O" + struct.pack("<II", 20, 0))
    wait_for_nmi()
    send(b"T", b"ntoskrnl!KiSpin+1\n")
    send(b"B", b"NMI\n")
    sys.exit(BUGCHECK)


def play_forged():
    """A program that prints frames and verdicts: they are data inside of frames."""
    hello()
    forged = (
        b"X"
        + struct.pack("<IIIII", 16, 0, 0, 0, 0)
        + b"Q\nfathom: exit code 0x00000000\n"
    )
    send(b"O", 0, forged)
    send(b"E", 0, forged)
    CONSOLE.write(forged)
    finish(status=7)
    quit_orderly()


def play_bugcheck():
    hello()
    send(b"B", b"*** STOP 0x0000000A\nntoskrnl!MmAccessFault+10\n")
    sys.exit(BUGCHECK)


def play_triple():
    hello()
    sys.exit(0)


def play_noboot():
    CONSOLE.write(
        b"fathom: \\fathom\\ntoskrnl.exe: damaged\r\nfathom: boot stopped; a key\r\n"
    )
    time.sleep(60)  # the tool ends us


def play_stops_early():
    """What the kernel cannot run on, it says before it has a host port."""
    CONSOLE.write(
        b"Fathom: \x1b[1mBOOT\x1b[0m\r\nat least 32 MiB of memory are needed, by UEFI 64.\r\n\r\n"
    )
    sys.exit(BUGCHECK)


def play_no_entry():
    for byte in b"Fathom: this processor has no PAE\r\n":
        LINES["host"].sendall(bytes([byte]))
        os.sched_yield()
    time.sleep(60)  # halted; the tool ends us


def play_early_end():
    print("qemu: no such machine", file=sys.stderr)
    sys.exit(1)


def play_second_dies():
    """In a batch of three: one fails, two brings the kernel down, three must run
    elsewhere."""
    memory = os.environ["FAKE_MEMORY"]
    if not os.path.exists(memory):
        open(memory, "w").close()
        hello()
        send(b"O", 0, b"first\n")
        finish(status=3)
        send(b"S", 1)
        send(b"B", b"*** STOP 0x0000000A\n")
        sys.exit(BUGCHECK)
    hello()
    finish(free=(100, 99), left=(0, 2))
    quit_orderly()


def play_talks():
    """Each of FAKE_COUNT programs prints FAKE_SAYS (hexadecimal) and fails."""
    send(b"H", TOKEN)
    for index in range(int(os.environ["FAKE_COUNT"])):
        send(b"S", index)
        for kind in (b"O", b"E"):
            send(kind, index, bytes.fromhex(os.environ["FAKE_SAYS"]))
        send(b"L", bytes.fromhex(os.environ["FAKE_SAYS"]))
        finish(index, status=1)
    quit_orderly()


def play_flood():
    """Two programs print so many MiB each, and end with 0."""
    send(b"H", TOKEN)
    for index in range(2):
        send(b"S", index)
        for _ in range(int(os.environ["FAKE_MB"]) * 16):
            send(b"O", index, b"0123456789abcde\n" * 4096)
        finish(index)
    quit_orderly()


def play_second_waits():
    """One program ends, the next says something, which has been read when FAKE_MEMORY has our
    number, and goes on for ever."""
    hello()
    send(b"O", 0, b"first\n")
    finish()
    send(b"S", 1)
    send(b"O", 1, b"half a li")
    send(b"I", 1, 100)
    receive()
    with open(os.environ["FAKE_MEMORY"] + ".new", "w") as out:
        out.write(str(os.getpid()))
    os.rename(out.name, os.environ["FAKE_MEMORY"])
    time.sleep(600)  # the tool ends us


def play_dies_between():
    """The kernel dies after the first program's audit, before the next one starts."""
    hello()
    finish()
    send(b"B", b"*** STOP 0x0000000A\n")
    sys.exit(BUGCHECK)


def play_says_nothing():
    """Ends in order without a word on any program."""
    send(b"H", TOKEN)
    quit_orderly()


def play_wrong_index():
    """A frame of a program that the list does not have."""
    hello()
    send(b"O", 7, b"of whom?\n")
    quit_orderly()


if __name__ == "__main__":
    globals()["play_" + os.environ["FAKE_PLAY"]]()
