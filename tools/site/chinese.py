#!/usr/bin/env python3
"""The Chinese pages, made of the English ones and po/*.po by po4a.

    chinese.py            bring po/*.po up to date with the English, write the Chinese pages
    chinese.py --check    say what is stale, change nothing; exit 1 above ten of a po file

po/pages has a row `ENGLISH CHINESE` for each page.  po4a pairs paragraphs: one that changed in
English has the mark `fuzzy` in po/zh.po and is shown in English until somebody translates it anew.

    page.md -> plain(): a paragraph, an item, a row of a table each on one line, apart
            -> po4a -> tight(): items and rows together again -> page in Chinese

So no paragraph goes stale by another line break, and a table goes stale row by row.  Code is not
translated: what it is in English it is in Chinese; so is what a run writes into a page, between
`<!-- ... from here -->` and `<!-- ... to here -->`, but for its tables: a cell that has words is a
paragraph, so a new figure makes nothing stale.  Chinese is edited in po/zh.po, never in a page.

docs/behaviour.md is all tables, made of the tests by tools/behaviour.py.  po/behaviour.zh.po has
its statements, each of them once; one that is new or has changed is shown in English.
"""
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))
import behaviour  # noqa: E402

STALE_AT = 10  # paragraphs that may be stale
FENCE = re.compile(r"^\s*```")
ITEM = re.compile(r"^\s*(?:[-*]|\d+\.) ")
ALONE = re.compile(r"^(?:\||#|<|>|\s*$)")  # these lines are never joined with the next
WORDS = re.compile(r"[A-Za-z]{2}")
CELL = re.compile(r"(?<!\\)\|")
INDENT = "    "  # code, too
LINES = "lines.md"  # for po4a: paragraphs that are no page's
RUNS = re.compile(r"(<!-- [^>]*from here -->\n)(.*?)(?=<!-- [^>]*to here -->)", re.S)
PO, BEHAVIOUR_PO = "po/zh.po", "po/behaviour.zh.po"
BEHAVIOUR = ("docs/behaviour.md", "docs/zh/behaviour.md")
NOTICE = "<!-- made of {} and {} by `make chinese` -->\n"
HEAD = 'msgid ""\nmsgstr ""\n"Language: zh\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'


def pages():
    """[(English path, Chinese path)], from the top of the tree."""
    with open(os.path.join(TOP, "po", "pages")) as rows:
        return [tuple(row.split()) for row in rows if row.strip() and not row.startswith("#")]


def plain(text):
    """The page for po4a: see above."""
    out, code, before = [], False, ""
    for line in text.split("\n"):
        if FENCE.match(line):
            if not code:
                out.append("")
            code = not code
            out.append(line)
            before = ""
            continue
        joined = (
            before and not ALONE.match(before) and not ALONE.match(line) and not ITEM.match(line)
        )
        if code or before.startswith(INDENT) and line.startswith(INDENT):
            out.append(line)
        elif line.startswith("> ") and before.startswith("> "):
            out[-1] += " " + line[2:].strip()
        elif joined:
            out[-1] += " " + line.strip()
        else:
            out += ["", line] if before and line.strip() else [line]
        before = "" if code else line
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip("\n") + "\n"


def without_runs(text):
    """The page without what runs write into it; and that, by the mark before it."""
    return RUNS.sub(r"\1\n", text), dict(RUNS.findall(text))


def with_runs(text, runs, chinese=None):
    """The page with its runs; chinese has the cells' translations."""
    for mark, body in runs.items():
        lines = [in_cells(line, chinese or {}) for line in body.rstrip("\n").split("\n")]
        text = text.replace(mark, mark + "\n".join(lines) + "\n")
    return text


def in_cells(line, chinese):
    """A line of a run: the words in a table's row by chinese."""
    if not line.startswith("|"):
        return line
    own = [chinese.get(cell.strip()) for cell in CELL.split(line)]
    return "|".join(f" {new} " if new else cell for new, cell in zip(own, CELL.split(line)))


def cells(runs):
    """What has words in the tables of runs."""
    lines = [line for body in runs for line in body.split("\n") if line.startswith("|")]
    found = {cell.strip() for line in lines for cell in CELL.split(line)}
    return sorted(cell for cell in found if has_words(cell))


def tight(text):
    """Items and rows that follow each other stand together."""
    blocks, code = [], False
    for block in text.strip("\n").split("\n\n"):
        last = blocks[-1].split("\n")[0] if blocks and not code else ""
        alike = any(
            rule.match(last) and rule.match(block)
            for rule in (ITEM, re.compile(r"\|"), re.compile(">"))
        )
        opens = code
        code ^= len(re.findall(r"^\s*```", block, re.M)) % 2 == 1
        if alike and not opens:
            blocks[-1] += "\n" + block.strip("\n")
        else:
            blocks.append(block)
    return re.sub(r"\n{3,}", "\n\n", "\n\n".join(blocks)).rstrip("\n") + "\n"


# ---- po files ----
def quoted(text):
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{text}"'


def unquoted(lines):
    text = "".join(line.strip()[1:-1] for line in lines)
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), text)


def entries(text):
    """[(comments, msgid, msgstr)] of a po file; comments are its # lines."""
    found = []
    for block in re.split(r"\n\n+", text.strip()):
        notes = [line for line in block.split("\n") if line.startswith("#")]
        body = "\n".join(line for line in block.split("\n") if not line.startswith("#"))
        match = re.search(r"^msgid ((?:\".*\"\n?)+)msgstr ((?:\".*\"\n?)+)", body, re.M)
        if match:
            found.append((notes, *(unquoted(part.strip().split("\n")) for part in match.groups())))
    return found


def written(rows):
    return HEAD + "".join(
        "\n"
        + "".join(note + "\n" for note in notes)
        + f"msgid {quoted(ours)}\nmsgstr {quoted(theirs)}\n"
        for notes, ours, theirs in rows
    )


def is_code(row):
    return any("type: Fenced" in note for note in row[0])


def has_words(text):
    return WORDS.search(re.sub(r"`[^`]*`|\]\([^)]*\)|<[^>]*>", "", text))


def settled(row):
    """An entry that has no words needs no translator."""
    notes, ours, _ = row
    if not is_stale(row) or has_words(ours) and not ours.startswith(INDENT):
        return row
    return [note for note in notes if not note.startswith(("#,", "#|"))], ours, ours


def is_stale(row):
    notes, _, theirs = row
    return not theirs or any("fuzzy" in note for note in notes)


# ---- po4a ----
def po4a(folder, po, english):
    """Brings the file po up to date with the pages of folder; returns its entries."""
    masters = [word for name in english for word in ("-m", os.path.join(folder, name))]
    options = ["-f", "text", "-o", "markdown", "-o", "neverwrap", "-M", "UTF-8", *masters, "-p", po]
    command = ["po4a-updatepo", *options, "--wrap-po", "no", "--porefs", "none"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"chinese.py: po4a-updatepo:\n{done.stderr}")
    with open(po, encoding="utf-8") as file:
        rows = [settled(row) for row in entries(file.read()) if row[1] and not is_code(row)]
    keep = re.compile(r"#\. type|#, |#\|")
    rows = [
        ([n for n in notes if keep.match(n) and n != "#, no-wrap"], *pair) for notes, *pair in rows
    ]
    with open(po, "w", encoding="utf-8") as out:
        out.write(written(rows))
    return rows


def translated(folder, po, name):
    target = os.path.join(folder, "out.md")
    command = ["po4a-translate", "-f", "text", "-o", "markdown", "-o", "neverwrap", "-k", "0"]
    command += [
        "-M",
        "UTF-8",
        "-L",
        "UTF-8",
        "-m",
        os.path.join(folder, name),
        "-p",
        po,
        "-l",
        target,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"chinese.py: po4a-translate {name}:\n{done.stderr}")
    with open(target, encoding="utf-8") as file:
        return tight(file.read())


def paragraphs(folder, po, lines, masters=()):
    """Brings po up to date with the pages masters and with lines; returns its entries."""
    with open(os.path.join(folder, LINES), "w", encoding="utf-8") as out:
        out.write("".join(f"{line}\n\n" for line in lines))
    return po4a(folder, po, [*masters, LINES])


def by_english(rows):
    return {row[1].strip(): row[2].strip() for row in rows if not is_stale(row)}


def made(po, folder):
    """(entries, {Chinese path: text}), with the file po brought up to date."""
    runs = {}
    for english, _ in pages():
        path = os.path.join(folder, english)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(os.path.join(TOP, english), encoding="utf-8") as file, open(
            path, "w", encoding="utf-8"
        ) as out:
            text, runs[english] = without_runs(file.read())
            out.write(plain(text))
    lines = cells([body for found in runs.values() for body in found.values()])
    rows = paragraphs(folder, po, lines, [english for english, _ in pages()])
    own = by_english(rows)
    return rows, {
        chinese: NOTICE.format(english, PO)
        + with_runs(translated(folder, po, english), runs[english], own)
        for english, chinese in pages()
    }


def made_behaviour(po, folder):
    """The same of docs/behaviour.md."""
    english, chinese = BEHAVIOUR
    with open(os.path.join(TOP, english), encoding="utf-8") as file:
        text = file.read()
    rows = paragraphs(folder, po, behaviour.statements(text))
    return rows, {
        chinese: NOTICE.format(english, BEHAVIOUR_PO) + behaviour.in_chinese(text, by_english(rows))
    }


def blocks(text):
    return [block for block in re.split(r"\n\n+|\n(?=\||\s*[-*] )", text) if block.strip()]


def one_line(run):
    return run[1] + re.sub(r"\s+", " ", run[2])


def differing(old, new):
    """How many paragraphs of new are not old's; a run is one."""
    old, new = (blocks(RUNS.sub(one_line, text)) for text in (old, new))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return sum(
        max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in matcher.get_opcodes() if tag != "equal"
    )


def update(name, make, folder, check):
    """Makes the pages of one po file; how many of their paragraphs are stale."""
    po = os.path.join(folder, os.path.basename(name))
    shutil.copy(os.path.join(TOP, name), po)
    rows, texts = make(po, folder)
    stale = [row[1] for row in rows if is_stale(row)]
    for ours in stale:
        print("stale:", ours.strip().replace("\n", " ")[:96])
    print(f"{name}: {len(rows)} paragraphs, {len(stale)} stale")
    if check:
        return max(len(stale), *(apart(*page) for page in texts.items()))
    shutil.copy(po, os.path.join(TOP, name))
    for chinese, text in texts.items():
        path = os.path.join(TOP, chinese)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
    return 0


def apart(chinese, text):
    """How many paragraphs of a page in the tree are not what text has."""
    old = ""
    if os.path.exists(os.path.join(TOP, chinese)):
        with open(os.path.join(TOP, chinese), encoding="utf-8") as file:
            old = file.read()
    if count := differing(old, text):
        print(f"{chinese}: {count} paragraphs are not what its po file makes: make chinese")
    return count


def main(words):
    with tempfile.TemporaryDirectory(prefix="fathom-chinese-") as folder:
        check = "--check" in words
        counts = [
            update(PO, made, folder, check),
            update(BEHAVIOUR_PO, made_behaviour, folder, check),
        ]
    sys.exit(max(counts) > STALE_AT)


if __name__ == "__main__":
    main(sys.argv[1:])
