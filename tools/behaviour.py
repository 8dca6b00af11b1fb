#!/usr/bin/env python3
"""docs/behaviour.md from the tests: each documented(...) of tests/guest is a row.

  tools/behaviour.py           write docs/behaviour.md
  tools/behaviour.py --check   is it what the tests say?
"""
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(TOP, "docs", "behaviour.md")
STRING = r'"(?:[^"\\]|\\.)*"'
CALL = re.compile(
    rf"\bdocumented\(\s*((?:{STRING}\s*)+),\s*((?:{STRING}\s*)+),\s*(SAME|SIMPLIFIED|DIFFERS)\b"
)
HEAD = """# What the documentation says, and what shows it

Made by `tools/behaviour.py` from the tests themselves; `make test` fails when it is not what they say. Each row is a
statement of Microsoft's page of that title, in short, and the test under `tests/guest` that shows it. *same*: as documented
(Windows 7 SP1); *simplified*: the words allow it, Windows does more; *differs*: the statement says what is here instead.

"""


def text(strings):
    """The C string literals, joined."""
    parts = re.findall(STRING, strings)
    return "".join(part[1:-1] for part in parts).replace('\\"', '"')


def rows():
    for path in sorted(glob.glob(os.path.join(TOP, "tests", "guest", "*", "*.c*"))):
        with open(path, encoding="utf-8") as file:
            source = file.read()
        name = os.path.relpath(path, os.path.join(TOP, "tests", "guest"))
        for page, statement, how in CALL.findall(source):
            yield text(page), text(statement), name, how.lower()
        if len(re.findall(r"\bdocumented\(", source)) != len(CALL.findall(source)):
            sys.exit(f"behaviour.py: {name} has a documented() that cannot be read")


def table():
    pages = {}
    for page, statement, name, how in rows():
        pages.setdefault(page, []).append((statement, name, how))
    count = {"same": 0, "simplified": 0, "differs": 0}
    lines = []
    for page in sorted(pages, key=str.lower):
        lines += [f"## {page}", "", "| statement | test | here |", "|---|---|---|"]
        for statement, name, how in pages[page]:
            count[how] += 1
            said = statement.replace("|", "\\|")
            lines.append(f"| {said} | `{name}` | {how} |")
        lines.append("")
    total = (
        f"{sum(count.values())} statements: {count['same']} the same, "
        f"{count['simplified']} simplified, {count['differs']} differ.\n\n"
    )
    return HEAD + total + "\n".join(lines)


def main(arguments):
    made = table()
    if arguments == ["--check"]:
        try:
            with open(TABLE, encoding="utf-8") as file:
                return 0 if file.read() == made else 1
        except FileNotFoundError:
            return 1
    with open(TABLE, "w", encoding="utf-8") as file:
        file.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
