"""What np.unique and np.median give, for whole arrays of numbers. NumPy's own ask for masks and load numpy.ma for that,
which takes 8 ms and is nothing that a run needs. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """The values, each once, ascending."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def median(values: Any) -> float:
    """The middle one, or the mean of the two in the middle; of nothing, NaN. `values` hold no NaN."""
    ordered = np.sort(values)
    count = len(ordered)
    return (float(ordered[(count - 1) // 2]) + float(ordered[count // 2])) / 2 if count else float("nan")
