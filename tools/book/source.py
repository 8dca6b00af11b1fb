"""Where a function lies in its file, and which of a file's lines are code.

The sources are formatted by clang-format: a function's name is in a line that begins at
column 0, and its closing brace is alone at column 0.  In NASM a function goes from its label
to the next label that is no local one.
"""
import functools
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LABEL = re.compile(r"^([A-Za-z_?$][\w?@$]*):")


@functools.lru_cache(None)
def lines(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read().split("\n")


def is_assembler(path):
    return path.endswith((".asm", ".inc"))


def opening_comment(path):
    """(first, last) line of the comment that opens the file, numbered from 1."""
    text = lines(path)
    last = 0
    if is_assembler(path):
        while last < len(text) and text[last].startswith(";"):
            last += 1
    elif text[0].startswith("/*"):
        last = next(n for n, line in enumerate(text, 1) if "*/" in line)
    return 1, last


def with_comment(path, first):
    """The first line of the comment that ends just above line `first`, or `first`."""
    text, at = lines(path), first
    if is_assembler(path):
        while at > 1 and text[at - 2].startswith(";"):
            at -= 1
        return at
    if first > 1 and text[first - 2].rstrip().endswith("*/"):
        at = first - 1
        while at > 1 and not text[at - 1].lstrip().startswith("/*"):
            at -= 1
        return at if at > opening_comment(path)[1] else first
    return first


def span(path, name, inside):
    """(first, last) line of the function `name` that has line `inside`; its comment is not
    counted.  None if there is no such function."""
    text = lines(path)
    if is_assembler(path):
        return label_span(text, inside)
    named = re.compile(rf"^[A-Za-z_].*\b{re.escape(name)}\(")
    first = inside
    while first and not (named.match(text[first - 1]) and not text[first - 1].endswith(";")):
        first -= 1
    if not first:
        return None
    while first > 1 and re.match(r"^[A-Za-z_][\w *]*$", text[first - 2]):
        first -= 1  # the type has a line of its own
    last = inside
    while last <= len(text) and not re.match(r"^\}", text[last - 1]):
        if last == first and text[last - 1].endswith("}"):
            break  # all on one line
        last += 1
    return (first, last) if last <= len(text) else None


def label_span(text, inside):
    first = inside
    while first and not LABEL.match(text[first - 1]):
        first -= 1
    if not first:
        return None
    last = inside
    while last < len(text) and not LABEL.match(text[last]):
        last += 1
    while last > inside and (not text[last - 1].strip() or text[last - 1][0] in ";%sg"):
        last -= 1  # what stands above the next label belongs to it
    return first, last


@functools.lru_cache(None)
def code_lines(path):
    """The numbers of the lines that have code: neither blank nor comment alone."""
    text = "\n".join(lines(path))
    if is_assembler(path):
        text = re.sub(r";.*", "", text)
    else:
        blank = lambda match: re.sub(r"[^\n]", " ", match[0])
        text = re.sub(r"/\*.*?\*/|//[^\n]*", blank, text, flags=re.S)
    return {n for n, line in enumerate(text.split("\n"), 1) if line.strip()}


def find(path, name):
    """(first, last) line of the only function of that name in the file, or None."""
    if is_assembler(path):
        at = [n for n, line in enumerate(lines(path), 1) if plain_label(line) == name]
        return label_span(lines(path), at[0]) if at else None
    for number, line in enumerate(lines(path), 1):
        if re.match(rf"[A-Za-z_].*\b{re.escape(name)}\(", line) and not line.endswith(";"):
            return span(path, name, number)
    return None


def plain_label(line):
    found = LABEL.match(line)
    return re.sub(r"@\d+$", "", found[1]).lstrip("_@") if found else None
