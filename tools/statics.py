"""Names of the kernel's statics: each carries its room's prefix, so that a captured stack says
where it is.  tests/lint.t asks this of every file."""
import re

PREFIX = {
    "rtl": "Rtlp",
    "kd": "Kdp",
    "ke": "Ki",
    "mm": "Mi",
    "dispatch": "Ki",
    "section": "Mi",
    "observe": "Kdp",
    "ob": "Obp",
    "io": "Iop",
    "ps": "Psp",
    "ex": "Exp",
    "kernel": "Ki",
}
BLANKED = re.compile(
    r'__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)|/\*.*?\*/|//[^\n]*'
    r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
    re.S,
)


def blank(text):
    """The text with comments, strings and attributes as blanks, of the same length."""
    return BLANKED.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def statics(text):
    """The names that a file's static functions and data have, in their order."""
    text, names = blank(text), []
    for match in re.finditer(r"^static\b", text, re.M):
        rest, head, depth = text[match.end() :], "", 0
        pointer = re.match(r"[^;={(]*\(\*\s*(?:const\s+)?(\w+)", rest)
        for char in rest:
            if char in ";=(" and not depth:
                break
            depth += (char in "{[") - (char in "}]")
            head += char if not depth and char not in "}]" else " "
        names.append(pointer[1] if pointer else re.findall(r"\w+", head)[-1])
    return names
