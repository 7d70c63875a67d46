"""The figures that must hold, over judged cases: how many are good, of how many, and the target."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.accuracy.case import RING
from benchmarks.accuracy.judge import Judged

Test = Callable[[Judged], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Of the cases that are `among`, those that are `good`; `reach` the share that is due, None if none was set."""

    title: str
    among: Test
    good: Test
    reach: float | None = None

    def count(self, cases: Sequence[Judged]) -> tuple[int, int]:
        chosen = [one for one in cases if self.among(one)]
        return sum(self.good(one) for one in chosen), len(chosen)


def ring_told(one: Judged) -> bool:
    """In a mixture: the verdict names the ring's fault, or its second line does."""
    causes = {one.said.cause, *one.said.also}
    return bool(causes & set(RING) & set(one.truth["right"]))


FIGURES = (
    Figure(
        title="innocent captures not accused of a ring (above weak)",
        among=lambda one: not one.truth["ring_fault"], good=lambda one: not one.accused, reach=0.999,
    ),
    Figure(
        title='"strong" right, size included',
        among=lambda one: one.said.strength == "strong", good=lambda one: one.right, reach=0.999,
    ),
    Figure(
        title='"moderate" right, size included',
        among=lambda one: one.said.strength == "moderate", good=lambda one: one.right, reach=0.95,
    ),
    Figure(
        title='"weak" right, size included',
        among=lambda one: one.said.strength == "weak", good=lambda one: one.right, reach=0.5,
    ),
    Figure(
        title="a ring's fault with 5 resends or more, all frames of the source captured, loss up to 2 %, a size that "
        "can be known: named with the exact size, at least moderate",
        among=lambda one: one.shown and one.truth["size_known"], good=lambda one: one.named, reach=0.98,
    ),
    Figure(
        title="of these, where the copies do not also come after one time, as a constant delay brings them",
        among=lambda one: one.shown and one.truth["size_known"] and not one.truth.get("timed", False),
        good=lambda one: one.named,
    ),
    Figure(
        title="the same where the size cannot be known: cause named, at least moderate",
        among=lambda one: one.shown and not one.truth["size_known"], good=lambda one: one.cause_named,
    ),
    Figure(
        title="the same: the true size is the one named or within the interval",
        among=lambda one: one.shown and not one.truth["size_known"] and one.cause_named, good=lambda one: one.within,
    ),
    Figure(
        title="all of these: named with the exact size, at least moderate",
        among=lambda one: one.shown, good=lambda one: one.named,
    ),
    Figure(
        title="the same through a filter: cause named",
        among=lambda one: one.filtered, good=lambda one: one.cause_right, reach=0.90,
    ),
    Figure(
        title="the same through a filter: true size named or within the interval, where the cause is",
        among=lambda one: one.filtered and one.cause_right, good=lambda one: one.within, reach=0.95,
    ),
    Figure(
        title="mixtures with 5 resends or more of a ring, loss up to 2 %: the ring's fault is told",
        among=lambda one: one.mixed_ring, good=ring_told,
    ),
    Figure(
        title="innocent captures whose further lines name no ring either",
        among=lambda one: not one.truth["ring_fault"], good=lambda one: not set(one.said.also) & set(RING),
    ),
    Figure(
        title="foreign copies said to be of the verdict's ring: all of them are",
        among=lambda one: one.said.joined > 0, good=lambda one: not one.said.joined_wrongly,
    ),
    Figure(
        title="a ring's fault that was named, and sent foreign frames again that can be told apart: half of these or "
        "more are said to be of it",
        among=lambda one: one.said.joined_of > 0 and one.cause_named,
        good=lambda one: 2 * one.said.joined >= one.said.joined_of,
    ),
    Figure(
        title="innocent captures of whose foreign frames no ring is said either (above weak)",
        among=lambda one: one.said.foreign_seen and not one.truth["ring_fault"],
        good=lambda one: not (set(one.said.foreign_causes) & set(RING) or one.said.joined),
    ),
    Figure(
        title="duplicates and missing numbers exact",
        among=lambda one: not one.crashed and one.countable, good=lambda one: one.counts_right, reach=1.0,
    ),
    Figure(title="analysed without trouble", among=lambda one: True, good=lambda one: not one.crashed, reach=1.0),
)  # fmt: skip


def wilson(good: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The interval of the share, 95 % by default (Wilson 1927)."""
    if not of:
        return 0.0, 1.0
    share, square = good / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def reached(figure: Figure, good: int, of: int) -> bool | None:
    """None if nothing is due, or no case was there."""
    return None if figure.reach is None or not of else good >= figure.reach * of
