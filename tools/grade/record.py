"""The record of one graded submission, as a file: what pages and tables of a class are made
from."""
import dataclasses
import functools
import hashlib
import json
import os

from .handed import content


def digest(path):
    """Of a submission's file; empty when there is none."""
    try:
        data = content(path)
    except OSError:
        return ""
    return "" if data is None else hashlib.sha256(data).hexdigest()


@functools.cache
def tests_digest(folder, overlay):
    """Of all that judges: a mended test, or other points, make each record an old one."""
    text = hashlib.sha256()
    for base in filter(None, (folder, overlay)):
        for where in ("", "host", "guest", "outside", "held"):
            for at, folders, names in os.walk(os.path.join(base, where)):
                folders[:] = sorted(set(folders) - {"__pycache__"}) if where else []
                for name in sorted(names) if where else ["lab.toml"]:
                    path = os.path.join(at, name)
                    if os.path.isfile(path):
                        text.update(os.path.relpath(path, base).encode(errors="surrogateescape"))
                        text.update(digest(path).encode())
    return text.hexdigest()


def as_record(results, teller):
    """JSON of one Result, with its text."""
    (result,) = results
    rows = []
    for outcome in result.outcomes:
        row = {"test": outcome.test.name, "most": outcome.test.points, "shown": outcome.test.shown}
        kept = dataclasses.asdict(outcome)
        row.update(
            {key: kept[key] for key in ("kind", "points", "cost", "expected", "seen", "where")}
        )
        rows.append(row)
    form = {
        "lab": result.lab.label,
        "version": result.lab.lab["version"],
        "seed": result.lab.seed,
        "file": os.path.abspath(result.path),
        "digest": digest(result.path),
        "tests_digest": tests_digest(result.lab.folder, result.lab.overlay),
        "points": result.points,
        "most": result.most,
        "refused": result.refused,
        "notes": result.notes,
        "machines_fault": result.machines_fault,
        "seconds": round(result.seconds, 2),
        "tests": rows,
        "text": "\n".join(teller.table(result)),
    }
    yield json.dumps(form, ensure_ascii=False, indent=1)


def read(path, lab, file):
    """The record at path if it is of this lab, its tests, seed and file as they are now; None."""
    try:
        with open(path, encoding="utf-8") as text:
            form = json.load(text)
    except (OSError, ValueError):
        return None
    same = [form.get(n) for n in ("lab", "version", "seed", "digest", "tests_digest")]
    judged = tests_digest(lab.folder, lab.overlay)
    wanted = [lab.label, lab.lab["version"], lab.seed, digest(file), judged]
    return form if same == wanted and not form.get("machines_fault") else None
