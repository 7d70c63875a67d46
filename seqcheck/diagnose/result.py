"""What judging gives: numbers, and reasons as data. The code that makes sentences of it (report.verdict) adds no
number.

Everything is counted over the duplicates that an account takes, so no figure is outside what was seen.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..dataclass import dataclass
from ..model import Cause, Strength
from .keys import Bools, Ints

Pattern = Literal[
    "lap", "early-lap", "early", "replay", "next-buffer", "delay", "at-once", "block", "count", "spread", "none",
    "new-packet", "other-way", "shared-number", "standing-counter",
]  # fmt: skip
NO_SLOT = ("path-copy", "loop", "redundancy")  # causes whose copies take no slot of the sender's ring
Doubt = Literal[
    "slice", "astray", "most-numbers", "keeps-time", "scatter", "some-scatter", "blocks", "few", "no-lap",
    "passed-over", "wide", "small", "single", "size", "beside", "many-counts", "leftover",
    "clockwork", "as-many", "in-place", "clock", "one-run", "one-stretch",
    "own-count", "spared", "groups", "keeps-count", "receiver", "pauses", "no-count", "alike", "no-program", "behind",
    "length", "round", "one-place", "open-size", "unusual", "pace", "pace-and-size",
    "nobody-else", "old-packets", "hops", "pool", "handful", "numbers", "over-again",
    "clock-like", "held-up", "batches", "one-time", "same-time", "timed-blocks", "by-the-clock",
]  # fmt: skip
Counted = Literal["all", "others", "new", "own"]
What = Literal["few-records", "no-stream-of-two", "steps", "jumps", "restarts", "late", "chance", "random"]
STRONG, MODERATE, WEAK = 0.999, 0.95, 0.5  # posterior of the leading explanation against the best rival
AGREE = 3  # duplicates that must agree before they settle anything (ring-signatures, 3.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Over the duplicates of one account.

    count, numbers  duplicates, different numbers among them; `share` of all numbers received (0..1)
    distance, places  least and greatest distance in records, and in frames of the source with lost ones counted in
                    (None if its other frames are not in view)
    delay_ns        least, median and greatest time between the copies; `tick` the resolution of the clock, ns
    episodes, longest  stretches of neighbours, and the longest
    copies          how often one number came, at most
    compared, identical, other_length, cut  pairs compared byte for byte, and what came of it
    differs         fields in which copies differ, the most frequent first
    stand_ins       duplicates in whose place another number is missing
    skipped         duplicates of which the number just before never came
    own_slot, other_slot  stamped copies that came out of the slot they name, going by the ring's size, and others
    new_would_show  new packets of this sender would have a new IP identification
    """

    count: int
    numbers: int
    share: float
    distance: tuple[int, int] | None
    places: tuple[int, int] | None
    delay_ns: tuple[int, int, int] | None
    episodes: int
    longest: int
    copies: int
    compared: int = 0
    identical: int = 0
    other_length: int = 0
    cut: int = 0
    differs: tuple[str, ...] = ()
    stand_ins: int = 0
    skipped: int = 0
    own_slot: int = 0
    other_slot: int = 0
    new_would_show: bool | None = None
    tick: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """`often` of `of` duplicates sit in one slot of the ring, or in every `period`-th one (0: in one). `slot` is its
    number where the sender stamps its slots, `last` that it is the ring's last one."""

    often: int
    of: int
    period: int = 0
    slot: int | None = None
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """size      the ring size, where its posterior bears the account's strength; else None
    best      the most probable one, with its posterior `certainty`
    low, high what holds the size with 99.9 % of the posterior
    given     the user named it
    laps      of each row of the table, 0 if it is not of this account
    exact     duplicates that lie a whole number of laps apart, counting every frame
    closed    the sender's other frames are in view
    rest      other sizes that remain possible, the most probable first
    cluster   where in the ring the duplicates sit, None if that is anywhere
    untouched share of the frames between the copies by which `low` is lower, since they may leave by another queue
    counted   the frames that took slots: all of the sender's, all but copies of another kind, those that did not come
              again, the stream's own
    queues    (how many, of which size): known rings whose streams take turns would give the same lap; else None
    """

    size: int | None
    best: int
    certainty: float
    low: int
    high: int
    given: bool
    laps: Ints
    exact: int
    closed: bool
    rest: tuple[int, ...] = ()
    cluster: Cluster | None = None
    untouched: float = 0.0
    queues: tuple[int, int] | None = None
    counted: Counted = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One cause and the duplicates it takes. `log_odds` (natural) are those of the best explanation with it against
    the best without, which is led by `rival`; `doubts` say why `strength` is less than they are worth. `rows` are those
    of the table, and `more` duplicates beyond the table are like them."""

    cause: Cause
    pattern: Pattern
    rows: Bools
    strength: Strength
    log_odds: float
    rival: str | None
    figures: Figures
    ring: Ring | None = None
    doubts: tuple[Doubt, ...] = ()
    more: int = 0

    @property
    def explained(self) -> int:
        """Duplicates, all of them."""
        return int(np.count_nonzero(self.rows)) + self.more


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterFault:
    """The field does not count. `what` says how it shows, the figures what was seen.

    steps     `of` steps from one record of a stream to the next, `healthy` of them by one
    width     the commonest step that is not one (numbers), and how many steps have it
    """

    what: What
    of: int
    healthy: int
    missing: int = 0
    restarts: int = 0
    late: int = 0
    streams: int = 0
    width: int = 0
    wide: int = 0
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """A ring size that the user gave and that fits worse than `better`; None if none fits well."""

    given: tuple[int, ...]
    better: int | None


def strength_of(log_odds: float) -> Strength:
    """What natural log-odds are worth."""
    posterior = 1 / (1 + np.exp(-min(max(log_odds, -700.0), 700.0)))
    if posterior >= STRONG:
        return "strong"
    if posterior >= MODERATE:
        return "moderate"
    return "weak" if posterior >= WEAK else "none"
