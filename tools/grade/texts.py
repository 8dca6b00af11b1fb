#!/usr/bin/env python3
"""The texts of LAB_EXPECT in a lab's cases, and which of them [chinese] of lab.toml lacks.

  python3 tools/grade/texts.py labs/1-page     prints what is missing, ready to be filled in
"""
import ast
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from grade.lab import Wrong, load  # noqa: E402

WORDS = re.compile(r"(?<![%\w])[a-z]{2,}")  # numbers and names need no translation
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')


def arguments(text, at):
    """The arguments of a call whose opening parenthesis is at `at`, as they are written."""
    depth, found, start, quoted = 0, [], at + 1, False
    while at < len(text):
        letter = text[at]
        if quoted:
            at += letter == "\\"
            quoted = letter != '"'
        elif letter == '"':
            quoted = True
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth == 0:
                return [*found, text[start:at]]
        elif letter == "," and depth == 1:
            found.append(text[start:at])
            start = at + 1
        at += 1
    return found


def texts_of(source):
    """Expected and seen of each LAB_EXPECT in a source, without order."""
    with open(source, encoding="utf-8") as file:
        text = file.read()
    found = set()
    for match in re.finditer(r"\bLAB_EXPECT\(", text):
        for argument in arguments(text, match.end() - 1)[2:4]:
            if LITERAL.search(argument):
                found.add("".join(LITERAL.findall(argument)).replace('\\"', '"'))
    return found


def texts_of_watcher(source):
    """The same of a watcher's case.expect; a text that it puts together is left alone."""
    with open(source, encoding="utf-8") as file:
        calls = [node for node in ast.walk(ast.parse(file.read())) if isinstance(node, ast.Call)]
    found = set()
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "expect":
            constants = (part for part in call.args[2:4] if isinstance(part, ast.Constant))
            found |= {part.value for part in constants}
    return found


def lacking(lab):
    sources = [*lab.sources("host"), *lab.sources("guest")]
    found = set().union(*(texts_of(source) for source in sources))
    for name in {test.outside for test in lab.tests if test.outside}:
        found |= texts_of_watcher(lab.watcher(name))
    return sorted(text for text in found if text not in lab.chinese and WORDS.search(text))


def main(words):
    try:
        for word in words:
            for text in lacking(load(word)):
                print(f'"{text}" = ""')
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
