"""One position for a number at all points: epochs of a stream laid over those of the first point that saw it. Pure.

A number is named by the epoch of the reference (the first point that saw the stream) and its position there. Another
point's epoch begins at another number, so that its positions are shifted; it may have missed the first epochs or the
last ones. Of all ways to lay one list of epochs over the other, in order, the one with most numbers in common is taken;
of equals, the one with the least time between. Where a counter rolled over, times decide which turn is which, so that
there the clocks must not differ by half a turn.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..dataclass import dataclass
from ..serial import span
from .matching import Group
from .points import Epoch, Observed

FARTHEST = 1 << 62  # positions
MOST_EPOCHS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A point's epochs over the reference's: the first of them is the reference's `first`, and to positions of each
    `shifts` is added; None if an epoch has no number in common. `by_time` says that times chose the turn."""

    first: int
    shifts: tuple[int | None, ...]
    by_time: bool

    def shift(self, epoch: int) -> int | None:
        """Of one of the reference's epochs, None if it is not there."""
        own = epoch - self.first
        return self.shifts[own] if 0 <= own < len(self.shifts) else None


def lay(points: Sequence[Observed], group: Group, modulus: int) -> dict[int, Laid]:
    """For each point that saw the stream; one that has nothing in common with the first is left out."""
    reference, *others = group.at
    mine = _epochs(points, group, reference)
    laid = {reference: Laid(first=0, shifts=(0,) * len(mine), by_time=False)}
    for at in others:
        theirs = _epochs(points, group, at)
        turns = _turns(points, group, (reference, at), modulus)
        found = over(mine, theirs, span(modulus), turns)
        if found is not None:
            laid[at] = found
    return laid


def _epochs(points: Sequence[Observed], group: Group, at: int) -> tuple[Epoch, ...]:
    stream = group.streams[at]
    assert stream is not None
    return points[at].epochs[stream]


def _turns(points: Sequence[Observed], group: Group, pair: tuple[int, int], modulus: int) -> float | None:
    """At which position of the reference's the other's first record is due, by their times; None if that is not
    asked for, since no counter rolled over."""
    states = [points[at].findings.streams[group.streams[at]] for at in pair]
    if max(int(state["next"]) for state in states) <= span(modulus) // 2 or any(state["epoch"] for state in states):
        return None
    first, other = states
    time = int(first["last_ns"]) - int(first["first_ns"])
    rate = int(first["next"]) / time if time > 0 else 0.0
    return (int(other["first_ns"]) - int(first["first_ns"])) * rate


def over(mine: Sequence[Epoch], theirs: Sequence[Epoch], turn: int, due: float | None = None) -> Laid | None:
    """How `theirs` lie over `mine`; `turn` is how many values the counter has, `due` the position at which theirs begin
    by the clocks, if a turn has to be chosen. None if they have nothing in common."""
    if len(mine) * len(theirs) > MOST_EPOCHS:
        mine, theirs = mine[:1], theirs[:1]
    best: tuple[int, int] | None = None
    for first in range(1 - len(theirs), len(mine)):
        common = sum(
            _common(mine[first + own], each, _shift(mine[first + own], each, turn))
            for own, each in enumerate(theirs)
            if 0 <= first + own < len(mine)
        )
        if common > 0 and (best is None or (common, -abs(first)) > (best[0], -abs(best[1]))):
            best = common, first
    if due is not None and len(mine) == len(theirs) == 1:
        shift = _shift(mine[0], theirs[0], turn)
        turns = round((due - shift) / turn)
        shift += turns * turn
        if not _common(mine[0], theirs[0], shift):
            return None
        return Laid(first=0, shifts=(shift,), by_time=True)
    if best is None:
        return None
    first = best[1]
    shifts = []
    for own, each in enumerate(theirs):
        there = 0 <= first + own < len(mine)
        shift = _shift(mine[first + own], each, turn) if there else 0
        fits = there and _common(mine[first + own], each, shift) and abs(shift) + each.length < FARTHEST
        shifts.append(shift if fits else None)
    return Laid(first=first, shifts=tuple(shifts), by_time=False)


def _shift(mine: Epoch, theirs: Epoch, turn: int) -> int:
    """The nearer way round from one base to the other."""
    return (theirs.base - mine.base + turn // 2) % turn - turn // 2


def _common(mine: Epoch, theirs: Epoch, shift: int) -> int:
    """How many positions both have."""
    return max(0, min(mine.length, theirs.length + shift) - max(0, shift))
