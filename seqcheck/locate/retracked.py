"""Records with numbers of their own, tracked: as the pipeline would, had the counter 64 bits."""

from __future__ import annotations

from contextlib import closing
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import kernel
from ..engine.spool import Rows
from ..kernel.border import Frames, RecordColumns
from ..track.tracker import Findings, Track

AT_ONCE, FRAMES = 1 << 15, 1 << 16  # records, and the frames that they may span


def tracked(seen: NDArray[Any], numbers: NDArray[np.int64]) -> tuple[Findings, list[NDArray[Any]]]:
    """What there is to find in these records, SEEN[n] in order, and all rows of EVENT."""
    track = Track(kernel.load().Tracker(0), 0)
    with closing(Rows(BytesIO())) as rows:  # no file: locate keeps all anomalies in memory anyway
        low = 0
        while low < len(seen):
            within = int(np.searchsorted(seen["frame"][low : low + AT_ONCE], seen["frame"][low] + FRAMES))
            track.feed(*_block(seen[low : low + within], numbers[low : low + within]), rows.add)
            low += within
        track.finish(rows.add)
        return track.end(), list(rows.read())


def _block(seen: NDArray[Any], numbers: NDArray[np.int64]) -> tuple[Frames, RecordColumns]:
    """As if a decoder had read them."""
    frames, records = Frames(FRAMES), RecordColumns(len(seen))
    frames.first, frames.count = int(seen["frame"][0]), FRAMES
    row = seen["frame"] - frames.first
    frames.ns[row] = seen["ns"]
    columns = {name: seen[name] for name in ("stream", "source", "ordinal")}
    records.take({**columns, "row": row, "seq": numbers.astype(np.uint64)})
    return frames, records
