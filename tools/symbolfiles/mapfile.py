"""A link map of GNU ld: which section of which object lies where.  No gdb in here."""
import re

SECTION = re.compile(r"^ (\.\w+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+\.o)$")
SPLIT = re.compile(r"^ (\.\w+)$")


def sections(path):
    """Yield (section, address, size, object) of a GNU ld map; a long name has a line of
    its own."""
    name = ""
    with open(path) as lines:
        for line in lines:
            line = line.rstrip("\n")
            if SPLIT.match(line):
                name = line
                continue
            if match := SECTION.match(
                line if line[1:2] == "." else name + line if name else line
            ):
                size = int(match[3], 16)
                if size:
                    yield match[1], int(match[2], 16), size, match[4]
            name = ""
