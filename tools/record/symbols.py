"""Where a name is in memory: of the program, the DLLs and the kernel, by their own symbols.

    main   malloc   ntdll!RtlAllocateHeap   nt!PageAlloc   "operator new"

A DLL of ours is loaded where it is linked; the program where its header says.
"""
import glob
import os
import re
import subprocess

TOOL = "i686-w64-mingw32-"
KERNEL = "ntoskrnl"
MAINS = ("main", "wmain", "WinMain", "wWinMain")


class Unknown(Exception):
    """No module has a symbol of this name."""


def decorations(name):
    """The field's name of a symbol: without underscore and bytes of arguments."""
    return re.sub(r"@\d+$", "", name.removeprefix("_"))


def symbols(path):
    """{plain name: address} of a PE file's code, C++ names demangled without arguments."""
    listed = subprocess.run([TOOL + "nm", "-C", path], capture_output=True, text=True).stdout
    found = {}
    for line in listed.splitlines():
        address, kind, name = line.split(" ", 2)
        if kind in "tT" and address:
            plain = decorations(name).split("(")[0]
            found.setdefault(plain, int(address, 16))
    return found


def image(path):
    """(base, bytes) of a PE file's image, as its header has them."""
    with open(path, "rb") as file:
        head = file.read(4096)
    at = int.from_bytes(head[0x3C:0x40], "little")
    base, size = (int.from_bytes(head[at + o : at + o + 4], "little") for o in (0x34, 0x50))
    return base, size


def entry_point(path):
    with open(path, "rb") as file:
        head = file.read(4096)
    at = int.from_bytes(head[0x3C:0x40], "little")
    entry, base = (int.from_bytes(head[at + o : at + o + 4], "little") for o in (0x28, 0x34))
    return base + entry


class Symbols:
    """program: a path; out: the build directory; added: paths of more DLLs."""

    def __init__(self, program, out, added=()):
        dlls = [p for p in added if p.lower().endswith(".dll")]
        dlls += sorted(glob.glob(os.path.join(glob.escape(out), "bin", "*.dll")))
        self.files = {os.path.basename(program).rsplit(".", 1)[0].lower(): program}
        for path in dlls:
            self.files.setdefault(os.path.basename(path)[:-4].lower(), path)
        self.files[KERNEL] = os.path.join(out, "kernel", "ntoskrnl.exe")
        self.known = {}

    def of(self, module):
        if module not in self.known:
            self.known[module] = symbols(self.files[module])
        return self.known[module]

    def main(self):
        """The program's first function; of one without symbols its entry point."""
        module = next(iter(self.files))
        found = [self.of(module)[name] for name in MAINS if name in self.of(module)]
        return found[0] if found else entry_point(self.files[module])

    def find(self, name):
        """The address of NAME or MODULE!NAME, or of a number."""
        if re.fullmatch(r"0x[0-9a-fA-F]+", name):
            return int(name, 16)
        module, _, plain = name.rpartition("!")
        module = {"nt": KERNEL}.get(module.lower(), module.lower())
        if module and module not in self.files:
            raise Unknown(f"{name}: no module {module}; there are {', '.join(self.files)}")
        for file in [module] if module else self.files:
            if plain in self.of(file):
                return self.of(file)[plain]
        raise Unknown(f"{name}: {module + ' has' if module else 'the program and its DLLs have'} "
                      "no such function")

    def extent(self, name):
        """(start, end) of a function MODULE!NAME: it ends where the next begins."""
        start = self.find(name)
        module = {"nt": KERNEL}.get(name.partition("!")[0], name.partition("!")[0])
        return start, min(at for at in self.of(module).values() if at > start)
