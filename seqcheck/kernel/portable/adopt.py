"""Records that another decoder has read, in other ids; what native/adopt.c must equal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import RecordColumns


def renumber(
    records: RecordColumns, streams: NDArray[np.int32], sources: NDArray[np.int32], shift: NDArray[np.int64]
) -> None:
    """protocols.Kernel.renumber."""
    count = records.count
    stream, source = records.stream[:count], records.source[:count]
    for old, new in ((stream, streams), (source, sources)):
        if count and (old.min() < 0 or old.max() >= len(new) or new[old].min() < 0):
            raise ValueError("renumber: a record has a stream or a source without a number")
    records.ordinal[:count] += shift[source]
    stream[:], source[:] = streams[stream], sources[source]
