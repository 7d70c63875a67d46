"""Counters that start over before their word is full: how many values they have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TWICE = 2  # resets after the same number; one is enough where that number is round
ROUND = (1000, 100, 10)
LEAST = 10  # values: below that, a pattern is as likely
MOST_OF = 0.6  # of the resets to 0


def cycle(new: NDArray[np.uint64], old: NDArray[np.uint64]) -> int:
    """The number of values, 0 if no cycle shows: again and again 0 follows the same number, the highest of all."""
    resets = old[(new == 0) & (old != 0) & (old != np.uint64(0xFFFFFFFFFFFFFFFF))]
    if not len(resets):
        return 0
    highest = max(int(new.max()), int(old.max()))
    last, counts = np.unique(resets, return_counts=True)
    at = int(np.argmax(counts))
    values = int(last[at]) + 1
    if int(last[at]) != highest or values < LEAST or counts[at] < MOST_OF * len(resets):
        return 0
    if values & (values - 1) == 0 and values >= 16:
        return values
    round_number = any(values % each == 0 for each in ROUND)
    return values if counts[at] >= TWICE or round_number else 0
