"""Who sent the frames: the link-layer addresses of a decoder's frames, in order of first appearance, and how many
frames of each had which status. Source 0 stands for frames without an address."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import ANY_STREAM, MAX_SOURCES, REASONS, SOURCE
from seqcheck.kernel.portable.intern import Interner
from seqcheck.kernel.portable.walk import Ints, Walk

MOST_COUNTED = 1 << 47  # frames of a source, that can be loaded


class Sources:
    """The sources of one decoder."""

    def __init__(self) -> None:
        self._known = Interner(2, MAX_SOURCES)  # address, length
        self._counts = np.zeros((1, len(REASONS)), np.int64)  # by source id

    @property
    def count(self) -> int:
        """Sources, 0 included."""
        return self._known.count + 1

    def of(self, walk: Walk) -> tuple[Ints, Ints]:
        """Source id and ordinal of each frame; counts them."""
        source = np.zeros(len(walk.off), np.int64)
        rows = np.flatnonzero(walk.length)
        words = np.zeros((len(rows), 2), np.uint64)
        words[:, 0] = walk.address[rows].view(np.uint64)[:, 0]
        words[:, 1] = walk.length[rows]
        source[rows] = self._known.ids(words) + 1
        grown = self._grown()
        before = grown.sum(axis=1)

        order = np.argsort(source.astype(np.uint16), kind="stable")  # MAX_SOURCES fits; this sort is linear
        placed = source[order]
        first = np.searchsorted(placed, placed)
        ordinal = np.empty(len(source), np.int64)
        ordinal[order] = np.arange(len(source)) - first + before[placed]

        cells = np.bincount(source * len(REASONS) + walk.status, minlength=grown.size)
        self._counts = grown + cells.reshape(grown.shape)
        return source, ordinal

    def adopt(self, rows: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """protocols.KernelDecoder.adopt_sources."""
        named = np.flatnonzero(rows["length"])
        words = np.zeros((len(named), 2), np.uint64)
        words[:, 0] = np.ascontiguousarray(rows["address"][named]).view(np.uint64)[:, 0]
        words[:, 1] = rows["length"][named]
        ids = np.zeros(len(rows), np.int64)
        ids[named] = all_known(self._known.adopt(words)) + 1
        grown = self._grown()
        before = grown.sum(axis=1)[ids]
        grown[ids] += rows["counts"]
        self._counts = grown
        return ids.astype(np.int32), before

    def table(self) -> NDArray[Any]:
        """protocols.DecoderLike.sources."""
        words = self._known.keys()
        table = np.zeros(len(words) + 1, SOURCE)
        table["address"][1:] = words[:, :1].copy().view(np.uint8)
        table["length"][1:] = words[:, 1]
        table["counts"] = self._counts
        return table

    def load(self, table: NDArray[Any]) -> bool:
        """Know these, where nothing is known yet; False if that cannot be."""
        counts = table["counts"]
        words = np.zeros((max(len(table) - 1, 0), 2), np.uint64)
        words[:, 0], words[:, 1] = table["address"][1:].copy().view(np.uint64)[:, 0], table["length"][1:]
        fits = len(table) > 0 and not (table["address"][0].any() or table["length"][0]) and words[:, 1].all()
        if not fits or (counts < 0).any() or (counts > MOST_COUNTED).any():
            return False
        if not self._known.load(words, ANY_STREAM, words[:0], words[:0]):
            return False
        self._counts = counts.copy()
        return True

    def _grown(self) -> NDArray[np.int64]:
        """The counts, with room for all that are known by now."""
        grown = np.zeros((self.count, len(REASONS)), np.int64)
        grown[: len(self._counts)] = self._counts
        return grown


def all_known(ids: Ints) -> Ints:
    """These numbers; MemoryError if one is none."""
    if (ids < 0).any():
        raise MemoryError("decoder: no number for more streams or sources")
    return ids
