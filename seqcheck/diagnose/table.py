"""The duplicates as a table: the distances of DESIGN section 3, for every kept row at once.

Pure. All columns have one entry per duplicate, in order of arrival; counts and times are int64. UNKNOWN stands where
the earlier copy lies beyond the tracker's window (or, for frame distances, came from another source).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass
from ..track import Findings
from .arrays import distinct

UNKNOWN = -1
MOST = 4096  # duplicates whose places are looked at one by one
BATCH = 8  # frames that go out ahead of their time together, at most
SKIP = 4  # numbers by which an episode may count up at a time: some of its frames may be lost
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """rows       EVENT[n], the tracker's rows
    distance      D, records of the stream between the copies
    frame_distance  Da, frames of the source between the copies
    lag           highest number so far + 1 - this number
    time_lag      ns between the copies
    lost          numbers of the stream that went missing between the copies
    source_lost   the same over all streams of the source
    foreign       frames of the source between the copies that are no record of this stream (Da - D)
    substitute    the number expected at the duplicate's place is missing: the duplicate stands in for it
    run           index of the episode: neighbouring duplicates of a stream that count up together, from 0
    run_length    how many duplicates that episode has
    leads         the duplicate is its episode's first one
    early         the earlier copy was ahead of its time, alone (the tracker's EARLY 1) or in a batch
    """

    rows: NDArray[Any]
    distance: Ints
    frame_distance: Ints
    lag: Ints
    time_lag: Ints
    lost: Ints
    source_lost: Ints
    substitute: Bools
    run: Ints
    run_length: Ints
    leads: Bools
    early: Bools

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def known(self) -> Bools:
        """The earlier copy is within the window."""
        return self.distance >= 0

    def between(self, others: Bools) -> tuple[Ints, Ints]:
        """For each duplicate: how many of `others` came between its copies, on its stream and from its source."""
        return (
            _count_between(self.rows, others, "stream", "record", "e_record"),
            _count_between(self.rows, others, "source", "frame", "e_frame"),
        )


def _count_between(rows: NDArray[Any], others: Bools, group: str, place: str, earlier: str) -> Ints:
    result = np.zeros(len(rows), np.int64)
    for name in distinct(rows[group]).tolist():
        mine = np.flatnonzero(rows[group] == name)
        places = np.sort(rows[place][mine[others[mine]]])
        first, last = rows[earlier][mine], rows[place][mine]
        result[mine] = np.searchsorted(places, last, "left") - np.searchsorted(places, first, "right")
    return np.maximum(result, 0)


def table(findings: Findings) -> Table:
    """The columns, from the tracker's rows."""
    rows = findings.duplicates
    known = rows["e_record"] >= 0
    distance = np.where(known, rows["record"] - rows["e_record"], UNKNOWN)
    same_source = known & (rows["e_ordinal"] >= 0)
    substitute = _substitute(findings)
    run = _runs(rows)
    lag = rows["next"] - rows["x"]
    alone, opener = _alone(findings), _opener(rows, findings.gaps, distance)
    place = _place(findings)
    early = alone | (opener >= 0) | ((place >= 0) & (rows["x"] - place >= np.maximum(2 * BATCH, distance // 3)))
    widths = _widths(findings, substitute, alone, opener)
    lost = _lost(findings, widths, "stream")
    elsewhere = _lost(findings, widths, "source") - lost
    if 0 < early.sum() <= MOST:
        lost[early] = _lost_by_number(findings, place, early, substitute)
    return Table(
        rows=rows,
        distance=distance,
        frame_distance=np.where(same_source, rows["ordinal"] - rows["e_ordinal"], UNKNOWN),
        lag=lag,
        time_lag=np.where(known, rows["ns"] - rows["e_ns"], UNKNOWN),
        lost=np.where(known, lost, 0),
        source_lost=np.where(known, lost + elsewhere, 0),
        substitute=substitute,
        run=run,
        run_length=np.bincount(run)[run] if len(run) else run,
        leads=_first_of(run),
        early=early,
    )


def _first_of(run: Ints) -> Bools:
    leads: Bools = np.zeros(len(run), np.bool_)
    leads[np.unique(run, return_index=True)[1]] = True
    return leads


def _alone(findings: Findings) -> Bools:
    """Whether a duplicate's earlier copy was a lone number ahead of its time, as the tracker saw."""
    rows = findings.duplicates
    spikes = findings.early[findings.early["a"] == 1]
    if not len(spikes):
        return np.zeros(len(rows), np.bool_)
    seen = set(zip(spikes["stream"].tolist(), spikes["record"].tolist(), strict=True))
    mine = zip(rows["stream"].tolist(), rows["e_record"].tolist(), strict=True)
    return np.fromiter((pair in seen for pair in mine), np.bool_, len(rows))


def _place(findings: Findings) -> Ints:
    """Where the count stood when each duplicate's earlier copy came: all records of its epoch before it, less the
    duplicates among them and with what was missing by then. UNKNOWN where not all gaps and duplicates were kept."""
    rows, gaps, restarts = findings.duplicates, findings.gaps, findings.restarts
    result = np.full(len(rows), UNKNOWN, np.int64)
    whole = len(gaps) == int(findings.streams["gaps"].sum())
    complete = len(rows) == int(findings.streams["duplicates"].sum())
    still = findings.missing.left(gaps) if len(rows) and len(gaps) else np.zeros(len(gaps), np.int64)
    for stream in distinct(rows["stream"]).tolist():
        mine = np.flatnonzero((rows["stream"] == stream) & (rows["e_record"] >= 0))
        of = np.flatnonzero(gaps["stream"] == stream)
        begun = restarts["record"][restarts["stream"] == stream]
        at = rows["e_record"][mine]
        epoch_at = np.searchsorted(begun, at, "right")
        first = np.concatenate(([0], begun))[epoch_at]
        records = rows["record"][rows["stream"] == stream]
        again = np.searchsorted(records, at, "left") - np.searchsorted(records, first, "left")
        lost = np.concatenate(([0], np.cumsum(still[of])))
        places = gaps["record"][of]
        missing = lost[np.searchsorted(places, at, "right")] - lost[np.searchsorted(places, first, "right")]
        known = (np.full(len(at), whole) | (at <= (places[-1] if len(places) else -1))) & (
            complete & (epoch_at == rows["epoch"][mine])
        )
        result[mine] = np.where(known, np.maximum(0, at - first - again + missing), UNKNOWN)
    return result


def _lost_by_number(findings: Findings, place: Ints, early: Bools, substitute: Bools) -> Ints:
    """Numbers lost between a copy ahead of its time and the one in its place: those missing between the two places,
    less the ones in whose place another frame was sent. (By arrival they would all be lost where the jump ahead
    was.)"""
    rows = findings.duplicates
    result = []
    taken: dict[tuple[int, int], Ints] = {}
    place = place.copy()
    for stream, epoch in {(int(r["stream"]), int(r["epoch"])) for r in rows[early]}:
        mine = (rows["stream"] == stream) & (rows["epoch"] == epoch)
        ahead = np.flatnonzero(mine & early)
        began, ended = rows["e_record"][ahead], rows["record"][ahead]
        # others that were ahead of their time just then had been counted as if they were in their places
        open_ = np.searchsorted(np.sort(began), began) - np.searchsorted(np.sort(ended), began)
        place[ahead] = np.where(place[ahead] >= 0, np.maximum(0, place[ahead] - open_), UNKNOWN)
        taken[stream, epoch] = np.sort(np.concatenate((place[mine & early], rows["next"][mine & substitute])))
    for row, low in zip(rows[early], place[early].tolist(), strict=True):
        stream, epoch, high = int(row["stream"]), int(row["epoch"]), int(row["x"])
        missing = sum(count for _, count in findings.missing(stream, epoch, low + 1, high)) if 0 <= low < high else 0
        others = taken[stream, epoch]
        stand_ins = int(np.searchsorted(others, high) - np.searchsorted(others, low, "right"))
        result.append(max(0, missing - stand_ins))
    return np.array(result, np.int64)


def _opener(rows: NDArray[Any], gaps: NDArray[Any], distance: Ints) -> Ints:
    """The gap, by index, that a duplicate's earlier copy opened, or one of a few before it, by a jump about as wide as
    the distance between the copies: a batch went out ahead of its time. -1 where there is none."""
    result = np.full(len(rows), -1, np.int64)
    for stream in distinct(rows["stream"]).tolist():
        at, mine = np.flatnonzero(gaps["stream"] == stream), np.flatnonzero(rows["stream"] == stream)
        if not len(at):
            continue
        place = np.searchsorted(gaps["record"][at], rows["e_record"][mine], "right") - 1
        gap = at[np.maximum(place, 0)]
        jumped = (place >= 0) & (rows["e_record"][mine] - gaps["record"][gap] < BATCH)
        jumped &= (gaps["a"][gap] >= 2 * BATCH) & (gaps["a"][gap] >= distance[mine] // 3)
        result[mine[jumped]] = gap[jumped]
    return result


def _substitute(findings: Findings) -> Bools:
    """Whether the number expected at each duplicate's place never came. The j-th duplicate in one place stands in for
    the j-th number missing there, so five in the place of three are three substitutes and two extras."""
    rows = findings.duplicates
    result = np.zeros(len(rows), np.bool_)
    if not findings.streams["missing"].any():
        return result
    ranks: dict[tuple[int, int, int], int] = {}
    for at, (stream, epoch, expected) in enumerate(
        zip(rows["stream"].tolist(), rows["epoch"].tolist(), rows["next"].tolist(), strict=True)
    ):
        place = (stream, epoch, expected)
        rank = ranks[place] = ranks.get(place, -1) + 1
        result[at] = bool(findings.missing(stream, epoch, expected + rank, expected + rank + 1))
    return result


def _runs(rows: NDArray[Any]) -> Ints:
    """Episodes: per stream, duplicates close behind one another whose numbers count up; there is room for frames that
    were lost, the first time (then the number is late, no duplicate) or this time."""
    if not len(rows):
        return np.zeros(0, np.int64)
    order = np.lexsort((rows["record"], rows["stream"]))
    sorted_rows = rows[order]
    ahead = sorted_rows["x"][1:] - sorted_rows["x"][:-1]
    follows = (
        (sorted_rows["stream"][1:] == sorted_rows["stream"][:-1])
        & (sorted_rows["record"][1:] <= sorted_rows["record"][:-1] + SKIP)
        & (ahead >= 1)
        & (ahead <= SKIP)
    )
    index = np.concatenate(([0], np.cumsum(~follows)))
    result = np.empty(len(rows), np.int64)
    result[order] = index
    return result


def _lost(findings: Findings, widths: Ints, group: str) -> Ints:
    """Numbers lost between the copies: the widths of all gaps that opened there, on the same `group` (stream,
    source)."""
    rows, gaps = findings.duplicates, findings.gaps
    result = np.zeros(len(rows), np.int64)
    if not len(rows) or not len(gaps):
        return result
    for one in distinct(rows[group]).tolist():
        mine, of = np.flatnonzero(rows[group] == one), gaps[group] == one
        places = gaps["frame"][of]
        lost = np.concatenate(([0], np.cumsum(widths[of])))
        first, last = rows["e_frame"][mine], rows["frame"][mine]
        result[mine] = lost[np.searchsorted(places, last, "right")] - lost[np.searchsorted(places, first, "right")]
    return result


def _widths(findings: Findings, substitute: Bools, alone: Bools, opener: Ints) -> Ints:
    """How many numbers of each gap were lost: those that never came, less the ones in whose place another frame was
    sent (a stale one just before the gap opened, or frames ahead of their time just before it or with it)."""
    rows, gaps = findings.duplicates, findings.gaps
    if not len(rows) or not len(gaps):
        return np.zeros(len(gaps), np.int64)
    instead = np.zeros(len(gaps), np.int64)
    np.add.at(instead, opener[opener >= 0], 1)
    for stream in distinct(rows["stream"]).tolist():
        at, mine = np.flatnonzero(gaps["stream"] == stream), rows["stream"] == stream
        for records in (rows["record"][mine & substitute], rows["e_record"][mine & alone & (opener < 0)]):
            place = np.searchsorted(gaps["record"][at], records, "left")
            np.add.at(instead, at[place[place < len(at)]], 1)
    widths: Ints = np.maximum(0, findings.missing.left(gaps) - instead)
    return widths
