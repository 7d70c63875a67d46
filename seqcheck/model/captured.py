"""What was captured, and what was read of it."""

from __future__ import annotations

from collections.abc import Mapping

from seqcheck.dataclass import dataclass

UNREAD = "reading stopped"  # how a Damage begins if a limit ended the reading, not the input


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
class Reached:
    """A limit that was reached, and how many things were dropped for it; `hides` says that a duplicate or a missing
    number may be among them."""

    name: str
    count: int
    hides: bool
