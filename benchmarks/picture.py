"""A picture of bars on a logarithmic scale, as SVG. For the results page only; reports have a chart library."""

from __future__ import annotations

import math
from html import escape

WIDTH, LEFT, RIGHT, LINE, TOP = 760, 230, 90, 28, 44


def short(value: float) -> str:
    """Three digits of it: 9.5, 116 k, 49.5 M."""
    for factor, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= factor:
            return f"{value / factor:.3g}{letter}"
    return f"{value:.3g}"


def bars(title: str, rows: list[tuple[str, float]]) -> str:
    """(name, frames per second), one bar each; a decade is always as wide."""
    low = 10 ** math.floor(math.log10(min(value for _, value in rows)))
    high = 10 ** math.ceil(math.log10(max(value for _, value in rows)))
    room = WIDTH - LEFT - RIGHT

    def place(value: float) -> float:
        return room * math.log(value / low) / math.log(high / low)

    height = TOP + LINE * len(rows) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"',
        ' font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="24" font-weight="bold">{escape(title)}: frames per second, whole process</text>',
    ]
    decade = low
    while decade <= high:
        x = LEFT + place(decade)
        parts.append(f'<line x1="{x:.0f}" x2="{x:.0f}" y1="{TOP}" y2="{height - 26}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.0f}" y="{height - 10}" text-anchor="middle" fill="#666">{short(decade)}</text>')
        decade *= 10
    for at, (name, value) in enumerate(rows):
        y = TOP + LINE * at
        fill = "#1f6feb" if name.startswith("seqcheck") else "#9aa7b5"
        parts.append(f'<text x="{LEFT - 8}" y="{y + 17}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y + 4}" width="{place(value):.0f}" height="18" fill="{fill}"/>')
        parts.append(f'<text x="{LEFT + place(value) + 6:.0f}" y="{y + 17}">{short(value)}</text>')
    return "\n".join([*parts, "</svg>", ""])
