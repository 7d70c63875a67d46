"""Everything that is counted along the way, by pair of points, and the first findings of each kind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass, field
from ..model.located import Kind, Located
from ..serial import span
from .compared import Compared
from .copies import NOWHERE, Arisen, arisen, unjudged
from .presence import Stretches, fates

KINDS: tuple[Kind, ...] = ("duplicate", "lost", "late")
Ints = NDArray[np.int64]
Pair = tuple[int, int]  # the point behind which (NOWHERE: before the first that saw it), and the point up to which
Place = tuple[int, int, int]  # stream, epoch, position


@dataclass(slots=True, kw_only=True)
class Tally:
    """Of a pair of points; `rows` are those of Numbers with new copies, and how many."""

    lost: int = 0
    doubled: int = 0
    lost_copies: int = 0
    late: int = 0
    rows: list[tuple[Ints, Ints]] = field(default_factory=list)


class Sums:
    """`pairs` of points between which anything arose; `missed` by point; `edge` numbers that were not judged. At most
    `most` findings of each kind are listed; `complete` where those are all."""

    def __init__(self, compared: Compared, most: int) -> None:
        self.pairs: dict[Pair, Tally] = {}
        self.missed = [0] * len(compared.points)
        self.edge = 0
        self.complete = True
        self._compared = compared
        self._room = dict.fromkeys(KINDS, most)
        self._listed: list[tuple[Place, Located]] = []
        for key, found in compared.seen.items():
            self._losses(key, found)
        for each in arisen(compared.numbers):
            self._copies(each)
        self.edge += unjudged(compared.numbers)

    @property
    def listed(self) -> tuple[Located, ...]:
        """By kind, in order of stream and number."""
        order = sorted(self._listed, key=lambda pair: (KINDS.index(pair[1].kind), pair[0]))
        return tuple(each for _, each in order)

    def _losses(self, key: tuple[int, int], found: Stretches) -> None:
        """Of one epoch of a stream."""
        fate = fates(found)
        for column, point in enumerate(found.points):
            self.missed[point] += int(found.lengths[fate.missed[:, column]].sum())
        self.edge += int(found.lengths[fate.edge].sum())
        lost = np.flatnonzero(fate.at >= 0)
        for after, at in sorted({*zip(fate.after[lost].tolist(), fate.at[lost].tolist(), strict=True)}):
            rows = lost[(fate.after[lost] == after) & (fate.at[lost] == at)]
            pair = (NOWHERE if after < 0 else found.points[after], found.points[at])
            self._tally(pair).lost += int(found.lengths[rows].sum())
            few = rows[: self._room["lost"] + 1]
            places = [(*key, x) for x in found.starts[few].tolist()]
            self._list("lost", pair, places, found.lengths[few].tolist())

    def _copies(self, each: Arisen) -> None:
        """Between two points."""
        pair, numbers = (each.after, each.at), self._compared.numbers
        tally = self._tally(pair)
        tally.doubled += int(each.new.sum())
        tally.lost_copies += int(each.lost.sum())
        tally.late += int(each.late.sum())
        tally.rows.append((each.rows[each.new > 0], each.new[each.new > 0]))
        kinds: tuple[tuple[Kind, Ints], ...] = (("duplicate", each.new), ("late", each.late))
        for kind, counts in kinds:
            few = np.flatnonzero(counts)[: self._room[kind] + 1]
            columns = (column[each.rows[few]].tolist() for column in (numbers.group, numbers.epoch, numbers.x))
            self._list(kind, pair, list(zip(*columns, strict=True)), counts[few].tolist())

    def _tally(self, pair: Pair) -> Tally:
        return self.pairs.setdefault(pair, Tally())

    def _list(self, kind: Kind, pair: Pair, places: Sequence[Place], counts: Sequence[int]) -> None:
        """As far as there is room."""
        names = [point.name for point in self._compared.points]
        after, at = None if pair[0] == NOWHERE else names[pair[0]], names[pair[1]]
        for place, count in zip(places, counts, strict=True):
            if not self._room[kind]:
                self.complete = False
                return
            self._room[kind] -= 1
            seq = _number(self._compared, place)
            self._listed.append((place, Located(kind=kind, stream=place[0], seq=seq, count=count, after=after, at=at)))


def _number(compared: Compared, place: Place) -> int:
    """As it stood on the wire."""
    group, epoch, x = place
    reference = compared.groups[group].at[0]
    stream = compared.groups[group].streams[reference]
    assert stream is not None
    point = compared.points[reference]
    return (point.epochs[stream][epoch].base + x) % span(point.layout.counted)
