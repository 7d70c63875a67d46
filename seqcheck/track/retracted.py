"""Which rows of findings were taken back by later ones: RETRACT and RETRACT_LATE of kernel/border.py. Pure.

A RETRACT takes back all DUPLICATE and LATE rows of its stream so far from a record on, so that of all those that come
after a row only the one that reaches farthest back matters. A RETRACT_LATE takes back LATE rows at the expectation
within two records; of those that begin before a record, only a few can reach over it. So each row costs a search,
however many rows were taken back, where looking for the rows of each in turn would cost their product.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernel.border import LATE, RETRACT, RETRACT_LATE
from .ranking import rank_in_order

# One row taken back: the kind and the place of the row that did it, in the order of all rows.
BACK = np.dtype([("kind", "<i4"), ("stream", "<i4"), ("a", "<i8"), ("b", "<i8"), ("place", "<i8")])
Ints = NDArray[np.int64]


def backs(events: NDArray[Any], place: int) -> NDArray[Any]:
    """BACK[n]: those of `events` that take rows back; the first of the events is number `place`."""
    kinds = np.ascontiguousarray(events["kind"])
    at = np.flatnonzero((kinds == RETRACT) | (kinds == RETRACT_LATE))
    found = np.empty(len(at), BACK)
    for name in ("kind", "stream", "a", "b"):
        found[name] = events[name][at]
    found["place"] = at + place
    return found


def gone(rows: NDArray[Any], places: Ints, back: NDArray[Any]) -> NDArray[np.bool_]:
    """Which of `rows`, DUPLICATE or LATE at these places in the order of all rows, one of `back` took back."""
    result = np.zeros(len(rows), np.bool_)
    if not len(rows) or not len(back):
        return result
    restarts = back[back["kind"] == RETRACT]
    if len(restarts):
        result |= _from_a_record_on(rows, places, restarts)
    late = np.flatnonzero((rows["kind"] == LATE) & (rows["x"] == rows["next"]))
    between = back[back["kind"] == RETRACT_LATE]
    if len(late) and len(between):
        result[late] |= _between(rows[late], places[late], between)
    return result


def _from_a_record_on(rows: NDArray[Any], places: Ints, back: NDArray[Any]) -> NDArray[np.bool_]:
    back = back[np.lexsort((back["place"], back["stream"]))]
    lowest = -_highest(back["stream"][::-1], -back["a"][::-1])[::-1]  # of each and those behind it
    at = rank_in_order(back["stream"], back["place"], rows["stream"], places)
    inside = at < len(back)
    own = np.minimum(at, len(back) - 1)
    found: NDArray[np.bool_] = inside & (back["stream"][own] == rows["stream"]) & (lowest[own] <= rows["record"])
    return found


def _between(rows: NDArray[Any], places: Ints, back: NDArray[Any]) -> NDArray[np.bool_]:
    back = back[np.lexsort((back["place"], back["a"], back["stream"]))]
    farthest = _highest(back["stream"], back["b"])
    last = rank_in_order(back["stream"], back["a"], rows["stream"], rows["record"]) - 1
    result = np.zeros(len(rows), np.bool_)
    left = np.arange(len(rows))  # that one of those before may still reach over: as many as are early at a time
    while len(left):
        own = np.maximum(last[left], 0)
        reached = (last[left] >= 0) & (back["stream"][own] == rows["stream"][left])
        reached &= rows["record"][left] <= farthest[own]
        left, own = left[reached], own[reached]
        hit = (rows["record"][left] <= back["b"][own]) & (back["place"][own] > places[left])
        result[left[hit]] = True
        left = left[~hit]
        last[left] -= 1
    return result


def _highest(streams: NDArray[Any], values: Ints) -> Ints:
    """int64[n]: the highest value of each row and those before it in its stream, whose rows are side by side. It is
    taken of ranks, lifted for each stream above those of the ones before."""
    order = np.argsort(values, kind="stable")
    ranks = np.empty(len(values), np.int64)
    ranks[order] = np.arange(len(values))
    lift = np.cumsum(np.append(False, streams[1:] != streams[:-1])) * np.int64(len(values))
    found: Ints = values[order][np.maximum.accumulate(ranks + lift) - lift]
    return found
