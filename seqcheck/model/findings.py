"""What came twice, late, or never: one by one, and in total."""

from __future__ import annotations

from typing import Literal

from seqcheck.dataclass import dataclass
from seqcheck.model.tables import Table
from seqcheck.model.verdict import RING_CAUSES, Also, Cause

Place = Literal["extra", "substitute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A record whose number was received before, and the copy before it (`earlier_frame`). docs/verdict.md defines the
    distances; they are None if the earlier copy is beyond the tracker's window. `seq`, `lag` and `place` are None if
    frames carry no number (the layout content)."""

    stream: int
    seq: int | None
    frame: int
    earlier_frame: int | None
    ns: int
    distance: int | None
    frame_distance: int | None
    lag: int | None
    time_lag_ns: int | None
    copies: int | None
    identical: bool | None
    same_length: bool | None
    differs: tuple[str, ...]
    place: Place | None
    cause: Cause
    laps: int | None
    shortfall: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A bar of a histogram: `count` values v with low <= v <= high."""

    low: int
    high: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates(Table):
    """`listed` holds the first ones in order of arrival, or all of them if `complete`. `distances` is a histogram of
    all, except those whose earlier copy is beyond the window."""

    total: int
    by_cause: dict[str, int]
    distances: tuple[Bin, ...]
    listed: tuple[Duplicate, ...]
    complete: bool

    ROW = Duplicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A run of `count` missing numbers starting at `first_seq`; `frame` is the first record after it. `ours` means that
    the capture itself dropped frames at that point (known only in live captures)."""

    stream: int
    first_seq: int
    count: int
    frame: int
    ns: int
    ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps(Table):
    """The runs of numbers that never arrived; `ours` of the missing numbers are in gaps where the capture itself
    dropped frames."""

    total: int
    missing: int
    listed: tuple[Gap, ...]
    complete: bool
    ours: int = 0

    ROW = Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A number that first arrived after a higher one. `extent` and `degree` are RFC 4737's reordering extent and
    n-reordering, None if unknown."""

    stream: int
    seq: int
    frame: int
    ns: int
    lag: int
    extent: int | None
    degree: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """The sender restarted its count at `seq`; `positions_before` is how far the counter had come until then."""

    stream: int
    seq: int
    frame: int
    ns: int
    positions_before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCopy:
    """A foreign frame whose content came before, in `earlier_frame`: the flow that it is of, as the key of a stream
    (docs/json.md), how many frames of its source (`frame_distance`) and how long before, whether the two are
    `identical`, and what it points at. `same_ring`: it comes from the ring that the verdict is about. What is not known
    is None."""

    flow: dict[str, str | int]
    frame: int
    earlier_frame: int | None
    ns: int
    frame_distance: int | None
    time_lag_ns: int | None
    identical: bool | None
    cause: Cause
    same_ring: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTraffic:
    """The foreign frames, told apart by their bytes: `told_apart` of `frames` could be, and `copies` of these came
    before. `same_ring` copies come from the ring that the verdict is about; `also` are causes that only other traffic
    shows; `statement` says it in words. `listed` holds the first copies in order of arrival, all of them where
    `complete`."""

    frames: int
    told_apart: int
    copies: int
    same_ring: int
    by_cause: dict[str, int]
    also: tuple[Also, ...]
    statement: str
    listed: tuple[OtherCopy, ...]
    complete: bool

    @property
    def stale(self) -> int:
        """Copies that point to a ring."""
        return sum(self.by_cause.get(cause, 0) for cause in RING_CAUSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The two copies of one duplicate, as captured: the first bytes of each, and how many there were on the wire. For
    pages; in no JSON, which is passed on where no payload should be."""

    frame: int
    earlier_frame: int
    data: bytes
    earlier_data: bytes
    wire: int
    earlier_wire: int
