"""By how much the places between two copies are counted wrong, where which numbers were lost on the way, and in whose
place another frame went out, is not told apart: the ways it may scatter, each with the log-probability of every error.
Pure."""

from __future__ import annotations

import math
from functools import cache
from itertools import product

import numpy as np

from ...dataclass import dataclass
from ..keys import Floats, Ints
from .part import FLOOR, normal, poisson

# All ends may be off by so many besides; the widths; places not counted, or counted twice, in a lap.
SHIFTS, BLURS = (0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.0, -2.0), (0.4, 0.7, 1.0, 1.6, 3.0, 6.0)
MISSED = (0.1, 0.3, 0.8, 1.6, 3.0)
SLIGHT = 3  # of the widths, and of the places: as far as others than early ones are off
FARTHEST = 32  # places; beyond it the log-probability falls with the tail of the way
INSIDE = 0.95  # of the ends follow the law of the way, the others lie near


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """laws   float64[ways, 2 * FARTHEST + 1]: log-probability of ends that are short by -FARTHEST..FARTHEST places
    widths float64[ways], places; `tails` likewise, of what lies farther"""

    laws: Floats
    widths: Floats
    tails: Floats

    def best(self, off: Ints) -> tuple[Floats, float]:
        """(log-probability of each of these errors in the way that fits them best, its width)."""
        cell = np.clip(off, -FARTHEST, FARTHEST) + FARTHEST
        beyond = np.maximum(np.abs(off) - FARTHEST, 0)
        often = np.bincount(cell, minlength=2 * FARTHEST + 1)
        way = int(np.argmax(self.laws @ often - float(beyond.sum()) / self.tails))
        result: Floats = np.maximum(self.laws[way][cell] - beyond / self.tails[way], FLOOR)
        return result, float(self.widths[way])


@cache
def ways(*, early: bool, lossless: bool) -> Ways:
    """Of slots filled too early all ends may be off alike. Where no number was lost they are not, nor are any of them
    counted short."""
    every = np.arange(-FARTHEST, FARTHEST + 1)
    laws, widths, tails = [], [], []

    def add(law: Floats, width: float, blur: float) -> None:
        near = math.log(1 - INSIDE) - np.abs(every) / (4 * blur) - math.log(8 * blur + 1)
        laws.append(np.maximum(np.logaddexp(math.log(INSIDE) + law, near), FLOOR))
        widths.append(width)
        tails.append(4 * blur)

    for blur in BLURS if early else BLURS[:SLIGHT]:
        for shift in SHIFTS if early and not lossless else SHIFTS[:1]:
            add(np.minimum(normal(every - shift, blur), 0.0), blur, blur)
    for fewer, more in () if lossless else product(MISSED if early else MISSED[:SLIGHT], repeat=2):
        add(_missed(fewer, more), math.sqrt(fewer + more), BLURS[-1] if early else BLURS[SLIGHT - 1])
    return Ways(laws=np.stack(laws), widths=np.array(widths), tails=np.array(tails))


def _missed(fewer: float, more: float) -> Floats:
    """Places not counted are a Poisson number, and so are those counted twice."""
    count = np.arange(FARTHEST + 1)
    law = np.convolve(np.exp(poisson(count, fewer)), np.exp(poisson(count, more))[::-1])
    result: Floats = np.log(np.maximum(law, 1e-300))
    return result
