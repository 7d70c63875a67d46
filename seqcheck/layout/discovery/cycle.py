"""Counters that start over before their word is full: how many values they have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TWICE = 2  # resets after the same number; one is enough where that number is round
ROUND = (1000, 100, 10)
LEAST = 10  # values: below that, a pattern is as likely
MOST_OF = 0.6  # of the resets
SLACK = np.uint64(3)  # numbers next to a reset that may be lost
SEVERAL = 3  # resets about there, one of them whole


def cycle(new: NDArray[np.uint64], old: NDArray[np.uint64]) -> tuple[int, int]:
    """The number of values, and the first of them, 0 or 1; 0 and 0 if no cycle shows: again and again the first follows
    the highest of all, though a few next to either may be lost."""
    if not len(new):
        return 0, 0
    highest = np.uint64(max(int(new.max()), int(old.max())))
    back = (old > new) & (old - new > highest // np.uint64(2))
    if not back.any() or int(highest) == 0xFFFFFFFFFFFFFFFF:
        return 0, 0
    tops, bottoms = old[back], new[back]
    first = bottoms.min()
    values = int(highest - first) + 1
    near = (highest - tops <= SLACK) & (bottoms - first <= SLACK)
    whole = int(np.count_nonzero((tops == highest) & (bottoms == first)))
    if first > 1 or not whole or values < LEAST or np.count_nonzero(near) < MOST_OF * len(near):
        return 0, 0
    if values & (values - 1) == 0 and values >= 16:
        return values, int(first)
    round_number = any(values % each == 0 for each in ROUND)
    return (values, int(first)) if whole >= TWICE or round_number or np.count_nonzero(near) >= SEVERAL else (0, 0)
