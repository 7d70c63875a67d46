"""RFC 4737 over the first copies of an epoch, in plain Python: extents, degrees, free runs, discontinuities, gaps.

Takes first copies in order of arrival and knows nothing of held records or duplicates, so `reordered` is strict. The
sums go into the stream's row of STREAM_STATE. Positions are those of the epoch, times int64 ns.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..border import BACKS, N_DEGREES, OPENERS

NOWHERE = -(1 << 63)
LARGEST = (1 << 63) - 1


class Opener(NamedTuple):
    """A record that jumped over low <= x < high; `unique` counts first copies from 0."""

    low: int
    high: int
    unique: int
    ns: int
    proven: bool


class Strict:
    """RFC 4737 over the first copies of an epoch (sections 3 to 6); the sums go into the stream's row."""

    __slots__ = ("backs", "last_late", "next", "openers", "proven", "unique")

    def __init__(self, ns: int) -> None:
        self.next = 0  # NextExp
        self.unique = 0
        self.openers: list[Opener] = [Opener(NOWHERE, 0, 0, ns, False)]
        self.backs: list[tuple[int, int]] = []  # (unique, x) of the last late ones
        self.last_late = -1
        self.proven = -1

    def take(self, x: int, ns: int, s: dict[str, Any]) -> tuple[int, int, int] | None:
        """None for a record in order; else its extent, degree and the arrival of the record that jumped over it."""
        u = self.unique
        self.unique += 1
        if x >= self.next:
            if x > self.next:
                s["jumps"] += 1
                s["jump_max"] = max(s["jump_max"], x - self.next)
                self.openers = [*self.openers, Opener(self.next, x, u, ns, False)][-OPENERS:]
            self.next = x + 1
            return None
        extent, opened, opened_ns = -1, -1, 0
        for at in reversed(range(len(self.openers))):
            opener = self.openers[at]
            if opener.low <= x < opener.high:
                extent, opened, opened_ns = u - opener.unique, opener.unique, opener.ns
                s["extents"] += 1
                s["extent_sum"] += extent
                s["extent_max"] = max(s["extent_max"], extent)
                s["late_ns_max"] = max(s["late_ns_max"], apart(ns, opener.ns))
                if not opener.proven:
                    self.openers[at] = opener._replace(proven=True)
                    if 0 <= self.proven < opener.unique:
                        s["reorder_gaps"] += 1
                        s["reorder_gap_sum"] += opener.unique - self.proven
                        s["reorder_gap_max"] = max(s["reorder_gap_max"], opener.unique - self.proven)
                    self.proven = max(self.proven, opener.unique)
                break
        degree = self._degree(u, x, opened)
        for n in range(degree):
            s["degrees"][n] += 1
        s["reordered"] += 1
        free = u - self.last_late - 1
        s["free_runs"] += 1
        s["free_length"] += free
        s["free_squares"] = min(s["free_squares"] + free * free, LARGEST)
        self.last_late = u
        self.backs = [*self.backs, (u, x)][-BACKS:]
        return extent, degree, opened_ns

    def _degree(self, u: int, x: int, opened: int) -> int:
        """How many first copies straight before this one were higher, counted up to N_DEGREES."""
        lower = opened - 1 if opened >= 0 else -2  # the last one that is known to be lower; -2: none is
        for back, at in reversed(self.backs):
            if back <= lower:
                break
            if at < x:
                lower = back
                break
        if lower == -2:
            return N_DEGREES
        return min(u - 1 - lower, N_DEGREES)


def apart(later: int, earlier: int) -> int:
    """The time between the two, or the nearest that an int64 can say: stamps may be anything."""
    return max(min(later - earlier, LARGEST), NOWHERE)
