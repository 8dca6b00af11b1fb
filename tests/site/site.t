#!/usr/bin/env python3
# needs: system record web site image
# long: only
# tools: release
"""The web site (make site): both languages are there, links lead somewhere, no page asks another
host, axe-core finds nothing, the keyboard reaches what a mouse does, and the search finds.
And what else make release hands out is there."""
import glob
import os
import re
import subprocess
import sys
import tarfile
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

sys.path[:0] = [os.path.join(TOP, "tests", "web"), os.path.join(TOP, "tools", "site")]
import chinese  # noqa: E402

plan = Plan()
SITE = os.path.join(OUT, "site")
LAB = "1-page"
AXE = os.path.join(OUT, "npm", "web", "node_modules", "axe-core", "axe.min.js")
# Everything that answers a click and can be seen is in the order of the Tab key.
UNREACHED = (
    "const seen = (one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true});"
    "return [...document.querySelectorAll('a[href], button, label[for], summary, input, select')]"
    ".filter((one) => seen(one) && one.tabIndex < 0"
    " && !one.matches('.md-overlay, .md-search__overlay'))"
    ".map((one) => one.outerHTML.slice(0, 120));"
)
JUDGED = (
    "const {violations} = await axe.run(document, {iframes: false, preload: false});"
    "return violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 120)}`);"
)
FOUND = (
    "for (let i = 0; i < 100; i++) {"
    " const found = document.querySelectorAll('.md-search-result__item h1');"
    " if (found.length) return [...found].map((one) => one.textContent.replaceAll('\\u200b', ''));"
    " await new Promise((on) => setTimeout(on, 100)); } return [];"
)


def released():
    """What is handed out: the page, the site, the lab as a student gets it."""
    at = os.path.join(OUT, "release")
    with open(os.path.join(TOP, "VERSION")) as file:
        start = f"fathom-{file.read().strip()}"
    wanted = [f"{start}-replay.html", f"{start}-site.tar.gz", f"{start}-lab-{LAB}.tar.gz"]
    if not os.path.exists(os.path.join(OUT, "web", "missing")):
        wanted.append(f"{start}-tab.html")
    gone = [name for name in wanted if not os.path.exists(os.path.join(at, name))]
    plan.equal(gone, [], f"handed out: {', '.join(wanted)}")
    check = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=at)
    plan.equal(check.returncode, 0, "the checksums hold")
    with tarfile.open(os.path.join(at, wanted[2])) as lab:
        own = lab.extractfile(f"fathom-lab-{LAB}/kernel/mm/page.c").read()
        held = [name for name in lab.getnames() if "/held/" in name or "/bugs/" in name]
    with open(os.path.join(TOP, "labs", LAB, "skeleton", "page.c"), "rb") as file:
        plan.true(
            own.endswith(file.read()), f"{LAB} has the skeleton in place of the solution", own[:300]
        )
    plan.equal(held, [], "and neither held-back tests nor planted bugs")


environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
command = [
    "make",
    "-s",
    "-C",
    TOP,
    f"O={OUT}",
    "release",
    f"LABS={LAB}",
]  # with the site, of course
done = subprocess.run(command, env=environment, capture_output=True, text=True)
if not plan.equal(done.returncode, 0, "make release: the site in it, and a lab"):
    print("#", (done.stdout + done.stderr)[-3000:].replace("\n", "\n# "))
    plan.done()
released()
pages = sorted(glob.glob(os.path.join(SITE, "**", "*.html"), recursive=True))
pages = [page for page in pages if "/replay/" not in page and not page.endswith("404.html")]
english = [p for p in pages if not os.path.relpath(p, SITE).startswith("zh")]
twins = [os.path.join(SITE, "zh", os.path.relpath(page, SITE)) for page in english]
plan.equal(
    twins, [p for p in pages if p not in english], f"{len(english)} pages, in both languages"
)

# ---- links, and other hosts ----
broken, hosts = [], []
for page in pages:
    with open(page, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"<(script|pre|code)\b.*?</\1>", "", text, flags=re.S)
    for kind, target in re.findall(r'<(\w+)[^>]*?(?:href|src|srcset)="([^"]+)"', text):
        where = urllib.parse.urlsplit(target)
        if where.scheme or where.netloc:
            hosts += [f"{page}: {target}"] if kind != "a" and where.scheme != "data" else []
        elif where.path and not os.path.exists(
            os.path.join(os.path.dirname(page), urllib.parse.unquote(where.path))
        ):
            broken.append(f"{os.path.relpath(page, SITE)}: {target}")
plan.equal(broken[:9], [], "every link leads to a page of the site")
plan.equal(hosts[:9], [], "no page loads anything of another host")

from browser import Browser  # noqa: E402

judge = None
if os.path.exists(AXE):
    with open(AXE, encoding="utf-8") as file:
        judge = file.read()
# Those with a translation, in both languages, and every fifth of the others.  Not behaviour.html:
# axe-core takes a minute for its thousands of rows.
front = [
    os.path.join(SITE, p[:-3].replace("README", "index") + ".html") for p, _ in chinese.pages()
]
sample = front + [twins[english.index(page)] for page in front]
sample += [page for page in english if page not in front and "behaviour" not in page][::5]
with Browser() as browser:
    wrong, mute, errors = [], [], []
    for page in sample:
        browser.open(page)
        name = os.path.relpath(page, SITE)
        mute += [f"{name}: {one}" for one in browser.run(UNREACHED)]
        if judge:
            told = browser.run(f"{judge}; {JUDGED}")
            wrong += [f"{name}: {one}" for one in (told if isinstance(told, list) else [told])]
        errors += [f"{name}: {one}" for one in browser.errors()]
    plan.equal(mute[:9], [], f"{len(sample)} pages: the Tab key reaches all that a click does")
    if judge:
        plan.equal(wrong[:9], [], "axe-core finds nothing")
    else:
        plan.skip("no axe-core here (npm): the pages are not judged")
    plan.equal(errors[:9], [], "the console has no error")
    if judge:
        browser.run("document.body.insertAdjacentHTML('beforeend', '<img src=x>'); return 0;")
        plan.true(
            any("image-alt" in one for one in browser.run(f"{judge}; {JUDGED}")),
            "a picture without words is found",
        )
    for root, words, title in (
        (SITE, "PageAlloc", "chain"),
        (os.path.join(SITE, "zh"), "页面分配器", "Fathom"),
    ):
        query = urllib.parse.quote(words)
        browser.ask("POST", "/url", {"url": f"file://{root}/index.html?q={query}"})
        found = browser.run(FOUND)
        plan.true(
            any(title in one for one in found),
            f"the search finds {words} in {len(found)} pages",
            found,
        )
    asked = [url for url in browser.requests() if url.startswith(("http", "ws", "ftp"))]
    plan.equal(asked, [], "no request leaves the pages")
if judge:
    # The theme keeps the colours of the first visit: a browser that is asked for dark ones anew.
    dark = front[::6] + [twins[english.index(page)] for page in front[::6]]
    with Browser() as browser:
        browser.look(1280, 900, dark=True)
        wrong = []
        for page in dark:
            browser.open(page)
            scheme = browser.run("return document.body.dataset.mdColorScheme;")
            told = [*browser.run(f"{judge}; {JUDGED}"), *([] if scheme == "slate" else [scheme])]
            wrong += [f"{os.path.relpath(page, SITE)}: {one}" for one in told]
        plan.equal(wrong[:9], [], f"axe-core finds nothing on {len(dark)} pages in the dark")
plan.done()
