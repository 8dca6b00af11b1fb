"""A machine in a state of our choosing, with QEMU's monitor at hand: for tests/boot/*.t.

`state` is what tests/boot/state.c plays before the loader; `more` are further words for QEMU's
command line, `before` lines for its monitor while the machine has not run yet.
"""
import io
import json
import os
import select
import shutil
import subprocess
import sys
import tarfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP

sys.path.insert(0, os.path.join(TOP, "tools"))
from host.machine import Machine

PROGRAM = os.path.join(OUT, "tests", "boot", "programs", "machine.exe")
LOADERS = {"x64": "BOOTX64.EFI", "ia32": "BOOTIA32.EFI"}
SECONDS = 600  # a fuse: a boot by UEFI takes ten on a machine that does nothing else


class Odd(Machine):
    def __init__(self, boot="multiboot", mem=256, state=None, more=(), before=(), **options):
        super().__init__(OUT, boot, mem, **options)
        self.state, self.more, self.before = state, list(more), before
        self.text = ""
        self.monitor_ready = False
        if before:
            self.halted = self.path("gdb")

    def make_image(self, archive, cmdline, kernel):
        image = super().make_image(archive, cmdline, kernel)
        if self.state is not None:
            loader = LOADERS[self.boot]
            played = os.path.join(OUT, "tests", "boot", "state", loader)
            self.copy_in(image, os.path.join(OUT, "efi", loader), "EFI/FATHOM.EFI")
            self.copy_in(image, played, "EFI/BOOT/" + loader)
            self.copy_in(image, "-", "state.txt", self.state.encode())
        return image

    @staticmethod
    def copy_in(image, source, name, data=None):
        subprocess.run(
            ["mcopy", "-o", "-i", image + "@@1M", source, "::" + name],
            input=data,
            check=True,
            env={**os.environ, "MTOOLSRC": "/dev/null", "MTOOLS_SKIP_CHECK": "1"},
        )

    def _boot_arguments(self, *what):
        return super()._boot_arguments(*what) + self.more

    def boot_with(self, cmdline="init=machine.exe", ballast=0):
        """Start it with our program on C:, and a file of so many MiB."""
        archive = self.path("archive.tar")
        shutil.copyfile(os.path.join(OUT, "archive.tar"), archive)
        with tarfile.open(archive, "a", format=tarfile.USTAR_FORMAT) as tar:
            tar.add(PROGRAM, "machine.exe")
            if ballast:
                member = tarfile.TarInfo("ballast")
                member.size = ballast << 20
                tar.addfile(member, io.BytesIO(bytes(member.size)))
        self.start(cmdline, archive)
        if self.before:
            self.monitor(*self.before, "cont")
        return self

    def monitor(self, *lines):
        """What QEMU's monitor answers to each line."""
        command = "human-monitor-command"
        return [self.ask(command, **{"command-line": line}) for line in lines]

    def ask(self, command, **arguments):
        """What QEMU answers to a command of its machine protocol."""
        if not self.monitor_ready:
            self.monitor_ready = True
            self.ask("qmp_capabilities")
        self.qmp.settimeout(60)
        stream = self.qmp.makefile("rw")
        stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        stream.flush()
        return self._answer(stream)

    @staticmethod
    def _answer(stream):
        while True:
            said = json.loads(stream.readline())
            if "return" in said or "error" in said:
                return said.get("return", said.get("error"))

    def until(self, *words):
        """The console's text, once it has one of words or the machine has ended."""
        return self._read(lambda: any(word in self.text for word in words))

    def until_line(self, *words):
        """The same, once the line that has the word is whole."""
        found = lambda word: word in self.text and "\n" in self.text[self.text.rindex(word) :]
        return self._read(lambda: any(map(found, words)))

    def _read(self, enough):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and not enough():
            if select.select([self.console], [], [], 2)[0]:
                try:
                    data = self.console.recv(65536)
                except BlockingIOError:
                    data = b""
                if not data:
                    break
                self.text += data.decode("utf-8", "replace").replace("\r", "")
            elif self.process.poll() is not None:
                break
        return self.text


def screen_pixels(machine):
    """{(x, y): (red, green, blue)} as a function, of what QEMU's screen shows."""
    path = machine.path("screen.ppm")
    machine.monitor(f"screendump {path}")
    with open(path, "rb") as picture:
        data = picture.read()
    _, width, height, _ = data.split(None, 4)[:4] if data[:2] == b"P6" else (0, 0, 0, 0)
    pixels = data[-int(width) * int(height) * 3 :]

    def at(x, y):
        place = (y * int(width) + x) * 3
        return tuple(pixels[place : place + 3])

    at.width, at.height = int(width), int(height)
    return at
