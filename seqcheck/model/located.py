"""What captures at several points of a path tell: `seqcheck.locate/1`.

Frozen values; the field names and their order are the keys of the JSON. Points are in the order of the path. Times are
integer nanoseconds, numbers are as they stood on the wire, and what is not known is None. No NumPy and no I/O here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ..dataclass import dataclass
from . import Capture, LayoutInfo, Redundancy, Tool, Verdict

SCHEMA = "seqcheck.locate/1"
Sight = Literal["whole", "part"]
Matched = Literal["key", "numbers", "none"]
Kind = Literal["duplicate", "lost", "late"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A point's clock beside the first point's. `offset_ns` is how far it is ahead, with the delay of the fastest frame
    in it; `drift_ppm` how much faster it runs, give or take `drift_uncertain_ppm`, 0 if that is all there is;
    `uncertain_ns` is how far the two wander from a straight line; `statement` says it in words."""

    offset_ns: int
    drift_ppm: float
    drift_uncertain_ppm: float
    uncertain_ns: int
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSeen:
    """A point and what it saw. `missed` numbers did not come here and yet came to a later point; `blind` streams pass
    other points and were not seen here at all. `sight` is "part" where the point saw less than came by, and `remarks`
    say why. `verdict` is about its capture alone."""

    name: str
    capture: Capture
    streams: int
    received: int
    duplicates: int
    missing: int
    late: int
    restarts: int
    missed: int
    blind: int
    sight: Sight
    remarks: tuple[str, ...]
    verdict: Verdict
    clock: Clock | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How long frames took, of `samples`: `least_ns` (as stamped, with the clocks' offset in it, unless `absolute`),
    and how much longer than that the median and 99 % of them took at most. `jitter_ns` is the mean distance from the
    median; `uncertain_ns` what clocks and time stamps leave open."""

    samples: int
    least_ns: int
    median_ns: int
    p99_ns: int
    jitter_ns: int
    uncertain_ns: int
    absolute: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What happened after the point `after` (None: before the first one that saw the number) up to the point `at`.

    `frames_in` records of `streams` streams came in and `frames_out` went out. `lost` numbers came in and never out;
    of these, up to `unsure` may have been lost later, or have gone by the point unseen. `doubled` copies and `late`
    numbers show here first; `lost_copies` came in and did not come out, though another copy did. `by_cause` and
    `verdict` are about the copies that show here first."""

    after: str | None
    at: str
    streams: int
    frames_in: int
    frames_out: int
    lost: int
    unsure: int
    doubled: int
    lost_copies: int
    late: int
    by_cause: Mapping[str, int]
    verdict: Verdict | None
    delay: Delay | None
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A finding: `count` numbers from `seq` on were lost, or that many copies of `seq` show first, or it is late;
    after the point `after` and up to `at`."""

    kind: Kind
    stream: int
    seq: int
    count: int
    after: str | None
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayStream:
    """A stream along the way: its key and how many records came at each point, None if it was not seen; and how it
    was `matched`: by its key, by numbers and payloads, or not at all."""

    id: int
    keys: tuple[Mapping[str, str | int] | None, ...]
    received: tuple[int | None, ...]
    matched: Matched


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The first findings of each kind, all of them where `complete`. `edge` numbers came to one point before another's
    capture began or after it ended, and were not judged."""

    listed: tuple[Located, ...]
    complete: bool
    edge: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """All of it. `redundancy`: the two points are on two redundant paths, not on one, and there are no segments."""

    seqcheck: Tool
    layout: LayoutInfo
    statement: str
    points: tuple[PointSeen, ...]
    segments: tuple[Segment, ...]
    redundancy: Redundancy | None
    streams: tuple[WayStream, ...]
    findings: Findings
    caveats: tuple[str, ...]
    hidden: bool

    @property
    def exit_code(self) -> int:
        """1 where a number was lost (of two redundant paths: on both) or came twice other than over redundant paths; 2
        where nothing was found and a limit may have hidden something; else 0."""
        if self.redundancy is not None:
            doubled = any(point.duplicates for point in self.points)
            return 1 if self.redundancy.neither or doubled else 2 if self.hidden else 0
        found = any(each.lost or each.doubled > each.by_cause.get("redundancy", 0) for each in self.segments)
        return 1 if found else 2 if self.hidden else 0
