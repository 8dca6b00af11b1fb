#!/usr/bin/env python3
# needs: system record gdb programs
# long: only
# tools: web
"""An editor's session, by the debug adapter protocol: a live machine forward, a recording forward
and back.  The adapter is npm's cdt-gdb-adapter under tools/gdb/dap.js (`make editor`)."""
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "gdb", "programs", "steps.exe")
SOURCE = os.path.join(TOP, "tests", "gdb", "programs", "steps.cpp")
FATHOM = os.path.join(TOP, "tools", "fathom")
ADAPTER = os.path.join(OUT, "npm", "node_modules", "cdt-gdb-adapter")
with open(SOURCE) as source:
    LINES = {
        found[1]: n
        for n, text in enumerate(source, 1)
        if (found := re.search(r"/\* ([\w ]+) \*/", text))
    }


class Editor:
    """A client of the protocol, with what waits for its gdb."""

    def __init__(self, *words):
        self.waiting = subprocess.Popen(
            [FATHOM, "gdb", "--listen", "0", *words], stdout=subprocess.PIPE, text=True
        )
        self.port = next(
            found[1]
            for line in self.waiting.stdout
            if (found := re.search(r"gdb on port (\d+)", line))
        )
        dap = ["node", os.path.join(TOP, "tools", "gdb", "dap.js")]
        self.adapter = subprocess.Popen(dap, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number, self.log, self.events = 0, [], []
        self.thread = None

    def receive(self):
        length = 0
        while (line := self.adapter.stdout.readline()).strip():
            name, _, value = line.decode().partition(":")
            length = int(value) if name == "Content-Length" else length
        if not length:
            raise EOFError("\n".join(self.log[-20:]))
        message = json.loads(self.adapter.stdout.read(length))
        self.log.append(json.dumps(message)[:300])
        return message

    def ask(self, command, **arguments):
        """The response's body; events are kept for wait()."""
        self.number += 1
        text = json.dumps(
            {"seq": self.number, "type": "request", "command": command, "arguments": arguments}
        )
        self.adapter.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(text), text.encode()))
        self.adapter.stdin.flush()
        while True:
            message = self.receive()
            if message["type"] == "response" and message["request_seq"] == self.number:
                if not message["success"]:
                    raise AssertionError("\n".join([command, *self.log[-25:]]))
                return message.get("body", {})
            self.events.append(message)

    def wait(self, *events):
        """The body of the next of these events."""
        while True:
            message = self.events.pop(0) if self.events else self.receive()
            if message.get("event") in events:
                return message.get("body", {}) | {"event": message["event"]}

    def attach(self):
        capabilities = self.ask(
            "initialize", adapterID="fathom", linesStartAt1=True, pathFormat="path"
        )
        gdb = os.path.join(TOP, "tools", "fathom-gdb")
        self.ask("attach", gdb=gdb, target={"host": "localhost", "port": self.port})
        self.wait("initialized")
        return capabilities

    def go(self, command, **arguments):
        """Ask for a movement; (the line where it stops, its function)."""
        self.ask(command, threadId=self.thread, **arguments)
        return self.stopped()

    def stopped(self):
        event = self.wait("stopped", "terminated", "exited")
        if event["event"] != "stopped":
            return "the end"
        self.thread = event["threadId"]
        top = self.ask("stackTrace", threadId=self.thread, levels=5)["stackFrames"][0]
        return (
            top["line"],
            top["name"].split("(")[0],
            os.path.basename(top.get("source", {}).get("name", "")),
        )

    def end(self):
        try:
            self.ask("disconnect")
        except (EOFError, BrokenPipeError, AssertionError):
            pass  # it may have ended with the machine
        self.adapter.stdin.close()
        self.adapter.wait()
        self.waiting.stdout.read()
        return self.waiting.wait()


def main(word):
    return LINES[word], "main", "steps.cpp"


def live():
    editor = Editor(PROGRAM)
    plan.true(not editor.attach().get("supportsStepBack"), "a live machine has no way back")
    told = editor.ask(
        "setBreakpoints", source={"path": SOURCE}, breakpoints=[{"line": LINES["import"]}]
    )
    plan.true(
        len(told["breakpoints"]) == 1, "a breakpoint in a program that is not loaded yet", told
    )
    editor.ask("configurationDone")
    at = editor.stopped()
    if at != main("import"):
        at = editor.go("continue")
    plan.equal(at, main("import"), "it stops at the line of the breakpoint")
    plan.equal(editor.go("next"), main("fault"), "next")
    plan.equal(editor.go("next"), main("fault inside"), "next over a page fault")
    plan.equal(editor.go("stepIn")[1], "touch", "step into a function")
    names = [
        frame["name"].split("(")[0]
        for frame in editor.ask("stackTrace", threadId=editor.thread)["stackFrames"]
    ]
    plan.true(names[:2] == ["touch", "main"], "the stack", names)
    editor.go("continue")
    frames = editor.ask("stackTrace", threadId=editor.thread)["stackFrames"]
    where = [(frame["name"].split("(")[0], frame["line"]) for frame in frames]
    thrown = next(n for n, text in enumerate(open(SOURCE), 1) if "throw x;" in text)
    plan.true(
        ("thrower", thrown) in where, "a throw stops, with the program's line on the stack", where
    )
    editor.ask("setFunctionBreakpoints", breakpoints=[{"name": "PsTerminateProcess"}])
    editor.go("continue")
    frames = editor.ask("stackTrace", threadId=editor.thread)["stackFrames"]
    named = [(frame["name"].split("(")[0], frame.get("source", {}).get("name")) for frame in frames]
    plan.equal(
        [name for name in named if name[0].startswith("Ki")],
        [("KiFastCallEntry", "sysenter.asm"), ("KiFastSystemCall", "syscall.asm")],
        "the crossing has its names and its lines",
    )
    editor.ask("setFunctionBreakpoints", breakpoints=[])
    plan.equal(editor.go("continue"), "the end", "to the program's end")
    plan.equal(editor.end(), 0, "nothing waits any more")


def recorded(path):
    editor = Editor("--recording", path, PROGRAM)
    plan.true(editor.attach().get("supportsStepBack"), "a recording has a way back")
    editor.ask("setBreakpoints", source={"path": SOURCE}, breakpoints=[{"line": LINES["throw"]}])
    editor.ask("configurationDone")
    at = editor.stopped()
    if at != main("throw"):
        at = editor.go("continue")
    plan.equal(at, main("throw"), "forward to a breakpoint")
    plan.equal(editor.go("stepBack"), main("fault inside"), "one line back")
    plan.equal(editor.go("stepBack"), main("fault"), "one more, over a page fault")
    editor.ask("setBreakpoints", source={"path": SOURCE}, breakpoints=[{"line": LINES["import"]}])
    plan.equal(editor.go("reverseContinue"), main("import"), "back to a breakpoint")
    plan.equal(editor.go("next"), main("fault"), "and forward again")
    plan.equal(editor.end(), 0, "nothing waits any more")


if not os.path.isdir(ADAPTER):
    subprocess.run(["make", "-C", TOP, "editor", f"O={OUT}"], capture_output=True)
if not os.path.isdir(ADAPTER):
    plan.skip("cdt-gdb-adapter is not installed and npm cannot reach its registry")
else:
    with tempfile.TemporaryDirectory(prefix="fathom-gdb-") as scratch:
        path = os.path.join(scratch, "steps.rec")
        subprocess.run(
            [FATHOM, "record", "--mem", "64", "--instructions", "8000", "-o", path, PROGRAM],
            stdout=subprocess.DEVNULL,
        )
        live()
        recorded(path)
plan.done()
