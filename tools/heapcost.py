#!/usr/bin/env python3
"""heapcost.py FIGURES PAGE [PLOT] - docs/heap-cost.md and .svg from what the benches print.

FIGURES holds lines `name value unit`: those of tests/bench/heap.c (the guest) and of
tests/bench/host.py.  In PAGE what stands between `<!-- NAME: from here -->` and
`<!-- NAME: to here -->` is replaced; the words around are its own.  Without PLOT the guest's
table alone: its figures are exact on a busy machine, the host's seconds are not.
"""
import math
import os
import platform
import re
import sys

NAMES = ["fathom", "glibc", "jemalloc", "mimalloc", "tcmalloc"]
TITLES = {"fathom": "Fathom"}
COLOURS = {
    "fathom": "#c1272d",
    "glibc": "#222222",
    "jemalloc": "#0072b2",
    "mimalloc": "#009e73",
    "tcmalloc": "#b07800",
    "guest": "#c1272d",
}
CHURNS = [("1e2", 100), ("3e2", 300), ("1e3", 1000), ("3e3", 3000)]
CHURNS += [("1e4", 10000), ("3e4", 30000), ("1e5", 100000)]
ROWS = {
    "pair_16": "pair, 16 bytes",
    "pair_32": "pair, 32 bytes",
    "pair_64": "pair, 64 bytes",
    "pair_2_threads": "pair, 16 bytes, of two threads",
    "churn_1e2": "churn, 10² live",
    "churn_1e3": "churn, 10³ live",
    "churn_1e4": "churn, 10⁴ live",
    "churn_1e5": "churn, 10⁵ live",
    "growth_1e3_1e5": "churn, 10⁵ over 10³",
    "batch_same": "batch, freed in the same order",
    "batch_reverse": "batch, in reverse",
    "batch_random": "batch, at random",
    "realloc_append": "realloc, 16 bytes at a time",
    "vectors": "vectors that double, a push",
    "large": "64 KiB to 4 MiB",
    "cross_thread": "freed by another thread",
    "churn_2_threads": "churn in two threads",
    "overhead_1e4": "held over live, 10⁴",
    "overhead_1e5": "held over live, 10⁵",
}
COMMANDS = {
    "python3": "`python3 -m compileall` of six packages",
    "gcc": "`gcc -O2` of the heap's own sources in one",
    "git": "`git repack -f`, `log -p`, `fsck`",
}


def read(path):
    """{(name, unit): value}; of a name and unit that stand twice, the last."""
    figures = {}
    with open(path) as lines:
        for line in lines:
            if match := re.fullmatch(r"(\w+) ([\d.]+) (\S+)", line.strip()):
                figures[match[1], match[3]] = float(match[2])
    return figures


# ---- the page ----


def short(value):
    if value is None:
        return ""
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}" if value >= 1000 else f"{value:.0f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def guest_table(figures):
    rows = []
    for (name, unit), value in figures.items():
        if name.startswith("heap_"):
            exact = f"{value:.3f}" if unit != "instructions" else f"{value:,.1f}"
            rows.append([f"`{name}`", exact, unit])
    return table(["line of `make bench`", "value", "unit"], rows)


def host_table(figures, units):
    """A row for each of ROWS that has a figure in one of the units; NAMES are the columns."""
    rows = []
    for row, title in ROWS.items():
        for unit in units:
            values = [figures.get((f"host_{row}_{name}", unit)) for name in NAMES]
            if values[0] is not None:
                rows.append([title] + [short(value) for value in values])
    return table(["operation", *(TITLES.get(name, name) for name in NAMES)], rows)


def ratio_table(figures):
    rows = []
    for row, title in ROWS.items():
        values = [figures.get((f"host_{row}_to_{name}", "ratio")) for name in NAMES[1:]]
        if values[0] is not None:
            rows.append([title] + [f"{value:.2f}" for value in values])
    return table(["Fathom's over", *NAMES[1:]], rows)


def command_table(figures):
    rows = []
    for name, title in COMMANDS.items():
        row = [title]
        for unit in ("cpu_seconds", "seconds"):
            ours = figures[f"host_{name}_fathom", unit]
            theirs = figures[f"host_{name}_glibc", unit]
            row += [f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.2f}"]
        rows.append(row)
    head = [
        "work",
        "processor: Fathom",
        "glibc",
        "ratio",
        "clock: Fathom",
        "glibc",
        "ratio",
    ]
    return table(head, rows)


def machine():
    model = "unknown"
    with open("/proc/cpuinfo") as cpu:
        if match := re.search(r"^model name\s*: (.*)$", cpu.read(), re.M):
            model = " ".join(match[1].split())
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return [f"Measured on {model}, {os.cpu_count()} processors, {system}."]


def fill(text, parts):
    for name, lines in parts.items():
        pattern = rf"(<!-- {name}: from here -->\n).*?(<!-- {name}: to here -->)"
        if not re.search(pattern, text, re.S):
            sys.exit(f"heapcost: the page has no place for {name}")
        made = "\n".join(lines) + "\n"
        text = re.sub(pattern, lambda match: match[1] + made + match[2], text, flags=re.S)
    return text


# ---- the plot ----

WIDTH, HEIGHT = 1000, 460
TOP, BOTTOM = 74, 400


def ceiling(most):
    """The end of an axis from 0 to at least most, and a step that gives 4 to 8 lines."""
    for step in (5, 10, 20, 25, 50, 100, 200, 250, 500, 1000):
        if most / step <= 7:
            return math.ceil(most / step) * step, step
    return most, most / 5


def apart(wanted, gap):
    """Heights near the wanted ones, no two closer than the gap; in the same order."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    at = [wanted[i] for i in order]
    for _ in range(200):
        for low in range(len(at) - 1):
            if (lack := gap - (at[low + 1] - at[low])) > 0:
                at[low] -= lack / 2
                at[low + 1] += lack / 2
        over = at[-1] - BOTTOM if at else 0
        if over > 0:
            at[-1] -= over
    return {i: height for i, height in zip(order, at)}


def panel(left, right, title, unit, series):
    """One set of axes; series: {name: [(live, cost), ...]}."""
    end, step = ceiling(max(cost for points in series.values() for _, cost in points))
    out = [f'<text class="title" x="{left}" y="{TOP - 30}">{title}</text>']
    out.append(f'<text class="axis" x="{left}" y="{TOP - 12}">{unit}</text>')

    def x(live):
        return left + (right - left) * (math.log10(live) - 2) / 3

    def y(cost):
        return BOTTOM - (BOTTOM - TOP) * cost / end

    for i in range(int(end / step) + 1):
        height = y(i * step)
        out.append(
            f'<line class="grid" x1="{left}" y1="{height:.1f}" x2="{right}" y2="{height:.1f}"/>'
        )
        out.append(
            f'<text class="tick" text-anchor="end" x="{left - 8}" '
            f'y="{height + 4:.1f}">{i * step}</text>'
        )
    for power, mark in enumerate("²³⁴⁵", 2):
        at = x(10**power)
        out.append(
            f'<line class="tickmark" x1="{at:.1f}" y1="{BOTTOM}" x2="{at:.1f}" y2="{BOTTOM + 5}"/>'
        )
        out.append(
            f'<text class="tick" text-anchor="middle" x="{at:.1f}" '
            f'y="{BOTTOM + 20}">10{mark}</text>'
        )
    out.append(f'<line class="base" x1="{left}" y1="{BOTTOM}" x2="{right}" y2="{BOTTOM}"/>')
    middle = (left + right) / 2
    out.append(
        f'<text class="axis" text-anchor="middle" x="{middle}" y="{BOTTOM + 42}">live blocks of 16 '
        f'to 1,024 bytes</text>'
    )
    names = list(series)
    heights = apart([y(series[name][-1][1]) for name in names], 17)
    for i, name in reversed(list(enumerate(names))):
        points = " ".join(f"{x(live):.1f},{y(cost):.1f}" for live, cost in series[name])
        kind = {"fathom": "ours", "guest": "guest"}.get(name, "other")
        out.append(f'<polyline class="{kind}" stroke="{COLOURS[name]}" points="{points}"/>')
        for live, cost in series[name]:
            out.append(
                f'<circle cx="{x(live):.1f}" cy="{y(cost):.1f}" '
                f'r="{3.5 if kind != "other" else 2.5}" fill="{COLOURS[name]}"/>'
            )
        label = {"fathom": "Fathom", "guest": "Fathom, guest"}.get(name, name)
        weight = ' font-weight="bold"' if kind != "other" else ""
        last = y(series[name][-1][1])
        out.append(
            f'<line class="leader" stroke="{COLOURS[name]}" x1="{right + 5}" y1="{last:.1f}" '
            f'x2="{right + 16}" y2="{heights[i]:.1f}"/>'
        )
        out.append(
            f'<text class="label"{weight} style="fill: {COLOURS[name]}" x="{right + 20}" '
            f'y="{heights[i] + 4:.1f}">{label}</text>'
        )
    return out


STYLE = """
text { font-family: Helvetica, Arial, sans-serif; fill: #333 }
.title { font-size: 15px; font-weight: bold }
.axis, .tick { font-size: 12px; fill: #555 }
.label { font-size: 13px }
.grid { stroke: #e4e4e4 }
.base, .tickmark { stroke: #555 }
.leader { stroke-width: 1; opacity: 0.5 }
polyline { fill: none; stroke-linejoin: round }
.ours { stroke-width: 3 }
.guest { stroke-width: 2; stroke-dasharray: 7 4 }
.other { stroke-width: 1.6 }
"""


def plot(figures):
    def points(pattern, unit):
        found = [(live, figures.get((pattern.format(mark), unit))) for mark, live in CHURNS]
        return [(live, cost) for live, cost in found if cost is not None]

    counted = {name: points("host_churn_{}_" + name, "instructions") for name in NAMES}
    counted["guest"] = points("heap_churn_{}", "instructions")
    timed = {name: points("host_churn_{}_" + name, "ns") for name in NAMES}
    panels = [
        ("Instructions, the allocator alone", "a step: one free, one malloc", counted),
        ("Time, on the host", "nanoseconds a step, the loop included", timed),
    ]
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Churn: what a step costs against how many blocks live</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for number, (title, unit, series) in enumerate(panels):
        some = {name: found for name, found in series.items() if found}
        left = 60 + number * 500
        if some:
            svg += panel(left, left + 310, title, unit, some)
    return "\n".join([*svg, "</svg>", ""])


def main(path, page, picture):
    figures = read(path)
    with open(page) as old:
        text = old.read()
    parts = {"guest": guest_table(figures)}
    if picture:
        parts |= {
            "machine": machine(),
            "ratios": ratio_table(figures),
            "times": host_table(figures, ["ns", "ratio", "resident/live"]),
            "instructions": host_table(figures, ["instructions"]),
            "commands": command_table(figures),
        }
        with open(picture, "w") as new:
            new.write(plot(figures))
    with open(page, "w") as new:
        new.write(fill(text, parts))


if __name__ == "__main__":
    main(*sys.argv[1:3], sys.argv[3] if len(sys.argv) > 3 else None)
