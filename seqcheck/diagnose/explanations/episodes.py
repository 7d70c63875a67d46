"""How long episodes of neighbouring duplicates are, under what is behind them: slots of a ring, blocks, or nothing that
says. Log-probabilities.
"""

from __future__ import annotations

import math

import numpy as np

from .. import priors
from ..keys import Bools, Floats
from ..units import Units
from .block import as_long, lengths, slack
from .context import Context
from .part import Part, log_beta

LONG_EPISODES = -3.0  # log-probability that what is no replay and no block comes in long episodes


def slots(part: Part, units: Units, share: Floats, context: Context) -> float:
    """Slots one by one, batches of a few, or a replay: of any part of the ring, or of all of it, each time."""
    size = max(part.center, 2.0)
    length = units.length
    few = math.log(0.75) + (length - 1) * math.log(0.5)
    some = math.log(0.25 / math.log(size)) - np.log(length)
    parts = np.where(length <= size + 2, np.logaddexp(few, some), -30.0)
    off = np.minimum(np.abs(length - size), np.abs(length - np.minimum(units.low, size)))
    fits = off <= slack(size, context.loss, context.foreign)
    whole = np.where(fits, as_long(off, size, context.loss, context.foreign), -30.0)
    laps = part.laps if part.laps is not None else np.ones(len(units), np.int64)
    once = np.where((laps > 1) & (length > 4), -14.0, 0.0)  # a ring that goes out again does so at once
    single = length == 1
    slots = _alone(single, share) + float((share * np.where(single, 0.0, parts + once)).sum())
    slots = either(slots, nothing(units, share) - LONG_EPISODES - 1.0 + float((share * once).sum()))
    each = np.logaddexp(math.log(0.9) + whole, math.log(0.1) + np.where(single, math.log(0.5), parts)) + once
    rings = float((share * each).sum())
    again = priors.REPLAY_WHOLE
    return either(math.log(1 - again) + slots, math.log(again) + rings)


def _alone(single: Bools, share: Floats) -> float:
    """Episodes of one frame and others, at any rate: Beta(3, 1), since most are of one."""
    yes, no = float((share * single).sum()), float((share * ~single).sum())
    return float(log_beta(3 + yes, 1 + no) - log_beta(3.0, 1.0))


def blocks(units: Units, share: Floats, context: Context) -> float:
    """Each block of its own length, or nearly all of one: a window, or a history, of a fixed size, of which some
    frames may have been lost."""
    each = np.where(units.length == 1, math.log(0.02), math.log(0.98) + lengths(units))
    varied = float((share * each).sum())
    if float(share.sum()) < 1e-6:
        return varied
    values, place = np.unique(units.length, return_inverse=True)
    size = int(values[int(np.argmax(np.bincount(place, weights=share)))])
    like = np.abs(units.length - size) <= slack(size, context.loss, 0.0)
    some = -math.log(max(2 * context.loss * size, 1.0))
    first = float(priors.block(np.array([size]))[0])
    fixed = first + float((share * np.where(like, math.log(0.9) + some, math.log(0.1) + each)).sum())
    return either(varied, fixed) - math.log(2)


def nothing(units: Units, share: Floats) -> float:
    """Lengths of episodes that say nothing of a ring: as frames happened to follow one another on a way, or by chance.
    How often they are several, and how many then, is whatever it is; that any are long at all is odd."""
    single = units.length == 1
    several = share * ~single
    total = float(several.sum())
    value = _alone(single, share)
    if total < 1e-6:
        return value
    mean = float((several * units.length).sum()) / total - 1.0  # geometric from 2 on
    going = mean / (mean + 1.0) if mean > 1e-9 else 1e-9
    falling = float((several * (math.log(1 - going) + (units.length - 2) * math.log(max(going, 1e-9)))).sum())
    even = float((several * -np.log(9.2 * units.length)).sum())
    long = LONG_EPISODES if float((several * (units.length > 8)).sum()) > 0.5 else 0.0
    return value + either(falling, even) - 0.7 + long


def either(one: float, other: float) -> float:
    """The log of the sum of two probabilities."""
    high, low = max(one, other), min(one, other)
    return high + math.log1p(math.exp(low - high)) if high > -math.inf else high
