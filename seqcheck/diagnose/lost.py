"""Numbers that went missing between two copies: a slot that was used though its frame never came. What another frame
was sent in place of took that slot, and is not counted twice. Pure; n log n in rows and gaps.
"""

from __future__ import annotations

import numpy as np

from ..missing import epoch_key
from ..ranking import rank
from ..track import Findings
from .due import Ahead
from .keys import Bools, Ints, by_place, keyed

NEAR = 4  # records of each stream of a source between a duplicate and the gap that shows whose place it took


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


def widths_of(findings: Findings, still: Ints, substitute: Bools, ahead: Ahead) -> Ints:
    """How many numbers of each gap were lost: those that never came, less the ones in whose place another frame was
    sent (a stale one just before the gap opened, or frames ahead of their time)."""
    rows, gaps = findings.duplicates, findings.gaps
    if not len(rows) or not len(gaps):
        return np.zeros(len(gaps), np.int64)
    instead = np.zeros(len(gaps), np.int64)
    np.add.at(instead, ahead.gap[ahead.gap >= 0], 1)
    places, order = by_place(gaps, "stream", "record")
    stream = rows["stream"][substitute]
    place = np.searchsorted(places, keyed(stream, rows["record"][substitute]), "left")
    found = place < len(places)
    gap = order[place[found]]
    np.add.at(instead, gap[gaps["stream"][gap] == stream[found]], 1)
    widths: Ints = np.maximum(0, still - instead)
    return widths


def elsewhere_of(findings: Findings, widths: Ints, still: Ints, frame: Ints, which: Bools) -> Bools:
    """Which of the duplicates `which` stand, with their copy in `frame`, where a number of another stream of the source
    is missing: the first gap behind it that nothing else accounts for. Takes that number out of `widths`."""
    rows, gaps, streams = findings.duplicates, findings.gaps, findings.streams
    result = np.zeros(len(rows), np.bool_)
    if not len(rows) or not len(gaps):
        return result
    share = np.bincount(np.maximum(streams["source"], 0), minlength=1)
    of_row, of_gap = (np.where(each >= 0, each, 0) for each in (rows["source"], gaps["source"]))
    many = share[np.minimum(of_row, len(share) - 1)]
    places, order = by_place(gaps, "source", "frame")
    mine = np.flatnonzero((many > 1) & which)
    mine = mine[np.argsort(frame[mine], kind="stable")]
    starts = np.searchsorted(places, keyed(of_row[mine], frame[mine]), "right")
    for row, start in zip(mine.tolist(), starts.tolist(), strict=True):
        reach = int(frame[row]) + NEAR * int(many[row])
        for at in range(start, min(start + NEAR, len(order))):
            gap = order[at]
            if of_gap[gap] != of_row[row] or gaps["frame"][gap] > reach:
                break
            if min(widths[gap], still[gap]) > 0 and gaps["stream"][gap] != rows["stream"][row]:
                widths[gap] -= 1
                result[row] = True
                break
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


def lost_by_number(findings: Findings, widths: Ints, still: Ints, ahead: Ahead, substitute: Bools) -> Ints:
    """Numbers lost between a copy ahead of its time and the one in its place: those missing between the two places,
    less the ones in whose place another frame was sent, of this stream or, as far as `widths` say, of another. (By
    arrival they would all be lost where the jump ahead was.)"""
    rows, early, instead = findings.duplicates, np.flatnonzero(ahead.early), np.flatnonzero(substitute)
    group = epoch_key(rows["stream"], rows["epoch"])
    mine, low, high = group[early], ahead.due[early], rows["x"][early]
    between = findings.missing.count(rows["stream"][early], rows["epoch"][early], low + 1, high)
    groups, taken = np.concatenate((mine, group[instead])), np.concatenate((low, rows["next"][instead]))
    stand_ins = rank(groups, taken, mine, high - 1) - rank(groups, taken, mine, low)
    streams, gaps = len(findings.streams), findings.gaps
    lost, never = (np.bincount(gaps["stream"], weights=each, minlength=streams) for each in (widths, still))
    share = np.minimum(lost / np.maximum(never, 1), 1.0)[rows["stream"][early]]
    between = np.where((low >= 0) & (low < high), between, 0)
    result: Ints = np.maximum(0, np.minimum(between - stand_ins, np.round(between * share).astype(np.int64)))
    return result
