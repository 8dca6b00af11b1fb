"""Console bytes for a terminal of so many columns, folded at words.

    fathom: attacks.exe: heap corruption: block not b|       the word is written as it comes; where
                                                     |       it meets the edge it goes back out, and
    fathom: attacks.exe: heap corruption: block not       to the next row:  CR, CUF to its start,
    busy                                                     EL, CR LF, the word anew

Nothing waits, so what is typed is echoed at once.  A word of half a row and more is left to the
terminal.  After a sequence that moves the cursor the column is not known until the next CR.
"""
import re

SEQUENCE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
CUT = re.compile(rb"\x1b(\[[0-9;?]*)?\Z")


class Fold:
    def __init__(self, columns):
        """columns: a function; 0 or less: nothing is folded."""
        self.columns, self.column = columns, 0
        self.word, self.length = b"", 0  # since the last blank; its columns
        self.pending = b""

    def feed(self, data):
        data, out, at = self.pending + data, bytearray(), 0
        cut = CUT.search(data)
        self.pending = data[cut.start() :] if cut else b""
        data = data[: cut.start()] if cut else data
        width = self.columns()
        while at < len(data):
            found = SEQUENCE.match(data, at)
            piece = found[0] if found else data[at : at + 1]
            at += len(piece)
            out += self._sequence(piece) if found else self._byte(piece, width)
        return bytes(out)

    def _forget(self):
        self.word, self.length = b"", 0

    def _sequence(self, piece):
        if piece.endswith(b"m"):
            self.word += piece
        elif piece[-1:] not in (b"K", b"J"):
            self.column = 0 if piece == b"\x1b[H" else None
            self._forget()
        return piece

    def _byte(self, piece, width):
        if piece == b"\r":
            self.column = 0
        if piece < b" ":
            if piece == b"\b" and self.column:
                self.column -= 1
            self._forget()
            return piece
        before = b""
        if width > 0 and self.column == width and not 0x80 <= piece[0] < 0xC0:
            if piece == b" ":
                self._forget()  # the row ends here
                return b""
            before = self._break(width)
        if piece == b" ":
            self._forget()
        else:
            self.word += piece
        if self.column is not None and not 0x80 <= piece[0] < 0xC0:  # a character's first byte
            self.column += 1
            self.length += piece != b" "
        return before + piece

    def _break(self, width):
        """To the next row, with the word that has met the edge."""
        word, length = self.word, self.length
        if not 0 < length <= width // 2:
            self._forget()
            self.column = 0
            return b"\r\n"
        self.column = length
        start = width - length
        return b"\r\x1b[%dC\x1b[K\r\n" % start + word
