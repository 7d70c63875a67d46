"""No pattern: distances that lie smoothly in a band of any width, or anywhere. Varying queues, people, chance."""

from __future__ import annotations

import math

import numpy as np

from .. import priors
from ..arrays import median
from ..keys import Floats
from ..units import Units
from .block import NEAR
from .part import FLOOR, Part, histogram, normal, windows

WIDTHS = (0.03, 0.12, 0.4, 1.2, 3.0)
CELLS = (3, 6, 12, 24)  # of a spread of any shape
WIDEST = 2.5
REACH = math.log(priors.LARGEST)


def anywhere(units: Units) -> Part:
    """Every order of magnitude alike, as far back as there is anything."""
    return Part(shape="spread", density=-np.log(units.end * np.log(units.reach + 1.0)), prior=0.0, spread=WIDEST)


def parts(units: Units) -> list[Part]:
    """The bands worth a look."""
    logs = np.log(units.end)
    found = [_even(units), *free(units, np.ones(len(units)))]
    for width in WIDTHS:
        for low, high in windows(logs, width, 1 if width > 1 else 2):
            found.append(_fit(units, ((logs >= low) & (logs <= high)).astype(np.float64)))
    return found


def refit(units: Units, share: Floats) -> Part:
    """The band of the units that are its own, by share."""
    return _fit(units, share)


def free(units: Units, share: Floats) -> list[Part]:
    """Any shape at all between two ends, described by cells: what no law describes is no ring for that."""
    logs = np.log(units.end)
    share = np.where(units.end > NEAR, share, 0.0)  # what comes at once is not spread
    if (share > 0.5).sum() < 2:
        return []
    found = []
    for cells in CELLS:
        # A distance is a whole number of places: no cell is narrower than one.
        mass, cell, step, freedom = histogram(logs, share, cells)
        density = mass - np.log(_places(logs[share > 0.5], cells, step)[cell])
        width = float(np.ptp(logs[share > 0.5])) if (share > 0.5).any() else 0.0
        if width / cells * median(units.end) < 1.0 and cells != CELLS[0]:
            continue
        like = max(width / 3.5, 0.5 / median(units.end))  # the standard deviation of an even band as wide
        edge = math.log(max(like, 1.0 / median(units.end)) / REACH) - 1.0
        if like < priors.NARROW:
            edge += math.log(priors.NARROW_WEIGHT) + 2 * math.log(like / priors.NARROW)
        found.append(
            Part(
                shape="spread",
                density=np.maximum(density, FLOOR),
                prior=freedom + edge - math.log(len(CELLS)),
                center=math.exp(median(logs[share > 0.5])),
                spread=WIDEST,
                family=f"free {cells}",
            )
        )
    return found


def _places(logs: Floats, cells: int, step: float) -> Floats:
    """How many whole distances lie in each cell between the outermost of these."""
    edges = np.ceil(np.exp(logs.min() + step * np.arange(cells + 1)) - 1e-6)
    edges[-1] = np.round(np.exp(logs.max())) + 1
    result: Floats = np.maximum(np.diff(edges), 1.0)
    return result


def _even(units: Units) -> Part:
    top = max(float(units.end.max()), float(priors.HARDLY))
    count = len(units)
    density = np.full(count, -math.log(top))
    return Part(shape="spread", density=density, prior=-math.log(REACH * max(count, 1)), center=top / 2, spread=WIDEST)


def _fit(units: Units, share: Floats) -> Part:
    logs = np.log(units.end)
    count = max(float(share.sum()), 1e-9)
    center = float((share * logs).sum() / count)
    spread = math.sqrt(float((share * (logs - center) ** 2).sum()) / count)
    spread = min(max(spread, 0.5 / math.exp(center)), WIDEST)
    location = math.log(min(spread * math.sqrt(2 * math.pi / max(count, 1.0)), REACH) / REACH)
    width = math.log(min(2.5 / math.sqrt(2 * max(count, 1.0)), 4.0) / math.log(WIDEST / priors.NARROW))
    if spread < priors.NARROW:
        width += math.log(priors.NARROW_WEIGHT) + 2 * math.log(spread / priors.NARROW)
    # A distance is a whole number of places.
    density = normal(logs - center, np.hypot(spread, 0.5 / units.end)) - logs
    return Part(
        shape="spread",
        density=np.clip(density, FLOOR, 0.0),
        prior=location + width,
        center=math.exp(center),
        spread=spread,
    )
