"""A picture of the ring: slots round, laps inward, duplicates as dots. SVG, drawn once, without a script.

It shows what the map of slots by laps shows (docs/json.md, overview.slots), as a ring: a spoke is a slot that fails
again and again, an arc is a moment in which many neighbours failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, pi, sin

from seqcheck.model import Cell, SlotMap
from seqcheck.outputs.wording import count, counted

SIZE, OUTER, INNER = 420, 150.0, 45.0  # of the picture, and the radii of the first and the last lap
SMALLEST, LARGEST = 2.5, 7.0  # radii of dots
QUARTERS = 4
CAPTION = (
    "Slots go round, clockwise from the top; time goes inward, lap by lap. Each dot is a duplicate, or several. A spoke"
    " is a slot that fails again and again, an arc a moment in which neighbouring slots failed."
)


def figure(found: SlotMap | None, said: str) -> str:
    """The whole figure; nothing if there is no map. `said` is how many duplicates there are, escaped."""
    if found is None or not found.cells:
        return ""
    label = f"A ring of {count(found.ring)} slots, {counted(found.of, 'duplicate')} where they came from. {said}"
    drawn = "".join(parts(found))
    return (
        f'<figure id="figure-ring"><figcaption><h2>The ring</h2><p>{CAPTION}</p></figcaption>'
        f'<svg class="ring" viewBox="0 0 {SIZE} {SIZE}" role="img" aria-label="{label}">{drawn}</svg></figure>'
    )


def parts(found: SlotMap) -> Iterator[str]:
    """Circle, marks, dots."""
    middle = SIZE / 2
    yield f'<circle class="rim" cx="{middle}" cy="{middle}" r="{OUTER + 12}"/>'
    yield f'<circle class="rim" cx="{middle}" cy="{middle}" r="{INNER - 12}"/>'
    for quarter in range(QUARTERS):
        slot = quarter * found.ring // QUARTERS
        (x0, y0), (x1, y1) = _at(slot, found.ring, OUTER + 12), _at(slot, found.ring, OUTER + 20)
        x2, y2 = _at(slot, found.ring, OUTER + 36)
        yield f'<line class="rim" x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"/>'
        yield f'<text x="{x2:.1f}" y="{y2 + 4:.1f}">{slot}</text>'
    most = max(cell.count for cell in found.cells)
    first = min(cell.lap for cell in found.cells)
    depth = max(max(cell.lap for cell in found.cells) - first, 1)
    for cell in found.cells:
        yield dot(cell, found, OUTER - (cell.lap - first) / depth * (OUTER - INNER), most)
    laps = depth + found.laps
    yield f'<text x="{middle}" y="{middle - 4}">{count(found.ring)} slots</text>'
    yield f'<text x="{middle}" y="{middle + 14}">{counted(laps, "lap")}</text>'


def dot(cell: Cell, found: SlotMap, radius: float, most: int) -> str:
    """The duplicates of one field of the map."""
    x, y = _at(cell.slot + (found.slots - 1) / 2, found.ring, radius)
    size = SMALLEST + (LARGEST - SMALLEST) * (cell.count / most) ** 0.5 if most > 1 else (SMALLEST + LARGEST) / 2
    slots = f"slot {cell.slot}" if found.slots == 1 else f"slots {cell.slot} to {cell.slot + found.slots - 1}"
    title = f"{slots}, lap {cell.lap}: {counted(cell.count, 'duplicate')}, first in frame {cell.frame}"
    return f'<circle class="stale" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"><title>{title}</title></circle>'


def _at(slot: float, ring: int, radius: float) -> tuple[float, float]:
    """Where a slot is at that radius."""
    angle = 2 * pi * slot / ring
    return SIZE / 2 + radius * sin(angle), SIZE / 2 - radius * cos(angle)
