"""The functions of a recording's modules: what a page names addresses by.

    [{"module": "ntdll", "base": ..., "functions": [[start, "RtlAllocateHeap"], ...]}, ...]

In order of address; a function ends where the next begins, the last with its module.  Labels inside
an assembler routine (`KiFastCallEntry.exit`) are no functions.
"""
from record.symbols import symbols


def table(modules, files):
    """modules: of a recording's head; files: {lower-case name: path} of those that are here."""
    rows = []
    for module in modules:
        name = module["name"].lower()
        if name not in files:
            continue
        found = {}
        for called, address in symbols(files[name]).items():
            if "." not in called or called.startswith("operator"):
                found.setdefault(address, called)
        base, end = module["base"], module["base"] + module["size"]
        functions = [[at, found[at]] for at in sorted(found) if base <= at < end]
        short = "nt" if name == "ntoskrnl.exe" else name.rsplit(".", 1)[0]
        rows.append({"module": short, "base": base, "end": end, "functions": functions})
    return sorted(rows, key=lambda row: row["base"])
