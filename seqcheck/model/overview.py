"""The capture at a glance: over time, over numbers, and round the ring."""

from __future__ import annotations

from seqcheck.dataclass import dataclass
from seqcheck.model.verdict import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A stretch of the capture in the time line: `frames` frames from `frame` on, which came from `ns` on over
    `span_ns` (None if the time stamps do not tell). `missing` numbers were skipped here; unless there are more gaps
    than are kept, late ones are not among them. `dropped` is how many frames the capture says it lost in that time."""

    frame: int
    ns: int
    span_ns: int | None
    frames: int
    records: int
    duplicates: int
    missing: int
    late: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A record, one of many: its number over time."""

    stream: int
    frame: int
    ns: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A duplicate, one of many: how far behind it is."""

    stream: int
    frame: int
    ns: int
    seq: int
    lag: int
    distance: int | None
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`count` duplicates in a field of the slot map, the first one in `frame`; `slot` and `lap` are the field's first
    ones."""

    slot: int
    lap: int
    count: int
    frame: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotMap:
    """Where duplicates were in a ring of `ring` slots: slot x lap, in fields of `slots` by `laps`. Slot 0 is that of
    the
    source's first frame in the capture, numbers known to be lost counted in; lap 0 that of the first duplicate. `of`
    duplicates are in it, all of `stream`'s source."""

    ring: int
    stream: int
    slots: int
    laps: int
    of: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """An overview of the capture, of bounded size whatever its length. `course` holds records and `strays` duplicates,
    evenly spread over the capture; `slots` is None if no ring size is known."""

    timeline: tuple[Moment, ...]
    course: tuple[Point, ...]
    strays: tuple[Stray, ...]
    slots: SlotMap | None
