"""The record of one graded submission, as a file: what pages and tables of a class are made
from."""
import dataclasses
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
    """The record at path if it is of this lab, seed and file as it is now; None."""
    try:
        with open(path, encoding="utf-8") as text:
            form = json.load(text)
    except (OSError, ValueError):
        return None
    same = (form.get("lab"), form.get("version"), form.get("seed"), form.get("digest"))
    wanted = (lab.label, lab.lab["version"], lab.seed, digest(file))
    return form if same == wanted and not form.get("machines_fault") else None
