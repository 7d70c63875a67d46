"""A delay: the copy comes a time later, however much is sent meanwhile; with any jitter from none to half of it.

The density of the time between the copies is lognormal around one delay; times the time that a place lasts it is the
probability of the very place. So a steady sender's copies lie a constant number of places apart too, and the model says
so; a sender whose rate varies tells a delay from a count. Two ways, a tap that lags, a loop and a timer all lock time.
"""

from __future__ import annotations

import math

import numpy as np

from .. import priors
from ..arrays import median
from ..keys import Floats
from ..units import Units
from .part import FLOOR, Part, histogram, normal, windows

WIDTHS = (1e-4, 0.002, 0.01, 0.04, 0.15, 0.5, 1.2)  # in natural log, where delays are looked for
CELLS = (3, 6, 12, 24)  # of a jitter of any shape
NONE = 0.15  # of delays have no jitter that could be seen
LASTING = 3.0  # times as long as most places
FINEST, COARSEST = 0.0004, 0.8


def parts(units: Units) -> list[Part]:
    """The delays worth a look."""
    logs = np.log(units.time)
    found: list[Part] = free(units, np.ones(len(units)))
    seen: set[tuple[float, float]] = set()
    for width in WIDTHS:
        for low, high in windows(logs, width):
            inside = ((logs >= low) & (logs <= high)).astype(np.float64)
            part = _fit(units, logs, inside, inside)
            mark = (round(part.center, -int(math.log10(max(part.center, 1))) + 3), round(part.spread, 3))
            if mark not in seen:
                seen.add(mark)
                found.append(part)
    return found


def free(units: Units, share: Floats) -> list[Part]:
    """Jitter of any shape between two ends."""
    logs = np.log(units.time)
    mine = share > 0.5
    spread = float(np.std(logs[mine])) if mine.any() else 0.0
    if spread > COARSEST or spread < FINEST:
        return []
    found = []
    for cells in CELLS:
        mass, _, step, freedom = histogram(logs, share, cells)
        place = mass - np.log1p(step * units.time / units.pace)  # the places that a cell reaches over
        found.append(
            Part(
                shape="delay",
                density=_where_told(units, np.clip(place, FLOOR, math.log(0.98))),
                prior=freedom
                + math.log(max(spread, FINEST) / (priors.DELAY[1] - priors.DELAY[0]))
                - 1.0
                - math.log(len(CELLS)),
                center=math.exp(median(logs[mine])),
                spread=spread,
                family=f"free {cells}",
            )
        )
    return found


def refit(units: Units, share: Floats) -> Part:
    """The delay of the units that are its own, by share. A place that lasts long, as in a pause, is hit by many delays,
    and tells none."""
    telling = np.where(units.pace <= LASTING * median(units.pace), share, 0.0)
    return _fit(units, np.log(units.time), share, telling if float(telling.sum()) > 0.5 * float(share.sum()) else share)


def _fit(units: Units, logs: Floats, share: Floats, telling: Floats) -> Part:
    """For the units that are its own, by `share`; those that are `telling` say when and how precisely it ends."""
    count = max(float(share.sum()), 1e-9)
    order = np.argsort(logs)
    half = np.searchsorted(np.cumsum(telling[order]), float(telling.sum()) / 2)
    center = float(logs[order][min(int(half), len(logs) - 1)])
    if count > 3:  # the mean is the better one except for what lies far off
        near = telling * (np.abs(logs - center) < 3 * _scale(logs, telling, center) + 1e-9)
        center = float((near * logs).sum() / max(near.sum(), 1e-9))
    spread = min(max(_scale(logs, telling, center), FINEST), COARSEST)
    # A place lasts so long that it blurs the delay, and the clock has a resolution.
    blur = float(np.average(units.pace / units.time, weights=np.maximum(share, 1e-12)))
    width = max(spread * math.sqrt(2 * math.pi / max(count, 1.0)), min(blur, 1.0))
    location = math.log(min(width, 5.0) / (priors.DELAY[1] - priors.DELAY[0]))
    jitter = math.log(NONE) if spread <= 2 * FINEST or spread < 0.3 * blur else (
        math.log(1 - NONE) + math.log(min(2.5 / math.sqrt(2 * max(count, 1.0)), 4.0) / math.log(COARSEST / FINEST))
    )  # fmt: skip
    place = normal(logs - center, spread) + np.log(np.minimum(units.pace / units.time, 1.0))
    # Where a place lasts longer than the jitter, it is hit for sure: never more than certain.
    certain = np.abs(logs - center) <= 0.75 * units.pace / units.time + 2 * spread
    density = np.minimum(np.where(certain, np.maximum(place, _edge(units, spread)), place), math.log(0.98))
    return Part(
        shape="delay",
        density=_where_told(units, np.maximum(density, FLOOR)),
        prior=location + jitter,
        center=math.exp(center),
        spread=spread,
    )


def _where_told(units: Units, density: Floats) -> Floats:
    """A clock that stands still tells no place from another."""
    result: Floats = np.where(units.still, np.minimum(density, -np.log(units.end)), density)
    return result


def _edge(units: Units, spread: float) -> Floats:
    """The log-probability of the place where the delay ends, given its jitter: the jitter shared among the places
    that it reaches."""
    reached: Floats = 1.0 + 3.5 * spread * units.time / units.pace
    return -np.log(reached)


def _scale(logs: Floats, share: Floats, center: float) -> float:
    total = max(float(share.sum()), 1e-9)
    return math.sqrt(float((share * np.minimum((logs - center) ** 2, 4.0)).sum()) / total)
