"""The modules of a process, from its own lists, as a debugger reads them.

    PEB.Ldr -> PEB_LDR_DATA.InLoadOrderModuleList -> LDR_DATA_TABLE_ENTRY -> ...
"""
from . import regions
from .trouble import Missing

MOST = 512


class Image:
    """An image that is mapped; record and path: of the loader's list, None where it is in none."""

    record = path = None

    def __init__(self, name, base, end):
        self.name, self.base, self.end = name, base, end

    @property
    def short(self):
        """`ntdll` of `ntdll.dll`: what stands before the `!`."""
        return self.name.rsplit(".", 1)[0]


class Module(Image):
    def __init__(self, record, name, path):
        super().__init__(name, record.DllBase, record.DllBase + record.SizeOfImage)
        self.record, self.path = record, path


def unlisted(kernel, space_address, modules):
    """[Image] that are mapped and not in the loader's list: before it runs, or hidden from it."""
    bases = {module.base for module in modules}
    found = [r for r in regions.walk(kernel, space_address)[0] if r.kind == "image"]
    return [Image(r.name, r.base, r.end) for r in found if r.base not in bases]


def modules(space, peb):
    """([Module] in the order of loading, what is wrong or "")."""
    record = space.record("PEB", peb) if peb else Missing(peb, "the process has no PEB")
    if not record:
        return [], str(record)
    if not record.Ldr:
        return [], "the loader has not run yet (PEB.Ldr is 0)"
    data = space.record("PEB_LDR_DATA", record.Ldr)
    if not data:
        return [], f"PEB.Ldr is damaged: {data}"
    found = []
    addresses, wrong = space.links(data.where("InLoadOrderModuleList"), MOST)
    for address in addresses:
        entry = space.record("LDR_DATA_TABLE_ENTRY", address)
        if not entry:
            return found, str(entry)
        if entry.DllBase:
            name, path = space.text(entry.BaseDllName), space.text(entry.FullDllName)
            found.append(Module(entry, name, path))
    return found, wrong
