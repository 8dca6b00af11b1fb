"""How frames are shown: the crossings of the ring by their names, kernel names as C has them.

gdb calls the frame of a signal frame `<signal handler called>`; ours are KiFastCallEntry, KiTrap0E
and the like, with a line of NASM.  A frame filter is asked by `bt` alone; `frame` and `up` still
have gdb's own words.
"""
import re

import gdb
from gdb.FrameDecorator import FrameDecorator

KERNEL = 0x80000000
DECORATED = re.compile(r"^_?(\w+?)(?:\.\w+)?(?:@\d+)?$")


def plain(name):
    """KiFastCallEntry of _KiFastCallEntry.ready, NtContinue of NtContinue@8."""
    match = DECORATED.match(name or "")
    return match[1] if match else name


class Named(FrameDecorator):
    def crosses(self):
        return self.inferior_frame().type() == gdb.SIGTRAMP_FRAME

    def function(self):
        frame = self.inferior_frame()
        shown = frame.name() if self.crosses() else super().function()
        source = frame.find_sal().symtab
        ours = frame.pc() >= KERNEL or source and source.filename.endswith(".asm")
        return plain(shown) if ours and isinstance(shown, str) else shown

    def line(self):
        return gdb.find_pc_line(self.inferior_frame().pc()).line if self.crosses() else super().line()


class Filter:
    name, enabled, priority = "fathom", True, 100

    def filter(self, frames):
        return map(Named, frames)


gdb.frame_filters["fathom"] = Filter()
