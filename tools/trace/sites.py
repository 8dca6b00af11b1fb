"""Call sites: which line of the program's own code asked for a block.

    ntdll!RtlAllocateHeap          the system: passed over, its outermost name kept (`through`)
    msvcrt!malloc
    prog!operator new(unsigned)    C++'s library, which allocates for its caller: passed over, also
    prog!std::vector<...>::...     where it was inlined
    prog!push  prog.cpp:12         the first function that is neither: the site

A stack without such a function is the system's own doing: its site is the module that asked the
heap, or the program's own when only a library's code in it did.  Without symbols nothing tells a
library's code from the program's: the site is then the first few return addresses in it.
"""
import re
from dataclasses import dataclass

from host import reports
from host.leaks import RESERVE, RUNTIMES

GIVES = re.compile(r"operator new|(__mingw|_)*(aligned_)?(m|c|re)alloc$")  # linked in
CHAIN = 3  # return addresses that stand for a site without symbols
KERNEL = 0x80000000  # addresses from here on are the kernel's


@dataclass(frozen=True)
class Site:
    module: str  # its file's name
    function: str = ""  # "" without symbols
    file: str = ""
    line: int = 0  # 0 without DWARF
    at: str = ""  # file:line as found from here, or MODULE+OFFSET
    own: bool = True  # of the program's own code
    through: str = ""  # what gave it the block


class Sites:
    """images: host.symbols.Images; names: events.names.Names, which see every event first."""

    def __init__(self, images, names):
        self.images, self.names, self.known = images, names, {}

    def of(self, pid, stack):
        """The Site of a stack, innermost frame first."""
        found = [self.names.image(pid, frame.address) for frame in stack if frame.address < KERNEL]
        key = tuple(found)
        if key not in self.known:
            frames = [(self.images.find(one[0]), *one) for one in found if one]
            self.known[key] = self._find(frames)
        return self.known[key]

    def _find(self, frames):
        """frames: (Image or None, file's name, offset) of the addresses that lie in one."""
        through, bare, library = "", [], ""
        for image, module, offset in frames:
            if image is None or not image.own or module.lower().startswith(RUNTIMES):
                symbol = image.symbol(offset - 1)[0] if image else ""
                through = reports.plain(symbol) or through
                continue
            places = image.at(offset - 1)
            if not places:
                bare.append((module, offset))
            for place in places:
                if reports.is_library(place) or RESERVE.match(place.function):
                    library = module
                    if GIVES.match(place.function):
                        through = reports.plain(place.function)
                elif not bare:
                    return self._site(module, offset, place, through)
        if bare:
            return self._unnamed(bare[:CHAIN], through)
        return self._systems([name for _, name, _ in frames], library)

    @staticmethod
    def _systems(names, library):
        """The site of a stack without code of the program's own."""
        if library:
            return Site(library, at="library code", own=False)
        others = [name for name in names if name.lower() != "ntdll.dll"]
        return Site((others or names or ["?"])[0], at="for itself", own=False)

    @staticmethod
    def _site(module, offset, place, through):
        name = reports.plain(place.function)
        if not place.line:
            return Site(module, name, at=f"{module}+{offset:x}", through=through)
        return Site(module, name, place.file, place.line, place.at(), through=through)

    @staticmethod
    def _unnamed(chain, through):
        at = " < ".join(f"{module}+{offset:x}" for module, offset in chain)
        return Site(chain[0][0], at=at, through=through)


def shown(site):
    """A site in one line of text."""
    if not site.own:
        return f"{site.module}, {site.at}"
    return f"{site.function} {site.at}".strip()


def brief(function):
    """A function as a person calls it: `new`, `vector::push_back`."""
    while "<" in function and (shorter := re.sub(r"<[^<>]*>", "", function)) != function:
        function = shorter
    return re.sub(r"^operator (new|delete)|^(std|__gnu_cxx)::(__cxx11::)?", r"\1", function)
