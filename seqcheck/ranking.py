"""Searching a table that is in order of two columns, for many things at once; np.searchsorted knows one column."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def rank(groups: NDArray[Any], values: NDArray[Any], group: NDArray[Any], value: NDArray[Any]) -> NDArray[np.int64]:
    """int64[m]: for each (group, value), how many of the n (groups, values), in any order, are not greater."""
    asked = np.arange(len(groups) + len(group)) >= len(groups)
    order = np.lexsort((asked, np.concatenate((values, value)), np.concatenate((groups, group))))
    result = np.empty(len(order), np.int64)
    result[order] = np.cumsum(~asked[order])
    return result[len(groups) :]
