"""Compare what was said with what is true. Plain values, no analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.accuracy.case import RING

STRENGTHS = ("strong", "moderate", "weak", "none")
STATED = ("strong", "moderate")  # more than weak
ENOUGH = 5  # visible resends from which on a ring is to be named
LITTLE_LOSS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the report says. Of frames without a number, where they were `foreign_seen`: how many are said to be of the
    verdict's ring, of how many that are, how many of those said to be are not, and which causes (above weak) they alone
    show. `trouble` is what went wrong, empty if nothing did."""

    cause: str = ""
    strength: str = "none"
    ring_size: int | None = None
    bracket: tuple[int | None, int | None] | None = None
    explained: int = 0
    of: int = 0
    also: tuple[str, ...] = ()
    duplicates: int = 0
    missing: int = 0
    restarts: int = 0
    foreign_seen: bool = False
    joined: int = 0
    joined_of: int = 0
    joined_wrongly: int = 0
    foreign_causes: tuple[str, ...] = ()
    ms: float = 0.0
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One case: what was said beside what is true."""

    kind: str
    seed: int
    said: Said
    truth: dict[str, Any]

    @property
    def crashed(self) -> bool:
        return bool(self.said.trouble)

    @property
    def cause_right(self) -> bool:
        right = self.truth["right"]
        weakly = self.said.strength not in STATED and f"{self.said.cause}/weak" in right
        return self.said.cause in right or weakly

    @property
    def size_right(self) -> bool:
        """No size, or the true one. Where no ring was at work, what is wrong is the cause, if it is."""
        if self.said.cause not in RING or not self.truth["ring_fault"]:
            return True
        return self.said.ring_size in (None, self.truth["ring"])

    @property
    def right(self) -> bool:
        return not self.crashed and self.cause_right and self.size_right

    @property
    def accused(self) -> bool:
        """A ring was blamed, more than weakly, for what no ring did."""
        return self.said.cause in RING and self.said.strength in STATED and not self.truth["ring_fault"]

    @property
    def counts_right(self) -> bool:
        truth, said = self.truth, self.said
        return truth["duplicates"] in (None, said.duplicates) and truth["missing"] in (None, said.missing)

    @property
    def plain(self) -> bool:
        """A ring's fault alone that the capture shows well: five resends or more, little loss."""
        return bool(
            self.truth["ring_fault"] and self.truth["ring"] and not self.truth["mixture"]
            and self.truth["visible"] >= ENOUGH and self.truth["loss"] <= LITTLE_LOSS
            and "unexplained" not in self.truth["right"] and not self.truth["given"]
        )  # fmt: skip

    @property
    def shown(self) -> bool:
        """The same, and all frames of the source are there."""
        return self.plain and bool(self.truth["whole"])

    @property
    def filtered(self) -> bool:
        """The same where only numbered frames were captured."""
        return self.plain and not self.truth["whole"]

    @property
    def named(self) -> bool:
        """The ring's fault was named with its exact size, more than weakly."""
        return self.cause_named and self.said.ring_size == self.truth["ring"]

    @property
    def cause_named(self) -> bool:
        """The cause is right, and stated more than weakly."""
        return self.cause_right and self.said.strength in STATED

    @property
    def countable(self) -> bool:
        return self.truth["duplicates"] is not None or self.truth["missing"] is not None

    @property
    def mixed_ring(self) -> bool:
        """A ring's fault beside something else, which the capture shows."""
        truth = self.truth
        return bool(
            truth["ring_fault"] and truth["mixture"] and truth["visible"] >= ENOUGH and truth["loss"] <= LITTLE_LOSS
        )

    @property
    def within(self) -> bool:
        """The true size is the one named, or lies in the interval."""
        low, high = self.said.bracket or (None, None)
        size = self.truth["ring"]
        if self.said.ring_size is not None:
            return bool(self.said.ring_size == size)
        return (low is None or low <= size) and (high is None or size <= high) and self.said.bracket is not None
