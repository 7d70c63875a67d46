"""What a kind of case is, and what it works with while it makes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.accuracy import ring
from benchmarks.accuracy.spaces import Params, Spaces
from benchmarks.accuracy.wire import HOST, RECORD, Wire

# A cause is right; "cause/weak" is right if it is stated weakly or not at all.
RING = ("stale-slot", "ring-replay", "early-overwrite")
RING_WEAKLY = tuple(f"{cause}/weak" for cause in RING)
INNOCENT = ("path-copy", "redundancy", "loop", "retransmission", "sender-repeat", "unexplained")


@dataclass(slots=True, kw_only=True)
class Making:
    """One case while it is being made. `force` fixes parts of the header; `right` are the right causes;
    `right_if_new` instead of them where copies carry an identification or a time stamp of their own."""

    params: Params
    rng: np.random.Generator
    right: tuple[str, ...] = ()
    right_if_new: tuple[str, ...] = ()
    ring_fault: bool = False
    counted: bool = True
    no_duplicates: bool = False
    any_size: bool = False  # a fault of the sender that no size of a ring explains
    force: dict[str, Any] = field(default_factory=dict)
    builds: int = 1 << 40
    given: Wire | None = None  # in a mixture: what the phenomena before made
    parts: list[str] = field(default_factory=list)  # of a mixture

    def __getitem__(self, name: str) -> Any:
        return self.params[name]

    def traffic(self) -> Wire:
        """A healthy sender, or what a mixture holds already."""
        if self.given is not None:
            return self.given
        nothing = np.zeros(ring.count_of(self.params), np.bool_)
        return ring.sent(self.params, ring.meant(self.params, nothing, self.rng), ring.Faults(), self.rng)

    def builds_below(self, wire: Wire) -> int:
        """One more than the highest packet of the traffic itself."""
        return int(wire.build.max()) + 1

    def stamped(self) -> bool:
        """May the sender stamp its slots? Not where it builds packets that are in no slot of the model."""
        return self.builds == 1 << 40

    def rebuilt(self, copies: Wire) -> Wire:
        """The same numbers in new packets, built when they are sent."""
        copies.build = self.builds + np.arange(len(copies))
        self.builds += len(copies)
        copies.made = copies.t.copy()
        return copies


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`scene` fixes parameters that every case has. `weight`: how often it is drawn, beside the others."""

    build: Callable[[Making], Wire]
    spaces: Spaces = field(default_factory=dict)
    scene: Params = field(default_factory=dict)
    innocent: bool = True
    weight: float = 1.0


def some(rng: np.random.Generator, among: np.ndarray, want: int) -> np.ndarray:
    """`want` of them, or as many as there are, in order."""
    return np.sort(rng.choice(among, min(want, len(among)), replace=False))


def from_source(wire: Wire) -> np.ndarray:
    """Rows that mirror ports copy: numbered or not."""
    return np.flatnonzero(wire.what <= HOST)


def gap_of(wire: Wire) -> float:
    """Mean time between frames, ns: the unit that delays are drawn in."""
    return max(1.0, float(wire.t[-1] - wire.t[0]) / max(1, len(wire) - 1))


def spread(rng: np.random.Generator, law: str, width: float, count: int) -> np.ndarray:
    """Factors around 1 with a standard deviation of about `width`, never below 0.01."""
    match law:
        case "uniform":
            factors = 1 + width * rng.uniform(-1.73, 1.73, count)
        case "normal":
            factors = 1 + width * rng.normal(0, 1, count)
        case "tail":
            factors = 1 + width * rng.exponential(1, count)
        case _:  # two ways on
            factors = 1 + width * rng.choice([-1, 1], count)
    return np.maximum(0.01, factors)


def records_of(wire: Wire, *, but: int = 20) -> np.ndarray:
    """Numbered rows, without the first few: a number below the first one is nobody's subject here."""
    return np.flatnonzero(wire.what == RECORD)[but:]


def apart(making: Making, blocks: Sequence[tuple[float, float]]) -> bool:
    """Does the count go on for a while after each block that was sent again, from … to in frames? Where one follows on
    another at once, one may take it for a restart."""
    streams = making["streams"] + 4 * making["queue_streams"]
    inside = sorted(blocks)
    return all(later[0] - one[1] > 60 * streams for one, later in pairwise(inside))


def either(*causes: str | Sequence[str]) -> tuple[str, ...]:
    flat: list[str] = []
    for cause in causes:
        flat.extend([cause] if isinstance(cause, str) else cause)
    return tuple(flat)
