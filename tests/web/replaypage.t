#!/usr/bin/env python3
# needs: system record web tab programs
# long: only
# tools: release
"""The replay page in a browser: it opens from disk, asks nobody for anything, tells each event, and
a step forward and back is the same picture."""
import os
import re
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser  # noqa: E402
from tap import OUT, TOP, Plan  # noqa: E402

AXE = os.path.join(
    OUT, "npm", "web", "node_modules", "axe-core", "axe.min.js"
)  # make web brings it

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "web", "programs", "six.exe")
SIZES = [40, 100, 3000, 24, 98304, 700000]
scratch = tempfile.TemporaryDirectory(prefix="fathom-web-")
page = os.path.join(scratch.name, "six.html")


def replay(*words):
    command = [os.path.join(TOP, "tools", "fathom"), "replay", "--mem", "64", "-o", page, *words]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


done = replay(PROGRAM)
plan.equal(done.returncode, 0, f"a page of a program: {done.stdout.strip()[-60:]}")
# What is drawn, of an event: the sentence and the text of each pane.
DRAWN = (
    "await page.go(args[0]); return [document.getElementById('said').textContent,"
    " ...[...document.querySelectorAll('section')].map((one) => one.innerText)];"
)
READY = "while (!globalThis.page) await new Promise((on) => setTimeout(on, 50)); return page.at;"
# Each event's sentence as it is drawn, the way a reader gets there: by the button.
READ = (
    "const said = () => document.getElementById('said').textContent;"
    "const press = document.querySelector('button[aria-label=\"one event forward\"]');"
    "await page.drawn; const read = [said()];"
    "for (let last = null; last !== page.at; ) {"
    " last = page.at; press.click(); await page.drawn;"
    " if (page.at !== last) read.push(said()); }"
    "await page.go(0); return read;"
)

with Browser() as browser:
    browser.open(page)
    browser.run(READY)
    told = browser.run(READ)
    plan.true(
        isinstance(told, list) and len(told) > 100, f"{len(told)} events are told", str(told)[:300]
    )
    calls = [line for line in told if line.startswith("main calls msvcrt!malloc")]
    plan.equal(calls, [f"main calls msvcrt!malloc({n})." for n in SIZES], "its six mallocs")
    plan.true(
        any(
            "touches" in line and "the page is promised, and not there yet" in line for line in told
        ),
        "a fault is explained",
    )

    forward = [browser.run(DRAWN, n) for n in range(0, len(told), 9)]
    back = [browser.run(DRAWN, n) for n in reversed(range(0, len(told), 9))]
    plan.equal(back[::-1], forward, f"{len(forward)} steps forward and back: the same pictures")
    said, stairs, source, heap, entry, space = browser.run(DRAWN, told.index(calls[2]))
    plan.true(
        "malloc(3000)" in stairs and "six!main" in stairs, "the staircase has the call", stairs
    )
    plan.true(
        "six.c:" in source and "call" in source, "its line and its instruction are shown", source
    )
    inside = next(i for i, line in enumerate(told) if line.startswith("KiFastCallEntry goes back"))
    crossing = browser.run(DRAWN, inside)[2]
    plan.true(
        "ntdll/syscall.asm:" in crossing and "sysenter" in crossing,
        "NASM's lines are shown, too",
        crossing,
    )
    plan.true(
        "heap 00" in heap and "in use" in heap and "six" not in heap, "the heap is drawn", heap
    )
    given = next(i for i, line in enumerate(told) if line.startswith("PageAlloc returns"))
    number = told[given].split()[3]
    entry = browser.run(DRAWN, given + 1)[4]
    plan.true(
        f"page {number} (ring 3)" in entry and re.search(r"PDPTE.*page [0-9A-F]+$", entry, re.M),
        f"the entry shows page {number}",
        entry,
    )
    plan.true("image" in space and "present" in space, "the regions are listed", space)
    # A step touches what changed: nodes and attributes, of those that the panes have.
    touched = browser.run(
        "const all = [], nodes = document.querySelectorAll('section *').length;"
        "for (let i = 1; i < page.events.length; i++) { await page.go(i); all.push(page.touched); }"
        "return [nodes, all];"
    )
    nodes, all_touched = touched
    mean = sum(all_touched) / len(all_touched)
    plan.true(
        max(all_touched) < nodes / 2 and mean < nodes / 8,
        f"of {nodes} nodes a step touches {mean:.0f}, at most {max(all_touched)}",
    )
    plan.equal(
        browser.run("await page.go(5); await page.to(5, page.n); return page.touched;"),
        0,
        "the same step: none",
    )
    # ---- one instruction ----
    step = (
        "await page.goInstruction(args[0]); await new Promise((on) => setTimeout(on, 400));"
        "return [page.said.textContent, location.hash, page.at, page.events[page.at].n];"
    )
    said, where, at, n = browser.run(step, 5000)
    plan.true(
        said.startswith("Instruction 5000, in ") and where == "#i5000" and n <= 5000,
        f"{said}: event {at}",
    )
    forth = [browser.run(step, i)[0] for i in (5001, 5002, 5001)]
    plan.true(
        forth[0] == forth[2] != forth[1], "an instruction forward and back: the same sentence"
    )
    browser.run(
        "location.hash = '#i77'; await new Promise((on) => setTimeout(on, 50)); await page.drawn;"
        "await new Promise((on) => setTimeout(on, 400)); return 0;"
    )
    plan.equal(
        browser.run("return [page.n, location.hash];"),
        [77, "#i77"],
        "an instruction can be linked to",
    )

    # ---- a commit and its touch ----
    joins = browser.run(
        "return page.events.map(({ commit }, i) => [commit, i]).filter(([c]) => c !== undefined);"
    )
    commit, touch = joins[0]
    way = browser.run(
        "await page.go(args[0]); const lit = document.querySelectorAll('.pays.lit').length;"
        "document.querySelector('.joins button').click(); await page.drawn; const there = page.at;"
        "document.querySelector('.joins button').click(); await page.drawn;"
        "return [lit, there, page.at, document.querySelectorAll('.pays').length];",
        touch,
    )
    plan.equal(
        way,
        [1, commit, touch, len(joins)],
        f"an arrow joins the touch {touch} to its commit {commit}, there and back",
    )

    # ---- predict ----
    guess = browser.run(
        "await page.go(0); page.predict.switch.click(); page.forward(); const asked = page.at;"
        "const answers = [...document.querySelectorAll('.predict button')];"
        "answers[4].click(); await page.drawn; const first = page.predict.told.textContent;"
        "page.predict.switch.click();"
        "return [asked, page.at, answers.length, first, page.predict.right, page.predict.asked];"
    )
    kind = browser.run("return page.events[1].kind;")
    plan.true(
        guess[:3] == [0, 1, 9]
        and guess[5] == 1
        and guess[4] == (kind == "fault")
        and guess[3].split()[0] in ("Right.", "No:"),
        f"the next change is asked for first: {guess}, it was {kind}",
    )

    # ---- a picture ----
    drawn = browser.run(
        "await page.go(args[0]); return [page.said.textContent, page.pictureText()];", touch
    )
    picture = ElementTree.fromstring(drawn[1])
    text = " ".join(
        "".join(one.itertext()) for one in picture.iter("{http://www.w3.org/2000/svg}text")
    )
    kinds = {one.tag.split("}")[1] for one in picture.iter()}
    plan.true(
        drawn[0][:40] in text
        and "The heap, block by block" in text
        and {"rect", "path"} <= kinds
        and "foreignObject" not in kinds,
        f"a picture: {len(list(picture.iter()))} elements, of {sorted(kinds)}",
        text[:300],
    )

    # ---- for everybody ----
    for width, height, dark in (1280, 720, False), (390, 844, True):
        browser.look(width, height, dark)
        if os.path.exists(AXE):
            plan.equal(browser.axe(), [], f"{width} wide: axe has nothing to say")
        wide = browser.run("return document.scrollingElement.scrollWidth - innerWidth;")
        plan.true(wide <= 0, f"{width} wide: nothing lies beside the window")
    browser.look(1280, 900)

    key = (
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: args[0], bubbles: true}));"
        "await page.drawn; return page.at;"
    )
    browser.run("await page.go(0); return 0;")
    plan.equal(
        [browser.run(key, k) for k in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "Home")],
        [1, 2, 1, len(told) - 1, 0],
        "the keyboard steps",
    )
    strip = browser.run(
        "const frames = document.querySelectorAll('.flame rect');"
        "await page.goTo(page.recording.count / 2); const at = page.events[page.at].n;"
        "const marker = Number(document.querySelector('.marker').getAttribute('x1'));"
        "return [frames.length, [...frames].some((one) => one.textContent === 'malloc'),"
        " Math.abs(marker - 1000 * at / page.recording.count) < 1];"
    )
    plan.true(
        20 < strip[0] < 2000 and strip[1:] == [True, True], f"the strip of the whole run: {strip}"
    )
    found = browser.run(
        "page.search('PageAlloc returns'); await page.drawn;"
        "return document.getElementById('said').textContent;"
    )
    plan.true("PageAlloc returns" in found, "an event is found by its words", found)
    # ---- a hundred thousand events ----
    many = browser.run(
        "const { constructor: Page, recording, facts, roots, events } = page;"
        "const long = Array.from({ length: Math.ceil(100000 / events.length) }, () => "
        "events).flat();"
        "document.getElementById('replay').replaceChildren(); "
        "globalThis.page = new Page(recording, facts, { roots, events: long });"
        "const before = performance.now(); let most = 0;"
        "for (let i = 0; i < 300; i++) "
        "{ await page.go(i * 331 + (i % 7)); most = Math.max(most, page.touched); }"
        "const each = (performance.now() - before) / 300, nodes = "
        "document.querySelectorAll('*').length;"
        "return [long.length, most, nodes, each];"
    )
    count, most, all_nodes, each = many
    plan.true(
        count >= 100000 and most < 2 * nodes and all_nodes < 4000,
        f"{count:,} events: {all_nodes} nodes, a jump touches at most {most} ({each:.1f} ms each "
        f"here)",
    )

    asked = [url for url in browser.requests() if url.startswith(("http", "ws", "ftp"))]
    plan.equal(asked, [], "no request leaves the page")
    plan.equal(browser.errors(), [], "the console has no error")

    with open(page) as text:
        whole = text.read()
    start = whole.index('id="recording">') + 5000
    with open(page, "w") as out:
        out.write(whole[:start] + ("A" if whole[start] != "A" else "B") + whole[start + 1 :])
    browser.open(page)
    said = browser.run(
        "const shown = () => document.getElementById('replay').textContent;"
        "while (!shown()) await new Promise((on) => setTimeout(on, 50)); return shown();"
    )
    plan.true("This recording cannot be shown" in said and "damaged" in said, f"damaged: {said}")

wrong = replay(os.path.join(scratch.name, "nosuch.exe"))
plan.true(
    wrong.returncode == 125 and "no such file" in wrong.stderr,
    "no such file is a sentence",
    wrong.stderr,
)
plan.done()
