"""The tracker's oracle: sets and lists over a finished sequence, with all that follows at hand.

`truth` is for one epoch of a counter that does not wrap; `epoch` for one of several, by position, with lone numbers.
It is written from what the words mean, not from the code: it knows no window, no page and no chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Truth(NamedTuple):
    duplicates: int
    replicated: int
    missing: int
    gaps: int
    reordered: int
    distances: list[int]


def truth(seqs: Sequence[int]) -> Truth:
    """What is true of `seqs` by definition; missing counts from the first number, as a receiver must."""
    last: dict[int, int] = {}
    distances = []
    reordered, highest = 0, seqs[0]
    for at, seq in enumerate(seqs):
        if seq in last:
            distances.append(at - last[seq])
        elif seq < highest:
            reordered += 1
        highest = max(highest, seq)
        last[seq] = at
    expected = range(seqs[0], max(seqs) + 1)
    absent = [n for n in expected if n not in last]
    gaps = sum(1 for n in absent if n - 1 in last or n - 1 < seqs[0])
    repeated = sum(1 for n in last if seqs.count(n) > 1)
    return Truth(len(seqs) - len(last), repeated, len(absent), gaps, reordered, distances)


REACH = 1 << 16  # a lone number farther ahead than this is no part of the count


class Epoch(NamedTuple):
    """What is true of a stretch of records that share one count."""

    received: int
    duplicates: int
    replicated: int
    missing: set[int]
    reordered: int
    early: int  # lone numbers ahead of their time
    outliers: int
    distances: list[int]
    settled: int


def epoch(positions: Sequence[int]) -> Epoch:
    """Of the positions of one epoch, in the order in which they came; the first one is 0.

    A jump ahead counts if the next record that is not behind the expectation is as far ahead or farther, if none
    follows, or if all that it jumps over had come; else its number was a lone one. It is waited for no longer once it
    comes again in its place or the count has gone past it."""
    last: dict[int, int] = {}  # where each number came last; numbers that are no part of the count are in no set
    lone, expected, highest = set[int](), 0, -1
    distances: list[int] = []
    copies: dict[int, int] = {}
    reordered = early = outliers = 0
    for at, x in enumerate(positions):
        if x > expected and x not in lone:
            follower = next((other for other in positions[at + 1 :] if other >= expected), None)
            over = not all(other in lone for other in range(expected, min(x, expected + len(lone) + 1)))
            alone = over and follower is not None and follower < x
            if x - expected > REACH and (alone or follower is None):
                outliers += 1
                continue
            if alone:
                lone.add(x)
                early += 1
            else:
                expected = x + 1
        elif x == expected:
            expected = x + 1
        if x in last:
            distances.append(at - last[x])
            copies[x] = copies.get(x, 1) + 1
        elif x < highest:
            reordered += 1
        highest = max(highest, x)
        last[x] = at
        lone = {other for other in lone if other >= expected}
    missing = set(range(expected)) - set(last)
    return Epoch(len(positions), len(distances), len(copies), missing, reordered, early, outliers, distances, expected)


def stretches(numbers: set[int]) -> int:
    """How many gaps these missing numbers form."""
    return sum(1 for number in numbers if number - 1 not in numbers)
