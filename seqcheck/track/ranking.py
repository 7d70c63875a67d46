"""Searching a table that is in order of two columns, for many things at once; np.searchsorted knows one column."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def rank(groups: NDArray[Any], values: NDArray[Any], group: NDArray[Any], value: NDArray[Any]) -> NDArray[np.int64]:
    """int64[m]: for each (group, value), how many of the n (groups, values), in any order, are not greater."""
    order = np.lexsort((values, groups))
    return rank_in_order(groups[order], values[order], group, value)


def rank_in_order(
    groups: NDArray[Any], values: NDArray[Any], group: NDArray[Any], value: NDArray[Any]
) -> NDArray[np.int64]:
    """The same, where the (groups, values) are in order: a search, since few are asked for of tables that are long."""
    low = np.searchsorted(groups, group).astype(np.int64)
    high = np.searchsorted(groups, group, "right").astype(np.int64)
    left = np.flatnonzero(low < high)
    while len(left):
        middle = (low[left] + high[left]) // 2
        above = values[middle] > value[left]
        high[left[above]] = middle[above]
        low[left[~above]] = middle[~above] + 1
        left = left[low[left] < high[left]]
    return low


def nth(like: tuple[NDArray[Any], ...], by: NDArray[Any]) -> NDArray[np.int64]:
    """int64[n]: which of its like each one is, from 0, in order of `by`; alike are those equal in all of `like`."""
    order = np.lexsort((by, *like))
    new = np.ones(len(order), np.bool_)
    new[1:] = np.logical_or.reduce([column[order][1:] != column[order][:-1] for column in like])
    first = np.flatnonzero(new)
    result = np.empty(len(order), np.int64)
    result[order] = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
    return result
