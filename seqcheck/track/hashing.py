"""Numbers that look random but are the same for the same record. They decide which records are in a sample, so that it
is spread evenly, and does not depend on how a capture was cut. No secret, no defence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """uint64[n] of as many: splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014)."""
    x = numbers + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: NDArray[np.uint64] = x ^ (x >> np.uint64(31))
    return result


def of_records(stream: NDArray[Any], record: NDArray[Any]) -> NDArray[np.uint64]:
    """uint64[n] of streams and their records, or places."""
    return mixed((stream.astype(np.uint64) << np.uint64(40)) ^ record.astype(np.uint64))
