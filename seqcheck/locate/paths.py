"""Two points that are not one behind the other: each on one of two redundant paths. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..model import Redundancy
from .clocks import Fit
from .compared import Compared
from .points import Observed


def separate(compared: Compared) -> bool:
    """Whether there are two points, and each is on another path: by what their frames say, or since the layout is
    redundant by design, and neither saw both paths."""
    points = compared.points
    if len(points) != 2:
        return False
    if {path(point) for point in points} == {"A", "B"}:
        return True
    ways = [point.report.redundancy for point in points]
    return points[0].layout.redundant and not any(each is not None and each.both for each in ways)


def path(point: Observed) -> str | None:
    """The only one that its frames name; None if they name none or two."""
    told = point.report.redundancy
    if told is None or told.both or bool(told.only_a) == bool(told.only_b):
        return None
    return "A" if told.only_a else "B"


def order(points: Sequence[Observed]) -> tuple[int, int]:
    """Which point is on A, and which on B: as they were given, unless their frames say otherwise."""
    return (1, 0) if path(points[0]) == "B" or path(points[1]) == "A" else (0, 1)


def delivered(compared: Compared, *, one_clock: bool) -> Redundancy:
    """What the paths of two `separate` points delivered. Numbers that came before or after one of the captures count
    only if they came on the other path too; the skew can be told if the clocks agree."""
    a, b = order(compared.points)
    counts = np.zeros(4, np.int64)
    for found in compared.seen.values():
        if len(found.points) == 2:
            on_a, on_b = found.present[:, a], found.present[:, b]
            by_a, by_b = found.judged[:, a], found.judged[:, b]
            masks = on_a & ~on_b & by_b, on_b & ~on_a & by_a, on_a & on_b, ~on_a & ~on_b & by_a & by_b
            counts += [int(found.lengths[mask].sum()) for mask in masks]
    only_a, only_b, both, neither = counts.tolist()
    skew = _skew(compared.fits.get((0, 1)) if one_clock else None)
    later = None if skew is None else int(np.median(skew))
    return Redundancy(
        only_a=only_a,
        only_b=only_b,
        only_one=only_a + only_b,
        both=both,
        neither=neither,
        skew_ns=None if later is None else abs(later),
        skew_99_ns=None if skew is None else int(np.percentile(np.abs(skew), 99)),
        first=None if not later else "A" if (later > 0) == (a == 0) else "B",
    )


def _skew(found: Fit | None) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """float64[n], ns: how much later the same numbers came to the second point."""
    return None if found is None or not len(found.above) else found.least + found.above
