"""The replay pages of the web site: OUT/site-replays/NAME.html, each made anew only if what it is
made of is newer."""
import glob
import os
import subprocess

import tutorial

TOP = tutorial.TOP
MEMORY = "64"  # MiB: a smaller machine is a smaller page


def newest(paths):
    return max(os.path.getmtime(path) for path in paths)


def program_of(page, name, folder):
    """The program NAME of a page that has its source: built unless it is as new as the page."""
    path = os.path.join(folder, name)
    page = os.path.join(TOP, page)
    if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(page):
        with open(page, encoding="utf-8") as file:
            tutorial.programs(file.read(), folder)
    return path


def made(out, name, page, words):
    """The path.  words: of `tools/fathom replay`; a program without a folder is the page's own."""
    folder = os.path.join(out, "site-replays")
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, f"{name}.html")
    index = next(i for i, word in enumerate(words) if word.endswith(".exe"))
    program = words[index]
    if "/" in program:
        program = os.path.join(out, os.path.relpath(program, "build"))
    else:
        program = program_of(page, program, folder)
    of = [program, os.path.join(out, "kernel", "ntoskrnl.exe"), os.path.join(out, "archive.tar")]
    of += glob.glob(os.path.join(TOP, "web", "[mr]*", "*"))
    of += glob.glob(os.path.join(TOP, "tools", "web", "*.py"))
    if not os.path.exists(target) or os.path.getmtime(target) < newest(of):
        tool = os.path.join(TOP, "tools", "fathom")
        words = [*words[:index], program, *words[index + 1 :]]
        command = [tool, "replay", "--mem", MEMORY, "-o", target, *words]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return target
