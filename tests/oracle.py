"""The tracker's oracle: sets and sorts over a finished sequence, one epoch, no counter that wraps."""

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
