"""The duplicates as a table: the distances of docs/verdict.md, for every kept row at once.

Pure. All columns have one entry per duplicate, in the order of the tracker's rows; counts and times are int64. UNKNOWN
stands where the earlier copy lies beyond the tracker's window (or, for frame distances, came from another source).
Cost: n log n in rows and gaps; no loop over streams.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass, replace
from ..kernel.border import total
from ..track.ranking import nth
from ..track.tracker import Findings
from .due import FAR_BEHIND, ahead_of, far_behind
from .keys import UNKNOWN, Bools, Ints, by_place, keyed
from .lost import elsewhere_of, filled_late, lost_between, lost_by_number, widths_of

MOST = 4096  # duplicates ahead of their time: with more than these, losses are told by arrival for all
MUCH_LATE = 0.05  # of the records
SKIP = 4  # numbers by which an episode may count up at a time: some of its frames may be lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """rows       EVENT[n], the tracker's rows
    distance      D, records of the stream between the copies
    frame_distance  Da, frames of the source between the copies
    lag           the tracker's expectation - this number
    expected      position of the number due at the duplicate's place: the tracker's expectation, or what follows a
                  jump that it had not decided on yet
    time_lag      ns between the copies
    lost          numbers of the stream that went missing between the copies
    source_lost   the same over all streams of the source
    substitute    the number expected at the duplicate's place is missing: the duplicate stands in for it
    stands_in     the same, or it is another stream of the source of which a number is missing there
    late_between  records of the stream between the copies that came far behind their time, for the first time, and
                  stand in for no other number
    skipped       the number just before the duplicate's never came: another frame may have gone out in its place
    run           index of the episode: neighbouring duplicates of a stream that count up together, from 0
    run_length    how many duplicates that episode has
    leads         the duplicate stands for its episode: the first one at the distance that most of it has
    early         the earlier copy was ahead of its time, alone (the tracker's EARLY 1) or in a batch
    overwritten   and the number due where that one stood never came
    overtaken     numbers by which reordering moved a record, at most
    kept          the share of all duplicates that has a row
    """

    rows: NDArray[Any]
    distance: Ints
    frame_distance: Ints
    lag: Ints
    expected: Ints
    time_lag: Ints
    lost: Ints
    source_lost: Ints
    substitute: Bools
    stands_in: Bools
    late_between: Ints
    skipped: Bools
    run: Ints
    run_length: Ints
    leads: Bools
    early: Bools
    overwritten: Bools
    overtaken: int
    kept: float

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def known(self) -> Bools:
        """The earlier copy is within the window."""
        return self.distance >= 0

    def between(self, others: Bools) -> tuple[Ints, Ints]:
        """For each duplicate: how many of `others` came between its copies, on its stream and from its source."""
        return (
            _count_between(self.rows, self.rows[others], "stream", "record", "e_record"),
            _count_between(self.rows, self.rows[others], "source", "frame", "e_frame"),
        )


def episodes(table: Table, aside: Bools) -> Table:
    """The table with its episodes told as if the duplicates `aside` had not come: copies of copies, made on the path,
    do not take a block apart."""
    if not aside.any():
        return table
    rows = table.rows.copy()
    for group, place, earlier in (("stream", "record", "e_record"), ("source", "ordinal", "e_ordinal")):
        other = "record" if place == "record" else "ordinal"
        before = np.sort(keyed(rows[group][aside], table.rows[other][aside]))
        first = np.searchsorted(before, keyed(rows[group], np.zeros(len(rows))), "left")
        for column in (place, earlier):
            known = table.rows[column] >= 0
            count = np.searchsorted(before, keyed(rows[group], table.rows[column]), "left") - first
            rows[column] = np.where(known, table.rows[column] - count, table.rows[column])
    keep = ~aside
    run = np.arange(len(rows)) + len(rows)  # what is aside is by itself
    run[keep] = _runs(rows[keep], table.overtaken)
    run = np.unique(run, return_inverse=True)[1]
    return replace(table, run=run, run_length=np.bincount(run)[run], leads=_leads(run, rows, table.distance))


def stretch(table: Table, rows: Bools) -> float:
    """The frames of the source from the first of these to the last; of several sources, any number."""
    at = table.rows["ordinal"][rows]
    return math.inf if np.ptp(table.rows["source"][rows]) else float(np.ptp(at)) + 1


def _count_between(rows: NDArray[Any], others: NDArray[Any], group: str, place: str, earlier: str) -> Ints:
    """For each of `rows`, how many of `others` lie between its copies in the same group."""
    places = np.sort(keyed(others[group], others[place]))
    first, last = keyed(rows[group], rows[earlier]), keyed(rows[group], rows[place])
    result: Ints = np.maximum(np.searchsorted(places, last, "left") - np.searchsorted(places, first, "right"), 0)
    return result


def table(findings: Findings) -> Table:
    """The columns, from the tracker's rows."""
    rows, gaps = findings.duplicates, findings.gaps
    known = rows["e_record"] >= 0
    distance = np.where(known, rows["record"] - rows["e_record"], UNKNOWN)
    same_source = known & (rows["e_ordinal"] >= 0)
    still = findings.missing.left(gaps) if len(rows) and len(gaps) else np.zeros(len(gaps), np.int64)
    expected = _expected(rows, gaps)
    overtaken = _overtaken(findings)
    run = _runs(rows, overtaken)
    ahead = ahead_of(findings, still, distance)
    early = ahead.early
    far = far_behind(findings, still, early)
    sent = still + filled_late(findings, far)
    # A slot whose content was lost may go out again: no duplicate, but in the place of another number all the same.
    late = findings.late[far]
    stale = np.concatenate((rows, late))
    instead = _substitute(findings, stale, np.concatenate((expected, _expected(late, gaps))))
    substitute, late_instead = instead[: len(rows)], instead[len(rows) :]
    widths = widths_of(findings, sent, stale[instead], ahead)
    others = ~instead
    others[: len(rows)] &= ~early
    elsewhere = elsewhere_of(findings, widths, still, stale, others)[: len(rows)]
    overwritten = ahead.gap >= 0
    first = early & ~overwritten & (rows["e_record"] >= 0)
    overwritten |= elsewhere_of(findings, widths, still, rows, first, frame="e_frame")
    lost = lost_between(findings, widths, "stream")
    source_lost = lost_between(findings, widths, "source")
    if 0 < early.sum() <= MOST:
        by_number = lost_by_number(findings, widths, still, ahead, stale[instead])
        source_lost[early] += by_number - lost[early]
        lost[early] = by_number
    return Table(
        rows=rows,
        distance=distance,
        frame_distance=np.where(same_source, rows["ordinal"] - rows["e_ordinal"], UNKNOWN),
        lag=rows["next"] - rows["x"],
        expected=expected,
        time_lag=np.where(known, rows["ns"] - rows["e_ns"], UNKNOWN),
        lost=np.where(known, lost, 0),
        source_lost=np.where(known, source_lost, 0),
        substitute=substitute,
        stands_in=substitute | elsewhere,
        late_between=_count_between(rows, late[~late_instead], "stream", "record", "e_record"),
        skipped=_skipped(rows, gaps, still),
        run=run,
        run_length=np.bincount(run)[run] if len(run) else run,
        leads=_leads(run, rows, distance),
        early=early,
        overwritten=overwritten,
        overtaken=overtaken,
        kept=len(rows) / max(total(findings.streams["duplicates"]), 1),
    )


def _leads(run: Ints, rows: NDArray[Any], distance: Ints) -> Bools:
    """See Table. Frames that overtook others at an episode's beginning do not speak for all of it."""
    leads: Bools = np.zeros(len(run), np.bool_)
    if not len(run):
        return leads
    order = np.lexsort((rows["frame"], distance, run))
    new = np.ones(len(run), np.bool_)
    new[1:] = (run[order][1:] != run[order][:-1]) | (distance[order][1:] != distance[order][:-1])
    first = np.flatnonzero(new)  # of each distance in each episode
    often = np.diff(np.append(first, len(run)))
    best = np.lexsort((rows["frame"][order[first]], -often, run[order[first]]))
    of = run[order[first[best]]]
    leads[order[first[best[np.append(True, of[1:] != of[:-1])]]]] = True
    return leads


def _overtaken(findings: Findings) -> int:
    """See Table; where much is late, numbers in a row say too little for episodes to be told beside it."""
    behind = findings.late["next"] - findings.late["x"]
    behind = behind[behind < FAR_BEHIND]
    if len(behind) > MUCH_LATE * total(findings.streams["received"]):
        return 0
    return int(behind.max(initial=1))  # two neighbours that change places leave no late one


def _expected(rows: NDArray[Any], gaps: NDArray[Any]) -> Ints:
    """See Table: a jump is held until the next record decides, and a duplicate may come meanwhile."""
    expected: Ints = rows["next"].copy()
    if not len(gaps) or not len(rows):
        return expected
    places, order = by_place(gaps, "stream", "record")
    at = np.searchsorted(places, keyed(rows["stream"], rows["record"]), "left") - 1
    gap = gaps[order[np.maximum(at, 0)]]
    held = (at >= 0) & (gap["stream"] == rows["stream"]) & (gap["epoch"] == rows["epoch"]) & (expected <= gap["x"])
    return np.where(held, gap["x"] + gap["a"] + 1, expected)


def _substitute(findings: Findings, rows: NDArray[Any], expected: Ints) -> Bools:
    """Whether the number expected at the place of each of these records never came. The j-th of them in one place
    stands in for the j-th number missing there, so five in the place of three are three substitutes and two extras."""
    result = np.zeros(len(rows), np.bool_)
    if not findings.streams["missing"].any():
        return result
    lossy = findings.streams["missing"] > 0
    mine = np.flatnonzero(lossy[rows["stream"]])
    stream, epoch, due = rows["stream"][mine], rows["epoch"][mine], expected[mine]
    place = due + nth((stream, epoch, due), rows["record"][mine])
    result[mine] = findings.missing.count(stream, epoch, place, place + 1) > 0
    return result


def _skipped(rows: NDArray[Any], gaps: NDArray[Any], still: Ints) -> Bools:
    """Whether the earlier copy's own number ended a gap of which something is still missing."""
    if not len(gaps) or not len(rows):
        return np.zeros(len(rows), np.bool_)
    opened = gaps[still > 0]
    skipped: Bools = np.isin(keyed(rows["stream"], rows["e_record"]), keyed(opened["stream"], opened["record"])) & (
        rows["e_record"] >= 0
    )
    return skipped


def _runs(rows: NDArray[Any], overtaken: int) -> Ints:
    """Episodes: duplicates of a source straight behind one another, at one distance: of one stream with numbers that
    count up and no fresh record between them, or of several with no frame between them. There is room for frames that
    were lost, the first time (then the number is late, no duplicate) or this time, and for such as overtook others."""
    if not len(rows):
        return np.zeros(0, np.int64)
    order = np.lexsort((rows["frame"], rows["source"]))
    source, stream, record, x, ordinal = (rows[name][order] for name in ("source", "stream", "record", "x", "ordinal"))
    known = rows["e_ordinal"][order] >= 0
    apart = np.where(known, ordinal - rows["e_ordinal"][order], record - rows["e_record"][order])
    ahead, behind = np.diff(x), np.diff(record)
    counts_up = (behind <= ahead) & (ahead >= 1) & (ahead <= SKIP) & (np.abs(np.diff(apart)) <= 2 * SKIP)
    near = (behind == 1) & (ahead != 0) & (np.abs(ahead - 1) <= 2 * overtaken)
    one = (stream[1:] == stream[:-1]) & (counts_up | near)
    several = (stream[1:] != stream[:-1]) & (np.diff(ordinal) == 1) & known[1:] & known[:-1]
    several &= np.abs(np.diff(apart)) <= 2 * SKIP
    follows = (source[1:] == source[:-1]) & (one | several)
    result = np.empty(len(rows), np.int64)
    result[order] = np.concatenate(([0], np.cumsum(~follows)))
    return result
