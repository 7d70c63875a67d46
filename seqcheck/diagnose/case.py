"""What a rule sees, and what it says. Pure data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dataclass import dataclass, field, replace
from ..model import Cause, Strength
from ..track import Findings
from .arrays import median
from .table import Bools, Ints, Table

if TYPE_CHECKING:  # loaded where a rule asks for it: a clean capture has no use for it
    from .ring import Brackets, Floats, Lost, Ring

ASIDE = ("path-copy", "loop", "retransmission")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Two copies of a number, compared byte for byte over what was captured of both. `differs` names the fields that
    do ("ip.ttl", "eth.src", "payload", ...); `cut` says that there was more on the wire than in the capture. `room`
    is the time from the frame before the later copy to the one after it, in intervals of the frames before: 2 where
    the copy took a place of its own in the sender's rhythm, 1 where it was squeezed in. `middle` is where between
    these two the copy came, 0..1. `slot` is the slot that the copy's own stamp names, `due` the one that was due
    there, going by the stamp of the record before; it may lie past the ring's end."""

    identical: bool
    same_length: bool
    differs: tuple[str, ...] = ()
    cut: bool = False
    room: float | None = None
    middle: float | None = None
    slot: int | None = None
    due: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known beside the findings. `evidence` is by the later copy's frame number; `dropped` is what the
    capturing side says it lost; `foreign` frames of the senders carry no header; `kinds` counts what those between
    copies are, of a sample."""

    ring_sizes: tuple[int, ...] = ()
    evidence: dict[int, Evidence] = field(default_factory=dict)
    foreign: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    dropped: int | None = None
    cut_frames: int = 0
    frames: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All there is to judge by. `open` are the duplicates that no rule has claimed yet, `aside` those that were claimed
    and took no slot of a sender's ring (copies made on the way, resends by another queue)."""

    findings: Findings
    facts: Facts
    table: Table
    open: Bools
    aside: Bools

    @property
    def lost(self) -> Lost:
        """The shares of numbers that never came, and of foreign frames."""
        from .ring import Lost

        streams = self.findings.streams
        received = int(streams["received"].sum())
        unique = received - int(streams["duplicates"].sum())
        missing = int(streams["missing"].sum())
        return Lost(
            loss=missing / (missing + unique) if missing else 0.0,
            foreign=self.facts.foreign / (self.facts.foreign + received) if self.facts.foreign else 0.0,
            echo=int(self.aside.sum()) / unique if unique else 0.0,
        )

    def brackets(self) -> Brackets:
        """What each duplicate says of a lap. Its own stream's numbers say best how many slots that took, lost ones and
        all: from the number to the expectation, and the other duplicates in between. Where the number itself had come
        twice before, or ahead of its time, the records in between and the gaps among them have to do."""
        from .ring import Brackets

        table = self.table
        on_stream, of_source = table.between(self.aside)
        again = ~self.aside
        others, stand_ins = table.between(again)[0], table.between(again & table.substitute)[0]
        counted = table.distance - on_stream + table.lost
        by_number = table.lag + others - stand_ins
        first_repeat = (table.rows["copies"] == 1) & ~table.early
        low = np.where(first_repeat, np.maximum(counted, by_number), counted)
        more = low - counted
        high = np.where(table.frame_distance >= 0, table.frame_distance - of_source + table.source_lost + more, low)
        return Brackets(low=low, high=high, foreign=self._foreign(low, high))

    def _foreign(self, low: Ints, high: Ints) -> Floats:
        """Foreign frames between the copies: what is no record, where the source has one stream; else by their
        share."""
        rows, streams = self.table.rows, self.findings.streams
        most = int(rows["source"].max(initial=0))  # of a sender that fails over, no stream may have that source by now
        alone = np.bincount(np.maximum(streams["source"], 0), minlength=most + 1)[np.maximum(rows["source"], 0)] == 1
        share = self.lost.foreign
        return np.where(alone, high - low, high * share).astype(np.float64)

    def without(self, claim: Claim) -> Case:
        aside = self.aside | claim.rows if claim.cause in ASIDE else self.aside
        return replace(self, open=self.open & ~claim.rows, aside=aside)

    def compared(self, rows: Bools) -> list[tuple[int, Evidence]]:
        """(row, evidence) of those of `rows` whose copies were compared."""
        at = np.flatnonzero(rows)
        known = self.facts.evidence
        frames = self.table.rows["frame"][at].tolist()
        return [(row, known[frame]) for row, frame in zip(at.tolist(), frames, strict=True) if frame in known]

    def judged(self, rows: Bools) -> list[Evidence]:
        """The evidence at hand for `rows`."""
        return [evidence for _, evidence in self.compared(rows)]

    def by_bytes(self, rows: Bools, says: Callable[[Evidence], bool]) -> Bools:
        """Those of `rows` of which the bytes say so; where nearly all that were compared do, also the ones that were
        not compared."""
        compared = self.compared(rows)
        result = np.zeros(len(self.table), np.bool_)
        yes = [row for row, evidence in compared if says(evidence)]
        result[yes] = True
        if len(compared) >= 20 and len(yes) >= 0.95 * len(compared):
            result |= rows
            result[[row for row, evidence in compared if not says(evidence)]] = False
        return result

    def room(self, rows: Bools) -> float | None:
        """The median of Evidence.room, None where fewer than five are known."""
        return _median([evidence.room for evidence in self.judged(rows)])

    def middle(self, rows: Bools) -> float | None:
        """The median of Evidence.middle, None where fewer than five are known."""
        return _median([evidence.middle for evidence in self.judged(rows)])


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if len(known) >= 5 else None


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
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def spans(values: Any, noun: str) -> str:
    """'1 slot', '0 to 3 slots'."""
    return f"{span(values)} {noun}{agree(int(np.max(values)), '', 's')}"


def number(value: int) -> str:
    """A size or a distance: 4096, 65,536. Four digits are plain, as `ethtool -g` and datasheets write them."""
    return f"{value:,}" if value >= 10_000 else str(value)


def subject(count: int, of: int, one: str, many: str) -> str:
    """'The duplicate is', '1 of 12 duplicates is', '9 of 12 duplicates are': what a statement begins with."""
    if of == 1:
        return f"The duplicate {one}"
    return f"{count:,} of {of:,} duplicates {one if count == 1 else many}"


def agree(count: int, one: str, many: str) -> str:
    """The word that goes with so many."""
    return one if count == 1 else many


def plural(count: int, noun: str) -> str:
    """'1 duplicate', '2 duplicates'; 'copy' becomes 'copies'."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"
