"""What several decoders of one kernel find, joined: streams under one set of ids, and frames counted by source."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import REASONS

Ids = NDArray[np.int32]


class Names:
    """Ids of our own for the streams of several decoders, -1 while one has none."""

    def __init__(self, decoders: int) -> None:
        self._of = [np.zeros(0, np.int32) for _ in range(decoders)]

    def of(self, decoders: Ids, streams: Ids) -> Ids:
        """The ids of these decoders' streams, by record."""
        ids = np.full(len(streams), -1, np.int32)
        for number, known in enumerate(self._of):
            mine = decoders == number
            if not mine.any():
                continue
            if (top := int(streams[mine].max()) + 1) > len(known):
                known = self._of[number] = np.concatenate([known, np.full(2 * top - len(known), -1, np.int32)])
            ids[mine] = known[streams[mine]]
        return ids

    def one(self, decoder: int, stream: int) -> int:
        """The id of one stream that `of` was asked about."""
        return int(self._of[decoder][stream])

    def put(self, decoder: int, streams: Ids | int, ids: Ids | int) -> None:
        """From now on, these are the ids of this decoder's streams; `of` was asked about each."""
        self._of[decoder][streams] = ids


def grown(counts: NDArray[np.int64], sources: int) -> NDArray[np.int64]:
    """A copy of int64[sources][REASONS] with room for so many sources, or for those that it has."""
    larger = np.zeros((max(sources, len(counts)), len(REASONS)), np.int64)
    larger[: len(counts)] = counts
    return larger
