"""Counters of memory, kept from the events that change it.

A process's committed bytes are a set of pages, not a sum: a page that is committed twice is one.

Who makes a process commits memory in it before it has a number: the kernel's own thread, or a
thread in NtCreateUserProcess.  What such a thread commits belongs to the process that is made:

    ServiceEnter NtCreateUserProcess   RegionCommit ..   ProcessCreate   ..   ThreadCreate
                                       |---- of the new process ------------------------|
"""
from events import text

PAGE = 4096
MAKES = "NtCreateUserProcess"


def pages(fields):
    """The numbers of the pages that a region event is about."""
    first, end = fields["Base"] // PAGE, -(-(fields["Base"] + fields["Size"]) // PAGE)
    return range(first, end)


class Memory:
    def __init__(self):
        self.committed = {}  # {pid: numbers of pages}; of a process without a number by its maker
        self.makes = {}  # {(pid, tid): pid of the process that it makes, or the thread itself}
        self.services = text.services()

    def feed(self, event):
        """[(pid, counter, value)] that this event changed."""
        thread = event.pid, event.tid
        if event.pid == 0 or self._begins(event):
            self.makes.setdefault(thread, thread)
        if event.name == "ProcessCreate" and thread in self.makes:
            return self._named(thread, event.fields["Pid"])
        if event.name == "ThreadCreate":
            self.makes.pop(thread, None)
        elif event.name == "ProcessExit":
            self.committed.pop(event.fields["Pid"], None)
            return [(event.fields["Pid"], "committed bytes", 0)]
        elif event.name in ("PageAlloc", "PageFree"):
            return [(0, "free pages", event.fields["Free"])]
        elif event.name in ("RegionCommit", "RegionDecommit", "RegionRelease"):
            return self._change(self.makes.get(thread, event.pid), event)
        return []

    def _named(self, thread, pid):
        """The process that this thread makes has a number."""
        self.makes[thread] = pid
        self.committed[pid] = self.committed.pop(thread, set())
        size = len(self.committed[pid]) * PAGE
        return [(pid, "committed bytes", size)] if size else []

    def _begins(self, event):
        return event.name == "ServiceEnter" and self.services.get(event.fields["Number"]) == MAKES

    def _change(self, owner, event):
        kept = self.committed.setdefault(owner, set())
        before = len(kept)
        if event.name == "RegionCommit":
            kept.update(pages(event.fields))
        else:
            kept.difference_update(pages(event.fields))
        if len(kept) == before or isinstance(owner, tuple):
            return []
        return [(owner, "committed bytes", len(kept) * PAGE)]
