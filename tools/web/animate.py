#!/usr/bin/env python3
"""animate.py PAGE.html PICTURE: the replay page as a moving picture, a frame an event.

    PICTURE.webp      English        PICTURE.zh.webp         Chinese
    PICTURE.still.webp               PICTURE.zh.still.webp   one frame, for who wants no motion
    PICTURE.txt       what they show: SHA-256 of each file, then each frame's sentence

Made by `make picture` with Debian's chromium and img2webp.  Each frame is the real page, drawn by
the browser at one event.  A style hides what does not fit: the buttons, the regions, other heaps.

How old the picture is, tests/web/picture.t tells by the text: by the sentences of a page that is
made now, with addresses and page numbers left open (alike()).  Pixels depend on fonts; no test
compares them.
"""
import base64
import hashlib
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests", "web"), os.path.join(TOP, "tests")]
import browser  # noqa: E402

SIZE = "1000,765"  # of the window; Chromium's own frame takes 143 lines of it
LANGUAGES = {"": "en", ".zh": "zh"}
TIMES = {"call": 1500, "return": 1100, "up": 1100, "down": 1900, "block": 3200}  # milliseconds
TIME = 2400  # of the other kinds: entry, fault, resolved, region
STYLE = """
html { color-scheme: light } body { overflow: hidden } main { padding: 8px 12px 0 }
nav, .language, h1, #said ~ :not(.panes), section:nth-child(5) { display: none }
.flame { height: 104px; margin-bottom: 6px }
#said { margin: 0 0 8px; height: 2.9em; font-size: 1.04rem; line-height: 1.4 }
.panes { grid-template-columns: 410px 1fr; grid-template-rows: 142px 114px 142px; gap: 8px }
section { padding: 5px 9px; overflow: hidden } section:nth-child(1) { grid-row: 1/4 }
section:nth-child(2) p:first-of-type { display: none } section:nth-child(2) p { margin: 0 0 2px }
section:nth-child(3) div > :nth-child(-n+3) { display: none }
section:nth-child(4) p { margin: 0 0 4px } pre { overflow: hidden; font-size: .78rem }
pre { line-height: 1.25; height: 88px } h2 { font-size: .9rem; margin: 0 0 3px }
td, th, code, .mono { font-size: .8rem } ol.stairs li { line-height: 1.4; font-size: .74rem }
"""
READY = "while (!globalThis.page) await new Promise((on) => setTimeout(on, 50)); return 0;"
DRESS = (
    "const sheet = new CSSStyleSheet(); sheet.replaceSync(args[0]);"  # its policy forbids <style>
    "document.adoptedStyleSheets.push(sheet);"
    "if (getComputedStyle(document.querySelector('nav')).display !== 'none') throw 'no style';"
    "return page.events.map(({ kind }) => kind);"
)
# Source: what does not fit scrolls out before the current line.
SHOW = (
    "await page.go(args[0]); const here = document.querySelector('pre .here');"
    "if (here) here.parentNode.scrollTop ="
    " here.offsetTop - here.parentNode.offsetTop - 2 * here.offsetHeight;"
    "return document.getElementById('said').textContent;"
)


def alike(sentence):
    """A sentence without what another build changes: addresses, page numbers, how many."""
    sentence = re.sub(r"\b(?=[0-9A-F,]*\d)[0-9A-F,]{3,}\b", "N", sentence)
    return re.sub(r"\d+ page table", "N page table", sentence)


def frames(page, language, folder):
    """[(kind, sentence, picture)] of each event, drawn in that language."""
    browser.ARGUMENTS[-1] = f"--window-size={SIZE}"
    found = []
    with browser.Browser() as window:
        address = f"file://{os.path.abspath(page)}?lang={language}"
        window.ask("POST", "/url", {"url": address})
        window.run(READY)
        for number, kind in enumerate(window.run(DRESS, STYLE)):
            said = window.run(SHOW, number)
            path = os.path.join(folder, f"{number:03}.png")
            with open(path, "wb") as out:
                out.write(base64.b64decode(window.ask("GET", "/screenshot", None)))
            found.append((kind, said, path))
    return found


def together(shown, path):
    command = ["img2webp", "-loop", "0", "-min_size"]
    for kind, _, picture in shown:
        command += ["-lossless", "-m", "6", "-d", str(TIMES.get(kind, TIME)), picture]
    subprocess.run([*command, "-o", path], check=True, stdout=subprocess.DEVNULL)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def main(page, picture):
    lines, sentences = [], []
    for kind, language in LANGUAGES.items():
        path = f"{picture}{kind}.webp"
        with tempfile.TemporaryDirectory(prefix="fathom-frames-") as folder:
            shown = frames(page, language, folder)
            together(shown, path)
            still = f"{picture}{kind}.still.webp"
            together([one for one in shown if one[0] == "entry"][1:2], still)
        print(f"{path}: {len(shown)} frames, {os.path.getsize(path):,} bytes")
        lines += [f"{digest(one)}  {os.path.basename(one)}" for one in (path, still)]
        sentences += ["", *(said for _, said, _ in shown)]
    with open(f"{picture}.txt", "w", encoding="utf-8") as out:
        out.write("\n".join(lines + sentences) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
