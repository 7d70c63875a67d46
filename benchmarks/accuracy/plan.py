"""Which cases are run: kinds by their weight, with seeds of their own, mixed so that any part is a fair sample."""

from __future__ import annotations

import random

from benchmarks.accuracy.kinds import KINDS

Work = tuple[str, int, bool]


def plan(names: list[str], *, count: int, first: int, final: bool) -> list[Work]:
    total = sum(KINDS[name].weight for name in names)
    work = [
        (name, seed, final)
        for name in names
        for seed in range(first, first + max(1, round(count * KINDS[name].weight / total)))
    ]
    random.Random(1).shuffle(work)
    return work
