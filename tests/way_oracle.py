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
    point judges only what lies between its first and its last numbers, as far as records keep their order."""
    counts = [Counter(point) for point in points]
    late = [latecomers(point) for point in points]
    twice = {number for count in counts for number, times in count.items() if times > 1}
    behind = [latest(point) for point in points]
    depth: dict[int, int] = {}
    for by in behind:
        for number, far in by.items():
            if number not in twice:
                depth[number[0]] = max(depth.get(number[0], 0), far)
    spans = [span(point, twice) for point in points]
    found = Truth(Counter(), Counter(), Counter(), Counter(), [0] * len(points), 0)
    edge = 0
    for number in universe(points):  # of streams that are at two points at least
        there = [count[number] for count in counts]
        knows = [number[0] in each for each in spans]
        reach = depth.get(number[0], 0)
        judged = [
            known and (ran or judges(each, number, (number[2], number[2]), reach))
            for known, each in zip(knows, spans, strict=True)
        ]
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
        end = number[2] + max(by.get(number, 1) for by in behind)
        whole = [
            known and (ran or judges(each, number, (number[2], end), reach))
            for known, each in zip(knows, spans, strict=True)
        ]
        most, was_late, left = 0, False, 0
        before: int | None = None  # the last point that would have seen every copy
        for place, at in enumerate(seen):
            told = place == 0 or before is not None
            extra = there[at] - 1
            if extra > most:
                if told:
                    found.doubled[before, at] += extra - most
                else:
                    edge += extra - most
            came_by = max(there[at:]) - 1  # a point may have missed what a later one saw
            if before is not None and whole[at] and left > came_by:
                found.lost_copies[before, at] += left - came_by
            if number in late[at] and not was_late and extra >= most and told:
                found.late[before, at] += 1
            was_late = was_late or number in late[at]
            most = max(most, extra)
            if whole[at]:
                before, left = at, came_by
    return found._replace(edge=edge)


def universe(points: Sequence[Sequence[Number]]) -> list[Number]:
    """All numbers between the lowest and the highest that any point saw, of every stream and epoch."""
    ends: dict[tuple[int, int], tuple[int, int]] = {}
    for point in points:
        for stream, epoch, x in point:
            low, high = ends.get((stream, epoch), (x, x))
            ends[stream, epoch] = min(low, x), max(high, x)
    return [(*key, x) for key, (low, high) in ends.items() for x in range(low, high + 1)]


def span(point: Sequence[Number], twice: set[Number]) -> dict[int, dict[int, tuple[int, int]]]:
    """By stream and epoch, the first number that a point saw and that nobody saw twice, and the highest one."""
    found: dict[int, dict[int, tuple[int, int]]] = {}
    for stream, epoch in {number[:2] for number in point}:
        mine = [x for *key, x in point if key == [stream, epoch]]
        low = mine[0]
        while (stream, epoch, low) in twice and low < max(mine):
            low = min(x for x in mine if x > low)
        low += (stream, epoch, low) in twice
        found.setdefault(stream, {})[epoch] = low, max(mine)
    return found


def judges(seen: dict[int, dict[int, tuple[int, int]]], number: Number, reach: tuple[int, int], depth: int) -> bool:
    """Whether a point that saw only this would have seen all that came of that number, which `reach` says how far the
    count was then; `depth` is by how much records are late."""
    stream, epoch, _ = number
    mine = seen[stream]
    first, last = min(mine), max(mine)
    if epoch not in mine:
        return first < epoch < last
    low, high = mine[epoch]
    return (epoch > first or reach[0] >= low + depth) and (epoch < last or reach[1] <= high - depth)


def latest(point: Sequence[Number]) -> dict[Number, int]:
    """By how much numbers came behind the count, those that did."""
    highest: dict[tuple[int, int], int] = {}
    found: dict[Number, int] = {}
    for number in point:
        stream, epoch, x = number
        far = highest.get((stream, epoch), -1) + 1 - x
        if far > 0:
            found[number] = max(found.get(number, 0), far)
        highest[stream, epoch] = max(highest.get((stream, epoch), -1), x)
    return found


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
