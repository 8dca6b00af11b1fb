"""What a page table entry and a page's record say, in words: kernel/mm/pte.h, range.h, pfn.h.

    PTE                          the page is
    Valid, frame                 present; bits 9-11 are its MM_ access code
    Transition, frame            present, but every access traps: guard, no access
    protection, no frame         committed, never touched
    MM_DECOMMIT                  reserved again
    0                            what the region says
"""
from .headers import number
from .target import LARGE, TRANSITION, VALID

BITS = [  # those of a valid entry that are worth a letter, as !pte has them
    (0x040, "D", "dirty"),
    (0x020, "A", "accessed"),
    (0x004, "U", "user"),
    (0x002, "W", "writable"),
    (0x100, "G", "global"),
    (0x010, "N", "no cache"),
]
NX = 1 << 63
ACCESS = ("---", "r--", "--x", "r-x", "rw-", "rc-", "rwx", "rcx")  # MM_ codes 0..7
DECOMMIT, NOACCESS, GUARD, NOCACHE = 0x10, 0x18, 0x10, 0x08
STATES = ("absent", "free", "zeroed", "active", "fixed")  # MIPAGESTATE
USES = ("", "a process's own", "a page table", "the kernel's", "shared")  # MMPAGEUSE
PAGE_TABLE, SHARED = 2, 4


def protection(code):
    """rw-, r-x, ... of an MM_ code; `guard`, `no access`, `reserved` where it traps."""
    if code == DECOMMIT:
        return "reserved"
    if code == NOACCESS:
        return "no access"
    text = ACCESS[code & 7]
    return text + " guard" if code & GUARD else text + (" uncached" if code & NOCACHE else "")


def letters(value):
    """DAUWGN of a valid entry, a dash for each bit that is not set; X: code may run."""
    shown = "".join(letter if value & bit else "-" for bit, letter, _ in BITS)
    return shown + ("-" if value & NX else "X")


class Page:
    """One user page: region and entry together, as MiPteProtection judges it."""

    def __init__(self, pte, vad=None, large=False):
        self.pte, self.large = pte, large
        self.shown = bool(vad is not None and vad.View)  # a view: of a file, of a section
        self.valid = bool(pte & VALID)
        self.transition = bool(not pte & VALID and pte & TRANSITION)
        self.code = self._code(vad)

    def _code(self, vad):
        if self.valid:
            return self.pte >> 9 & 7 | (NOCACHE if self.pte & 0x10 else 0)
        if self.pte & 0xFFFFFFFF:
            return self.pte >> 5 & 0x1F
        if vad is None or vad.View:
            return None  # the view decides, page by page: regions.py
        return vad.Untouched if vad.MemCommit else DECOMMIT

    @property
    def committed(self):
        return self.code is not None and self.code != DECOMMIT

    def text(self):
        if self.valid:
            return f"present, {protection(self.code)}"
        if self.transition:
            return f"present, but every access traps: {protection(self.code)}"
        if self.code == DECOMMIT:
            return "reserved: nothing may touch it"
        code = "not here" if self.code is None else f"committed ({protection(self.code)})"
        source = "what the region shows" if self.shown else "a page of zeros"
        return f"{code}, never touched: a touch brings {source}"


def entry_text(name, value):
    """What one level's entry says."""
    if not value & VALID:
        return "not valid" if name != "PTE" else ""
    large = ", a large page" if name == "PDE" and value & LARGE else ""
    flags = "" if name == "PDPTE" else f" {letters(value)}"
    return f"pfn {(value & ((1 << 52) - 1)) >> 12:X}{flags}{large}"


class Database:
    """The PFN database: one MMPFN for each physical page that there is."""

    def __init__(self, kernel, end):
        self.kernel, self.end = kernel, end
        self.base = number("kernel/mm/layout.h", "MI_PFN_BASE")
        self.layout = kernel.layouts["MMPFN"]

    def record(self, pfn):
        """The record of a page, Missing where no memory is."""
        return self.kernel.record(self.layout, self.base + pfn * self.layout.size)


def page_text(record):
    """One line for an MMPFN."""
    state = STATES[record.State] if record.State < len(STATES) else f"state {record.State}?"
    if state != "active":
        return state
    use = USES[record.Use] if record.Use < len(USES) else f"use {record.Use}?"
    count = record.ShareCount - (record.Use == SHARED)  # the control's own is one of them
    text = f"active, {use}, shown by {count} PTE{'s' * (count != 1)}"
    if record.Use == PAGE_TABLE:
        text += f", {record.UsedCount} of 512 entries used"
    if record.LockCount:
        text += f", locked {record.LockCount} times"
    return text
