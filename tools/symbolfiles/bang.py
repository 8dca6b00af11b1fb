"""module!name in an expression of gdb's, where `!` is an operator: it gets quotes.  No gdb in here.

    print ntdll!RtlAllocateHeap   print 'ntdll!RtlAllocateHeap'     a symbol: qualified.py
    break f if p == nt!PageFree   only after `if`: a place may have `!` as it is

`a!b` is no expression of C, so nothing else is changed.  What is in quotes stays.
"""
import re

EXPRESSIONS = (  # commands that take one; each may be shortened to what is before the bracket
    "p[rint] inspect cal[l] output x disas[semble] disp[lay] wa[tch] rw[atch] aw[atch] pt[ype] "
    "wha[tis] printf set info_symbol if while condition"
)
PLACE = re.compile(r"\s*(t|h|th)?b(r(e(a(k)?)?)?)?\s.*?\sif\b")
NAME = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|(?<![\w$])[A-Za-z_]\w*![A-Za-z_]\w*")
SCRIPT = re.compile(r"\s*(python|py|guile)\s*$|\s*document\b")  # until `end`


def pattern():
    words = []
    for command in EXPRESSIONS.split():
        start, _, rest = command.rstrip("]").partition("[")
        tail = ""
        for letter in reversed(rest):
            tail = f"({letter}{tail})?"
        words.append(start.replace("_", r"\s+") + tail)
    return re.compile(rf"\s*({'|'.join(words)})(?![\w-])")


COMMAND = pattern()


def quote(expression, is_data=lambda module, name: False):
    """Of an expression: each module!name in quotes.  is_data: a variable, whose name is plain."""

    def replaced(match):
        if match[0][0] in "\"'":
            return match[0]
        module, name = match[0].split("!")
        return name if is_data(module, name) else f"'{match[0]}'"

    return NAME.sub(replaced, expression)


def rewrite(line, is_data=lambda module, name: False):
    """A command as it was typed, as gdb takes it."""
    start = COMMAND.match(line) or PLACE.match(line)
    return line[: start.end()] + quote(line[start.end() :], is_data) if start else line


def translate(script):
    """The same of a file of commands, but of what is no command in it."""
    lines, inside = [], False
    for line in script.split("\n"):
        lines.append(line if inside else rewrite(line))
        inside = line.strip() != "end" if inside else bool(SCRIPT.match(line))
    return "\n".join(lines)
