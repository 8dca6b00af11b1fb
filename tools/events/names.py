"""Which image an address of an event lies in, and its name there.

The images of a process are known from its ModuleLoad and ModuleUnload, so every event goes
through see(), in order.  A name comes from the file: symbols is host.symbols.Images, or None.
"""
import bisect

from .stream import TRAP

KERNEL, KERNEL_NAME = 0x80000000, "ntoskrnl.exe"
KERNEL_BASE = 0x80100000  # mk/kernel.mk: --image-base


class Names:
    def __init__(self, symbols=None):
        self.symbols, self.images = symbols, {}  # pid -> [(base, size, name)], sorted

    def see(self, event):
        fields = event.fields
        if event.name == "ModuleLoad":
            image = (fields["Base"], fields["Size"], fields["Name"])
            bisect.insort(self.images.setdefault(fields["Pid"], []), image)
        elif event.name == "ModuleUnload":
            images = self.images.get(fields["Pid"], [])
            images[:] = [image for image in images if image[0] != fields["Base"]]
        elif event.name == "ProcessExit":
            self.images.pop(fields["Pid"], None)

    def image(self, pid, address):
        """(file's name, offset in it); None: no image is known there."""
        if address >= KERNEL:
            return KERNEL_NAME, address - KERNEL_BASE
        images = self.images.get(pid, [])
        at = bisect.bisect_right(images, (address, 1 << 32)) - 1
        if at < 0 or address - images[at][0] >= images[at][1]:
            return None
        return images[at][2], address - images[at][0]

    def of(self, pid, frame):
        """module!function+offset of a stream's Frame, module+offset, or None."""
        found = self.image(pid, frame.address)
        if not found:
            return None
        name, offset = found
        module = "nt" if name == KERNEL_NAME else name.rpartition(".")[0] or name
        image = self.symbols and self.symbols.find(name)
        inside = offset - (not frame.flags & TRAP)  # a call that is the last of its function
        function, after = image.symbol(inside) if image else ("", 0)
        if not function:
            return f"{module}+{offset:x}"
        if module == "ntdll" and function.startswith("Zw"):  # two names of one stub
            function = "Nt" + function[2:]
        return f"{module}!{function}+{after + offset - inside:x}"
