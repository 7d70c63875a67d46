"""The state of a capture in progress: what `watch` gives from time to time and outputs show.

Copies, no state. Times are integer ns; frames are counted from 1 over the whole capture.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from ..dataclass import dataclass
from . import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """A finding that has just been made; `kind` is "duplicate" or "gap". `count` numbers are missing in a gap; a
    duplicate's copy lies `distance` records back, None if that is not known."""

    kind: str
    stream: int
    seq: int | None
    frame: int
    ns: int
    count: int = 1
    distance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A duplicate at the moment it is found. `earlier_frame`, `distance` and `time_lag_ns` are null if the earlier
    copy is out of sight, `seq` and `lag` where frames carry no number; `cause` and `strength` are those of the verdict
    so far, null before there is one on duplicates. What a restart of the sender explains later is not in the final
    report."""

    stream: int
    seq: int | None
    frame: int
    ns: int
    earlier_frame: int | None
    distance: int | None
    lag: int | None
    time_lag_ns: int | None
    cause: str | None
    strength: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came on one interface: `frames` taken, `dropped` for lack of room."""

    name: str
    frames: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state of the capture. `ns` is the time of the last frame, `elapsed_ns` since listening began; `behind` the
    share of the ring that waits for us. `report` is the last one that was made, None before the first record;
    `figures` are those of the streams now, an array of STREAM_STATE by the stream's id, None if there is none;
    `interfaces` is empty for a pipe."""

    ns: int | None
    elapsed_ns: int
    frames: int
    bytes: int
    sequenced: int
    foreign: int
    streams: int
    duplicates: int
    missing: int
    late: int
    dropped: int
    missed: int
    behind: float
    latest: tuple[Latest, ...]
    report: Report | None
    figures: Any = None
    interfaces: tuple[Taken, ...] = ()


class Ask(Enum):
    """What somebody asks for between two snapshots that are due."""

    NOTHING = 0
    PICTURE = 1  # its state now
    REPORT = 2  # with a report that is new
