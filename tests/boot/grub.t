#!/usr/bin/env python3
# long: only
# needs: system programs
# tools: grub
"""GRUB's Multiboot, by BIOS and by UEFI: the kernel gets a screen and the words of grub.cfg.
The bars are looked at as QEMU shows them."""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from firmware import Odd, screen_pixels
from tap import Plan

plan = Plan()
CONFIG = """serial --unit=0 --speed=115200
set timeout=0
insmod all_video
menuentry Fathom {{
    multiboot /boot/ntoskrnl.exe init=machine.exe shell quiet
    module /boot/archive.tar
    {payload}
}}
"""
BARS = [(0xFF, 0x5A, 0x5A), (0, 0xB0, 0), (0x5C, 0x8C, 0xFF)]


class Disc(Odd):
    """A machine that boots from a disc."""

    def make_image(self, archive, cmdline, kernel):
        folder = self.path("disc")
        os.makedirs(os.path.join(folder, "boot", "grub"))
        shutil.copy(kernel, os.path.join(folder, "boot"))
        shutil.copy(archive, os.path.join(folder, "boot", "archive.tar"))
        with open(os.path.join(folder, "boot", "grub", "grub.cfg"), "w") as config:
            config.write(CONFIG.format(payload=cmdline))
        subprocess.run(
            ["grub-mkrescue", "-o", self.path("grub.iso"), folder], check=True, capture_output=True
        )
        return self.path("grub.iso")

    def _disk_arguments(self, image):
        bios = [] if self.boot == "multiboot" else super()._disk_arguments(image)[:2]
        return [*bios, "-cdrom", image]

    def _boot_arguments(self, *what):
        return self._disk_arguments(self.make_image(*what))


def near(one, other):
    """Five bits of a colour shown by eight are not exactly what they were made of."""
    return all(abs(a - b) < 8 for a, b in zip(one, other))


def boots(name, boot, payload="", text_mode=False):
    with Disc(boot, screen=True) as machine:
        text = machine.boot_with(payload).until("C:\\>", "bug check")
        at = screen_pixels(machine)
        scale = at.width // 640
        places = (4, 40, 76) if text_mode else (4 * scale, 36 * scale, 68 * scale)
        seen = [at(x, 4) for x in places]
    plan.true(
        "ticks in" in text and "C:\\>" in text,
        f"{name}: boots, with grub.cfg's words",
        text[-2000:],
    )
    named = [line for line in text.splitlines() if "ignored: " in line]
    plan.true(
        len(named) >= 1 and all("ignored: quiet, a word" in line for line in named),
        f"{name}: the one word that the kernel does not know is named as ignored",
        *named,
    )
    plan.true(
        all(map(near, seen, BARS)),
        f"{name}: red, green and blue are on the screen",
        seen,
        text[-1500:],
    )


boots("BIOS", "multiboot")
boots("BIOS, 16 bits a pixel", "multiboot", "set gfxpayload=1024x768x16")
boots("BIOS, 24 bits a pixel", "multiboot", "set gfxpayload=800x600x24")
boots("BIOS, text", "multiboot", "set gfxpayload=text", text_mode=True)
boots("UEFI", "x64")
plan.done()
