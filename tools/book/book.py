#!/usr/bin/env python3
"""book.py PATH.json BOOK.html: the lines of the chain in call order, as one page to print.

Each function comes with its own comment and its line numbers; the opening comment of its
file comes before the first function of that file.  Nothing else is in it, and nothing of it
is written here: PATH.json is captured (path.py).
"""
import functools
import html
import json
import subprocess
import sys

import source

LAYERS = {
    "msvcrt": "The runtime",
    "ntdll": "ntdll: the heap and the way down",
    "kernel32": "kernel32",
    "nt": "The kernel",
}
PHASES = {"malloc": "The call", "touch": "The touch"}
STYLE = """
@page { size: A4; margin: 14mm 13mm 15mm 13mm; @bottom-center { content: counter(page);
  font: 8pt sans-serif; color: #555 } }
body { font: 9.5pt/1.35 serif; max-width: 56em; margin: 1em auto; padding: 0 1em; color: #111 }
h1 { font-size: 20pt; margin: 0 0 2mm } h2 { font-size: 14pt; border-bottom: 1px solid #888;
  margin: 7mm 0 3mm } h3 { font: bold 9pt sans-serif; margin: 3.5mm 0 1mm }
h3 span { font-weight: normal; color: #444 }
pre { font: 7.4pt/1.24 "DejaVu Sans Mono", monospace; margin: 0; white-space: pre-wrap }
pre.head { background: #f1f3f5; border-left: 3px solid #7a8794; padding: 1.5mm 2mm;
  margin: 3mm 0 2mm }
i.n { color: #757575; font-style: normal; -webkit-user-select: none; user-select: none }
table { border-collapse: collapse; font-size: 7.6pt; width: 100% }
td, th { text-align: left; padding: 0 2mm 0 0; vertical-align: top } td.r { text-align: right }
.c1, .cm, .c, .ch, .cs { color: #3d5a3d } .cp, .cpf { color: #7a3e00 }
.k, .kt, .kr, .kd, .kc { color: #1a3f8f } .s, .sc, .s1, .s2 { color: #8a1c1c }
.nl, .nf { font-weight: bold }
h3 { break-after: avoid } pre.head { break-inside: avoid }
"""


@functools.lru_cache(None)
def painted(path):
    """The lines of a file as HTML, coloured by Pygments."""
    lexer = "nasm" if source.is_assembler(path) else "c"
    text = "\n".join(source.lines(path))
    try:
        words = ["pygmentize", "-l", lexer, "-f", "html", "-O", "nowrap,stripnl=False"]
        done = subprocess.run(words, input=text, capture_output=True, text=True, check=True)
        found = done.stdout.split("\n")
        if len(found) >= len(source.lines(path)):
            return found
    except (OSError, subprocess.CalledProcessError):
        pass
    return [html.escape(line) for line in source.lines(path)]


def rows(path, first, last):
    text = painted(path)[first - 1 : last]
    return "\n".join(f'<i class="n">{n:4} </i>{row}' for n, row in enumerate(text, first))


def title(row):
    last = row["last"]
    return f"{row['file']}, lines {row['first']}–{last}, {row['instructions']} instructions"


def contents(path):
    yield "<table><tr><th>#<th>function<th>file<th>lines<th>instructions</tr>"
    for number, row in enumerate(path["functions"], 1):
        yield (
            f'<tr><td class="r">{number}<td><a href="#f{number}">{row["name"]}</a>'
            f'<td>{row["file"]}<td>{row["first"]}–{row["last"]}'
            f'<td class="r">{row["instructions"]}</tr>'
        )
    yield "</table>"


def chapters(path):
    opened, place = set(), None
    for number, row in enumerate(path["functions"], 1):
        file, here = row["file"], (row["phase"], row["module"])
        if here != place:
            yield f"<h2>{PHASES[row['phase']]}: {LAYERS[row['module']]}</h2>"
            place = here
        if file not in opened:
            opened.add(file)
            first, last = source.opening_comment(file)
            if last:
                yield f'<pre class="head">{rows(file, first, last)}</pre>'
        first = source.with_comment(file, row["first"])
        yield f'<h3 id="f{number}">{number}. {row["name"]} <span>{title(row)}</span></h3>'
        yield f"<pre>{rows(file, first, row['last'])}</pre>"


def main(captured, result):
    with open(captured) as file:
        path = json.load(file)
    functions = path["functions"]
    lines = sum(row["last"] - row["first"] + 1 for row in functions)
    with open(result, "w", encoding="utf-8") as out:
        print(
            '<!DOCTYPE html><html lang="en"><meta charset="utf-8">'
            "<title>Fathom: the chain, line by line</title>"
            f"<style>{STYLE}</style><h1>The chain, line by line</h1>"
            f"<p>One cold <code>malloc(18000)</code> and the first touch of its block, captured "
            f"from the running machine: {path['instructions']:,} instructions pass through "
            f"{len(functions)} functions, which have {lines:,} lines. They are printed here in "
            "the order of their first instruction. Before the first function of a file comes "
            "that file's opening comment.</p>",
            *contents(path),
            *chapters(path),
            "</html>",
            sep="\n",
            file=out,
        )


main(*sys.argv[1:])
