"""The duplicates as a table: the distances of DESIGN section 3, for every kept row at once.

Pure. All columns have one entry per duplicate, in order of arrival; counts and times are int64. UNKNOWN stands where
the earlier copy lies beyond the tracker's window (or, for frame distances, came from another source).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..track import Findings

UNKNOWN = -1
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """rows       EVENT[n], the tracker's rows
    distance      D, records of the stream between the copies
    frame_distance  Da, frames of the source between the copies
    lag           highest number so far + 1 - this number
    time_lag      ns between the copies
    lost          numbers of the source's streams that went missing between the copies, after the earlier one
    foreign       frames of the source between the copies that are no record of this stream (Da - D)
    substitute    the number expected at the duplicate's place is missing: the duplicate stands in for it
    run           index of the episode: neighbouring duplicates of a stream that count up by one, from 0
    run_length    how many duplicates that episode has
    """

    rows: NDArray[Any]
    distance: Ints
    frame_distance: Ints
    lag: Ints
    time_lag: Ints
    lost: Ints
    substitute: Bools
    run: Ints
    run_length: Ints

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def known(self) -> Bools:
        """The earlier copy is within the window."""
        return self.distance >= 0

    @property
    def low(self) -> Ints:
        """The least number of slots between the copies: the stream's own frames, sent and lost (D + z)."""
        return self.distance + self.lost

    @property
    def high(self) -> Ints:
        """All frames of the source between the copies, sent and known to be lost; UNKNOWN where Da is."""
        return np.where(self.frame_distance >= 0, self.frame_distance + self.lost, UNKNOWN)


def table(findings: Findings) -> Table:
    """The columns, from the tracker's rows."""
    rows = findings.duplicates
    known = rows["e_record"] >= 0
    distance = np.where(known, rows["record"] - rows["e_record"], UNKNOWN)
    same_source = known & (rows["e_ordinal"] >= 0)
    substitute = _substitute(findings)
    run = _runs(rows)
    return Table(
        rows=rows,
        distance=distance,
        frame_distance=np.where(same_source, rows["ordinal"] - rows["e_ordinal"], UNKNOWN),
        lag=rows["next"] - rows["x"],
        time_lag=np.where(known, rows["ns"] - rows["e_ns"], UNKNOWN),
        lost=np.where(known, _lost(findings, substitute), 0),
        substitute=substitute,
        run=run,
        run_length=np.bincount(run)[run] if len(run) else run,
    )


def _substitute(findings: Findings) -> Bools:
    """Whether the number expected at each duplicate's place never came. The j-th duplicate in one place stands in for
    the j-th number missing there, so five in the place of three are three substitutes and two extras."""
    rows = findings.duplicates
    result = np.zeros(len(rows), np.bool_)
    ranks: dict[tuple[int, int, int], int] = {}
    for at, (stream, epoch, expected) in enumerate(
        zip(rows["stream"].tolist(), rows["epoch"].tolist(), rows["next"].tolist(), strict=True)
    ):
        place = (stream, epoch, expected)
        rank = ranks[place] = ranks.get(place, -1) + 1
        result[at] = bool(findings.missing(stream, epoch, expected + rank, expected + rank + 1))
    return result


def _runs(rows: NDArray[Any]) -> Ints:
    """Episodes: per stream, duplicates on consecutive records whose numbers count up by one."""
    if not len(rows):
        return np.zeros(0, np.int64)
    order = np.lexsort((rows["record"], rows["stream"]))
    sorted_rows = rows[order]
    follows = (
        (sorted_rows["stream"][1:] == sorted_rows["stream"][:-1])
        & (sorted_rows["record"][1:] == sorted_rows["record"][:-1] + 1)
        & (sorted_rows["x"][1:] == sorted_rows["x"][:-1] + 1)
    )
    index = np.concatenate(([0], np.cumsum(~follows)))
    result = np.empty(len(rows), np.int64)
    result[order] = index
    return result


def _lost(findings: Findings, substitute: Bools) -> Ints:
    """Numbers lost between the copies: those of all gaps that opened in between, on any stream of the same source,
    less the ones whose slots the stale frames in between took."""
    rows, gaps = findings.duplicates, findings.gaps
    result = np.zeros(len(rows), np.int64)
    for source in np.unique(rows["source"]).tolist():
        mine = np.flatnonzero(rows["source"] == source)
        of = gaps[gaps["source"] == source]
        lost = np.concatenate(([0], np.cumsum(_still_missing(findings, of))))
        places = of["frame"]
        took = mine[substitute[mine]]
        taken = rows["frame"][took]
        first, last = rows["e_frame"][mine], rows["frame"][mine]
        between = lost[np.searchsorted(places, last, "right")] - lost[np.searchsorted(places, first, "right")]
        stand_ins = np.searchsorted(taken, last, "left") - np.searchsorted(taken, first, "right")
        result[mine] = np.maximum(0, between - stand_ins)
    return result


def _still_missing(findings: Findings, gaps: NDArray[Any]) -> Ints:
    """How many numbers of each gap never came."""
    return np.array(
        [
            sum(count for _, count in findings.missing(stream, epoch, x, x + width))
            for stream, epoch, x, width in zip(
                gaps["stream"].tolist(), gaps["epoch"].tolist(), gaps["x"].tolist(), gaps["a"].tolist(), strict=True
            )
        ],
        np.int64,
    )
