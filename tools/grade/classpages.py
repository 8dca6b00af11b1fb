"""What a class gets: a CSV, a page for each student, an overview.  All from records (record.py)."""
import csv
import html
import os
import urllib.parse

STYLE = """<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{font:15px/1.5 system-ui,sans-serif;margin:2em;max-width:70em}
table{border-collapse:collapse}td,th{padding:.15em .8em;text-align:left;\
border-bottom:1px solid #8884}
td.n{text-align:right}i.bar{display:inline-block;height:.8em;background:#47a}\
pre{white-space:pre-wrap}</style>"""


def page(title, body):
    name = html.escape(title)
    return f"<!doctype html><title>{name}</title>{STYLE}<h1>{name}</h1>{body}\n"


def student(name, record):
    """Everything that is said of one submission."""
    return page(
        f"{name}: {record['points']}/{record['most']}", f"<pre>{html.escape(record['text'])}</pre>"
    )


def bar(count, of):
    return f'<i class="bar" style="width:{200 * count // max(of, 1)}px"></i> {count}'


def overview(lab, records):
    """How many have how many points, and which test fails how often."""
    count = len(records)
    bands = [0] * 11
    for record in records.values():
        bands[10 * record["points"] // max(record["most"], 1)] += 1
    body = [
        f"<p>{count} submissions, seed {lab.seed}, version "
        f"{lab.lab['version']}</p><h2>Points</h2><table>"
    ]
    for band in range(10, -1, -1):
        label = "100" if band == 10 else f"{10 * band} to {10 * band + 9}"
        body.append(f"<tr><td>{label}<td>{bar(bands[band], count)}")
    body.append(
        "</table><h2>Tests that were not passed</h2><table><tr><th>test<th>points<th>failed<th>how"
    )
    for test in lab.tests:
        kinds = {}
        for record in records.values():
            for row in record["tests"]:
                if row["test"] == test.name and row["points"] != row["most"]:
                    kinds[row["kind"]] = kinds.get(row["kind"], 0) + 1
        how = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items(), key=lambda p: -p[1]))
        body.append(
            f"<tr><td>{test.name}<td "
            f"class=n>{test.points}<td>{bar(sum(kinds.values()), count)}<td>{how}"
        )
    body.append("</table><h2>Students</h2><table><tr><th>name<th>points<th>notes")
    for name, record in records.items():
        notes = "; ".join([*record["refused"].splitlines()[:1], *record["notes"]])
        where = urllib.parse.quote(name + ".html", errors="surrogateescape")
        link = f'<a href="students/{where}">{html.escape(name)}</a>'
        body.append(f"<tr><td>{link}<td class=n>{record['points']}<td>{html.escape(notes)}")
    return page(f"{lab.lab['title']} ({lab.label})", "\n".join(body) + "</table>")


def writing(*path):
    """A text file; a student's name that is no UTF-8 is written as its bytes are."""
    return open(os.path.join(*path), "w", newline="", encoding="utf-8", errors="backslashreplace")


def table(lab, records, path):
    """One line a student."""
    with writing(path) as file:
        out = csv.writer(file)
        out.writerow(["name", "points", "most", *(t.name for t in lab.tests), "refused", "notes"])
        for name, record in records.items():
            earned = {row["test"]: row["points"] for row in record["tests"]}
            cells = [earned.get(t.name, "") for t in lab.tests]
            notes = "; ".join(record["notes"])
            refused = record["refused"].replace("\n", "; ")
            out.writerow([name, record["points"], record["most"], *cells, refused, notes])


def write(lab, records, out):
    os.makedirs(os.path.join(out, "students"), exist_ok=True)
    table(lab, records, os.path.join(out, "points.csv"))
    for name, record in records.items():
        with writing(out, "students", name + ".html") as file:
            file.write(student(name, record))
    with writing(out, "index.html") as file:
        file.write(overview(lab, records))
