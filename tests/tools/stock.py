"""Programs built as anyone would, with the stock compiler, and what a batch says of them."""
import json
import os
import re
import subprocess

from tap import TOP

SOURCES = os.path.join(TOP, "tests", "tools", "sources")
PREFIX = "i686-w64-mingw32-"


def build(folder, target, source, *options):
    """target in folder, from a source; C++ with its library in it, which takes no DLL along."""
    path = os.path.join(folder, target)
    tool = ["g++", "-static"] if source.endswith(".cpp") else ["gcc"]
    words = [PREFIX + tool[0], *tool[1:], os.path.join(SOURCES, source), "-o", path, *options]
    subprocess.run(words, check=True)
    return path


def line_of(source, mark):
    """The line of a source that says LINE mark, as file:line."""
    with open(os.path.join(SOURCES, source)) as lines:
        for number, line in enumerate(lines, 1):
            if re.search(rf"LINE {mark}\b", line):
                return f"{source}:{number}"
    raise KeyError(mark)


def fathom(*arguments, **environment):
    return subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), *arguments],
        capture_output=True,
        env={**os.environ, **environment},
        timeout=1200,  # a fuse
    )


def run_all(folder, lines, *options):
    """A batch of these lines: for each (ok, {key: text of its YAML}, comments)."""
    path = os.path.join(folder, "list")
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
    done = fathom("batch", "--timeout", "20", *options, path)
    found = []
    for line in done.stdout.decode("utf-8", "replace").split("\n"):
        if line.startswith(("ok ", "not ok ")):
            found.append((line.startswith("ok"), {}, []))
        elif found and line.startswith("# "):
            found[-1][2].append(line[2:])
        elif found and (match := re.match(r"  (\w+?)(?:_\d+)?: (.*)$", line)):
            value = json.loads(match[2]) if match[2].startswith('"') else match[2]
            found[-1][1][match[1]] = found[-1][1].get(match[1], "") + value
    return found


def without_addresses(text):
    """Another compiler, and another build of ours, put things elsewhere."""
    text = re.sub(r"\b[0-9a-fA-F]{8}\b", "ADDRESS", text)
    text = re.sub(r"\+[0-9a-f]+\b", "+OFFSET", text)
    return re.sub(r"  before it: block ADDRESS, \d+ bytes, .*\n", "", text)
