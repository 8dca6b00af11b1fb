"""How a run ended, as an exit code of `fathom run` and in words.

An exit code of 0 to 124 is passed on as it is.  125 and above are reserved; whatever the
kind, the last line of standard error then says it in full.
"""
from dataclasses import dataclass, field

LARGEST_PLAIN = 124
USAGE = 125
RESERVED = {  # kind: (exit code, meaning)
    "usage": (
        USAGE,
        "the tool was called wrongly, cannot do it, or failed itself: one sentence says which",
    ),
    "larger": (240, "the program exited with a code above 124"),
    "crashed": (241, "an exception that the program did not handle"),
    "hang": (242, "the program did not end within --timeout"),
    "bugcheck": (243, "the kernel stopped itself"),
    "triple": (244, "the machine reset itself (triple fault)"),
    "noboot": (245, "the kernel never reported"),
    "unstarted": (246, "the program could not be started"),
    "slow": (247, "the host was too slow to judge"),
    "leaks": (248, "with --leaks=fail: blocks were not freed, or there is no list of them"),
}
# These are not the program's either: 129, 130, 131, 143 after SIGHUP, SIGINT, SIGQUIT, SIGTERM.
INTERRUPTED = "128 + N"


UNSTARTED = {  # why a program did not start, by its status (ntstatus.h)
    0xC000007B: "not a 32-bit Windows program",
    0xC000012F: "not a Windows program (no MZ at its start)",
    0xC0000130: "not a Windows program (no PE header)",
    0xC0000131: "a program of another system",
    0xC0000135: "a DLL was not found",
    0xC0000138: "an ordinal was not found in a DLL",
    0xC0000139: "a function was not found in a DLL",
    0xC0000142: "a DLL's start failed",
    0xC0000017: "too little memory",
    0xC000012D: "too little memory",
    0xC0000018: "its place in memory is taken",
}


def table():
    """The reserved codes, for --help."""
    rows = [f"  0..{LARGEST_PLAIN}    the program's own exit code"]
    rows += [f"  {code}       {meaning}" for code, meaning in RESERVED.values()]
    rows += [f"  {INTERRUPTED}   signal N ended the tool (HUP, INT, QUIT, TERM)"]
    return "\n".join(rows)


@dataclass
class Verdict:
    """kind: "exited", "interrupted" or a key of RESERVED; status: the 32-bit value, where there is
    one."""

    kind: str
    status: int | None = None
    address: int = 0
    where: str = ""  # module+offset, or another detail
    about: str = ""  # of a crash: its kind, and the program's own function
    leaks: list = field(default_factory=list)  # --leaks: the lists of blocks, or why there is none
    leaked: str = ""  # --leaks=fail: why it has failed

    @property
    def code(self):
        if self.kind == "exited":
            return self.status
        return RESERVED[self.kind][0]

    def line(self):
        """The last line of standard error; None when the exit code says all."""
        if self.kind == "exited":
            return None
        value = "" if self.status is None else f" 0x{self.status:08X}"
        place = f" at {self.where}" if self.kind == "crashed" and self.where else ""
        place += f": {self.about}" if self.about else ""
        known = UNSTARTED.get(self.status) if self.kind == "unstarted" else None
        why = self.where or known
        detail = f": {why}" if self.kind != "crashed" and why else ""
        words = {
            "larger": f"exit code{value} ({self.status})",
            "crashed": f"crashed{value}{place}",
            "hang": f"hang{detail}",
            "bugcheck": f"bug check{value}{detail}",
            "triple": f"triple fault{detail}",
            "noboot": f"no boot{detail}",
            "unstarted": f"could not start{value}{detail}",
            "slow": "the host was too slow to judge: try again when it has less to do",
            "interrupted": f"not judged{detail}",
            "leaks": self.leaked.removeprefix("fathom: "),
        }
        return "fathom: " + words[self.kind]


def from_frame(kind, status, address, text):
    """The verdict that an X frame carries."""
    where = text.decode("utf-8", "replace").strip("\0\n")
    if kind == 0 and status <= LARGEST_PLAIN:
        return Verdict("exited", status)
    names = {0: "larger", 1: "crashed", 2: "hang", 3: "unstarted"}
    if kind == 2:
        return Verdict("hang", None, address, where)
    return Verdict(names.get(kind, "crashed"), status, address, where)
