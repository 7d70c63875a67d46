"""Readings in floating point: one that rises steadily has bytes that count, above others that belong to it as well."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.model import Word

FLOATING = "a reading in floating point"
TYPES = {4: "f4", 8: "f8"}
SMALL, LARGE = 1e-4, 1e7  # what readings are between
STEADY, FINER = 0.02, 0.25  # of a step, by which the steps vary; of what they vary by without the bytes below
RESTLESS = 0.5  # of the rows, in which the bytes below the number change
FEWEST = 8  # rows


def floating(table: Columns, seq: Word) -> bool:
    """Whether the word is the upper part of such a reading."""
    for width in TYPES:
        for big in (True, False):
            for below in range(1, width - seq.width + 1):  # bytes of the reading below the word
                first = seq.offset - (width - seq.width - below) if big else seq.offset - below
                if (first < 0) == (seq.offset < 0) and _rises(table, first, width, below, big=big):
                    return True
    return False


def _rises(table: Columns, first: int, width: int, below: int, *, big: bool) -> bool:
    word, whole = table.words(first, width, big=big)
    if np.count_nonzero(whole) < FEWEST:
        return False
    bits = word[whole]
    low = bits & np.uint64((1 << 8 * below) - 1)
    if np.mean(low[1:] != low[:-1]) < RESTLESS:
        return False
    whole_step, cut_step = _steps(bits, width), _steps(bits - low, width)
    if whole_step is None or cut_step is None:
        return False
    usual = float(np.median(whole_step))
    off, cut_off = (float(np.median(np.abs(step - usual))) for step in (whole_step, cut_step))
    return usual != 0 and off <= STEADY * abs(usual) and off <= FINER * cut_off


def _steps(bits: NDArray[np.uint64], width: int) -> NDArray[np.float64] | None:
    """From reading to reading, None if they are no usual ones."""
    with np.errstate(invalid="ignore"):
        reading = bits.astype(f"u{width}").view(TYPES[width]).astype(np.float64)
    size = np.abs(reading)
    if not np.isfinite(reading).all() or size.min() < SMALL or size.max() > LARGE:
        return None
    steps: NDArray[np.float64] = np.diff(reading)
    return steps
