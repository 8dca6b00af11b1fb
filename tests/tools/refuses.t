#!/usr/bin/env python3
# needs: nothing
"""What tools/fathom cannot do, and what goes wrong in it, is exit code 125 and one sentence."""
import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fake import OUT, PROGRAM, TOOL, batch, environment, fathom, file
from tap import TOP, Plan

plan = Plan()


sys.path.insert(0, os.path.join(TOP, "tools"))
from host import commands, interrupt

os.environ.update(environment("status", FAKE_STATUS="0"))


def here(*words):
    """As fathom(), within this process: what is refused starts nothing."""
    sys.argv = ["fathom", *words]
    said, printed = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
        code = commands.main("")
    return subprocess.CompletedProcess(
        words, code, printed.getvalue().encode(), said.getvalue().encode("utf-8", "replace")
    )


def refused(name, done, words):
    said = done.stderr.decode("utf-8", "backslashreplace")
    plan.true(
        done.returncode == 125
        and said.count("\n") == 1
        and said.startswith("fathom: ")
        and words in said
        and "Traceback" not in said,
        f"{name}: 125 and why",
        done.returncode,
        said,
    )


def run(*words, program=PROGRAM, arguments=()):
    return here("run", *words, program, *arguments)


def lists(data):
    return here("batch", file("list", data))


plan.equal(fathom("status", "run", PROGRAM).returncode, 0, "the machine that talks is well")
refused(
    "as a process: an option",
    fathom("status", "run", "--timeout", "nan", PROGRAM),
    "--timeout: nan: 0 to 1000000 seconds",
)
refused(
    "as a process: a program that is not UTF-8",
    fathom("status", "run", os.fsencode(OUT) + b"/\xff.exe"),
    "not UTF-8",
)
for option, values in {
    "--timeout": ("nan", "inf", "1e400", "-1", "1e300", "soon"),
    "--mem": ("0", "8", "16", "31", "-64", "1000000", "99999999999999999999", "64M", "nan"),
    "--seed": ("-1", "4294967296", "x"),
    "--poolfail": ("-1", "1e3"),
    "--boot": ("grub",),
    "--boot-word": ("two words", "", "ü", "a\nb", "x" * 1000),
    "--gflags": ("0x100000000", "nonsense", "x" * 65 + ".exe:hpa"),
    "--env": ("NAME", "=", "BIG=" + "x" * 100000),
    "--trace": ("PageFault",),
    "--add": (OUT, "/dev/null", "absent"),
    "--nonsense": ("1",),
}.items():
    for value in values:
        extra = 9 * ["--env", value] if value.startswith("BIG") else []  # one alone arrives
        refused(
            f"{option} {value[:20]!r}",
            run(f"{option}={value}", *extra),
            option.removeprefix("--add"),
        )
refused("--mem 60 by UEFI", run("--mem", "60", "--boot", "x64"), "64 MiB")
refused("no command", here(), "command")
refused("no program", here("run"), "PROGRAM.exe")

os.mkfifo(os.path.join(OUT, "fifo.exe"))
listener = socket.socket(socket.AF_UNIX)
listener.bind(os.path.join(OUT, "socket.exe"))
for path, words in (
    ("absent.exe", "no such file"),
    ("fifo.exe", "FIFO"),
    ("kernel", "folder"),
    ("/dev/full", "device"),
    ("/dev/zero", "device"),
    ("socket.exe", "socket"),
):
    refused(f"PROGRAM {path!r}", run(program=os.path.join(OUT, path)), words)
for name in (
    "a:b.exe",
    "a?.exe",
    "a\\b.exe",
    "a\x1b.exe",
    "ends with a dot.",
    "Windows",
    "NTDLL.dll",
    b"\xff.exe".decode("utf-8", "surrogateescape"),
):
    refused(f"a program called {name!r}", run(program=file(name)), "")
refused("an argument that is not UTF-8", run(arguments=["\udcff"]), "not UTF-8")
refused("a command line of 40,000 characters", run(arguments=["x" * 40000]), "32766")
refused(
    "two files of one name",
    run("--add", file("a/x.dll", b"a"), "--add", file("b/X.dll", b"b")),
    "already",
)
refused(
    "files that no machine of this size holds",
    run("--mem", "64", "--add", file("large", bytes(50 << 20))),
    "--mem ",
)
os.remove(os.path.join(OUT, "large"))

refused("a recording without a file", here("record", PROGRAM, "-o"), "-o FILE is missing")

for line, words in (
    ("'prog.exe", "quotation"),
    ("missing.exe", "no such file"),
    ("fifo.exe", "FIFO"),
    ("prog.exe < kernel", "folder"),
    ("prog.exe <", "last"),
    ("poolfail=x prog.exe", "number"),
    ("ends=any", "no program"),
    ("--add", "file"),
    ("--add fifo.exe prog.exe", "FIFO"),
    ("prog.exe " + "x" * 40000, "32766"),
    ("prog.exe a\0b < x\0y", "null"),
):
    done = lists(b"prog.exe\n" + line.encode())
    refused(f"a list with {line[:30]!r}", done, words)
    plan.equal(done.stdout, b"", "and nothing was run")
refused("a list that is not UTF-8", lists(b"prog.exe \xff\n"), "not UTF-8")
refused("an empty list", lists(b"# nothing\n"), "no program")
refused("a folder as list", here("batch", OUT), "directory")

for number in interrupt.ENDING:
    signal.signal(number, signal.SIG_DFL)  # commands.main took them
# The tool's own faults: frames that make no sense, a full disk, a file of it that is damaged.
done = batch("wrong_index", "prog.exe")
refused("a frame of a program that is not there", done, "this tool failed: IndexError at batch.py:")
plan.true(b"\nBail out!" in done.stdout, "and the batch says that it ends", done.stdout)
with open("/dev/full", "w") as full:
    for words in (("run", PROGRAM), ("batch", file("list", b"prog.exe\n"))):
        done = subprocess.run(
            [TOOL, *words],
            stdout=full,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=environment("flood", FAKE_MB="1"),
        )
        refused(f"{words[0]} to a disk that is full", done, "no space left")
tools = shutil.copytree(os.path.join(TOP, "tools"), os.path.join(OUT, "tools"))
with open(os.path.join(tools, "host", "batch.py"), "a") as damaged:
    damaged.write("import nothing_of_this_name\n")
done = subprocess.run([os.path.join(tools, "fathom"), "run", PROGRAM], capture_output=True)
refused("a damaged file of the tool", done, "this tool failed: ModuleNotFoundError at batch.py:")
plan.done()
