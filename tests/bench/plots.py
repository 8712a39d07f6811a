"""Bars as SVG, without a library: a group for each setting, a bar for each contestant, and from the least to the most
of the rounds a line. Colours follow the reader's choice of light or dark."""

import math
from xml.sax.saxutils import escape

from arithmetic import spread
from tables import shown

WIDTH, LABELS, NUMBERS = 760, 190, 90
BAR, GAP, GROUP_GAP = 18, 5, 14
TOP, BOTTOM, GROUP_TITLE = 44, 30, 20

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 15px; font-weight: 600; }
.small { font-size: 11px; fill: #57606a; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.range { stroke: #24292f; stroke-width: 1.5; }
.ours { fill: #1f7a4d; } .limit { fill: #8c959f; } .foreign { fill: #c27c2c; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .small { fill: #9198a1; } .grid { stroke: #3d444d; } .range { stroke: #e6edf3; }
.ours { fill: #3fb97f; } .limit { fill: #6e7681; } .foreign { fill: #d9994a; }
}
"""


def steps_to(most):
    """A round distance of grid lines, four to eight of them."""
    power = 10 ** math.floor(math.log10(most / 4))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if most / (factor * power) <= 6)


def bars_of(results, column):
    """[(setting, [(contestant, kind, (median, least, most))])] of what was measured."""
    groups = []
    limit = results.figure.contestants[0].name
    for setting in results.figure.settings:
        bars = []
        for of, contestant in results.figure.runs():
            found = spread(results.column(setting, contestant.name, column)) if of == setting else None
            if found:
                kind = 'foreign' if contestant.foreign else 'limit' if contestant.name == limit else 'ours'
                bars.append((contestant.name, kind, found))
        if bars:
            groups.append((setting, bars))
    return groups


def draw_bar(y, name, kind, found, x_of, form):
    middle, least, most = found
    center = y + BAR / 2
    yield f'<text x="{LABELS - 8}" y="{center + 4:.1f}" text-anchor="end">{escape(name)}</text>'
    yield f'<rect class="{kind}" x="{LABELS}" y="{y}" width="{x_of(middle) - LABELS:.1f}" height="{BAR}" rx="2"/>'
    if most > least:
        yield f'<path class="range" d="M{x_of(least):.1f} {center}H{x_of(most):.1f}"/>'
    yield f'<text x="{x_of(most) + 6:.1f}" y="{center + 4:.1f}">{middle:{form}}</text>'


def draw_grid(most, x_of, bottom):
    step = steps_to(most)
    for i in range(int(most / step) + 1):
        x = x_of(i * step)
        yield f'<path class="grid" d="M{x:.1f} {TOP}V{bottom}"/>'
        yield f'<text class="small" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{i * step:,g}</text>'


def draw(results):
    """The SVG of a figure, or None where there is nothing to draw."""
    column = next((c for c in results.figure.columns if c.key == results.figure.plot and not c.ratio), None)
    groups = bars_of(results, column) if column else []
    most = max((bar[2][2] for _, bars in groups for bar in bars), default=0)
    if most <= 0:
        return None

    def x_of(value):
        return LABELS + value / most * (WIDTH - LABELS - NUMBERS)
    y, parts = TOP + GAP, []
    for setting, bars in groups:
        parts.append(f'<text class="small" x="{LABELS}" y="{y + 12}">'
                     f'{escape(shown(setting))} {escape(group_title(results.figure, setting))}</text>')
        y += GROUP_TITLE
        for name, kind, found in bars:
            parts += draw_bar(y, name, kind, found, x_of, column.form)
            y += BAR + GAP
        y += GROUP_GAP
    title = f'{results.figure.title}: {column.title}'
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + BOTTOM}" role="img" '
            f'aria-label="{escape(title)}">\n<style>{STYLE}</style>\n'
            f'<text class="title" x="12" y="24">{escape(title)}</text>')
    return '\n'.join([head, *draw_grid(most, x_of, y), *parts, '</svg>', ''])


def group_title(figure, setting):
    return figure.setting_title if isinstance(setting, int) else ''
