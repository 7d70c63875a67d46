"""What the duplicates point to, with the odds."""

from __future__ import annotations

from typing import Literal

from seqcheck.dataclass import dataclass

Cause = Literal[
    "clean", "stale-slot", "ring-replay", "early-overwrite", "path-copy", "loop", "retransmission",
    "sender-repeat", "redundancy", "unexplained", "no-counter", "not-judged",
]  # fmt: skip
RING_CAUSES: tuple[Cause, ...] = ("stale-slot", "ring-replay", "early-overwrite")
Strength = Literal["strong", "moderate", "weak", "none"]


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
