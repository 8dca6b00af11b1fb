"""The story of a recorded program, as web/model/story.js tells it, for tests."""
import json
import os
import subprocess
import sys
import tempfile

from tap import OUT, TOP

sys.path.insert(0, os.path.join(TOP, "tools"))
from host import replay  # noqa: E402
from record.recording import Recording  # noqa: E402
from web import functions  # noqa: E402

PROGRAMS = os.path.join(OUT, "tests", "web", "programs")
scratch = tempfile.TemporaryDirectory(prefix="fathom-web-")


def recorded(path, *words):
    """What `fathom record` says goes with its failure: prove shows comments alone."""
    line = [os.path.join(TOP, "tools", "fathom"), "record", "--mem", "64", "-o", path, *words]
    done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(line)}: exit {done.returncode}\n{done.stdout}{done.stderr}")


def told(name, *stretch):
    """(the Recording, its events as dictionaries, what node said of trouble)."""
    program = os.path.join(PROGRAMS, f"{name}.exe")
    path, rows = (os.path.join(scratch.name, f"{name}.{kind}") for kind in ("rec", "json"))
    recorded(path, *stretch, program)
    recording = Recording(path)
    places = [PROGRAMS, os.path.join(OUT, "bin"), os.path.join(OUT, "kernel")]
    files, _ = replay.find_files(recording, places)
    with open(rows, "w") as out:
        json.dump(functions.table(recording.head["modules"], files), out)
    script = os.path.join(TOP, "tests", "web", "story.mjs")
    layouts = os.path.join(OUT, "web", "layouts.json")
    done = subprocess.run(["node", script, path, rows, layouts], capture_output=True, text=True)
    return recording, json.loads(done.stdout or "[]"), done.stderr
