"""Events in words: what a slice is called, and its fields as a person looks for them."""
import os

import services
from events import text
from events.table import TOP

OWN = "NtFathomHeapEvent"
WRITE, USER, FETCH = 2, 4, 16  # of a page fault's error code


GUARD = 0x80000001
PRESENT, PAGE_USER, PAGE_SHARED = 1, 1, 4  # of an error code; of PageAlloc's Use


def fault_kind(code, status, uses):
    """What a page fault was: its code, how it ended, the uses of the pages allocated in it."""
    if status:
        return "guard page" if status == GUARD else "refused"
    if code & PRESENT:
        return "copy on write"
    if PAGE_SHARED in uses:
        return "page of an image or section" + ", copied" * (PAGE_USER in uses)
    return "demand zero" if PAGE_USER in uses else "a page that was in memory"


class Words:
    """table: events.table.Table of the stream."""

    def __init__(self, table):
        self.table = table
        self.units = {row.name: {f.name: f.unit for f in row.fields} for row in table.rows.values()}
        rows = services.rows(os.path.join(TOP, "include", "services.tbl"))
        self.services = {number: [self._argument(a) for a in given] for number, _, given in rows}

    @staticmethod
    def _argument(declared):
        """Its name; with a star before it what is shown is the place of it."""
        _, star, name = services.split(declared)
        return star + name

    def value(self, event, name):
        unit = self.units.get(event.name, {}).get(name, "flags")
        return text.value(self.table, unit, event.fields[name])

    def is_own(self, event):
        """A service that tracing itself calls."""
        return "Number" in event.fields and self.value(event, "Number") == OWN

    def fields(self, event):
        """{name: text}; a service's arguments have their own names."""
        if event.name == "ServiceEnter":
            names = self.services.get(event.fields["Number"], [])
            arguments = (event.fields[f"Arg{i}"] for i in range(6) if f"Arg{i}" in event.fields)
            return {name: f"{value:#x}" for name, value in zip(names, arguments)}
        return {name: self.value(event, name) for name in event.fields}

    def label(self, event):
        if event.name == "ServiceEnter":
            return self.value(event, "Number")
        if event.name == "HeapOperation":
            return "heap: " + self.value(event, "Operation")
        if event.name == "PageFault":
            code = event.fields["ErrorCode"]
            kind = "fetch" if code & FETCH else "write" if code & WRITE else "read"
            return f"page fault ({kind}{'' if code & USER else ', kernel'})"
        return event.name
