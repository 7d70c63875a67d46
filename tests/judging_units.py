"""Units as explanations see them, made of distances and times alone; everything else as if unknown."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.diagnose.units import Units


def units(ends: Any, **more: Any) -> Units:
    """One unit for each distance, single duplicates spread over a capture, 10 µs a place unless `time` says otherwise;
    `more` replaces columns."""
    end, random = np.asarray(ends, np.int64), np.random.default_rng(99)
    count = len(end)

    def all_of(value: Any, dtype: Any) -> NDArray[Any]:
        return np.full(count, value, dtype)

    columns: dict[str, Any] = {
        "at": np.arange(count), "weight": all_of(1.0, float), "end": end, "low": end, "closed": all_of(True, bool),
        "others": all_of(0.0, float), "unseen": all_of(0.0, float), "time": end * 1e4,
        "still": all_of(False, bool), "pace": all_of(1e4, float),
        "reach": all_of(1e5, float), "length": all_of(1, np.int64), "copies": all_of(1, np.int64),
        "substitute": all_of(False, bool), "skipped": all_of(False, bool), "overwritten": all_of(False, bool),
        "early": False, "room": all_of(0.0, float), "fresh_id": all_of(np.nan, float), "resized": all_of(0, int),
        "silence": all_of(0.0, float), "of_own": all_of(False, bool),
        "slotless": False, "own": False, "lossless": False, "foreign": True,
        "source": all_of(0, np.int64), "ordinal": 10**6 * np.arange(count),
        "step": random.geometric(1 / 200, count), "astray": all_of(np.nan, float),
    }  # fmt: skip
    return Units(**(columns | more))
