"""What the reference tracker keeps of a stream: its row, the window of earlier copies, and what is not decided yet."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from ..border import N_DEGREES, STREAM_STATE
from .sets import Hole
from .strict import LARGEST, NOWHERE, Strict

Row = tuple[int, ...]  # of EVENT
SUMS = (
    "duplicates", "replicated", "missing", "gaps", "late", "restarts", "outliers", "early", "beyond", "unjudged",
    "unfollowed", "reordered", "extents", "extent_sum", "jumps", "free_runs", "free_length", "reorder_gaps",
    "reorder_gap_sum",
)  # fmt: skip
PEAKS = ("extent_max", "late_ns_max", "jump_max", "reorder_gap_max")
LATEST = ("received", "base", "next", "epoch", "last_ns", "last_frame")


class Arrival(NamedTuple):
    """One record, as the window keeps it."""

    record: int
    seq: int
    frame: int
    ns: int
    source: int
    ordinal: int
    copies: int = 1  # of its number so far, this one included


class Early(NamedTuple):
    """A lone number ahead of its time: `arrival` is that of its last copy, `since` the record of its first one;
    `provisional` is how many provisionally late ones came before it."""

    x: int
    arrival: Arrival
    provisional: int
    since: int


class Held(NamedTuple):
    """A jump that the next record decides: its distance from the expectation; `seen`: RFC 4737 has taken it."""

    distance: int
    arrival: Arrival
    seen: bool


class Chain:
    """Backward records that go on counting up, and all others since the first of them. Until it is known what they are,
    the stream takes them as copies of old numbers, and `other`, from CHAIN_BUFFER records on, as a new epoch's."""

    __slots__ = (
        "before", "counted", "eager", "first", "fresh", "held", "length", "next", "other", "paused", "provisional",
        "refill", "rows", "run", "run_next", "settled", "settled_from", "spread", "strays",
    )  # fmt: skip

    def __init__(self, track: Track, first: Arrival, after: int) -> None:
        self.first, self.next = first, after
        self.length, self.strays = 1, 0
        self.run, self.run_next = 0, 0  # the strays just before that count up by one, and what would follow them
        self.fresh = 0  # of its numbers, those that never were received before
        self.eager = self.paused = False
        self.spread = False  # over more than one frame
        self.rows: list[Arrival] = []  # while there is no `other`
        self.other: Track | None = None
        # What a restart undoes: the stream as it was, distances that were counted, positions that were missing.
        self.before = {**track.s, "degrees": list(track.s["degrees"]), "received": first.record}
        self.held, self.provisional = track.held, track.provisional
        self.settled, self.settled_from = track.settled, track.settled_from
        self.counted: Counter[int] = Counter()
        self.refill: list[int] = []


class Track:
    """One stream; or one that a chain may turn out to be, `depth` chains deep. `s` is its row of STREAM_STATE, as a
    dict."""

    __slots__ = (
        "chain", "counted", "depth", "early", "entries", "floor", "held", "holes", "id", "pause", "provisional", "rows",
        "s", "settled", "settled_from", "strict", "window",
    )  # fmt: skip

    def __init__(self, stream: int, first: Arrival, depth: int = 0) -> None:
        self.id, self.depth = stream, depth
        self.s: dict[str, Any] = dict.fromkeys(STREAM_STATE.names or (), 0)
        self.s["degrees"] = [0] * N_DEGREES
        self.s.update(first_seq=first.seq, first_ns=first.ns, first_frame=first.frame, source=first.source)
        self.rows: list[Row] = []  # rows and distances that are not told yet, while it is but a possibility
        self.counted: Counter[int] = Counter()
        self.window: dict[int, Arrival] = {}
        self.entries = 0  # of the window
        self.holes: list[Hole] = []
        self.pause = 0  # ns between the last record and the one before it
        self.begin(first)

    def begin(self, first: Arrival) -> None:
        """A new epoch."""
        self.s.update(base=first.seq, next=0)
        self.window.clear()
        self.strict = Strict(first.ns)
        self.held: Held | None = None
        self.early: list[Early] = []
        # Provisionally late ones: how many, how many of them are settled, and from which record on they are not.
        self.provisional = self.settled = self.settled_from = 0
        self.floor = NOWHERE
        self.chain: Chain | None = None

    def keep(self, x: int, a: Arrival, expected: int) -> None:
        """Into the window, where x lies within it."""
        if expected - x <= self.entries:
            self.window[x & (self.entries - 1)] = a

    def earlier(self, x: int) -> Arrival | None:
        """The copy of x, which was received, that came last; None beyond the window."""
        return self.window.get(x & (self.entries - 1)) if self.s["next"] - x <= self.entries else None

    def resize(self, entries: int) -> None:
        """Give the window another size; what fits stays."""
        was, old, expected = self.window, self.entries, self.s["next"]
        self.window, self.entries = {}, entries
        for at in range(expected - min(old, entries), expected):
            entry = was.get(at & (old - 1))
            if entry is not None:
                self.window[at & (entries - 1)] = entry

    def become(self, other: Track) -> None:
        """From here on what `other`, a new epoch of it, has become; its figures add to those so far."""
        if other.chain is not None:
            other.chain.before = added(self.s, other.chain.before)
        self.s.update(added(self.s, other.s))
        self.holes += other.holes
        for name in (
            "window", "entries", "strict", "held", "early", "provisional", "settled", "settled_from", "floor", "chain",
            "pause",
        ):  # fmt: skip
            setattr(self, name, getattr(other, name))


def added(s: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The row `s`, with the figures of a later epoch."""
    return {
        **s,
        **{name: s[name] + new[name] for name in SUMS},
        **{name: max(s[name], new[name]) for name in PEAKS},
        **{name: new[name] for name in LATEST},
        "free_squares": min(s["free_squares"] + new["free_squares"], LARGEST),
        "degrees": [a + b for a, b in zip(s["degrees"], new["degrees"], strict=True)],
    }
