"""The reliability diagram as SVG: what a strength claims, and how often such verdicts were right."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.accuracy.case import RING
from benchmarks.accuracy.figures import Test, wilson
from benchmarks.accuracy.judge import Judged
from benchmarks.accuracy.tables import STATED

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 380, 80, 20, 60, 60
TICKS = (0.3, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)
LOW, HIGH = 0.25, 0.99995
GROUPS: tuple[tuple[str, str, Test], ...] = (
    ("all verdicts", "#1f6feb", lambda one: True),
    ("verdicts that blame a ring", "#c2410c", lambda one: one.said.cause in RING),
    ("verdicts that blame none", "#15803d", lambda one: one.said.cause not in RING),
)


def logit(share: float) -> float:
    share = min(HIGH, max(LOW, share))
    return math.log(share / (1 - share))


def height(share: float) -> float:
    """Where a share stands: log odds, so that 99 % and 99.9 % lie apart."""
    room = HEIGHT - TOP - BOTTOM
    return HEIGHT - BOTTOM - room * (logit(share) - logit(LOW)) / (logit(HIGH) - logit(LOW))


def svg(cases: Sequence[Judged]) -> str:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="12" y="22" font-weight="bold">How often what was stated was right: {len(cases):,} cases</text>',
    ]
    for tick in TICKS:
        y = height(tick)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e5e5"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{100 * tick:g} %</text>')
    column = (WIDTH - LEFT - RIGHT) / len(STATED)
    for at, (strength, claim) in enumerate(reversed(STATED)):
        x = LEFT + column * at
        y = height(claim)
        parts.append(
            f'<line x1="{x + 12:.0f}" x2="{x + column - 12:.0f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#111" '
            'stroke-dasharray="5 4"/>'
        )
        parts.append(f'<text x="{x + column / 2:.0f}" y="{HEIGHT - 36}" text-anchor="middle">{strength}</text>')
        parts.append(
            f'<text x="{x + column / 2:.0f}" y="{HEIGHT - 18}" text-anchor="middle" fill="#555">'
            f"claims {100 * claim:g} %</text>"
        )
        for index, (_, colour, chosen) in enumerate(GROUPS):
            mine = [one for one in cases if one.said.strength == strength and chosen(one)]
            if not mine:
                continue
            good = sum(one.right for one in mine)
            low, high = wilson(good, len(mine))
            place = x + column * (index + 0.5) / len(GROUPS)
            parts.append(
                f'<line x1="{place:.1f}" x2="{place:.1f}" y1="{height(low):.1f}" y2="{height(high):.1f}" '
                f'stroke="{colour}" stroke-width="2"/>'
            )
            parts.append(f'<circle cx="{place:.1f}" cy="{height(good / len(mine)):.1f}" r="4.5" fill="{colour}"/>')
            parts.append(
                f'<text x="{place:.1f}" y="{height(low) + 14:.1f}" font-size="11" text-anchor="middle" fill="#555" '
                'stroke="#fff" stroke-width="3" paint-order="stroke">'
                f"{good}/{len(mine)}</text>"
            )
    x = 12
    for name, colour, _ in GROUPS:
        parts.append(f'<circle cx="{x + 5}" cy="40" r="4.5" fill="{colour}"/><text x="{x + 14}" y="44">{name}</text>')
        x += 30 + 7 * len(name)
    parts.append(f'<line x1="{x}" x2="{x + 24}" y1="40" y2="40" stroke="#111" stroke-dasharray="5 4"/>')
    parts.append(f'<text x="{x + 30}" y="44">claimed</text>')
    return "\n".join([*parts, "</svg>", ""])
