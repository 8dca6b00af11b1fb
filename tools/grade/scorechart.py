"""The diagrams of fathom score, as SVG: one for each measure, a curve for each solution."""
import math
from html import escape

TITLES = ("instructions an operation", "the dearest operation", "committed / payload, at the peak")
STYLES = (  # of a curve: its colour, its dashes, its width
    ("#d4351c", "", 3),
    ("#1d70b8", "", 2),
    ("#00703c", "7 3", 2),
    ("#8a6d00", "2 3", 2),
    ("#6f42a0", "9 3 2 3", 2),
    ("#505a5f", "4 4", 2),
)
STEP, LEFT, PLOT, PANEL, HEAD = 95, 75, 150, 220, 30


def number(value):
    """As a reader wants it: 3,548 and 1.18."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


class Scale:
    """Values to y: linear from 0, or by powers of ten where the largest is 20 times the least."""

    def __init__(self, values, top):
        self.top, self.most, self.least = top, max(values) * 1.08, min(values)
        self.powers = self.most > 20 * self.least > 0
        self.floor = 10 ** math.floor(math.log10(self.least)) if self.powers else 0

    def y(self, value):
        if self.powers:
            part = math.log(value / self.floor) / math.log(self.most / self.floor)
        else:
            part = value / self.most
        return self.top + PLOT * (1 - part)

    def marks(self):
        if self.powers:
            at = self.floor
            while at < self.most:
                yield at
                at *= 10
            return
        step = 10 ** math.floor(math.log10(self.most / 2))
        step *= next(f for f in (1, 2, 5) if self.most / (step * f) <= 6)
        yield from (step * n for n in range(int(self.most / step) + 1))


def curve(values, scale, style):
    colour, dashes, width = style
    points = [(LEFT + 30 + n * STEP, scale.y(value)) for n, value in enumerate(values)]
    line = " ".join(f"{x},{y:.1f}" for x, y in points)
    yield (
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="{width}"'
        f' stroke-dasharray="{dashes or "none"}"/>'
    )
    for x, y in points:
        yield f'<circle cx="{x}" cy="{y:.1f}" r="{width + 1}" fill="{colour}"/>'


def panel(columns, index, top):
    recordings = list(next(iter(columns.values())))
    rows = [[column[name][index] for name in recordings] for column in columns.values()]
    scale = Scale([value for row in rows for value in row], top)
    title = TITLES[index] + (" (powers of ten)" if scale.powers else "")
    yield f'<text x="{LEFT}" y="{top - 10}" font-weight="bold">{escape(title)}</text>'
    for mark in scale.marks():
        y, label = scale.y(mark), f"{mark:,.0f}" if scale.most > 8 else f"{mark:.1f}"
        right = LEFT + len(recordings) * STEP - 20
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
    for n, name in enumerate(recordings):
        x = LEFT + 30 + n * STEP
        yield f'<text x="{x}" y="{top + PLOT + 20}" text-anchor="middle">{escape(name)}</text>'
    for n, row in reversed(list(enumerate(rows))):  # the student's curve lies above the others
        yield from curve(row, scale, STYLES[n % len(STYLES)])


def legend(columns, top):
    for n, name in enumerate(columns):
        colour, dashes, width = STYLES[n % len(STYLES)]
        x, y = LEFT + n % 3 * 210, top + n // 3 * 20
        yield (
            f'<line x1="{x}" y1="{y}" x2="{x + 34}" y2="{y}" stroke="{colour}"'
            f' stroke-width="{width}" stroke-dasharray="{dashes or "none"}"/>'
            f'<text x="{x + 42}" y="{y + 4}">{escape(name)}</text>'
        )


def drawing(columns, title):
    """Lines of an SVG file."""
    recordings = next(iter(columns.values()))
    width = LEFT + max(len(recordings), 6) * STEP
    height = HEAD + len(TITLES) * PANEL + 60
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
    )
    yield f"<title>{escape(title)}</title><rect width='100%' height='100%' fill='white'/>"
    for index in range(len(TITLES)):
        yield from panel(columns, index, HEAD + 10 + index * PANEL)
    yield from legend(columns, HEAD + len(TITLES) * PANEL + 10)
    yield "</svg>"
