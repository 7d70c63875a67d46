"""Where a record lies in its frame: from its first byte to where the next one begins, or to the payload's end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from itertools import islice
from typing import Any

import numpy as np

from seqcheck.kernel.border import RECORD, Frames, Program
from seqcheck.kernel.portable.chain import to_next
from seqcheck.kernel.portable.chained import is_flat, places
from seqcheck.kernel.portable.decode import Decoder
from seqcheck.kernel.portable.examine import examine, following, steps_of
from seqcheck.kernel.portable.frame import Place
from seqcheck.kernel.portable.moves import is_ber, is_move
from seqcheck.kernel.portable.walk import Ints, Walk

NOWHERE = -1


def extent(data: bytes, wire: int, link: int, program: Program, which: int) -> range | None:
    """Of the frame's record number `which`, counted from 0; None if there is none. Of a program that reads one record a
    frame, its whole payload, and that of any number: a record may give several."""
    found = _lying(data, wire, link, program)
    return next(islice(found, which if steps_of(program).each else 0, None), None)


def _lying(data: bytes, wire: int, link: int, program: Program) -> Iterator[range]:
    """Of all records of a frame, in order."""
    first = examine(data, wire, link, program)
    if first.status != RECORD:
        return
    each = steps_of(program).each
    if not each:
        yield range(first.place.start, first.place.end)
        return
    yield _to_next(data, first.place, each)
    for seen in following(data, program, first):
        yield _to_next(data, seen.place, each)


def _to_next(data: bytes, place: Place, each: Sequence[Any]) -> range:
    after = copy(place)
    return range(place.here, after.here if to_next(data, after, each) else place.end)


class Extents:
    """The same of all records of a block."""

    def __init__(self, program: Program) -> None:
        self._program, self._each = program, steps_of(program).each
        fixed = not any(is_move(row) or is_ber(row) for row in program.fields)
        self._flat, self._decoder = is_flat(program) if self._each else fixed, Decoder(program)

    def of(self, frames: Frames, low: int, high: int, rows: Ints) -> tuple[Ints, Ints]:
        """Where the records of rows low..high-1 begin and end, int64[n] each; `rows` are those of each record, in
        order. NOWHERE for a frame of which not all records are among them."""
        starts, stops = np.full(len(rows), NOWHERE), np.full(len(rows), NOWHERE)
        found = self._in_columns(frames, low, high) if self._flat else np.zeros((3, 0), np.int64)
        mine = np.isin(rows, found[0])
        counts = np.bincount(found[0] - low, minlength=high - low) - np.bincount(rows - low, minlength=high - low)
        whole = counts[rows - low] == 0
        starts[mine & whole] = found[1][counts[found[0] - low] == 0]
        stops[mine & whole] = found[2][counts[found[0] - low] == 0]
        left, first = np.unique(rows[~mine], return_index=True)
        for row, at in zip(left.tolist(), np.flatnonzero(~mine)[first].tolist(), strict=True):
            lying = list(_lying(*frames.one(row), self._program))
            if counts[row - low] == -len(lying):
                starts[at : at + len(lying)] = [each.start for each in lying]
                stops[at : at + len(lying)] = [each.stop for each in lying]
        return starts, stops

    def _in_columns(self, frames: Frames, low: int, high: int) -> Ints:
        """int64[3, n]: row, start and end of the records behind the outermost headers."""
        walk = Walk(frames, low, high)
        walk.to_payload(self._program.sought)
        found = [
            np.stack([at.rows[at.records] + low, at.part.start[at.records], at.stop[at.records]])
            for at in places(walk, self._each, self._decoder.read_fields)
        ]
        columns = np.concatenate(found, axis=1)
        return columns[:, np.argsort(columns[0], kind="stable")]
