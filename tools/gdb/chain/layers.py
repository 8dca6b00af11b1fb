"""The layers of the chain, from the program down to the page allocator, and the doors into each.

A function's layer is where its source lies: `ntdll/heap/` is the heap, `kernel/mm/` the memory
manager.  One without a source (a program's, a stock runtime's in it) is known by its module.  A
door is a function that the layer above calls.  docs/chain.md has the rows.
"""
import gdb

from words.names import symbol

KERNEL = 0x80000000
# (name, what it is, where its sources lie)
LAYERS = (
    ("program", "the program and what is linked into it", ()),
    ("com", "ole32 and oleaut32: task memory, strings", ("ole32/", "oleaut32/")),
    ("runtime", "malloc, free and new of a C runtime's DLL", ("crt/",)),
    (
        "kernel32",
        "the Win32 functions",
        ("kernel32/", "psapi/", "advapi32/", "user32/", "shell32/", "shlwapi/"),
    ),
    ("heap", "ntdll's heap", ("ntdll/heap/",)),
    ("ntdll", "ntdll's stubs, loader, exceptions", ("ntdll/", "build/gen/stubs_gen.asm")),
    ("kernel", "the ways into ring 0, and the services' dispatch", ("kernel/dispatch/",)),
    ("mm", "the memory manager: regions, page tables, pages", ("kernel/mm/", "kernel/section/")),
    ("rest", "the rest of the kernel: threads, objects, files", ("kernel/",)),
)
NAMES = tuple(name for name, _, _ in LAYERS)

# The doors that a program's own code goes through to get memory.
ALLOCATING = (
    "operator new(unsigned int)",
    "operator new[](unsigned int)",
    "malloc",
    "calloc",
    "realloc",
    "_strdup",
    "CoTaskMemAlloc",
    "CoTaskMemRealloc",
    "IMalloc_Alloc",
    "SysAllocString",
    "SysAllocStringLen",
    "SysAllocStringByteLen",
    "HeapAlloc",
    "HeapReAlloc",
    "HeapCreate",
    "RtlAllocateHeap",
    "RtlReAllocateHeap",
    "LocalAlloc",
    "LocalReAlloc",
    "GlobalAlloc",
    "GlobalReAlloc",
    "VirtualAlloc",
    "VirtualAllocEx",
    "MapViewOfFile",
    "NtAllocateVirtualMemory",
)
FREEING = (
    "operator delete(void*)",
    "operator delete(void*, unsigned int)",
    "operator delete[](void*)",
    "free",
    "CoTaskMemFree",
    "IMalloc_Free",
    "SysFreeString",
    "HeapFree",
    "HeapDestroy",
    "RtlFreeHeap",
    "LocalFree",
    "GlobalFree",
    "VirtualFree",
    "UnmapViewOfFile",
    "NtFreeVirtualMemory",
)
ALIASES = {  # what a program calls: the function that runs (kernel32.def's forwarders)
    "new": "operator new(unsigned int)",
    "new[]": "operator new[](unsigned int)",
    "delete": "operator delete(void*)",
    "HeapAlloc": "RtlAllocateHeap",
    "HeapReAlloc": "RtlReAllocateHeap",
    "HeapFree": "RtlFreeHeap",
}

# The doors of each layer, for bl-layer.  ring: 3 or 0, where a name is of both.
USER, BOTTOM = 3, 0
DOORS = {
    "com": (
        USER,
        "CoTaskMemAlloc CoTaskMemRealloc CoTaskMemFree IMalloc_Alloc IMalloc_Realloc "
        "IMalloc_Free SysAllocString SysAllocStringLen SysAllocStringByteLen SysReAllocString "
        "SysFreeString",
    ),
    "runtime": (
        USER,
        "malloc calloc realloc free _msize _expand _aligned_malloc _aligned_free",
    ),
    "kernel32": (
        USER,
        "HeapCreate HeapDestroy VirtualAlloc VirtualAllocEx VirtualFree VirtualFreeEx "
        "VirtualProtect VirtualQuery LocalAlloc LocalReAlloc LocalFree GlobalAlloc GlobalReAlloc "
        "GlobalFree MapViewOfFile UnmapViewOfFile CreateFileMappingW",
    ),
    "heap": (
        USER,
        "RtlCreateHeap RtlDestroyHeap RtlAllocateHeap RtlReAllocateHeap RtlFreeHeap RtlSizeHeap "
        "RtlValidateHeap RtlCompactHeap RtlWalkHeap",
    ),
    "ntdll": (
        USER,
        "NtAllocateVirtualMemory NtFreeVirtualMemory NtProtectVirtualMemory "
        "NtQueryVirtualMemory NtMapViewOfSection NtUnmapViewOfSection NtCreateSection "
        "KiUserExceptionDispatcher",
    ),
    "kernel": (BOTTOM, "KiFastCallEntry KiSystemService KiTrap0E"),
    "mm": (
        BOTTOM,
        "NtAllocateVirtualMemory NtFreeVirtualMemory NtProtectVirtualMemory "
        "NtQueryVirtualMemory NtMapViewOfSection NtUnmapViewOfSection NtCreateSection "
        "MmAccessFault PageAlloc PageFree",
    ),
}


def source(pc):
    """The path of the source of an address, from the top of the tree; "" if none is known."""
    table = gdb.find_pc_line(pc).symtab
    return table.filename.removeprefix("./") if table else ""


def layer(pc, module):
    """The name of the layer that an address belongs to; module: its short name."""
    path = source(pc)
    for name, _, folders in LAYERS:
        if path.startswith(folders):
            return name
    if pc >= KERNEL:
        return "rest"
    for name, _, folders in LAYERS:
        if any(folder.startswith(module.lower() + "/") for folder in folders):
            return name
    return "runtime" if module.lower() in ("msvcrt", "msvcrtd", "cw3220") else "program"


def addresses(name, ring=None):
    """First instructions of the functions of this name that are known now; ring: only its own."""
    name, found = ALIASES.get(name, name), set()
    try:
        places = gdb.decode_line(f"'{name}'" if "(" in name else name)[1] or ()
    except gdb.error:
        return found  # no module with it is loaded yet
    for place in places:
        if symbol(place.pc)[1] == 0 and ring in (None, USER if place.pc < KERNEL else BOTTOM):
            found.add(place.pc)
    return found
