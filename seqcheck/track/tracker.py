"""Records -> Findings: the kernel's tracker, and what is kept of the rows that it gives.

Theory of operation
    The kernel's tracker (kernel/portable/track.py states its rules and invariants) leaves no row for healthy records
    and one row for each finding. Counts and the histogram of distances are the kernel's and exact, however many there
    are. Rows are kept up to a limit for each kind: the first ones, and of duplicates and late records, of which
    there may be as many as records, an even sample of the others (kept.py). A row can be taken back by a later one
    (RETRACT, RETRACT_LATE): a restart, or a lone early number, was behind it.

Invariants
    Findings do not depend on how the records were cut into blocks. The distances add up to the duplicates; kept rows
    are among those that count. Memory is bounded: LIMIT rows of each kind, and the kernel's own limits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass
from ..kernel import border
from ..kernel.border import Frames, RecordColumns
from ..kernel.protocols import TrackerLike
from ..saved import Saved
from .kept import Firsts, Sampled
from .missing import Missing
from .retracted import backs

LIMIT = 1 << 16  # rows kept of each kind
AT_ONCE = 1 << 13  # rows that are asked for, so that they stay in the processor's cache while they are looked at
HEAD = 1 << 12  # of these, the first ones, which are kept where others are thinned out
DISTANCES = border.DISTANCES
STUCK = "the tracker asks for more rows than there is room for: a fault in it"
Columns = tuple[NDArray[Any], NDArray[np.int64], NDArray[Any], NDArray[Any]]  # STREAM_STATE, distances, pages, holes
Found = Callable[[NDArray[Any]], None]
_FIRSTS = (border.GAP, border.RESTART, border.EARLY)
_SAMPLED = (border.DUPLICATE, border.LATE)  # what may be taken back
LimitName = Literal[
    "streams", "cut", "fragments", "copies", "missing", "forgotten", "chains", "duplicates", "gaps", "late", "restarts"
]  # fmt: skip
_COST: dict[LimitName, str] = {  # the column of STREAM_STATE that counts it
    "copies": "beyond", "missing": "unjudged", "forgotten": "forgotten", "chains": "unfollowed",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit that was reached: `count` things of a stream were dropped for it; `stream` is None for one of them all.

    streams     records of streams that were not taken in (crowd.py): nothing else is known of them
    cut, fragments  frames behind whose captured bytes, or IP fragments in which, there may be records of a layout with
                several in a payload
    copies      duplicates whose earlier copy lay farther back than is kept: they count, at an unknown distance
    missing     late or repeated numbers that lay below what is kept of the missing ones, and could not be judged
    forgotten   missing numbers that count, but are no longer known one by one
    chains      runs of old numbers that were given up: they count as copies, whatever came after them
    duplicates, gaps, late, restarts  rows beyond those that are kept: they count, and are not listed"""

    name: LimitName
    stream: int | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the tracker found. `duplicates`, `gaps`, `late`, `restarts` and `early` are EVENT[n], n at most LIMIT;
    `streams` is STREAM_STATE[streams]; `distances` int64[DISTANCES + 1]: how many duplicates lie that far from
    the copy before (the last one: farther, and [0]: unknown, beyond the window). `modulus` 0 is 2**64; where streams
    have moduli of their own, `moduli` has them by stream.
    `missing(stream, epoch, low, high)` gives the stretches that have not come, as things stood; `limits` what was
    dropped for lack of room."""

    modulus: int
    streams: NDArray[Any]
    duplicates: NDArray[Any]
    gaps: NDArray[Any]
    late: NDArray[Any]
    restarts: NDArray[Any]
    early: NDArray[Any]
    distances: NDArray[np.int64]
    missing: Missing
    limits: tuple[Limit, ...] = ()
    moduli: NDArray[np.uint64] | None = None

    def moduli_of(self, streams: NDArray[np.integer[Any]]) -> NDArray[np.uint64]:
        """By what each of these streams counts; 0 is 2**64."""
        if self.moduli is None:
            return np.full(len(streams), self.modulus, np.uint64)
        found: NDArray[np.uint64] = self.moduli[streams]
        return found


class Track:
    """Feed it records; ask for the findings at any time. The only stateful object of the core."""

    def __init__(self, tracker: TrackerLike, modulus: int) -> None:
        self._tracker = tracker
        self._modulus = modulus
        self._moduli: list[int] = []  # by stream, if there are several
        self._events = np.zeros(border.EVENTS, border.EVENT)
        self._shown = self._events.view()  # what others see of it
        self._shown.flags.writeable = False
        self._firsts = {kind: Firsts(LIMIT) for kind in _FIRSTS}
        self._sampled = {kind: Sampled(LIMIT, HEAD) for kind in _SAMPLED}
        self._rows = 0  # that there were, of any kind

    def save(self, into: Saved) -> None:
        """All that is known, before `finish`."""
        into.put("tracker", self._tracker.save())
        into.note("moduli", self._moduli)
        into.note("rows", self._rows)
        for kind, kept in (self._firsts | self._sampled).items():
            kept.save(into.within(f"kept{kind}"))

    @classmethod
    def resume(cls, tracker: type[TrackerLike], modulus: int, saved: Saved) -> Track:
        """One that continues from there. ValueError if nobody saved that."""
        track = cls(tracker(modulus, border.ROOM, saved.rows("tracker", np.int64)), modulus)
        track._moduli = saved.value("moduli", list)
        if not all(type(each) is int and 0 <= each < 1 << 64 for each in track._moduli):
            raise ValueError("moduli")
        track._rows = saved.number("rows")
        streams = track.streams()
        for kind, kept in (track._firsts | track._sampled).items():
            kept.load(saved.within(f"kept{kind}"))
            checked(kept.rows, len(streams), int(streams["last_frame"].max(initial=0)), kind)
        return track

    @property
    def counted(self) -> int:
        """How many streams have moduli of their own."""
        return len(self._moduli)

    def count_by(self, moduli: Sequence[int]) -> None:
        """The next streams count by these. To be said before their first records, and of all streams or of none."""
        self._moduli += moduli
        self._tracker.count_by(np.array(moduli, np.uint64))

    def feed(
        self, frames: Frames, records: RecordColumns, found: Found | None = None, kept: Found | None = None
    ) -> None:
        """Take all `records`, rows of `frames`. `found` sees every row of EVENT as the tracker gives it, kept or not;
        the array is used again. `kept` sees the DUPLICATE rows that were kept of them, whatever takes some back, so
        that it does not matter where blocks end."""
        low, room = 0, AT_ONCE
        while low < records.count:
            before = low
            low, count = self._tracker.feed(frames, records, low, self._events[:room])
            if count:
                self._add(self._shown[:count], found, kept)
            elif low == before and room == len(self._events):
                raise RuntimeError(STUCK)
            room = len(self._events) if low == before else AT_ONCE

    def finish(self, found: Found | None = None, kept: Found | None = None) -> None:
        """The input has ended: what was left open is decided. `found` and `kept` as for `feed`."""
        done = False
        while not done:
            done, count = self._tracker.finish(self._events)
            if not (done or count):
                raise RuntimeError(STUCK)
            self._add(self._shown[:count], found, kept)

    def streams(self) -> NDArray[Any]:
        """STREAM_STATE[streams] as of now, a copy."""
        return self._tracker.streams()

    def end(self) -> Findings:
        """The findings, and their memory let go: nothing can be fed or asked afterwards."""
        del self._events, self._shown
        pages, holes = self._tracker.missing()
        self._tracker.forget()  # before there is more to take memory
        streams, distances = self._tracker.streams(), self._tracker.distances()
        del self._tracker  # before anything is made of these, which takes as much again
        found = self._findings(streams, distances, pages, holes)
        del self._firsts, self._sampled
        return found

    def findings(self) -> Findings:
        """As of now; the arrays are copies."""
        return self._findings(*self._columns())

    def _columns(self) -> Columns:
        return self._tracker.streams(), self._tracker.distances(), *self._tracker.missing()

    def _findings(
        self, streams: NDArray[Any], distances: NDArray[np.int64], pages: NDArray[Any], holes: NDArray[Any]
    ) -> Findings:
        kept = {kind: each.rows for kind, each in self._firsts.items()}
        kept |= {kind: each.rows for kind, each in self._sampled.items()}
        return Findings(
            modulus=self._modulus,
            streams=streams,
            duplicates=kept[border.DUPLICATE],
            gaps=kept[border.GAP],
            late=kept[border.LATE],
            restarts=kept[border.RESTART],
            early=kept[border.EARLY],
            distances=distances,
            missing=Missing(pages, holes),
            moduli=np.array(self._moduli, np.uint64) if self._moduli else None,
            limits=_limits(
                streams,
                {
                    "duplicates": int(streams["duplicates"].sum()) - len(kept[border.DUPLICATE]),
                    "gaps": self._firsts[border.GAP].dropped,
                    "late": int(streams["late"].sum()) - len(kept[border.LATE]),
                    "restarts": self._firsts[border.RESTART].dropped,
                },
            ),
        )

    def _add(self, events: NDArray[Any], found: Found | None, kept: Found | None) -> None:
        """Take in rows."""
        if found is not None:
            found(events)
        kinds = np.ascontiguousarray(events["kind"])
        back = backs(events, self._rows)
        counts = np.bincount(kinds, minlength=border.OUTLIER + 1)
        for kind in _FIRSTS:
            if counts[kind]:
                self._firsts[kind].add(events, np.flatnonzero(kinds == kind))
        for kind in _SAMPLED:
            at = np.flatnonzero(kinds == kind)
            if len(at) or len(back):
                mine = back if kind == border.LATE else back[back["kind"] == border.RETRACT]
                new = self._sampled[kind].add(events, at, self._rows, mine)
                if kept is not None and kind == border.DUPLICATE:
                    kept(new)
        self._rows += len(events)


def checked(rows: NDArray[Any], streams: int, frames: int, kind: int) -> None:
    """ValueError if these are no EVENT rows of that kind, of that many streams and up to that frame."""
    fits = (rows["kind"] == kind) & (rows["stream"] >= 0) & (rows["stream"] < streams) & (rows["epoch"] >= 0)
    for name in ("frame", "e_frame"):
        fits &= (rows[name] >= 0) & (rows[name] <= frames)
    if not fits.all():
        raise ValueError("rows that no tracker gave")


def _limits(streams: NDArray[Any], unlisted: dict[LimitName, int]) -> tuple[Limit, ...]:
    """What the tracker's table says was dropped, and the rows that are not among the kept ones."""
    found = [
        Limit(name=name, stream=at, count=int(streams[column][at]))
        for name, column in _COST.items()
        for at in np.flatnonzero(streams[column]).tolist()
    ]
    return (*found, *(Limit(name=name, stream=None, count=count) for name, count in unlisted.items() if count > 0))
