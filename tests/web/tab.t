#!/usr/bin/env python3
# needs: system tab programs
# long: only
# tools: release
"""The machine in a tab, in Chromium: from a server and from disk it boots to the prompt, asks
nobody else for anything and breaks no rule of its policy; each pane shows what the program in it
was told by HeapWalk, VirtualQuery and the kernel; it goes back; a program that cannot run gets a
sentence."""
import base64
import gzip
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import moments  # noqa: E402
import shown  # noqa: E402
from browser import Browser  # noqa: E402
from server import Server  # noqa: E402
from tap import OUT, TOP, Plan  # noqa: E402

SITE, FILE = os.path.join(OUT, "web", "site"), os.path.join(OUT, "web", "fathom.html")
MOST_SITE, MOST_FILE = 1_200_000, 1_900_000  # bytes, brotli and gzip; 1.00 M and 1.57 M were seen
FIRST, PROMPT = 2_300_000, 2_900_000  # instructions, as in machine.t
plan = Plan()
missing = os.path.join(OUT, "web", "missing")
if os.path.exists(missing):
    with open(missing) as why:
        plan.skip(why.read().strip())
    plan.done()

# ---- sizes ----
BROTLI = (
    "const z = require('zlib'), fs = require('fs');"
    "console.log(process.argv.slice(1).reduce((all, f) => all + "
    "z.brotliCompressSync(fs.readFileSync(f)).length, 0))"
)
files = [os.path.join(SITE, name) for name in sorted(os.listdir(SITE))]
size = int(subprocess.run(["node", "-e", BROTLI, *files], capture_output=True, text=True).stdout)
plan.true(size <= MOST_SITE, f"the site: {size:,} bytes, brotli")
with open(FILE, "rb") as page:
    size = len(gzip.compress(page.read(), 9))
plan.true(size <= MOST_FILE, f"the one file: {size:,} bytes, gzip")

BOOTED = (
    "while (!globalThis.page?.figures.textContent) await new Promise((on) => setTimeout(on, 50));"
    "return [page.machine.at, document.getElementById('trust').textContent, "
    "page.figures.textContent];"
)
TOLD = (  # to the next question for a page; what the page shows there
    "const { services } = page.facts;"
    "const wanted = ({ name, fields }) => name === 'ServiceEnter' && services[fields.Number] === "
    "'NtFathomQuery' && fields.Arg0 === 3;"
    "const ended = page.machine.prompt().then(() => null);"
    "if (args[0]) page.machine.send(args[0]);"
    "const event = await Promise.race([page.machine.runTo(wanted), ended]);"
    "if (!event) return page.machine.text;"
    "page.address = event.fields.Arg1; await page.arrive(event); return page.machine.count;"
)
TAKE = (
    "const bytes = Uint8Array.from(atob(args[1]), (c) => c.charCodeAt(0));"
    "await page.take(new File([bytes], args[0])); return page.trouble.textContent;"
)
WATCH = (
    "globalThis.violations = []; addEventListener('securitypolicyviolation', (e) =>"
    " violations.push(e.violatedDirective + ' ' + e.blockedURI));"
)
OVERFLOW = "return document.scrollingElement.scrollWidth - innerWidth;"


def program(name):
    with open(os.path.join(OUT, "tests", "web", "programs", name), "rb") as file:
        return file.read()


def take(browser, name, data):
    return browser.run(TAKE, name, base64.b64encode(data).decode())


def clean(browser, address, name):
    own = (address, "data:", "chrome:")
    asked = [url for url in browser.requests() if not url.startswith(own)]
    plan.equal(asked, [], f"{name}: no request leaves")
    plan.equal(
        (browser.run("return violations;"), browser.errors()),
        ([], []),
        f"{name}: no violation, no error",
    )


with Browser() as browser:
    browser.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    browser.look(1280, 720)
    browser.open(FILE)
    at, trust, figures = browser.run(BOOTED)
    plan.true(at["first"] <= FIRST and at["prompt"] <= PROMPT, f"from disk: {figures}")
    plan.true("never believed" in trust and "ring 3" in trust, f"it says what it is not: {trust}")
    clean(browser, "file:", "from disk")

    with Server(SITE) as server:
        browser.go(server.address)
        browser.run(BOOTED)

        # ---- what is offered first ----
        first = browser.run(
            "const ended = page.machine.prompt();"
            "page.launch(page.programs.value, page.kind.value);"
            "while (!page.machine.held || !page.shown) await new Promise((on) => "
            "setTimeout(on, 50));"
            "const stairs = document.querySelector(\"section[aria-label='Who called whom']\");"
            "const told = [page.said.textContent, stairs.innerText];"
            "page.resume(); await ended; return told;"
        )
        plan.true(
            first[0].startswith("cold.exe calls NtAllocateVirtualMemory")
            and "msvcrt!malloc" in first[1],
            f"run to it, as the page opens: {first[0]}",
            first[1],
        )

        # ---- the console ----
        browser.type("textarea.xterm-helper-textarea", "hello\n")
        typed = browser.run(
            "while (!/stock program[^]*> $/.test(page.machine.text)) await new Promise((on) => "
            "setTimeout(on, 50));"
            "const rows = document.querySelector('.xterm-rows');"
            "for (let i = 0; i < 200 && !/stock program/.test(rows.innerText); i++) await new "
            "Promise((on) => setTimeout(on, 50));"
            "return [rows.innerText, getComputedStyle(rows).color, "
            "getComputedStyle(rows).fontFamily];"
        )
        plan.true(
            "Hello from a stock program." in typed[0],
            "what is typed runs, what it prints is shown",
            typed[0],
        )
        plan.true(
            typed[1] == "rgb(238, 238, 238)" and "monospace" in typed[2],
            f"the console has its style: {typed[1:]}",
        )

        browser.type("textarea.xterm-helper-textarea", "\ue004")  # the key Tab
        left = browser.run("return document.activeElement.className;")
        plan.true("xterm" not in left, "the Tab key leaves the console")

        # ---- every pane at thirty moments ----
        plan.equal(
            take(browser, "moments.exe", program("moments.exe")),
            "",
            "a program of one's own is taken",
        )
        numbers, pictures = [], []
        answer = browser.run(TOLD, "moments\r")
        while isinstance(answer, int):
            numbers.append(answer)
            pictures.append(browser.run(shown.PICTURE))
            answer = browser.run(TOLD, None)
        said = moments.printed(answer)
        plan.equal((len(said), len(pictures)), (30, 30), "ten doors, three moments each")
        for what, differ in ("heap", shown.heaps), ("address space", shown.regions):
            wrong = [
                f"{i}: {line}"
                for i, pair in enumerate(zip(said, pictures))
                for line in differ(*pair)
            ]
            plan.true(
                not wrong, f"the pane of the {what} shows what the program was told", *wrong[:6]
            )
        stairs = pictures[4]["stairs"]
        plan.true(
            [line.split()[0] for line in stairs[1:5]]
            == ["moments!main", "moments!moment", "fathom!FathomQuery", "ntdll!NtFathomQuery"],
            "the staircase leads from main into the kernel",
            stairs,
        )
        plan.true(
            any("ring 3 above, ring 0 below" in line for line in stairs), "the crossing is in it"
        )
        wrong = []
        for i, (one, picture) in enumerate(zip(said, pictures)):
            pfn, (level, _, entry, words) = one["page"][0].split()[2], picture["entries"][-1]
            there = (
                level == "PTE"
                and words.startswith(f"page {pfn} ")
                and int(entry, 16) >> 12 == int(pfn, 16)
            )
            if pfn != "0" and not there or pfn == "0" and words.startswith("page "):
                wrong.append(f"{i}: {one['page'][0]} is shown as {level} {entry} {words}")
        plan.true(not wrong, "the entries lead to the page that the kernel says", *wrong[:6])
        # ---- back ----
        kept = browser.run("return page.machine.states.map(({ count }) => count);")
        back = [n for n in kept if n in numbers][-4:]
        same = []
        for number in back:
            browser.run("await page.back(args[0]); return 0;", number)
            same.append(browser.run(shown.PICTURE) == pictures[numbers.index(number)])
        plan.equal(same, [True] * 4, f"back to events {back}: the same pictures")
        browser.run("await page.back(args[0]); return 0;", back[0])
        browser.run(TOLD, None)
        plan.true(
            browser.run(shown.PICTURE) == pictures[numbers.index(back[0]) + 1],
            "and forward from there, too",
        )

        # ---- programs that cannot run ----
        good = program("moments.exe")
        at = int.from_bytes(good[0x3C:0x40], "little")
        patched = lambda where, data: good[:where] + data + good[where + len(data) :]
        bad = {
            "text.exe": (b"no program at all\n", "no Windows program"),
            "empty.exe": (b"", "no Windows program"),
            "cut.exe": (good[: len(good) // 3], "damaged"),
            "wide.exe": (patched(at + 4, b"\x64\x86"), "64-bit"),
            "arm.exe": (patched(at + 4, b"\xc4\x01"), "another processor"),
            "library.exe": (patched(at + 22, b"\x02\x21"), "is a DLL"),
            "wants.exe": (good.replace(b"ole32.dll", b"nosuch.dl"), "needs nosuch.dl"),
            "x y.exe": (good, "letters"),
        }
        for name, (data, words) in bad.items():
            trouble = take(browser, name, data)
            plan.true(words in trouble and name in trouble, f"{name}: {trouble}", trouble)
        take(browser, "odd.exe", patched(at + 0x28, b"\xff\xff\xff\x7f"))  # the entry point
        said = browser.run(
            "const ended = page.machine.prompt(); page.machine.send('odd\\r'); await ended; "
            "return page.machine.text;"
        )
        plan.true(
            "odd" in said.split("C:\\> odd")[-1],
            "what the kernel refuses, the prompt says",
            said[-300:],
        )

        # ---- for everybody ----
        browser.run(
            "page.launch('leaks', 'heap'); while (!page.machine.held || !page.shown) await new "
            "Promise((on) => setTimeout(on, 50));"
        )
        where, here = browser.run(
            "const box = document.querySelector(\"section[aria-label='Source']\");"
            "return [box.innerText, box.querySelector('.here')?.innerText ?? ''];"
        )
        place = re.search(r"^([\w/]+\.(?:c|h|asm)):(\d+)$", where, re.M)
        if plan.true(place, "the source of the innermost function of the chain is shown", where):
            with open(os.path.join(TOP, place[1])) as file:
                line = file.read().splitlines()[int(place[2]) - 1]
            plan.equal(here.split(None, 1)[1].strip(), line.strip(), f"{place[0]} is that line")
        for width, height, dark in (
            (1280, 720, False),
            (1280, 720, True),
            (390, 844, False),
            (390, 844, True),
        ):
            browser.look(width, height, dark)
            how = f"{width} wide, {'dark' if dark else 'light'}"
            plan.equal(browser.axe(), [], f"{how}: axe has nothing to say")
            plan.true(browser.run(OVERFLOW) <= 0, f"{how}: nothing lies beside the window")
        clean(browser, server.address, "from a server")

        # ---- in Chinese ----
        browser.look(1280, 720)
        other = browser.run("return document.querySelector('a.language').href;")
        plan.true(other.endswith("?lang=zh"), f"a link leads to the Chinese page: {other}")
        browser.go(other)
        browser.run(BOOTED)
        browser.run(
            "page.launch('leaks', 'heap'); while (!page.machine.held || !page.shown) await new "
            "Promise((on) => setTimeout(on, 50));"
        )
        told = browser.run(
            "return [document.documentElement.lang, document.title, page.said.textContent, "
            "page.figures.textContent, document.getElementById('tab').innerText];"
        )
        plan.equal(told[:2], ["zh", "标签页里的 Fathom"], "the language and the title")
        plan.true(
            re.search("^leaks.exe: RtlAllocateHeap 为 [\\d,]+ 字节给出块 [0-9A-F]{8}；来自：", told[2]),
            f"an event is said in Chinese: {told[2]}",
        )
        plan.true("到提示符用了" in told[3], f"so are the figures: {told[3]}")
        english = re.findall("Run and stop|Who called whom|go on|or to the first|is given", told[4])
        plan.equal(english, [], "no English of the page is left")
        trouble = take(browser, "text.exe", b"no program at all\n")
        plan.equal(trouble, "text.exe 不是 Windows 程序：它没有 PE 头。", "a refusal is said so, too")
        for width, height, dark in ((1280, 720, False), (1280, 720, True), (390, 844, False)):
            browser.look(width, height, dark)
            how = f"Chinese, {width} wide, {'dark' if dark else 'light'}"
            plan.equal(browser.axe(), [], f"{how}: axe has nothing to say")
            plan.true(browser.run(OVERFLOW) <= 0, f"{how}: nothing lies beside the window")
plan.done()
