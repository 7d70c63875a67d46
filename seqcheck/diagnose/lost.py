"""Numbers that went missing between two copies: a slot that was used though its frame never came. What another frame
was sent in place of took that slot, and is not counted twice. Pure; n log n in rows and gaps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..track.missing import epoch_key
from ..track.ranking import rank
from ..track.tracker import Findings
from .due import Ahead
from .keys import Bools, Floats, Ints, by_place, keyed

NEAR = 4  # records of a stream within which its gap shows, behind the duplicate that took the place of one of its own
AHEAD = 32  # duplicates of the source that are looked at
SURELY = 3.0  # standard deviations more than by chance


def filled_late(findings: Findings, far: Bools) -> Ints:
    """Numbers of each gap that came after all, but so late (`far`, of the late rows) that no reordering explains it:
    what had been lost is not made up for. (A slot whose content was lost may go out again; that is no duplicate.)"""
    late, gaps = findings.late[far], findings.gaps
    result = np.zeros(len(gaps), np.int64)
    if not len(late) or not len(gaps):
        return result
    places, asked = (epoch_key(each["stream"], each["epoch"]) for each in (gaps, late))
    at = rank(places, gaps["x"], asked, late["x"]) - 1
    gap = np.lexsort((gaps["x"], places))[np.maximum(at, 0)]
    inside = (at >= 0) & (places[gap] == asked) & (late["x"] < gaps["x"][gap] + gaps["a"][gap])
    np.add.at(result, gap[inside], 1)
    return result


def widths_of(findings: Findings, still: Ints, stand_ins: NDArray[Any], ahead: Ahead) -> Ints:
    """How many numbers of each gap were lost: those that never came, less the ones in whose place another frame was
    sent (one of `stand_ins` just before the gap opened, or frames ahead of their time)."""
    gaps = findings.gaps
    if not len(findings.duplicates) or not len(gaps):
        return np.zeros(len(gaps), np.int64)
    instead = np.zeros(len(gaps), np.int64)
    np.add.at(instead, ahead.gap[ahead.gap >= 0], 1)
    places, order = by_place(gaps, "stream", "record")
    stream = stand_ins["stream"]
    place = np.searchsorted(places, keyed(stream, stand_ins["record"]), "left")
    found = place < len(places)
    gap = order[place[found]]
    np.add.at(instead, gap[gaps["stream"][gap] == stream[found]], 1)
    widths: Ints = np.maximum(0, still - instead)
    return widths


def elsewhere_of(
    findings: Findings, widths: Ints, still: Ints, rows: NDArray[Any], which: Bools, *, frame: str = "frame"
) -> Bools:
    """Which of the `rows` that are `which` stand, with their copy in `frame`, where a number of another stream of the
    source is missing: in a gap behind it, within reach, that nothing else accounts for. Takes that number out of
    `widths`. None do where chance would put about as many of them before a gap: among many streams a loss is never
    far."""
    gaps, streams = findings.gaps, findings.streams
    result = np.zeros(len(rows), np.bool_)
    if not len(rows) or not len(gaps):
        return result
    share = np.bincount(np.maximum(streams["source"], 0), minlength=1)
    of_row, of_gap = (np.where(each >= 0, each, 0) for each in (rows["source"], gaps["source"]))
    many = share[np.minimum(of_row, len(share) - 1)]
    reach = _reach(streams)[gaps["stream"]]
    mine = np.flatnonzero((many > 1) & which)
    mine = mine[np.lexsort((rows[frame][mine], of_row[mine]))]
    places = keyed(of_row[mine], rows[frame][mine])
    # A gap may be of a source that no stream began with: its address changed.
    sources = max(len(share), *(int(each.max(initial=0)) + 1 for each in (of_row, of_gap)))
    order = np.flatnonzero((widths > 0) & (still > 0))
    chance = _near_a_gap(findings, of_gap[order], reach[order], sources)[of_row[mine]]
    order = order[np.lexsort((gaps["frame"][order], of_gap[order]))]
    ends = np.searchsorted(places, keyed(of_gap[order], gaps["frame"][order]), "left")
    begins = keyed(of_gap[order], np.maximum(gaps["frame"][order] - reach[order], 0))
    starts = np.maximum(np.searchsorted(places, begins, "left"), ends - AHEAD)
    near = starts < ends
    left = widths.copy()
    # To each gap the first duplicates that are free: so most find one.
    for gap, start, end in zip(order[near].tolist(), starts[near].tolist(), ends[near].tolist(), strict=True):
        for row in mine[start:end].tolist():
            if min(left[gap], still[gap]) <= 0:
                break
            if not result[row] and gaps["stream"][gap] != rows["stream"][row]:
                left[gap] -= 1
                result[row] = True
    if result.sum() <= float(chance.sum() + SURELY * np.sqrt((chance * (1 - chance)).sum())):
        return np.zeros(len(rows), np.bool_)
    widths[:] = left
    return result


def _reach(streams: NDArray[Any]) -> Floats:
    """float64[streams], frames: how far behind a frame in whose place a number of the stream is missing the gap shows
    at the latest, with some room. The rarer its records, the later."""
    span = streams["last_frame"] - streams["first_frame"] + 1
    result: Floats = NEAR * span / np.maximum(streams["received"], 1)
    return result


def _near_a_gap(findings: Findings, of_gap: Ints, reach: Floats, sources: int) -> Floats:
    """float64[sources]: the chance that a frame anywhere has one of these gaps, by source, within its reach behind."""
    streams = findings.streams
    source = np.maximum(streams["source"], 0)
    first, last = np.full(sources, np.iinfo(np.int64).max), np.zeros(sources, np.int64)
    np.minimum.at(first, source, streams["first_frame"])
    np.maximum.at(last, source, streams["last_frame"])
    within = np.bincount(of_gap, weights=reach, minlength=sources)
    result: Floats = 1 - np.exp(-within / np.maximum(last - first + 1, 1))
    return result


def lost_between(findings: Findings, widths: Ints, group: str) -> Ints:
    """Numbers lost between the copies: the widths of all gaps that opened there, on the same `group` (stream,
    source)."""
    rows, gaps = findings.duplicates, findings.gaps
    if not len(rows) or not len(gaps):
        return np.zeros(len(rows), np.int64)
    places, order = by_place(gaps, group, "frame")
    lost = np.concatenate(([0], np.cumsum(widths[order])))
    first, last = keyed(rows[group], rows["e_frame"]), keyed(rows[group], rows["frame"])
    result: Ints = lost[np.searchsorted(places, last, "right")] - lost[np.searchsorted(places, first, "right")]
    return result


def lost_by_number(findings: Findings, widths: Ints, still: Ints, ahead: Ahead, stand_ins: NDArray[Any]) -> Ints:
    """Numbers lost between a copy ahead of its time and the one in its place: those missing between the two places,
    less the ones in whose place another frame was sent, of this stream or, as far as `widths` say, of another. (By
    arrival they would all be lost where the jump ahead was.)"""
    rows, early = findings.duplicates, np.flatnonzero(ahead.early)
    group = epoch_key(rows["stream"], rows["epoch"])
    mine, low, high = group[early], ahead.due[early], rows["x"][early]
    between = findings.missing.count(rows["stream"][early], rows["epoch"][early], low + 1, high)
    groups = np.concatenate((mine, epoch_key(stand_ins["stream"], stand_ins["epoch"])))
    taken = np.concatenate((low, stand_ins["next"]))
    replaced = rank(groups, taken, mine, high - 1) - rank(groups, taken, mine, low)
    streams, gaps = len(findings.streams), findings.gaps
    lost, never = (np.bincount(gaps["stream"], weights=each, minlength=streams) for each in (widths, still))
    share = np.minimum(lost / np.maximum(never, 1), 1.0)[rows["stream"][early]]
    between = np.where((low >= 0) & (low < high), between, 0)
    result: Ints = np.maximum(0, np.minimum(between - replaced, np.round(between * share).astype(np.int64)))
    return result
