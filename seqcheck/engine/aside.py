"""What outputs without a cap need, set aside while a capture is read: every row, and its frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..kernel.border import DUPLICATE, GAP, LATE
from ..model.results import CapturedFrame
from ..sink import Block, Sink

if TYPE_CHECKING:
    from . import spool

LOOK_BACK = 64  # records before a gap among which the one of the same stream is sought


class Aside(Sink):
    """Puts rows into `rows`, and frames, if they are wanted, into `frames`."""

    def __init__(self, rows: spool.Rows, frames: spool.Frames | None) -> None:
        self._rows, self._frames = rows, frames
        self._new: list[Any] = []  # rows whose frames are to be kept

    def found(self, rows: NDArray[Any], block: Block) -> None:
        """Keep them, a gap with the frame before it as its `e_frame`."""
        rows = rows.copy()
        at = np.flatnonzero(rows["kind"] == GAP)
        rows["e_frame"][at] = _before(rows[at], block)
        self._rows.add(rows)
        if self._frames is not None:
            self._new.append(rows)

    def settle(self, block: Block) -> None:
        """Keep the frames that the new rows are about, while they are still at hand."""
        if self._frames is None or not self._new:
            return
        events = np.concatenate(self._new)
        self._new.clear()
        kinds = events["kind"]
        earlier = events["e_frame"][((kinds == DUPLICATE) & (events["e_record"] >= 0)) | (kinds == GAP)]
        numbers = np.concatenate([events["frame"][np.isin(kinds, (DUPLICATE, GAP, LATE))], earlier])
        for number in np.unique(numbers[numbers > 0]).tolist():
            if (frame := block.store.get(number)) is not None:
                self._frames.add(
                    CapturedFrame(number=number, ns=frame.ns, link=frame.link, wire=frame.wire, data=frame.data)
                )


def _before(gaps: Any, block: Block) -> NDArray[np.int64]:
    """The frame of the record before each of these gaps, where it lies in the same block; else 0."""
    before, records, frames = np.zeros(len(gaps), np.int64), block.records, block.frames
    if not len(gaps) or not records.count:
        return before
    rows, streams = records.row[: records.count], records.stream[: records.count]
    at = np.searchsorted(rows, gaps["frame"] - frames.first)
    for back in range(1, LOOK_BACK):
        look = at - back
        hit = (before == 0) & (look >= 0) & (streams[np.maximum(look, 0)] == gaps["stream"])
        before[hit] = rows[look[hit]] + np.int64(frames.first)
        if before.all():
            break
    return before
