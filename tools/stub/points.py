"""Breakpoints and watchpoints, and whose they are.

gdb inserts an address for each resume and takes it out at each stop; which breakpoint of the
user's an address belongs to, tools/gdb/points.py says (`fathom breakpoint`, commands.py).

  set by the user in user mode   of the process in which its place was found first
  set by the user in the kernel  of every process, unless `breakpoint-process N ID` says otherwise
  set by gdb itself (finish)     of the process that is looked at while it is set
  a watchpoint                   of the process that is looked at while it is set

An owner is a process's id; EVERY is any process, NOBODY the first one that comes.
"""
from .space import USER_END

EVERY, NOBODY = "every", None
BREAK, WATCHES = "1", "234"


class Breakpoint:
    """One of the user's.  where: its addresses, as the symbols of its owner have them."""

    def __init__(self):
        self.owner, self.chosen, self.where = NOBODY, False, frozenset()

    def allows(self, address, process):
        if self.owner is EVERY or address >= USER_END and not self.chosen:
            return True
        return self.owner is NOBODY or process is not None and process.id == self.owner


class Points:
    def __init__(self):
        self.wanted = {}  # (kind, address): length; gdb's, at this moment
        self.owners = {}  # (kind, address): the owner of what gdb inserted
        self.codes = {}  # address: [bytecode]; one of them is to hold (condition.py)
        self.user = {}  # number: Breakpoint
        self.pending = False  # a breakpoint of the user's has no place yet

    # ---- what gdb inserts ----
    def insert(self, kind, address, length, process, codes=()):
        key = (BREAK if kind == "0" else kind, address)
        self.wanted[key] = length
        self.owners.setdefault(key, process.id if process else NOBODY)
        if key[0] == BREAK:
            self.codes[address] = codes

    def remove(self, kind, address):
        """A watchpoint's owner stays, as gdb takes it out at each stop."""
        key = (BREAK if kind == "0" else kind, address)
        self.wanted.pop(key, None)
        if key[0] == BREAK:
            self.owners.pop(key, None)
            self.codes.pop(address, None)

    def begin(self):
        """A resume: what is not inserted now is gone.  {(kind, address): length} for QEMU."""
        self.owners = {key: owner for key, owner in self.owners.items() if key in self.wanted}
        kept = {(BREAK, address): 1 for point in self.user.values() for address in point.where}
        return {**kept, **self.wanted}

    # ---- what the user has ----
    def define(self, number, addresses, process):
        """The places of breakpoint number, with the symbols of process in gdb."""
        point = self.user.setdefault(number, Breakpoint())
        low = [address for address in addresses if address < USER_END]
        here = process.id if process else NOBODY
        if point.owner is NOBODY and low:
            point.owner = here
        if point.owner in (here, EVERY, NOBODY):
            point.where = frozenset(addresses)

    def delete(self, number):
        self.user.pop(number, None)

    def choose(self, number, owner):
        """The user says whose breakpoint number is; False: there is none."""
        if number not in self.user:
            return False
        self.user[number].owner, self.user[number].chosen = owner, owner is not EVERY
        return True

    def bind(self, process):
        """The first process has come: what was set before is its."""
        for point in self.user.values():
            if point.owner is NOBODY and any(address < USER_END for address in point.where):
                point.owner = process.id
        for key, owner in self.owners.items():
            if owner is NOBODY:
                self.owners[key] = process.id

    # ---- whether a stop is meant ----
    def stops(self, address, process):
        """A stop at a breakpoint of this address."""
        users = [point for point in self.user.values() if address in point.where]
        if users:
            return any(point.allows(address, process) for point in users)
        return address >= USER_END or self._of((BREAK, address), process)

    def watched(self, address, process):
        """A stop because of a watchpoint that gdb is told as address."""
        return any(
            key[1] >= USER_END or self._of(key, process)
            for key, length in self.wanted.items()
            if key[0] in WATCHES and key[1] <= address < key[1] + length
        )

    def _of(self, key, process):
        owner = self.owners.get(key, NOBODY)
        return owner is NOBODY or process is None or owner == process.id

    def watcher(self):
        """The process that has a watchpoint in user mode; None."""
        keys = [key for key in self.wanted if key[0] in WATCHES and key[1] < USER_END]
        return self.owners[keys[0]] if keys else None
