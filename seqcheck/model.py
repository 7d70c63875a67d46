"""The report: what every reporter arranges and every script may rely on.

Frozen dataclasses with plain Python values; the field names and their order are the keys of the JSON report
`seqcheck.report/1`. Times are integer nanoseconds, sequence numbers are as they stood on the wire, frames are counted
from 1 over the whole input as Wireshark does, and what is not known is None. No NumPy and no I/O here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

SCHEMA = "seqcheck.report/1"

Cause = Literal[
    "clean", "stale-slot", "ring-replay", "early-overwrite", "path-copy", "loop", "retransmission",
    "sender-repeat", "unexplained",
]  # fmt: skip
Strength = Literal["strong", "moderate", "weak", "none"]
Place = Literal["extra", "substitute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Which seqcheck made the report, and with which kernel."""

    version: str
    kernel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A place where an input is not what its format promises. `offset` is in bytes from the start of `input`, after
    decompression."""

    input: str
    offset: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What was read. `dropped` is what the capturing side says that it lost, None if it says nothing."""

    inputs: tuple[str, ...]
    frames: int
    bytes: int
    first_ns: int | None
    last_ns: int | None
    dropped: int | None
    cut_frames: int
    damage: tuple[Damage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutInfo:
    """The layout in use: its name and the spec that says the same."""

    name: str
    spec: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Every frame is in exactly one place: frames = sequenced + foreign + the sum of skipped."""

    sequenced: int
    foreign: int
    skipped: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One counter. `metrics` carries the figures of RFC 5560, RFC 4737, RFC 3357 and RFC 7680 (docs/metrics.md)."""

    id: int
    key: dict[str, str | int]
    received: int
    unique: int
    duplicates: int
    missing: int
    late: int
    restarts: int
    wraps: int
    first_seq: int
    last_seq: int
    metrics: dict[str, int | float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A record whose number was received before, and the copy before it (`earlier_frame`). DESIGN section 3 defines
    the distances; they are None where the earlier copy lies beyond the tracker's window."""

    stream: int
    seq: int
    frame: int
    earlier_frame: int | None
    ns: int
    distance: int | None
    frame_distance: int | None
    lag: int
    time_lag_ns: int | None
    copies: int | None
    identical: bool | None
    same_length: bool | None
    differs: tuple[str, ...]
    place: Place
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
class Duplicates:
    """`listed` holds the first ones in order of arrival, all of them where `complete`. `distances` counts them all, but
    for those whose earlier copy lies beyond the window."""

    total: int
    by_cause: dict[str, int]
    distances: tuple[Bin, ...]
    listed: tuple[Duplicate, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of `count` missing numbers from `first_seq` on; `frame` is the first record after it."""

    stream: int
    first_seq: int
    count: int
    frame: int
    ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """The stretches of numbers that never came."""

    total: int
    missing: int
    listed: tuple[Gap, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another cause that was considered, and why it was not chosen."""

    cause: str
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement over all duplicates: `explained` of `of` point at `cause`."""

    cause: Cause
    strength: Strength
    ring_size: int | None
    ring_given: bool
    explained: int
    of: int
    bracket: tuple[int, int | None] | None
    statement: str
    because: tuple[str, ...]
    rivals: tuple[Rival, ...]
    caveats: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """A further cause found beside the verdict's."""

    cause: str
    explained: int
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it. `exit_code` is 0 when there is nothing to find fault with, else 1."""

    seqcheck: Tool
    capture: Capture
    layout: LayoutInfo
    records: Records
    streams: tuple[Stream, ...]
    duplicates: Duplicates
    gaps: Gaps
    verdict: Verdict
    also: tuple[Also, ...] = field(default=())

    @property
    def missing(self) -> int:
        """Numbers that never came, over all streams."""
        return self.gaps.missing

    @property
    def exit_code(self) -> int:
        """0 where no duplicate and no missing number was found, else 1 (DESIGN section 4)."""
        return 1 if self.duplicates.total or self.gaps.missing else 0
