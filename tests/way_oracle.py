"""The oracle of `locate`: what is true of whole lists of frames at several points, by sets and loops over every number.

It is written from what the words mean (seqcheck/model/located.py), not from the code: it knows no stretches, no epochs
laid over one another and no samples. A record is named by what it is, (stream, epoch, position), which no analysis is
told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

Number = tuple[int, int, int]  # stream, epoch, position
Pair = tuple[int | None, int]


class Truth(NamedTuple):
    lost: Counter[Pair]
    doubled: Counter[Pair]
    lost_copies: Counter[Pair]
    late: Counter[Pair]
    missed: list[int]
    edge: int


def truth(points: Sequence[Sequence[Number]], *, ran: bool) -> Truth:
    """Of what each point captured, in order. `ran`: every capture began before the traffic and ended after it; else a
    point judges only what lies between its first and its last numbers."""
    counts = [Counter(point) for point in points]
    late = [latecomers(point) for point in points]
    spans = [span(point) for point in points]
    found = Truth(Counter(), Counter(), Counter(), Counter(), [0] * len(points), 0)
    edge = 0
    for number in universe(points):  # of streams that are at two points at least
        there = [count[number] for count in counts]
        knows = [number[0] in each for each in spans]
        judged = [known and (ran or judges(each, number)) for known, each in zip(knows, spans, strict=True)]
        seen = [at for at, count in enumerate(there) if count]
        last = seen[-1] if seen else None
        for at in range(len(points) if last is None else last + 1, len(points)) if seen else range(len(points)):
            if judged[at]:
                found.lost[last, at] += 1
                break
        edge += bool(seen) and any(knows[at] and not there[at] and not judged[at] for at in range(len(points)))
        for at in range(len(points)):
            if judged[at] and not there[at] and any(there[at + 1 :]):
                found.missed[at] += 1
        most, was_late = 0, False
        for place, at in enumerate(seen):
            before = seen[place - 1] if place else None
            extra = there[at] - 1
            if extra > most:
                found.doubled[before, at] += extra - most
            if before is not None and there[before] > there[at]:
                found.lost_copies[before, at] += there[before] - there[at]
            if number in late[at] and not was_late and extra >= most:
                found.late[before, at] += 1
            was_late = was_late or number in late[at]
            most = max(most, extra)
    return found._replace(edge=edge)


def universe(points: Sequence[Sequence[Number]]) -> list[Number]:
    """All numbers between the lowest and the highest that any point saw, of every stream and epoch."""
    ends: dict[tuple[int, int], tuple[int, int]] = {}
    for point in points:
        for stream, epoch, x in point:
            low, high = ends.get((stream, epoch), (x, x))
            ends[stream, epoch] = min(low, x), max(high, x)
    return [(*key, x) for key, (low, high) in ends.items() for x in range(low, high + 1)]


def span(point: Sequence[Number]) -> dict[int, dict[int, tuple[int, int]]]:
    """By stream and epoch, the lowest and the highest number that a point saw."""
    found: dict[int, dict[int, tuple[int, int]]] = {}
    for stream, epoch, x in point:
        low, high = found.setdefault(stream, {}).get(epoch, (x, x))
        found[stream][epoch] = min(low, x), max(high, x)
    return found


def judges(seen: dict[int, dict[int, tuple[int, int]]], number: Number) -> bool:
    """Whether a point that saw only this would have seen that number."""
    stream, epoch, x = number
    mine = seen[stream]
    first, last = min(mine), max(mine)
    if epoch not in mine:
        return first < epoch < last
    low, high = mine[epoch]
    return (epoch > first or x >= low) and (epoch < last or x <= high)


def latecomers(point: Sequence[Number]) -> set[Number]:
    """Those that came behind a higher number for the first time."""
    highest: dict[tuple[int, int], int] = {}
    seen: set[Number] = set()
    late = set()
    for number in point:
        stream, epoch, x = number
        if number not in seen and x < highest.get((stream, epoch), -1):
            late.add(number)
        seen.add(number)
        highest[stream, epoch] = max(highest.get((stream, epoch), -1), x)
    return late
