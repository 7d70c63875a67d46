"""The size of the ring that a lap's copies agree on: the posterior of each size, over all families of a lap (lap.py)
and all ways in which other frames may have been sent. Pure.
"""

from __future__ import annotations

import math

import numpy as np

from .. import priors
from ..arrays import distinct
from ..keys import Floats, Ints
from ..units import Units
from . import lap
from .part import FLOOR, Part

COMMONEST = 3  # counts of copies that are tried as sizes
TRIMMED = 25  # one in so many copies, at either end, is left out of the size
NEAR = 16  # slots from the likeliest size within which a blurred one is asked for


def sizes_of(units: Units, share: Floats, part: Part, given: tuple[int, ...]) -> tuple[Ints, Floats]:
    """(sizes, their log-posterior) for the units that are the lap's own, over all families."""
    mine = np.flatnonzero(share > 0.5)
    if len(mine) >= TRIMMED:  # a few that lie off say nothing of the others' size
        order = mine[np.argsort(units.end[mine], kind="stable")]
        cut = len(order) // TRIMMED
        mine = order[cut : len(order) - cut]
    ends, apart = units.end[mine], _apart(units, mine)
    families = lap.families_of(units)
    center = int(part.center)
    step = np.arange(max(priors.SMALLEST, center - 64), center + 65)
    common = lap.commonest(ends, COMMONEST)
    known = np.array([size for size, _, _ in priors.KNOWN], np.int64)
    sizes = distinct(np.concatenate(
        [step, common, lap.loose_sizes(units, mine, "short", given), known, np.array(given, np.int64),
         [center // 2, center * 2]]
    ))  # fmt: skip
    sizes = sizes[(sizes >= priors.SMALLEST) & (sizes <= priors.LARGEST)]
    total, prior = np.full(len(sizes), -np.inf), priors.size(sizes, given)
    for family, weight in families.items():
        if family == "exact":
            law, exactly, _ = lap.exact_law(units, sizes, given, alone=True)
            total = np.logaddexp(total, exactly + law[:, mine] @ apart)
            continue
        for burst, part_weight in zip(priors.OTHERS, priors.OTHERS_WEIGHT, strict=True):
            evidence, laps = lap.evidence_of(ends, sizes, family, burst, apart)
            evidence += lap.to_spare(ends, laps, sizes, family, units.elsewhere)
            total = np.logaddexp(total, evidence + prior + math.log(weight * part_weight))
    if families is lap.OPEN:
        total = np.logaddexp(total, prior + _in_turn(units, sizes, mine, apart))
    if units.early or not units.lossless:
        for at in np.flatnonzero((np.abs(sizes - center) <= NEAR) | np.isin(sizes, (*known, *given, *common))).tolist():
            near = lap.blurred(units, int(sizes[at]), given)
            total[at] = np.logaddexp(total[at], near.prior + float(near.density[mine] @ apart))
    return sizes, total


def _in_turn(units: Units, sizes: Ints, mine: Ints, apart: Floats) -> Floats:
    """float64[sizes]: log-evidence where frames that are not in view take a fixed share of the slots of each size. What
    is left of a lap may be a broken number of frames: then it is the one below, the one above, or both by turns."""
    total = np.full(len(sizes), -np.inf)
    for share, weight in priors.IN_TURN:
        low, high = (round_(sizes * share)[:, None] - units.end[mine] for round_ in (np.floor, np.ceil))
        exactly = [np.where(off == 0, math.log(lap.EXACT), np.where(abs(off) == 1, math.log(lap.BESIDE / 2), FLOOR))
                   for off in (low, high)]  # fmt: skip
        for law in (*exactly, np.logaddexp(*exactly) - math.log(2)):
            total = np.logaddexp(total, law @ apart + math.log(lap.OPEN["exact"] * weight / 3))
    end = int(lap.commonest(units.end[mine], 1)[0])
    known = (
        np.isin(sizes, [size for size, _, _ in priors.KNOWN], assume_unique=True)
        & (sizes > end)
        & (sizes * priors.IN_VIEW <= end)
    )
    off = np.abs(units.end[mine] - end)
    law = np.where(off == 0, math.log(lap.EXACT), np.where(off == 1, math.log(lap.BESIDE / 2), FLOOR)) @ apart
    law = law + math.log(lap.OPEN["exact"] * priors.NOW_AND_THEN)
    return np.where(known, np.logaddexp(total, law), total)


def _apart(units: Units, mine: Ints) -> Floats:
    """How much each unit says of its own: copies close behind one another have mostly the same other frames in their
    laps. Such a cluster is worth one unit, and what is new in each further lap; all of its units share that."""
    order = mine[np.lexsort((units.ordinal[mine], units.source[mine]))]
    step = np.diff(units.ordinal[order], prepend=-priors.LARGEST).astype(np.float64)
    step[1:][units.source[order][1:] != units.source[order][:-1]] = np.inf
    fresh = np.clip(step / np.maximum(units.end[order], 1), 0.0, 1.0)
    if not len(fresh):
        return fresh
    fresh[0] = 1.0
    cluster = np.cumsum(fresh >= 1.0) - 1
    worth = np.bincount(cluster, fresh) / np.bincount(cluster)
    result = np.empty(len(units))
    result[order] = worth[cluster]
    return result[mine]
