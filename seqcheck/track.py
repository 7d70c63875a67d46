"""Records -> Findings: the kernel's tracker, and what is kept of the rows that it gives.

Theory of operation
    The kernel's tracker (kernel/reference_track.py states its rules and invariants) leaves no row for healthy records
    and one row for each finding. Counts are the kernel's and exact, however many findings there are. Rows are kept up
    to a limit for each kind, in order of arrival; what is beyond the limit still counts in the histogram of distances.
    A row can be taken back by a later one (RETRACT, RETRACT_LATE): a restart, or a lone early number, was behind it.

Invariants
    Findings do not depend on how the records were cut into blocks. `kept` rows are the first ones that were never
    taken back. Memory is bounded: LIMIT rows of each kind, and the kernel's own limits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .dataclass import dataclass
from .kept import Kept
from .kernel import border
from .kernel.border import Frames, RecordColumns, TrackerLike
from .missing import Missing

LIMIT = 1 << 16  # rows kept of each kind
DISTANCES = 1 << 17  # the histogram counts distances up to this one, and all larger ones together
STUCK = "the tracker asks for more rows than there is room for: a fault in it"
Tap = Callable[[NDArray[Any]], None]
_KEPT = (border.DUPLICATE, border.GAP, border.LATE, border.RESTART, border.EARLY, border.OUTLIER)
LimitName = Literal["copies", "missing", "duplicates", "gaps", "late", "restarts"]
_DROPPED: dict[LimitName, str] = {"copies": "beyond", "missing": "unjudged"}  # by column of STREAM_STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit that was reached: `count` things of a stream were dropped for it; `stream` is None for one of them all.

    copies      duplicates whose earlier copy lay farther back than is kept: they count, at an unknown distance
    missing     late or repeated numbers that lay below what is kept of the missing ones, and could not be judged
    duplicates, gaps, late, restarts  rows beyond the first LIMIT: they count, and are not listed"""

    name: LimitName
    stream: int | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the tracker found. `duplicates`, `gaps`, `late`, `restarts`, `early` and `outliers` are EVENT[n], n at most
    LIMIT; `streams` is STREAM_STATE[streams]; `distances` int64[DISTANCES + 1]: how many duplicates lie that far from
    the copy before (the last one: farther, and [0]: unknown, beyond the window). `modulus` 0 is 2**64.
    `missing(stream, epoch, low, high)` gives the stretches that have not come, as things stood; `limits` what was
    dropped for want of room."""

    modulus: int
    streams: NDArray[Any]
    duplicates: NDArray[Any]
    gaps: NDArray[Any]
    late: NDArray[Any]
    restarts: NDArray[Any]
    early: NDArray[Any]
    outliers: NDArray[Any]
    distances: NDArray[np.int64]
    missing: Missing
    limits: tuple[Limit, ...] = ()


class Track:
    """Feed it records; ask for the findings at any time. The only stateful object of the core."""

    def __init__(self, tracker: TrackerLike, modulus: int, tap: Tap | None = None) -> None:
        """`tap` sees every row of EVENT as the tracker gives it, kept or not, before it is taken in."""
        self._tracker = tracker
        self._tap = tap
        self._modulus = modulus
        self._events = np.zeros(border.EVENTS, border.EVENT)
        self._kept = {kind: Kept(LIMIT) for kind in _KEPT}
        self._unkept = dict.fromkeys(_KEPT, 0)  # rows that found no room
        self._distances = np.zeros(DISTANCES + 1, np.int64)

    def feed(self, frames: Frames, records: RecordColumns) -> NDArray[Any]:
        """Take all `records`, rows of `frames`. The DUPLICATE rows that were kept of them, as they stand now."""
        low = 0
        new: list[NDArray[Any]] = []
        while low < records.count:
            before = low
            low, count = self._tracker.feed(frames, records, low, self._events)
            if count:
                new += self._add(self._events[:count])
            elif low == before:
                raise RuntimeError(STUCK)
        return np.concatenate(new) if new else self._events[:0]

    def finish(self) -> NDArray[Any]:
        """The input has ended: what was left open is decided. The duplicates kept of that."""
        done = False
        new: list[NDArray[Any]] = []
        while not done:
            done, count = self._tracker.finish(self._events)
            if not (done or count):
                raise RuntimeError(STUCK)
            new += self._add(self._events[:count])
        return np.concatenate(new) if new else self._events[:0]

    def streams(self) -> NDArray[Any]:
        """STREAM_STATE[streams] as things stand, a copy."""
        return self._tracker.streams()

    def findings(self) -> Findings:
        """As things stand; the arrays are copies."""
        kept = {kind: each.rows.copy() for kind, each in self._kept.items()}
        streams = self._tracker.streams()
        return Findings(
            modulus=self._modulus,
            streams=streams,
            duplicates=kept[border.DUPLICATE],
            gaps=kept[border.GAP],
            late=kept[border.LATE],
            restarts=kept[border.RESTART],
            early=kept[border.EARLY],
            outliers=kept[border.OUTLIER],
            distances=self._distances.copy(),
            missing=Missing(*self._tracker.missing()),
            limits=_limits(
                streams,
                {
                    "duplicates": int(streams["duplicates"].sum()) - len(kept[border.DUPLICATE]),
                    "gaps": self._unkept[border.GAP],
                    "late": int(streams["late"].sum()) - len(kept[border.LATE]),
                    "restarts": self._unkept[border.RESTART],
                },
            ),
        )

    def _add(self, events: NDArray[Any]) -> list[NDArray[Any]]:
        if self._tap is not None:
            self._tap(events)
        kinds = events["kind"]
        takers = np.flatnonzero((kinds == border.RETRACT) | (kinds == border.RETRACT_LATE))
        new: list[NDArray[Any]] = []
        start = 0
        for at in takers.tolist():
            new += self._keep(events[start:at])
            new = self._take_back(events[at], new)
            start = at + 1
        return new + self._keep(events[start:])

    def _keep(self, events: NDArray[Any]) -> list[NDArray[Any]]:
        new: list[NDArray[Any]] = []
        kinds = np.ascontiguousarray(events["kind"])
        counts = np.bincount(kinds, minlength=len(_KEPT) + 2)
        for kind in _KEPT:
            room = self._kept[kind].room
            self._unkept[kind] += max(0, int(counts[kind]) - room)
            if not counts[kind] or not (room or kind == border.DUPLICATE):
                continue
            at = np.flatnonzero(kinds == kind)
            if kind == border.DUPLICATE:
                histogram = _histogram(events["record"][at], events["e_record"][at])
                self._distances[: len(histogram)] += histogram
            if room:
                rows = events[at[:room]]
                self._kept[kind].add(rows)
                if kind == border.DUPLICATE:
                    new.append(rows)
        return new

    def _take_back(self, row: Any, new: list[NDArray[Any]]) -> list[NDArray[Any]]:
        kinds = (border.LATE,) if row["kind"] == border.RETRACT_LATE else (border.DUPLICATE, border.LATE)
        for kind in kinds:
            rows = self._kept[kind].rows
            gone = _covered(row, rows)
            if gone.any():
                if kind == border.DUPLICATE:
                    histogram = _histogram(rows["record"][gone], rows["e_record"][gone])
                    self._distances[: len(histogram)] -= histogram
                self._kept[kind].drop(gone)
        return new if row["kind"] == border.RETRACT_LATE else [rows[~_covered(row, rows)] for rows in new]


def _limits(streams: NDArray[Any], unlisted: dict[LimitName, int]) -> tuple[Limit, ...]:
    """What the tracker's table says was dropped, and the rows that are not among the kept ones."""
    found = [
        Limit(name=name, stream=at, count=int(streams[column][at]))
        for name, column in _DROPPED.items()
        for at in np.flatnonzero(streams[column]).tolist()
    ]
    return (*found, *(Limit(name=name, stream=None, count=count) for name, count in unlisted.items() if count > 0))


def _covered(row: Any, rows: NDArray[Any]) -> NDArray[np.bool_]:
    """Which of `rows` the RETRACT or RETRACT_LATE row takes back."""
    record = rows["record"]
    covered = (rows["stream"] == row["stream"]) & (record >= row["a"]) & (record <= row["b"])
    if row["kind"] == border.RETRACT_LATE:
        covered &= rows["x"] == rows["next"]
    result: NDArray[np.bool_] = covered
    return result


def _histogram(record: NDArray[np.int64], earlier: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.bincount(np.where(earlier >= 0, np.minimum(record - earlier, DISTANCES), 0))
