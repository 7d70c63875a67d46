"""Numbers that went missing between two copies: a slot that was used though its frame never came. What another frame
was sent in place of took that slot, and is not counted twice. Pure; n log n in rows and gaps.
"""

from __future__ import annotations

import numpy as np

from ..missing import epoch_key
from ..ranking import rank
from ..track import Findings
from .keys import UNKNOWN, Bools, Ints, by_place, keyed

FAR_BEHIND = 24  # numbers: farther than reordering reaches, and less than any ring
NEAR = 4  # records of each stream of a source between a duplicate and the gap that shows whose place it took


def filled_late(findings: Findings) -> Ints:
    """Numbers of each gap that came after all, but so late that no reordering explains it: what had been lost is not
    made up for. (A slot whose content was lost may go out again, and is then no duplicate.)"""
    late, gaps = findings.late, findings.gaps
    late = late[late["next"] - late["x"] >= FAR_BEHIND]
    result = np.zeros(len(gaps), np.int64)
    if not len(late) or not len(gaps):
        return result
    places, asked = (epoch_key(each["stream"], each["epoch"]) for each in (gaps, late))
    at = rank(places, gaps["x"], asked, late["x"]) - 1
    gap = np.lexsort((gaps["x"], places))[np.maximum(at, 0)]
    inside = (at >= 0) & (places[gap] == asked) & (late["x"] < gaps["x"][gap] + gaps["a"][gap])
    np.add.at(result, gap[inside], 1)
    return result


def widths_of(findings: Findings, still: Ints, substitute: Bools, alone: Bools, opener: Ints) -> Ints:
    """How many numbers of each gap were lost: those that never came, less the ones in whose place another frame was
    sent (a stale one just before the gap opened, or frames ahead of their time just before it or with it)."""
    rows, gaps = findings.duplicates, findings.gaps
    if not len(rows) or not len(gaps):
        return np.zeros(len(gaps), np.int64)
    instead = np.zeros(len(gaps), np.int64)
    np.add.at(instead, opener[opener >= 0], 1)
    places, order = by_place(gaps, "stream", "record")
    early = alone & (opener < 0)
    for at, mine in ((rows["record"], substitute), (rows["e_record"], early)):
        stream = rows["stream"][mine]
        place = np.searchsorted(places, keyed(stream, at[mine]), "left")
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


def lost_by_number(findings: Findings, place: Ints, early: Bools, substitute: Bools) -> Ints:
    """Numbers lost between a copy ahead of its time and the one in its place: those missing between the two places,
    less the ones in whose place another frame was sent. (By arrival they would all be lost where the jump ahead
    was.)"""
    rows, place = findings.duplicates, place.copy()
    group, ahead, instead = epoch_key(rows["stream"], rows["epoch"]), np.flatnonzero(early), np.flatnonzero(substitute)
    mine, began = group[ahead], rows["e_record"][ahead]
    # others that were ahead of their time just then had been counted as if they were in their places
    others = rank(mine, began, mine, began - 1) - rank(mine, rows["record"][ahead], mine, began - 1)
    low, high = place[ahead], rows["x"][ahead]
    low = np.where(low >= 0, np.maximum(0, low - others), UNKNOWN)
    between = findings.missing.count(rows["stream"][ahead], rows["epoch"][ahead], low + 1, high)
    groups, taken = np.concatenate((mine, group[instead])), np.concatenate((low, rows["next"][instead]))
    stand_ins = rank(groups, taken, mine, high - 1) - rank(groups, taken, mine, low)
    result: Ints = np.maximum(0, np.where((low >= 0) & (low < high), between, 0) - stand_ins)
    return result
