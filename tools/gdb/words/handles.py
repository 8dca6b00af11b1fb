"""The handles of a process: kernel/executive/ob/handle.c.

    EPROCESS.Handles -> OBHANDLE_TABLE.Pages[index / 512] -> ENTRY[index % 512]; handle = index * 4
    ENTRY.Object -> the body; before it its OBJECT_HEADER: type, name, counts
"""
from .trouble import Missing

PER_PAGE, MOST = 512, 65536


class Handle:
    def __init__(self, kernel, value, entry):
        self.value, self.entry, self.body = value, entry, entry.Object
        layout = kernel.layouts["OBJECT_HEADER"]
        self.header = kernel.record(layout, self.body - layout.size)
        self.type, self.name, self.counts = "?", "", "?"
        if self.header:
            kind = kernel.record("OBTYPE", self.header.Type)
            self.type = kernel.string(kind.Name) if kind else "?"
            self.name = kernel.wide(self.header.Name)
            count, references = self.header.HandleCount, self.header.PointerCount
            self.counts = f"{count} handles, {references} references"


def table_of(kernel, process):
    at = process.record.Handles
    return kernel.record("OBHANDLE_TABLE", at) if at else None


def count(kernel, process):
    table = table_of(kernel, process)
    return table.Count if table else 0


def every(kernel, process):
    """([Handle] in order, what is wrong or "")."""
    table = table_of(kernel, process)
    if table is None:
        return [], "the process has ended: its handles are closed"
    if isinstance(table, Missing):
        return [], f"the handle table: {table}"
    entries = table.layout.fields["Pages"].element.pointee()
    found = []
    for index in range(1, min(table.Limit, MOST)):
        page = table.Pages[index // PER_PAGE]
        entry = kernel.record(entries, page + index % PER_PAGE * entries.size)
        if isinstance(entry, Missing):
            return found, f"the handle table: {entry}"
        if entry.Object:
            found.append(Handle(kernel, index * 4, entry))
    wrong = "" if len(found) == table.Count else f"the table counts {table.Count} handles"
    return found, wrong
