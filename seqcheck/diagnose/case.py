"""What a rule sees, and what it says. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..model import Cause, Strength
from ..track import Findings
from .ring import Lost, Ring
from .table import Bools, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Two copies of a number, compared byte for byte over what was captured of both. `differs` names the fields that do
    ("ip.ttl", "eth.src", "payload", ...); `cut` says that there was more on the wire than in the capture."""

    identical: bool
    same_length: bool
    differs: tuple[str, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known beside the findings. `evidence` is by the later copy's frame number; `dropped` is what the
    capturing side says it lost; `foreign` frames of the senders carry no header."""

    ring_sizes: tuple[int, ...] = ()
    evidence: dict[int, Evidence] = field(default_factory=dict)
    foreign: int = 0
    dropped: int | None = None
    cut_frames: int = 0
    frames: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All there is to judge by, and `open`: the duplicates that no rule has claimed yet."""

    findings: Findings
    facts: Facts
    table: Table
    open: Bools

    @property
    def lost(self) -> Lost:
        """The shares of numbers that never came, and of foreign frames."""
        streams = self.findings.streams
        received = int(streams["received"].sum())
        unique = received - int(streams["duplicates"].sum())
        missing = int(streams["missing"].sum())
        return Lost(
            loss=missing / (missing + unique) if missing else 0.0,
            foreign=self.facts.foreign / (self.facts.foreign + received) if self.facts.foreign else 0.0,
        )

    def without(self, rows: Bools) -> Case:
        return replace(self, open=self.open & ~rows)

    def judged(self, rows: Bools) -> tuple[list[Evidence], int]:
        """The evidence at hand for `rows`, and how many rows those are out of."""
        frames = self.table.rows["frame"][rows].tolist()
        known = self.facts.evidence
        return [known[frame] for frame in frames if frame in known], len(frames)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A rule's say: these duplicates have this cause. `statement` is one sentence for the top of the report, `because`
    the observations it rests on, `caveats` what limits it and what to try next."""

    cause: Cause
    rows: Bools
    strength: Strength
    statement: str
    because: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    ring: Ring | None = None

    @property
    def explained(self) -> int:
        return int(np.count_nonzero(self.rows))


def span(values: Any) -> str:
    """'4090 to 4096', or '4096' where all are equal."""
    low, high = int(np.min(values)), int(np.max(values))
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def plural(count: int, noun: str) -> str:
    """'1 duplicate', '2 duplicates'; 'copy' becomes 'copies'."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"
