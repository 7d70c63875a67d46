"""Points that contradict each other about a stream's restarts. Pure.

Where records come out of order just behind a restart, or where a capture begins just before it, the tracker of one
point may take it for one, and that of another may not: there all numbers that come again are copies, or late. What the
two say of the stream cannot be compared then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from ..kernel.border import CHAIN_EAGER, DUPLICATE
from ..serial import FULL, span
from .aligned import Laid
from .matching import Group
from .points import Epoch, Observed

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
FEWER = 2  # times as many of them at the one point as at the other
MOST_EPOCHS = 4096


def contradicts(points: Sequence[Observed], group: Group, laid: Mapping[int, Laid]) -> frozenset[int]:
    """The points (keys of `laid`) at which numbers of several of another point's epochs came again within one."""
    epochs = {at: points[at].epochs[stream] for at, stream in enumerate(group.streams) if stream is not None}
    return frozenset(
        at
        for at, other in permutations(laid, 2)
        if len(epochs[at]) < len(epochs[other]) <= MOST_EPOCHS
        and _read_as_old(points, group, (at, other), epochs[other])
    )


def _read_as_old(points: Sequence[Observed], group: Group, pair: tuple[int, int], epochs: Sequence[Epoch]) -> bool:
    (mine, distance), (theirs, _) = (_old(points[at], group.streams[at]) for at in pair)
    turn = span(points[pair[0]].findings.modulus)
    again = mine[_of_several(mine, epochs, turn)]
    far = distance[_of_several(mine, epochs, turn)] * 2 >= len(again)  # a mirror's copies are near
    return int(far.sum()) >= max(CHAIN_EAGER, FEWER * int(_of_several(theirs, epochs, turn).sum()))


def _old(point: Observed, stream: int | None) -> tuple[Words, Ints]:
    """The numbers of a stream that came again, or below its first one, not yet turned round; how far back they lay."""
    assert stream is not None
    rows = point.anomalies
    rows = rows[(rows["stream"] == stream) & ((rows["kind"] == DUPLICATE) | (rows["x"] < 0))]
    bases = np.array([each.base for each in point.epochs[stream]], np.uint64)
    back = np.where(rows["kind"] == DUPLICATE, rows["distance"], rows["behind"])
    return bases[rows["epoch"]] + rows["x"].astype(np.uint64), back


def _of_several(numbers: Words, epochs: Sequence[Epoch], turn: int) -> NDArray[np.bool_]:
    """Which of these numbers more than one of the epochs has."""
    found = np.zeros(len(numbers), np.int64)
    for each in epochs:
        ahead = numbers - np.uint64(each.base)  # modulo 2**64
        if turn < FULL:
            ahead = (ahead.view(np.int64) % turn).view(np.uint64)
        found += ahead < min(each.length, turn - 1)
    several: NDArray[np.bool_] = found > 1
    return several
