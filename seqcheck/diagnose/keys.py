"""Rows by group (a stream, a source) and place (a record, a frame): one number for both, so that one search
finds them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
UNKNOWN = -1
PLACES = 1 << 43  # more than any record or frame number


def keyed(group: NDArray[Any], place: NDArray[Any]) -> Ints:
    """One number for (group, place): ordered by group, then place."""
    result: Ints = group.astype(np.int64) * PLACES + np.clip(place.astype(np.int64), 0, PLACES - 1)
    return result


def by_place(rows: NDArray[Any], group: str, place: str) -> tuple[Ints, Ints]:
    """(keys in order, the order): of rows by group and place."""
    keys = keyed(rows[group], rows[place])
    order = np.argsort(keys, kind="stable")
    return keys[order], order
