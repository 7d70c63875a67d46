"""A block sent again: a window, a history, what was in flight at a switch-over. Its distance is the block's own length,
or more where it was sent again later. A size that follows from the block's own length is no evidence for a ring."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import priors
from ..keys import Floats, Ints
from ..units import Units
from .part import FLOOR, Part

AT_ONCE = 0.97  # of blocks follow straight behind themselves
NEAR = 8  # places: what comes immediately comes within this many
SLACK = 4  # places by which a block may differ from its length in any case
AT_MOST = 0.5  # of its distance: what is left of a block, whatever was lost of it


def part(units: Units, loss: float, foreign: float) -> Part:
    """Distances as blocks give them, the lengths of the episodes taken as they are (see labels.py for these). `loss` of
    the numbers never came; `foreign` of the source's frames carry none, and belong to no block."""
    beyond = math.log(1 - AT_ONCE) - np.log(np.maximum(units.end * np.log(units.reach + 2.0), 1.0))

    def like(places: Ints) -> Floats:
        off = np.abs(places - units.length)
        fits = off <= np.minimum(slack(places, loss, foreign), np.maximum(places * AT_MOST, SLACK))
        result: Floats = np.where(fits, math.log(AT_ONCE) + as_long(off, places, loss, foreign), beyond)
        return result

    density = np.maximum(like(units.low), like(units.end))  # a block of the stream's own frames, or of the source's
    return Part(shape="block", density=np.maximum(density, FLOOR), prior=0.0)


def as_long(off: Any, length: Any, loss: float, foreign: float) -> Any:
    """Log-probability that an episode which is as long as its distance looks `off` places shorter or longer."""
    some = (2 * loss + foreign) * length
    exactly = np.where(off == 0, math.log(0.98), math.log(0.02) - np.log(slack(length, loss, foreign) + 1.0))
    return np.where(some >= 1.0, -0.1 - np.log(np.maximum(some, 1.0)), exactly)


def slack(length: Any, loss: float, foreign: float) -> Any:
    """By how much a block's distance may differ from its length, for frames that were lost or carry no number."""
    return SLACK + (5 * loss + 1.5 * foreign) * length


def lengths(units: Units) -> Floats:
    """Log-probability of the episodes' lengths, as blocks."""
    return priors.block(units.length)


def at_once(units: Units) -> Part:
    """Copies that follow at once: a mirror, a bond, the `any` device."""
    places = units.end.astype(np.float64)
    near = places <= NEAR
    adjacent = (float((near & (places == 1)).sum()) + 1.0) / (float(near.sum()) + 2.0)
    density = np.log(adjacent) + np.log(1 - adjacent) * (places - 1)
    return Part(shape="at-once", density=np.maximum(density, FLOOR), prior=np.log(0.5), center=1.0)
