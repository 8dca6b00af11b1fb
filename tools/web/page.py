"""The replay page: a recording and all that is needed to show it, in one HTML file.

    page.html   style | facts (JSON) | recording (base64) | modules of web/ as an import map

It works from disk and asks no host for anything: the modules are data: addresses, and its content
security policy allows nothing else.
"""
import base64
import glob
import hashlib
import html
import json
import os

from record.recording import EIP

from . import functions, lines

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WEB = os.path.join(TOP, "web")
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
START = 'import "fathom/replay/page.js";'


def modules():
    """The import map: each module of web/ by its path, as a data: address; what a module imports by
    a path beside it, it imports by the map's name."""
    found = {}
    for path in sorted(
        glob.glob(os.path.join(WEB, "model", "*.js"))
        + glob.glob(os.path.join(WEB, "replay", "*.js"))
    ):
        name = os.path.relpath(path, WEB)
        with open(path) as text:
            content = text.read()
        folder = os.path.dirname(name)
        content = content.replace('from "./', f'from "fathom/{folder}/').replace(
            'from "../', 'from "fathom/'
        )
        data = base64.b64encode(content.encode()).decode()
        found[f"fathom/{name}"] = f"data:text/javascript;base64,{data}"
    return {"imports": found}


def embedded(data):
    """JSON that no `</script>` can end."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def digest(text):
    """For a policy: the script or style with this very text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def facts(recording, files, out):
    eips = {recording.step(n)[0][EIP] for n in range(recording.count)}
    with open(os.path.join(out, "web", "layouts.json")) as layouts:
        found = json.load(layouts)
    found["functions"] = functions.table(recording.head["modules"], files)
    found["source"] = lines.facts(files.values(), out, TOP, eips)
    found["command"] = " ".join(recording.head["command"])
    return found


def build(path, recording, files, out):
    """The text of the page.  path: of the Recording; files: {lower-case name: path} of the recorded
    modules that are here; out: the build directory."""
    known = facts(recording, files, out)
    with open(path, "rb") as file:
        data = base64.b64encode(file.read()).decode()
    with open(os.path.join(WEB, "replay", "replay.css")) as text:
        style = text.read()
    title = html.escape(f"{known['command']} - Fathom")
    imported = embedded(modules())
    scripts = f"script-src {digest(imported)} {digest(START)} data:"
    policy = f"{POLICY}{scripts}; style-src {digest(style)}"
    return "\n".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            f"<title>{title}</title><style>{style}</style>",
            f'<script type="importmap">{imported}</script></head><body>',
            '<main id="replay"></main>',
            f'<script type="application/json" id="facts">{embedded(known)}</script>',
            f'<script type="text/plain" id="recording">{data}</script>',
            f'<script type="module">{START}</script></body></html>\n',
        )
    )
