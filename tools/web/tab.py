"""The machine in a tab: a static site that runs Fathom in v86, and the same as one HTML file.

    python3 -m web.tab BUILD         (make web; PYTHONPATH=tools)

    BUILD/web/site/   index.html, tab.js, tab.css, facts.json, v86.wasm,
                      kernel.bin, archive.tar, licences.txt
    BUILD/web/fathom.html            all of it in one file, for a disk or a USB stick

esbuild bundles web/tab with v86 and xterm.js (BUILD/npm/web).  The page may run its own scripts and
WebAssembly, and asks nobody but its own folder for anything: its content security policy says so.
"""
import base64
import gzip
import io
import json
import os
import subprocess
import sys
import tarfile

from events import table
from events.text import services

from . import chain, functions
from .page import digest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOAD = 0x100000  # where a Multiboot loader puts the kernel file's first byte
MAGIC = 0x1BADB002
BOUND = 8192  # the header lies before it
# v86's wait is a Worker made of a blob: unless there is postTask, which it takes for the asking.
DEFINES = ("Worker=undefined", 'location.href="use-scheduling-api"', "process=undefined")
SHIPPED = ("v86", "@xterm/xterm")
OF_NODE = ("crypto", "fs", "perf_hooks", "node:*")  # v86 asks for them in Node alone
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "


def loaded(path):
    """The part of the kernel's file that a Multiboot loader reads."""
    with open(path, "rb") as file:
        image = file.read()
    word = lambda at: int.from_bytes(image[at : at + 4], "little")
    for at in range(0, BOUND, 4):
        if word(at) == MAGIC and not (word(at) + word(at + 4) + word(at + 8)) & 0xFFFFFFFF:
            return image[: word(at + 20) - LOAD]
    raise ValueError(f"{path}: no Multiboot header")


def facts(build):
    """What the page knows of the system."""
    with open(os.path.join(build, "web", "layouts.json")) as layouts:
        found = json.load(layouts)
    kernel = os.path.join(build, "kernel", "ntoskrnl.exe")
    modules = [{"name": "ntoskrnl.exe", "base": 0x80000000, "size": 0x40000000}]
    found["kernel"] = functions.table(modules, {"ntoskrnl.exe": kernel})
    found["chain"] = chain.table(os.path.abspath(build), TOP)
    found["events"] = table.read().plain()
    found["services"] = services()
    return found


def modules(build):
    return os.path.join(os.path.abspath(build), "npm", "web", "node_modules")


def licences(build):
    """Of what is shipped along."""
    texts = []
    for name in SHIPPED:
        folder = os.path.join(modules(build), name)
        with open(os.path.join(folder, "package.json")) as package:
            version = json.load(package)["version"]
        with open(os.path.join(folder, "LICENSE")) as text:
            texts.append(f"{name} {version}\n\n{text.read().strip()}\n")
    return "\n\n".join(texts)


def bundle(build, entry, out):
    """web/ENTRY with all that it imports, as one script."""
    npm = modules(build)
    command = [os.path.join(npm, ".bin", "esbuild"), os.path.join(TOP, "web", entry)]
    command += [
        "--bundle",
        "--minify",
        "--format=iife",
        "--log-level=error",
        "--legal-comments=none",
    ]
    command += [f"--define:{one}" for one in DEFINES] + [f"--external:{one}" for one in OF_NODE]
    command += [f"--outfile={out}"]
    subprocess.run(command, check=True, env={**os.environ, "NODE_PATH": npm})


def html(policy, head, body):
    with open(os.path.join(TOP, "web", "tab", "index.html")) as file:
        page = file.read()
    return (
        page.replace("POLICY", POLICY + policy)
        .replace("<!--head-->", head)
        .replace("<!--body-->", body)
    )


def site(folder, parts, script, style):
    """The form that a server hands out."""
    os.makedirs(folder, exist_ok=True)
    for name, data in {**parts, "tab.js": script.encode(), "tab.css": style.encode()}.items():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(data)
    policy = "script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'"
    head = '<link rel="stylesheet" href="tab.css">'
    with open(os.path.join(folder, "index.html"), "w") as out:
        out.write(html(policy, head, '<script src="tab.js"></script>'))


def one_file(path, parts, script, style):
    """The form that works from disk: what a server would be asked for lies in the page."""
    policy = f"script-src 'wasm-unsafe-eval' {digest(script)}; style-src {digest(style)}"
    packed = lambda data: base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()
    body = [
        f'<script type="text/plain" id="{name}">{packed(data)}</script>'
        for name, data in parts.items()
    ]
    assert "</script" not in script and "</style" not in style
    with open(path, "w") as out:
        out.write(
            html(policy, f"<style>{style}</style>", "\n".join(body) + f"<script>{script}</script>")
        )


def archive(build):
    """The system's programs, and the one cold malloc of README.md's picture for a first look."""
    with open(os.path.join(build, "archive.tar"), "rb") as file:
        whole = io.BytesIO(file.read())
    with open(os.path.join(build, "web", "cold.exe"), "rb") as file:
        program = file.read()
    with tarfile.open(fileobj=whole, mode="a", format=tarfile.USTAR_FORMAT) as tar:
        member = tarfile.TarInfo("cold.exe")
        member.size = len(program)
        tar.addfile(member, io.BytesIO(program))
    return whole.getvalue()


def main(build):
    out = os.path.join(build, "web")
    scripts = {}
    for name, entry in (("tab.js", "tab/page.js"), ("tab.css", "tab/tab.css")):
        made = os.path.join(out, name)
        bundle(build, entry, made)
        with open(made) as file:
            scripts[name] = file.read().strip()
        os.remove(made)
    with open(os.path.join(modules(build), "v86", "build", "v86.wasm"), "rb") as wasm:
        parts = {"v86.wasm": wasm.read(), "archive.tar": archive(build)}
    parts["kernel.bin"] = loaded(os.path.join(build, "kernel", "ntoskrnl.exe"))
    parts["licences.txt"] = licences(build).encode()
    parts["facts.json"] = json.dumps(facts(build), separators=(",", ":")).encode()
    site(os.path.join(out, "site"), parts, scripts["tab.js"], scripts["tab.css"])
    one_file(os.path.join(out, "fathom.html"), parts, scripts["tab.js"], scripts["tab.css"])


if __name__ == "__main__":
    main(sys.argv[1])
