"""What np.unique, np.median and np.quantile give, for whole arrays of numbers. NumPy's own ask for masks and load
numpy.ma for that, which takes 8 ms and is nothing that a run needs. Pure."""

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


def quantiles(values: Any, shares: tuple[float, ...]) -> tuple[float, ...]:
    """The values below which such shares (0..1) of them lie, interpolated as np.quantile does; of nothing, NaN."""
    ordered = np.sort(values)
    if not len(ordered):
        return (float("nan"),) * len(shares)
    return tuple(float(each) for each in np.interp(shares, np.linspace(0, 1, len(ordered)), ordered))


def at_one_count(values: Any, give: int = 0) -> float:
    """The share of these integers that are the most common one, or differ from it by no more than `give`; 0 of none."""
    if not len(values):
        return 0.0
    found, often = np.unique(values, return_counts=True)
    return float(np.mean(np.abs(values - found[int(np.argmax(often))]) <= give))
