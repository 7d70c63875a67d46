"""The report: the values that all outputs show and scripts may rely on.

Frozen dataclasses with plain Python values; the field names and their order are the keys of the JSON report
`seqcheck.report/1`. Times are integer nanoseconds, sequence numbers are as on the wire, frames are counted from 1 over
the whole input as in Wireshark, and unknown values are None. No NumPy and no I/O here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from seqcheck.dataclass import dataclass, field
from seqcheck.model.tables import Table

if TYPE_CHECKING:
    import os

SCHEMA = "seqcheck.report/1"
UNREAD = "not read further"  # how a Damage begins that is none of the input: what was allowed was used up

Cause = Literal[
    "clean", "stale-slot", "ring-replay", "early-overwrite", "path-copy", "loop", "retransmission",
    "sender-repeat", "redundancy", "unexplained", "no-counter", "not-judged",
]  # fmt: skip
RING_CAUSES: tuple[Cause, ...] = ("stale-slot", "ring-replay", "early-overwrite")
Strength = Literal["strong", "moderate", "weak", "none"]
Place = Literal["extra", "substitute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Which seqcheck made the report, and with which kernel."""

    version: str
    kernel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A place where an input violates its format. `offset` is in bytes from the start of `input`, after
    decompression."""

    input: str
    offset: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What was read. `dropped` is the number of frames that the capture says it lost, None if it does not say.
    `selected` describes the selection of frames, None if all were read."""

    inputs: tuple[str, ...]
    frames: int
    bytes: int
    first_ns: int | None
    last_ns: int | None
    dropped: int | None
    cut_frames: int
    damage: tuple[Damage, ...]
    selected: str | None = None

    @property
    def unread(self) -> str:
        """Why part of the capture was not read; empty if all of it was."""
        return next((each.what for each in self.damage if each.what.startswith(UNREAD)), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutInfo:
    """The layout in use: its name and the equivalent spec. `how` says why it was chosen if it was not given and its
    magic alone does not explain it; empty otherwise."""

    name: str
    spec: str
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Every frame is counted exactly once: frames = sequenced + foreign + the sum of skipped."""

    sequenced: int
    foreign: int
    skipped: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One counter. `metrics` holds the figures of RFC 5560, RFC 4737, RFC 3357 and RFC 7680 (docs/metrics.md)."""

    id: int
    key: dict[str, str | int]
    received: int
    unique: int
    duplicates: int
    missing: int
    late: int
    restarts: int
    wraps: int
    first_seq: int | None
    last_seq: int | None
    metrics: Mapping[str, int | float | None]


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
class Rival:
    """Another cause that was considered, and why it was rejected."""

    cause: str
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The conclusion over all duplicates: `explained` of `of` point to `cause`."""

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
    """Another cause found besides the verdict's, with the strength of its own evidence."""

    cause: str
    explained: int
    statement: str
    strength: Strength = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A stretch of the capture in the time line: `frames` frames from `frame` on, which came from `ns` on over
    `span_ns` (None where the time stamps do not tell). `missing` numbers were skipped here; unless there are more gaps
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
class Redundancy:
    """What two redundant paths delivered, counted in numbers: on A or B only, or on one of them if the frames do not
    say which; on both; on neither. `skew_ns` is the median time between the two copies, 99 % of them are within
    `skew_99_ns`, and `first` is the path that usually comes first. Unknown values are None."""

    only_a: int | None
    only_b: int | None
    only_one: int
    both: int
    neither: int
    skew_ns: int | None
    skew_99_ns: int | None
    first: str | None


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
    """The foreign frames, told apart by their bytes (--also-content): `told_apart` of `frames` could be, and `copies`
    of these came before. `same_ring` copies come from the ring that the verdict is about; `also` are causes that only
    other traffic shows; `statement` says it in words. `listed` holds the first copies in order of
    arrival, all of them where `complete`."""

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
        """Copies that point at a ring."""
        return sum(self.by_cause.get(cause, 0) for cause in RING_CAUSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A limit that was reached, and how many things were dropped for it; `hides` says that a duplicate or a missing
    number may be among them."""

    name: str
    count: int
    hides: bool


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole report. `exit_code` is 0 if there is nothing to complain about, 1 if there is, 2 if nothing counts or
    something may be hidden. `layouts` are all that were read by, in their order: `layout` is the first, and where
    there are several, the keys of streams name theirs. `pair` is a duplicate of the verdict's cause; None where none
    was compared."""

    seqcheck: Tool
    capture: Capture
    layout: LayoutInfo
    records: Records
    streams: Sequence[Stream]
    duplicates: Duplicates
    gaps: Gaps
    verdict: Verdict
    also: tuple[Also, ...] = field(default=())
    overview: Overview | None = None
    redundancy: Redundancy | None = None
    limits: tuple[Reached, ...] = field(default=())
    layouts: tuple[LayoutInfo, ...] = field(default=())
    pair: Pair | None = None
    other_traffic: OtherTraffic | None = None

    @property
    def read_by(self) -> tuple[LayoutInfo, ...]:
        """The layouts, one at least."""
        return self.layouts or (self.layout,)

    @property
    def numbered(self) -> bool:
        """Whether frames carry numbers; else they were told apart by their bytes (the layout content)."""
        return self.layout.spec != "content"

    @property
    def missing(self) -> int:
        """Numbers that never came, over all streams."""
        return self.gaps.missing

    @property
    def exit_code(self) -> int:
        """0 where no number is missing and none came twice but over redundant ways, and no foreign frame points at a
        ring; else 1. 2 where the field does not count, so that nothing was judged; or where nothing was found, and a
        limit may have hidden something."""
        if self.verdict.cause == "no-counter":
            return 2
        twice = self.duplicates.total - self.duplicates.by_cause.get("redundancy", 0)
        if twice or self.gaps.missing or (self.other_traffic and self.other_traffic.stale):
            return 1
        return 2 if any(each.hides for each in self.limits) else 0

    def to_json(self) -> str:
        """As `--report json` writes it: seqcheck.report/1."""
        from ..outputs import alone

        return alone("json", self).decode()

    def write(self, name: str, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the report of that name (html, json, markdown, junit, ...) to a file. UsageError where there is no such
        report, or where it needs what only a second look at the capture has; OutputError where it cannot be written, or
        the file exists, unless `force`."""
        from ..outputs import save

        save(name, self, path, force=force)

    def __repr__(self) -> str:
        from ..outputs.glance import text

        return text(self)

    def _repr_html_(self) -> str:
        """For notebooks."""
        from ..outputs.glance import html

        return html(self)
