"""Which layer a frame is of: the program, its runtime, Win32, ntdll, the kernel and its room."""
import os

from .names import KERNEL
from .stops import frames

RUNTIMES = ("msvcrt", "msvcrtd", "cw3220")
LAYERS = {"kernel32": "Win32 (kernel32)", "ole32": "COM (ole32)", "oleaut32": "COM (oleaut32)"}
ROOMS = {"heap": "the heap (ntdll)", "ldr": "the loader (ntdll)"}


class Place:
    """A frame: where it is, by name and line."""

    def __init__(self, frame, names):
        self.pc = frame.pc()
        sal = frame.find_sal()
        self.file = sal.symtab.filename if sal.symtab else ""
        line = f"{os.path.basename(self.file)}:{sal.line}" if self.file else ""
        module = names.module(self.pc) if self.pc < KERNEL else None
        self.module = "nt" if self.pc >= KERNEL else module.short if module else ""
        own = (frame.name() or "").split("@")[0].lstrip("_")
        name = f"{self.module}!{own}" if own and self.module else names.name(self.pc)
        self.text = f"{name or f'{self.pc:08X}'}  {line}".rstrip()


def walk(names):
    """[Place] from the innermost frame on."""
    return [Place(frame, names) for frame in frames()]


def layer(place):
    module, parts = place.module.lower(), place.file.split("/")
    if module == "nt":
        room = parts[-2] if "kernel" in parts and len(parts) > 1 else ""
        return f"the kernel ({room})" if room else "the kernel"
    if module == "ntdll":
        return next((text for room, text in ROOMS.items() if room in parts), "ntdll")
    if module in RUNTIMES:
        return f"the C runtime ({module})"
    return LAYERS.get(module, "the program" if module else "no module")


def program_frame(places, look, names):
    """The innermost frame of the program's own image; None: the program is not on the stack."""
    base = look.process.record.ImageBase if look.process else None
    main = next((m for m in names.modules if m.base == base), None)
    if main is None:
        return None
    own = [p for p in places if main.base <= p.pc < main.end]
    with_line = [p for p in own if p.file]
    return (with_line or own or [None])[0]
