"""Which number was due where a copy is, and so whether it came ahead of its time. The tracker cannot say: when many
frames are ahead, its count continues from one of them, and those that follow are late. Pure; n log n in rows and gaps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass
from ..track.missing import epoch_key
from ..track.ranking import nth, rank
from ..track.tracker import Findings
from .keys import UNKNOWN, Bools, Ints, by_place, keyed

PASSES, MORE = 2, 32  # who else is ahead of its time decides what is due; more at most, for those far ahead
MOST = 1 << 62  # more than any number
AHEAD = 2  # numbers by which a copy is ahead of its time, at least
BATCH = 8  # frames that go out ahead of their time together, at most: where the count is not known
FAR_BEHIND = 24  # numbers: farther than reordering reaches, and less than any ring
BESIDE = 1  # numbers by which the count may be wrong, where others overtook


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """Of each duplicate, as arrays of one length:

    early   the earlier copy was ahead of its time
    due     the number due where that one stood, UNKNOWN if it is not known
    gap     for an early one, the gap by index in which that number is missing: it went out in its place. UNKNOWN: none
    """

    early: Bools
    due: Ints
    gap: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Records, as arrays of one length."""

    stream: NDArray[Any]
    epoch: NDArray[Any]
    record: Ints


def come_by(findings: Findings, still: Ints, places: Places, early: Bools) -> Ints:
    """int64[n]: how many numbers had come in order by each place: all records of its epoch before it, less the
    duplicates and those `early` ones (of the duplicates' rows: the earlier copy is ahead of its time) that were still
    ahead. `still` is how many numbers of each gap never came. UNKNOWN where not all gaps and duplicates were kept."""
    rows, restarts = findings.duplicates, findings.restarts
    at, stream = places.record, places.stream
    begun, order = by_place(restarts, "stream", "record")
    epoch_at = np.searchsorted(begun, keyed(stream, at), "right")
    before = np.searchsorted(begun, keyed(stream, np.zeros(len(at))), "left")
    starts = np.concatenate((restarts["record"][order], [0]))
    first = np.where(epoch_at > before, starts[np.maximum(epoch_at - 1, 0)], 0)
    again = _before(rows, "record", stream, at) - _before(rows, "record", stream, first)
    ahead = rows[early]
    ahead = _before(ahead, "e_record", stream, at) - _before(ahead, "record", stream, at)
    known = (at >= 0) & (epoch_at - before == places.epoch) & _complete(findings, still)
    result: Ints = np.where(known, np.maximum(at - first - again - ahead, 0), UNKNOWN)
    return result


def _in_order(findings: Findings, places: Places, x: Ints) -> Ints:
    """int64[n]: how many numbers below each x came at some time."""
    x = np.maximum(x, 0)
    result: Ints = x - findings.missing.count(places.stream, places.epoch, np.zeros_like(x), x)
    return result


def due_at(findings: Findings, places: Places, come: Ints) -> Ints:
    """int64[n]: the number due at each place by which `come` numbers had come: the one after the last of these.
    UNKNOWN if that is not known."""
    low = np.maximum(come, 0)
    high = low + findings.missing.count(places.stream, places.epoch, np.zeros_like(low), np.full_like(low, MOST))
    while (low < high).any():
        middle = low + (high - low) // 2
        enough = _in_order(findings, places, middle) >= come
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
    result: Ints = np.where(come >= 0, low, UNKNOWN)
    return result


def far_behind(findings: Findings, still: Ints, early: Bools) -> Bools:
    """bool[late]: which late records came farther behind their time than reordering explains. Where others came ahead
    of theirs, those that followed were not late at all."""
    late = findings.late
    behind = late["next"] - late["x"]
    if early.any():
        places = _places(late, "record")
        come = come_by(findings, still, places, early)
        behind = np.where(come >= 0, come - _in_order(findings, places, late["x"]), behind)
    result: Bools = behind >= FAR_BEHIND
    return result


def _places(rows: NDArray[Any], column: str) -> Places:
    return Places(stream=rows["stream"], epoch=rows["epoch"], record=rows[column])


def _complete(findings: Findings, still: Ints) -> bool:
    """Whether all that is missing, and all duplicates, have rows."""
    streams, rows = findings.streams, findings.duplicates
    return int(still.sum()) == int(streams["missing"].sum()) and len(rows) == int(streams["duplicates"].sum())


def _before(rows: NDArray[Any], column: str, stream: NDArray[Any], at: Ints) -> Ints:
    """How many of `rows` lie before each record of its stream."""
    places = np.sort(keyed(rows["stream"], rows[column]))
    low = np.searchsorted(places, keyed(stream, np.zeros(len(at))), "left")
    result: Ints = np.searchsorted(places, keyed(stream, at), "left") - low
    return result


def ahead_of(findings: Findings, still: Ints, distance: Ints) -> Ahead:
    """Of each duplicate, `distance` records behind its earlier copy."""
    rows, alone = findings.duplicates, _alone(findings)
    early, opener = np.zeros(len(rows), np.bool_), np.full(len(rows), UNKNOWN)
    then, now = _places(rows, "e_record"), _places(rows, "record")
    turn = _in_order(findings, now, rows["x"])
    for number in range(PASSES + MORE):
        come, by_now = (come_by(findings, still, places, early) for places in (then, now))
        known = (come >= 0) & (by_now >= 0)
        opener = np.where(known, UNKNOWN, _opener(rows, findings.gaps, distance))
        ahead = known & (turn - come > by_now - turn)
        before = early
        if number < PASSES:
            early = alone | (opener >= 0) | (ahead & (turn - come >= AHEAD))
        else:  # one more of a row of them shows by those that are known
            early = before | (ahead & (turn - come >= FAR_BEHIND))
        if (early == before).all():
            break
    if not early.any():
        nowhere = np.full(len(rows), UNKNOWN)
        return Ahead(early=early, due=nowhere, gap=nowhere)
    due = due_at(findings, then, come_by(findings, still, then, early))
    due = _one_by_one(rows, due, early)
    gap = np.where(due >= 0, _gap_of(findings, due), np.where(opener >= 0, opener, _gap_at(findings, alone)))
    return Ahead(early=early, due=due, gap=np.where(early, gap, UNKNOWN))


def _one_by_one(rows: NDArray[Any], due: Ints, early: Bools) -> Ints:
    """The j-th of several that are ahead of their time in one place has the j-th number due there."""
    mine = np.flatnonzero(early & (due >= 0))
    result = due.copy()
    result[mine] += nth((rows["stream"][mine], rows["epoch"][mine], due[mine]), rows["e_record"][mine])
    return result


def _gap_of(findings: Findings, due: Ints) -> Ints:
    """The gap by index in which the number `due` at the earlier copy's place is missing; UNKNOWN for none."""
    rows, gaps = findings.duplicates, findings.gaps
    if not len(gaps) or not len(rows):
        return np.full(len(rows), UNKNOWN, np.int64)
    low, high = np.maximum(due - BESIDE, 0), np.minimum(due + BESIDE + 1, rows["x"])
    never = findings.missing.count(rows["stream"], rows["epoch"], low, np.maximum(high, low)) > 0
    places, asked = (epoch_key(each["stream"], each["epoch"]) for each in (gaps, rows))
    at = rank(places, gaps["x"], asked, high - 1) - 1
    gap = np.lexsort((gaps["x"], places))[np.maximum(at, 0)]
    inside = (at >= 0) & (places[gap] == asked) & (low < gaps["x"][gap] + gaps["a"][gap])
    result: Ints = np.where(never & inside, gap, UNKNOWN)
    return result


def _gap_at(findings: Findings, alone: Bools) -> Ints:
    """The gap by index that opened just behind an earlier copy that was ahead `alone`; UNKNOWN for none."""
    rows, gaps = findings.duplicates, findings.gaps
    if not len(gaps) or not len(rows):
        return np.full(len(rows), UNKNOWN, np.int64)
    places, order = by_place(gaps, "stream", "record")
    at = np.searchsorted(places, keyed(rows["stream"], rows["e_record"]), "left")
    gap = order[np.minimum(at, len(order) - 1)]
    near = (at < len(order)) & (gaps["stream"][gap] == rows["stream"]) & (gaps["record"][gap] <= rows["e_record"] + 2)
    result: Ints = np.where(alone & near, gap, UNKNOWN)
    return result


def _alone(findings: Findings) -> Bools:
    """Whether a duplicate's earlier copy was a lone number ahead of its time, as the tracker saw."""
    rows = findings.duplicates
    spikes = findings.early[findings.early["a"] == 1]
    alone: Bools = np.isin(keyed(rows["stream"], rows["e_record"]), keyed(spikes["stream"], spikes["record"]))
    return alone & (rows["e_record"] >= 0)


def _opener(rows: NDArray[Any], gaps: NDArray[Any], distance: Ints) -> Ints:
    """The gap, by index, that a duplicate's earlier copy opened, or one of a few before it, by a jump about as wide as
    the distance between the copies: a batch went out ahead of its time. -1 if there is none."""
    result = np.full(len(rows), -1, np.int64)
    if not len(gaps) or not len(rows):
        return result
    places, order = by_place(gaps, "stream", "record")
    at = np.searchsorted(places, keyed(rows["stream"], rows["e_record"]), "right") - 1
    gap = order[np.maximum(at, 0)]
    jumped = (at >= 0) & (rows["e_record"] >= 0) & (gaps["stream"][gap] == rows["stream"])
    jumped &= rows["e_record"] - gaps["record"][gap] < BATCH
    jumped &= (gaps["a"][gap] >= 2 * BATCH) & (gaps["a"][gap] >= distance // 3)
    result[jumped] = gap[jumped]
    return result
