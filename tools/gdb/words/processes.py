"""Processes and threads as the kernel keeps them.

    PsAllProcesses -> EPROCESS.AllListEntry -> ...     EPROCESS.Space -> MMSPACE.Pdpt
    EPROCESS.ThreadListHead -> ETHREAD.ThreadListEntry -> ...
"""
from .target import Target
from .trouble import Missing

STATES = ("initialized", "ready", "running", "waiting", "terminated")  # KTHREAD_STATE


class Process:
    def __init__(self, record):
        self.record = record
        self.address, self.id, self.name = record.address, record.Id, record.text("Name")

    @property
    def has_ended(self):
        """Its memory and handles are given back; the object stays as long as a handle does."""
        return not self.record.Handles or not self.record.Space

    @property
    def title(self):
        return f"{self.name or 'a process without a name'} ({self.id})"

    def answers_to(self, who):
        name, who = self.name.lower(), who.lower()
        numbers = (str(self.id), hex(self.id), f"{self.address:08x}")
        return who in (name, name.rsplit(".", 1)[0], *numbers)

    def space(self, kernel):
        """Its memory; kernel: a Target that reads the kernel's half."""
        space = kernel.record("MMSPACE", self.record.Space)
        return Target(kernel.memory, kernel.layouts, space.Cr3 if space else 0, self.title)


class Thread:
    def __init__(self, record):
        self.record, self.tcb = record, record.Tcb
        self.address, self.id = record.address, record.Id

    @property
    def state(self):
        number = self.tcb.State
        return STATES[number] if number < len(STATES) else f"state {number}"


def members(target, head, layout, field, make):
    """([make(record)], what is wrong) of a list whose links lie in a field of its members."""
    offset = target.layouts[layout].fields[field].offset
    addresses, wrong = target.links(head)
    found = []
    for address in addresses:
        record = target.record(layout, address - offset)
        if isinstance(record, Missing):
            return found, str(record)
        found.append(make(record))
    return found, wrong


def every(kernel, head):
    """([Process], what is wrong with the list or "")."""
    if kernel.number(head) == 0:
        return [], ""  # the list is not made yet
    return members(kernel, head, "EPROCESS", "AllListEntry", Process)


def threads(kernel, process):
    head = process.record.where("ThreadListHead")
    return members(kernel, head, "ETHREAD", "ThreadListEntry", Thread)
