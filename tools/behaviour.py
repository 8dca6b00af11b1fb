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

Made by `tools/behaviour.py` from the tests themselves; `make test` fails when it is not what they \
say. Each row is a
statement of Microsoft's page of that title, in short, and the test under `tests/guest` that shows \
it. *same*: as documented
(Windows 7 SP1); *simplified*: the words allow it, Windows does more; *differs*: the statement \
says what is here instead.

"""

# The page in Chinese: the words around the statements.
CHINESE_HEAD = """# 文档怎么说，由什么来证明

由 `tools/behaviour.py` 从测试本身生成；如果它与测试说的不一致，`make test` 就会失败。每一行是微软同名文档页面上的一条说法（简写），
以及 `tests/guest` 下证明它的测试。*相同*：与文档一致（Windows 7 SP1）；*简化*：符合文字，但 Windows 做得更多；*不同*：说法写的是这里的行为。

"""
CHINESE = {"same": "相同", "simplified": "简化", "differs": "不同"}
ROW = re.compile(r"^\| (.*) \| (`[^`|]+`) \| (same|simplified|differs) \|$", re.M)
TOTAL = re.compile(r"^(\d+) statements: (\d+) the same, (\d+) simplified, (\d+) differ\.$", re.M)


def statements(page):
    """Those of docs/behaviour.md, each of them once."""
    return list(dict.fromkeys(match[1] for match in ROW.finditer(page)))


def in_chinese(page, chinese):
    """docs/behaviour.md in Chinese: chinese has the statements' translations."""
    page = page.replace(HEAD, CHINESE_HEAD).replace(
        "| statement | test | here |", "| 说法 | 测试 | 这里 |"
    )
    page = TOTAL.sub(r"\1 条说法：\2 条相同，\3 条简化，\4 条不同。", page)
    return ROW.sub(lambda m: f"| {chinese.get(m[1], m[1])} | {m[2]} | {CHINESE[m[3]]} |", page)


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
