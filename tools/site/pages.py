#!/usr/bin/env python3
"""pages.py OUT: the web site in OUT/site by mkdocs: English, and Chinese in zh/

    README.md, docs/, labs/ ...   -> OUT/site-pages/LANGUAGE/, links made to fit -> mkdocs -> HTML

Nothing of it asks another host: fonts and scripts are mkdocs-material's own, from Debian.
A page without a translation is in the Chinese site in English, and says so.

In a page, `<!-- replay: NAME PROGRAM [STRETCH] -->` is where the replay page of that program
is shown, and `<!-- show: NAME WORDS -->` a link to the first event of it whose sentence has the
words; on GitHub both are comments.  Its recording is made here.  A program without a folder is the
page's own: its source and how it is compiled are blocks of the page (tutorial.py).
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import chinese  # noqa: E402
import replays  # noqa: E402
from nav import NAV  # noqa: E402

SOURCES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "labs/**/*.md")
NEVER = ("docs/zh/", "labs/*/held/", "labs/*/teacher.md")
FILES = (".svg", ".png", ".webp")
LINK = re.compile(r'(\]\()([^)\s#]*)(#[^)\s]*)?(\))|((?:href|src|srcset)=")([^"#]*)(#[^"]*)?(")')
CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.M | re.S)
SHOW = re.compile(r"<!-- show: (\S+) (.+?) -->")
REPLAY = re.compile(r"^<!-- replay: (\S+) (.+?) -->$", re.M)
OTHER = re.compile(r"^\[(?:中文|English)\]\(README[.\w]*\)\n", re.M)


def toggles(dark, light):
    names = (("brightness-4", dark), ("brightness-7", light))
    return [{"icon": f"material/{icon}", "name": name} for icon, name in names]


LANGUAGES = {
    "en": {
        "name": "English",
        "missing": "",
        "replay": "Replay of {}",
        "show": "replay",
        "toggles": toggles("Dark colours", "Light colours"),
    },
    "zh": {
        "name": "中文",
        "missing": '!!! note "这一页还没有中文。"\n\n',
        "replay": "{} 的回放",
        "show": "回放",
        "toggles": toggles("深色", "浅色"),
    },
}
SCHEMES = ("default", "slate")
MEDIA = ("(prefers-color-scheme: light)", "(prefers-color-scheme: dark)")
CHARACTER = re.compile("[\u4e00-\u9fff]")
# What is a word in the index: no stemmer and no trimmer, which know English alone.
SEARCH = {"lang": "en", "pipeline": "stopWordFilter", "separator": "[\\s\u200b\\-,.:;()]+"}
HEIGHT = 900  # of a replay in a page, in CSS pixels


def english_pages():
    found = [p for s in SOURCES for p in glob.glob(s, root_dir=TOP, recursive=True)]
    never = [p for s in NEVER for p in glob.glob(s + "**", root_dir=TOP, recursive=True)]
    return sorted(p for p in set(found) - set(never) if ".zh." not in p)


def chosen(language):
    """{page of the site: file of the tree} in that language."""
    pages = {page: page for page in english_pages()}
    if language == "zh":
        pages.update([*chinese.pages(), chinese.BEHAVIOUR])
        for page in list(pages):  # a lab's own pages
            other = page.replace(".md", ".zh.md")
            if os.path.exists(os.path.join(TOP, other)):
                pages[page] = other
    return pages


def reachable(text):
    """What mkdocs leaves out for a reader without a mouse or without eyes: code that scrolls takes
    the focus, and a head of a table without words is none."""
    text = text.replace("<pre>", '<pre tabindex="0">')
    text = text.replace('role="dialog"', 'role="dialog" aria-label="search"')
    text = text.replace(
        'class="md-search__scrollwrap"', 'class="md-search__scrollwrap" tabindex="0"'
    )
    for name, value in SEARCH.items():
        text = re.sub(
            rf'("search.config.{name}": )"(?:[^"\\]|\\.)*"',
            lambda m: m[1] + json.dumps(value),
            text,
        )
    return re.sub(r"<th>\s*</th>", "<td></td>", text)


class Language:
    """One language's pages, from the tree to mkdocs."""

    def __init__(self, out, language):
        self.language, self.words = language, LANGUAGES[language]
        self.folder = os.path.join(out, "site-pages", language)
        self.site = os.path.join(out, "site", *(["zh"] if language == "zh" else []))
        self.pages = chosen(language)
        self.place = {source: page for page, source in self.pages.items()}
        self.files, self.replays = set(), {}

    def link(self, page, source, target):
        """What a link of source means in the site: another link, or None: no page, only words."""
        if not target or re.match(r"[a-z]+:|//", target):
            return target
        path = os.path.normpath(os.path.join(os.path.dirname(source), target))
        if os.path.isdir(os.path.join(TOP, path)) and f"{path}/README.md" in self.place:
            path += "/README.md"
        there = self.place.get(path, path if path in self.pages else None)
        if there is None and path in {"README.md", "README.zh.md"}:
            return None  # the other language: the page's head leads there
        if there is None and path.endswith(FILES):
            self.files.add(path)
            there = path
        return there and os.path.relpath(there, os.path.dirname(page) or ".")

    def linked(self, page, source, text):
        def one(match):
            before, target, anchor, after = (
                match[1] or match[5],
                match[2] or match[6],
                match[3] or match[7],
                match[4] or match[8],
            )
            found = self.link(page, source, target or "")
            if found and before.startswith("href"):  # mkdocs leaves HTML's own links alone
                found = re.sub(
                    r"(README)?\.md$", lambda m: "index.html" if m[1] else ".html", found
                )
            if found is None:
                found = "" if before == "](" else "#"
            return f"{before}{found}{anchor or ''}{after}"

        parts = CODE.split(text)
        parts[::2] = [
            re.sub(r"\[([^\]]*)\]\(\)", r"\1", LINK.sub(one, part)) for part in parts[::2]
        ]
        return "".join(parts)

    def replay_of(self, page, name, where=""):
        root = os.path.relpath(".", os.path.dirname(page) or ".")
        up = f"{root}/.." if self.language == "zh" else root
        return f"{up}/replay/{name}.html?lang={self.language}{where}"

    def shown(self, page, text):
        """The replays of a page, each in a frame, and links to events of them."""

        def frame(match):
            name, words = match[1], match[2].split()
            self.replays[name] = (page, words)
            address, title = self.replay_of(page, name), self.words["replay"].format(name)
            return (
                f'<iframe class="replay" src="{address}" title="{title}" loading="lazy" '
                f'height="{HEIGHT}"></iframe>\n\n<a href="{address}">{title}</a>'
            )

        def link(match):
            name, words = match.groups()
            address = self.replay_of(page, name, "#find=" + urllib.parse.quote(words))
            return f'<a href="{address}">{self.words["show"]}</a>'

        return SHOW.sub(link, REPLAY.sub(frame, text))

    def write(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        for page, source in self.pages.items():
            with open(os.path.join(TOP, source), encoding="utf-8") as file:
                text = file.read()
            text = OTHER.sub("", text)  # the page's head has that link
            text = self.shown(page, self.linked(page, source, text))
            if self.words["missing"] and page == source:
                text = re.sub(r"^(# .*\n+)", lambda m: m[1] + self.words["missing"], text, count=1)
            path = os.path.join(self.folder, page)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
        for name in self.files:
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copy(os.path.join(TOP, name), path)
        shutil.copytree(os.path.join(HERE, "theme"), os.path.join(self.folder, "theme"))

    def nav(self, rows=NAV):
        found = []
        for english, own, what in rows:
            title = own if self.language == "zh" else english
            if not isinstance(what, str):
                found.append({title: self.nav(what)})
            elif what in self.pages:
                found.append({title: what})
        return found

    def build(self):
        config = {
            "site_name": "Fathom",
            "docs_dir": self.folder,
            "site_dir": self.site,
            "use_directory_urls": False,
            "strict": True,
            "nav": self.nav(),
            "theme": {
                "name": "material",
                "language": self.language,
                "font": False,
                "custom_dir": os.path.join(HERE, "overrides"),
                "features": ["navigation.sections", "navigation.expand", "navigation.top"],
                "palette": [
                    {"scheme": scheme, "primary": "indigo", "media": media, "toggle": toggle}
                    for scheme, media, toggle in zip(SCHEMES, MEDIA, self.words["toggles"])
                ],
            },
            "extra": {
                "generator": False,
                "other": next(
                    words["name"] for key, words in LANGUAGES.items() if key != self.language
                ),
                "other_language": "en" if self.language == "zh" else "zh",
                "other_root": ".." if self.language == "zh" else "zh",
            },
            "extra_css": ["theme/site.css"],
            "extra_javascript": ["theme/keys.js"],
            "markdown_extensions": [
                "tables",
                "fenced_code",
                "sane_lists",
                "admonition",
                "toc",
                "attr_list",
                "md_in_html",
                "pymdownx.highlight",
            ],
            "plugins": [{"search": {"lang": ["en"], "separator": SEARCH["separator"]}}],
        }
        path = os.path.join(os.path.dirname(self.folder), f"{self.language}.yml")
        with open(path, "w", encoding="utf-8") as out:
            json.dump(config, out, ensure_ascii=False, indent=1)  # JSON is YAML
        subprocess.run(["mkdocs", "build", "-q", "--clean", "-f", path], check=True)
        self.searched_from_disk()
        for path in glob.glob(os.path.join(self.site, "**", "*.html"), recursive=True):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as out:
                out.write(reachable(text))

    def searched_from_disk(self):
        """search/disk.js: a page of a file: address may fetch neither the index nor the worker, so
        they come as a script.  In Chinese each character is a word.  overrides/main.html
        fits to both.
        """
        (worker,) = glob.glob(
            os.path.join(self.site, "assets", "javascripts", "workers", "search.*.js")
        )
        with open(os.path.join(self.site, "search", "search_index.json"), encoding="utf-8") as file:
            index = json.dumps(json.load(file), ensure_ascii=False, separators=(",", ":"))
        index = CHARACTER.sub(lambda match: match[0] + "\u200b", index)
        with open(
            os.path.join(self.site, "search", "search_index.json"), "w", encoding="utf-8"
        ) as out:
            out.write(index)
        with open(worker, encoding="utf-8") as file:
            script = json.dumps(file.read())
        with open(os.path.join(self.site, "search", "disk.js"), "w", encoding="utf-8") as out:
            out.write(f"Object.assign(__search, {{ index: Promise.resolve({index}),\n")
            out.write(f"  worker: URL.createObjectURL(new Blob([{script}])) }});\n")


def main(out):
    out = os.path.abspath(out)
    os.chdir(TOP)
    languages = [Language(out, name) for name in LANGUAGES]
    for one in languages:
        one.write()
        one.build()  # English first: mkdocs empties the folder that the Chinese site lies in
    found = {name: words for one in languages for name, words in one.replays.items()}
    target = os.path.join(out, "site", "replay")
    os.makedirs(target, exist_ok=True)
    for name, (page, words) in sorted(found.items()):
        shutil.copy(replays.made(out, name, page, words), target)
    print(f"{out}/site/index.html: {len(languages[0].pages)} pages, {len(found)} replays")


if __name__ == "__main__":
    main(sys.argv[1])
