"""Whether what a page shows is what comes now.

What changes from one build of the system to the next is compared by this rule:
  addresses   (five digits or more, decimal or hexadecimal, or three after 0x), numbers of pages,
              results: any, but two that are the same on the page are the same now, and two that
              are not are not
  lines       numbers of the system's own sources and before a line of source; offsets in
              functions; small numbers among the arguments of the system's functions: any
  counts      of instructions: any but 0; of the heaps that the runtime has; before and after in
              what `chain` says that changed: any
The text itself, and all that is of the session's program, has to be the same.
"""
import re

OURS = (
    r"(?:boot|crt|fathom|include|kernel|kernel32|ntdll|ole32|oleaut32|psapi"
    r"|advapi32|user32|shell32|shlwapi)/"
)
LAYERS = "program|com|runtime|kernel32|heap|ntdll|kernel|mm|rest"
LOOSE = (  # (what, instead of it)
    (re.compile(r"^\d+\t"), "LINE\t"),  # gdb's line of a source file
    (re.compile(rf"({OURS}[\w./-]+):\d+"), r"\1:LINE"),
    (re.compile(rf"({OURS}[\w./-]+), line \d+"), r"\1, line LINE"),
    (re.compile(r"((?:^ {4}|!)\w.*  (?!\w+\.exe)\w+\.(?:c|h|asm)):\d+$"), r"\1:LINE"),
    (re.compile(r"<(\w+)\+\d+>"), r"<\1+OFFSET>"),
    (re.compile(r"(!\w+)\+[0-9a-f]+"), r"\1+OFFSET"),
    (re.compile(r"\b[1-9][\d,]*\s+instruction"), "COUNT instruction"),
    (re.compile(r"^instruction \d+ of \d+"), "instruction COUNT of COUNT"),
    (re.compile(rf"^ *[1-9][\d,]*  ({LAYERS}) "), r"COUNT \1 "),
    (re.compile(rf"\b({LAYERS}) [1-9][\d,]*(?=,|$)"), r"\1 COUNT"),
    (re.compile(r"^([12] +[0-9A-F]{8}) .*"), r"\1"),  # the runtime's heaps
    (re.compile(r"^(=>)?\s+"), r"\1 "),
    (re.compile(r"\s+"), " "),
)
CHANGE = re.compile(r"^ (?:heap [0-9A-F]{8}:|region|PTEs? of|page|shared)")
NUMBER = re.compile(r"(?<!page )(?<![\w.])[\d,]*\d(?![\w])")
ARGUMENT = re.compile(r"=\d+(?=[,)])")
NAME = re.compile(
    r"\b0x[0-9a-f]{3,16}\b|\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{5,16}\b"
    r"|(?<=page )[0-9a-fA-F]+\b|(?<=pfn )[0-9A-F]+\b|(?<=\) = )[0-9A-F]+$"
    r"|(?<=Value returned is ).*$"
)


class Names:
    """Addresses of the page, and which ones now are the same."""

    def __init__(self):
        self.now, self.page = {}, {}

    def same(self, page, now):
        page, now = (text.removeprefix("0x").lower() for text in (page, now))
        return self.now.setdefault(page, now) == now and self.page.setdefault(now, page) == page


def loose(line):
    for pattern, instead in LOOSE:
        line = pattern.sub(instead, line)
    if CHANGE.match(line):
        line = NUMBER.sub(lambda match: match[0] if len(match[0]) >= 8 else "COUNT", line)
    return ARGUMENT.sub("=NUMBER", line) if re.search(OURS, line) else line


def same(page, now, names):
    """Whether a line now is the page's by the rule."""
    page, now = loose(page), loose(now)
    if NAME.sub("ADDRESS", page) != NAME.sub("ADDRESS", now):
        return False
    pairs = zip(NAME.findall(page), NAME.findall(now))
    return all([names.same(mine, yours) for mine, yours in pairs])
