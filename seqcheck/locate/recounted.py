"""Points that contradict each other about a stream's restarts. Pure.

Where records come out of order just behind a restart, or where a capture begins just before it, the tracker of one
point may take it for one, and that of another may not: there all numbers that come again are copies, or late. What the
two say of the stream cannot be compared then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

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


class Old:
    """Of a point, records that came again, or below their stream's first one; they are sorted when asked for."""

    def __init__(self, point: Observed) -> None:
        self.point = point
        self._rows: NDArray[Any] | None = None
        self._starts: Ints = np.zeros(0, np.int64)

    def of(self, stream: int) -> tuple[Words, Ints]:
        """The numbers of a stream's, not yet turned round, and how far back they lay."""
        if self._rows is None:
            rows = self.point.anomalies
            rows = rows[(rows["kind"] == DUPLICATE) | (rows["x"] < 0)]
            self._rows = rows[np.argsort(rows["stream"], kind="stable")]
            self._starts = np.searchsorted(self._rows["stream"], np.arange(len(self.point.epochs) + 1))
        rows = self._rows[self._starts[stream] : self._starts[stream + 1]]
        bases = np.array([each.base for each in self.point.epochs[stream]], np.uint64)
        back = np.where(rows["kind"] == DUPLICATE, rows["distance"], rows["behind"])
        return bases[rows["epoch"]] + rows["x"].astype(np.uint64), back


def contradicts(points: Sequence[Old], group: Group, laid: Mapping[int, Laid]) -> frozenset[int]:
    """The points (keys of `laid`) at which numbers of several of another point's epochs came again within one."""
    streams = {at: stream for at, stream in enumerate(group.streams) if stream is not None}
    epochs = {at: points[at].point.epochs[stream] for at, stream in streams.items()}
    return frozenset(
        at
        for at, other in permutations(laid, 2)
        if len(epochs[at]) < len(epochs[other]) <= MOST_EPOCHS
        and _read_as_old(points[at].of(streams[at]), points[other].of(streams[other])[0], epochs[other],
                         span(points[at].point.findings.modulus))
    )  # fmt: skip


def _read_as_old(mine: tuple[Words, Ints], theirs: Words, epochs: Sequence[Epoch], turn: int) -> bool:
    several = _of_several(mine[0], epochs, turn)
    far = mine[1][several] * 2 >= int(several.sum())  # a mirror's copies are near
    return int(far.sum()) >= max(CHAIN_EAGER, FEWER * int(_of_several(theirs, epochs, turn).sum()))


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
