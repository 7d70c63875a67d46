"""What the reference tracker keeps of a stream: its row, the window of earlier copies, and what is not decided yet."""

from __future__ import annotations

from typing import Any, NamedTuple

from .border import N_DEGREES, STREAM_STATE, WINDOW_CAP, WINDOW_FIRST, WINDOW_STEP
from .reference_strict import NOWHERE, Strict


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
    """A lone number ahead of its time; `provisional` is how many provisionally late ones came before it."""

    x: int
    arrival: Arrival
    provisional: int


class Chain:
    """Backward records that go on counting up. `before` is the stream's row as it was before the first of them."""

    __slots__ = (
        "before", "counted", "eager", "first", "length", "next", "paused", "provisional", "refill", "rows", "strays",
    )  # fmt: skip

    def __init__(self, first: Arrival, before: dict[str, Any], eager: bool, paused: bool) -> None:
        self.first, self.before, self.eager, self.paused = first, before, eager, paused
        self.length, self.strays, self.next = 0, 0, first.seq
        self.rows: list[Arrival] = []
        self.provisional = 0  # as it was before the first of them
        self.counted: list[int] = []  # distances of the duplicates among them
        self.refill: list[int] = []  # positions that were missing until the chain passed


class Track:
    """One stream. `s` is its row of STREAM_STATE, as a dict."""

    __slots__ = (
        "chain", "early", "entries", "floor", "held", "id", "pause", "provisional", "s", "settled", "strict", "window",
    )  # fmt: skip

    def __init__(self, stream: int, first: Arrival) -> None:
        names = STREAM_STATE.names or ()
        self.id = stream
        self.s: dict[str, Any] = dict.fromkeys(names, 0)
        self.s["degrees"] = [0] * N_DEGREES
        self.s.update(first_seq=first.seq, first_ns=first.ns, first_frame=first.frame, source=first.source)
        self.window: dict[int, Arrival] = {}
        self.entries = 0  # of the window; 0 where the budget was spent
        self.pause = 0  # ns between the last record and the one before it
        self.begin(first)

    def begin(self, first: Arrival) -> None:
        """A new epoch."""
        self.s.update(base=first.seq, next=0)
        self.window.clear()
        self.strict = Strict(first.ns)
        self.held: tuple[int, Arrival, bool] | None = None  # distance from next, the record, seen by `strict`
        self.early: list[Early] = []
        self.provisional = self.settled = 0
        self.floor = NOWHERE
        self.chain: Chain | None = None

    def keep(self, x: int, a: Arrival, expected: int) -> None:
        """Into the window, where x lies within it."""
        if self.entries and expected - x <= self.entries:
            self.window[x & (self.entries - 1)] = a

    def earlier(self, x: int) -> Arrival | None:
        """The copy of x that came last, None beyond the window."""
        if self.entries and self.s["next"] - x <= self.entries:
            return self.window.get(x & (self.entries - 1))
        return None

    def grow(self, x: int, left: int) -> int:
        """Take a window twice as large as x, the position to be settled, or what `left` entries allow: it reaches back
        to the first record, and as far again below. How many entries it took."""
        taken = 0
        while 2 * x >= self.entries:
            old = self.entries
            new = old * WINDOW_STEP if old else WINDOW_FIRST
            if new > WINDOW_CAP or taken + new > left:
                break
            taken += new
            self.entries = new
            was, self.window = self.window, {}
            expected = self.s["next"]
            for at in range(expected - old, expected):
                entry = was.get(at & (old - 1))
                if entry is not None:
                    self.window[at & (new - 1)] = entry
        return taken
