"""By how much two copies of a lap lie nearer than the ring's size, where frames between them were lost of which nobody
saw that they are missing: those without a number, and those with an old one. Log-probabilities, for each unit. Pure.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from ..keys import Floats, Ints
from ..units import Units
from .part import FLOOR, normal, poisson

ROUGHLY = (0.6, 1.5)  # times as many losses as on average, in few laps
APART = 4.0  # places, and standard deviations, beyond which a copy is not this lap's
# Of the copies replaced others: then numbers that never came may all have been, some by frames without a number, and
# none was lost. What that costs, in natural log.
INSTEAD, REPLACED = 0.5, 3.0
WRONG, NEARBY = 0.02, 0.7  # of the counts; of those that change, by as little as one or two losses make


def alone(units: Units, off: Ints) -> Floats:
    """Log-probability of falling short by `off`, int64[..., units], by frames that nobody saw. Copies near one another
    have the same losses between them, so that all of them together scatter less than independent counts, and in a short
    capture may have more or fewer than their share."""
    counted = poisson(off, np.maximum(units.unseen, 1e-6))
    best: Floats = np.maximum(counted, FLOOR)
    if not units.unseen.any():
        return best
    total = best.sum(axis=-1, keepdims=True)
    for scale, less in product((1.0, *ROUGHLY), (1.0, 0.3)):
        unseen = scale * units.unseen
        variance = less * unseen + 0.08
        both = np.minimum(normal(off - unseen, np.sqrt(variance)), 0.0)
        shared = np.maximum(np.where(unseen > 0.02, both, counted), FLOOR)
        shared = np.where(off < 0, FLOOR, shared) - (1.5 / off.shape[-1] if scale != 1 else 0.0)
        better = shared.sum(axis=-1, keepdims=True) > total + 1.0
        best = np.where(better, shared, best)
        total = best.sum(axis=-1, keepdims=True)
    replaced = units.overwritten if units.early else units.substitute
    if replaced.mean() <= INSTEAD:
        return best
    none = np.where(off == 0, math.log(1 - WRONG), math.log(WRONG / 2) - np.abs(off)) - REPLACED / off.shape[-1]
    none = np.maximum(none, FLOOR)
    return np.where(none.sum(axis=-1, keepdims=True) > total, none, best)


def together(units: Units, off: Ints) -> Floats:
    """The same, of int64[sizes, units], from copy to copy, where that fits better: what the laps of two have in common
    was lost once, so that the next one falls short by as much unless a loss left its lap, or another came in, or one of
    the two was counted wrong. Then it is near."""
    result = alone(units, off)
    if not units.unseen.any():
        return result
    for row, each in zip(result, off, strict=True):
        near = np.flatnonzero(np.abs(each - units.unseen) <= APART + APART * np.sqrt(units.unseen))
        if len(near) < 2:
            continue
        order = near[np.lexsort((units.ordinal[near], units.source[near]))]
        law = _chained(units, each, order)
        if float(law.sum()) > float(row[order].sum()):
            row[order] = law
    return result


def _chained(units: Units, off: Ints, order: Ints) -> Floats:
    """Log-probability of each of the units `order`, which are neighbours of one another, given the one before."""
    ends, unseen = np.maximum(units.end[order], 1), units.unseen[order]
    step = np.diff(units.ordinal[order], prepend=0) / ends
    first = np.diff(units.source[order], prepend=-1) != 0
    change = np.where(first, 1.0, np.maximum(1 - np.exp(-2 * unseen * np.clip(step, 0.0, 1.0)), WRONG))
    by = np.where(first, 0, np.abs(np.diff(off[order], prepend=0)))
    beside = np.where(by > 0, 0.86 * np.exp(-by.astype(np.float64)), 0.0)  # sums up to one, over both directions
    anywhere = np.exp(poisson(off[order], np.maximum(unseen, 1e-6)))
    changed = np.where(first, anywhere, NEARBY * beside + (1 - NEARBY) * anywhere)
    with np.errstate(divide="ignore"):
        law: Floats = np.log((1 - change) * (by == 0) + change * changed)
    return np.maximum(law, FLOOR)
