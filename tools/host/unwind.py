"""The stack of a fault, by the tables that the program brings along.

The kernel walks a stack along EBP and guesses where code keeps none (kernel/observe/stack.c).  A
compiler says for each instruction where the return address lies: call frame information, in
.eh_frame.  With the stack's bytes ('U' frame) and the file, the walk is exact.  Where no table
covers an address, and where a rule is an expression (main, which aligns its stack), code is taken
to keep EBP, which both then do.
"""
import bisect
import re
import struct

MOST = 48  # as FATHOM_MAX_FRAMES
FIRST = ("BaseThreadInitThunk", "RtlUserThreadStart", "_RtlUserThreadStart")  # of a thread
PLAIN = [(0, "esp+4", "u")]  # what holds where nothing has been pushed


def read_tables(text):
    """[(start, end, [(address, CFA, where EBP is)])], sorted, of what objdump shows as
    frames-interp."""
    found, rows, ebp = [], [], None
    for line in text.split("\n"):
        if match := re.search(r"\bFDE .*pc=([0-9a-f]+)\.\.([0-9a-f]+)", line):
            rows, ebp = [], None
            found.append((int(match[1], 16), int(match[2], 16), rows))
        elif " CIE " in line:
            rows = []
        elif line.startswith("   LOC "):
            names = line.split()
            ebp = names.index("ebp") if "ebp" in names else None
        elif match := re.match(r"[0-9a-f]{8} +(\S+)", line):
            words = line.split()
            rows.append((int(words[0], 16), match[1], words[ebp] if ebp else "u"))
    return sorted((start, end, rows or PLAIN) for start, end, rows in found)


class Stack:
    """A user stack as it came: registers, and the bytes from ESP on."""

    def __init__(self, eip, esp, ebp, data):
        self.eip, self.esp, self.ebp, self.start, self.data = eip, esp, ebp, esp, data

    def word(self, address):
        """The word at an address that is still ahead; None: there is none."""
        at = address - self.start
        if address < self.esp or at + 4 > len(self.data):
            return None
        return struct.unpack_from("<I", self.data, at)[0]

    def enter(self, address, frame):
        """Go to where a function with this EBP returns to; False: it does not return there."""
        if self.word(frame + 4) != address:
            return False
        return self._to(address, frame + 8, self.word(frame))

    def _to(self, eip, esp, ebp):
        if eip is None or ebp is None:
            return False
        self.eip, self.esp, self.ebp = eip, esp, ebp
        return True

    def _by_ebp(self):
        ebp = self.ebp
        return self._to(self.word(ebp + 4), ebp + 8, self.word(ebp))

    def _step(self, tables, address):
        """To the caller; address: in the file.  False: the stack ends."""
        at = bisect.bisect_right(tables, (address, 1 << 32)) - 1
        if at < 0 or address >= tables[at][1]:
            return self._by_ebp()
        _, cfa, saved = [row for row in tables[at][2] if row[0] <= address][-1]
        rule = re.fullmatch(r"(esp|ebp)([+-]\d+)", cfa)
        kept = re.fullmatch(r"c([+-]\d+)", saved)
        if not rule or not (kept or saved in ("u", "s")):
            return self._by_ebp()
        base = (self.esp if rule[1] == "esp" else self.ebp) + int(rule[2])
        ebp = self.word(base + int(kept[1])) if kept else self.ebp
        return self._to(self.word(base - 4), base, ebp)

    def walk(self, find, exact):
        """[(address, EBP or 0)] from here to where the thread began; None if it was not reached.
        find: reports.Reports.find; exact: here is where it faulted, not where a call returns."""
        found, begun = [], False
        while len(found) < MOST and (place := find(self.eip)) and place[0]:
            image, _, offset = place
            begun = begun or image.symbol(offset)[0] in FIRST
            before = self.ebp
            found.append([self.eip, 0])
            if not self._step(image.tables(), image.base + offset - (not exact)):
                break
            found[-1][1] = before if self.esp == before + 8 else 0
            exact = False
        return found if begun or len(found) == MOST else None
