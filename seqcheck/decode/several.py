"""Several layouts: a frame is a record of the first that it fits.

`Several` is a decoder like those of the kernels. It holds one decoder for each layout, and one more that knows every
frame's source. Each sees all frames, so sources and ordinals are the same for all; what an earlier layout took is left
out of the later ones. Streams of different layouts are different streams, in order of their first record. A frame that
fits no layout has the status of the first layout, unless it may well be a record of another (cut, too many streams).
Each layout costs one more pass over the frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernel.border import (
    CUT,
    NO_SOURCE,
    REASONS,
    RECORD,
    STREAM_KEY,
    STREAMS,
    Frames,
    RecordColumns,
)
from ..kernel.protocols import DecoderLike, Kernel
from ..layout import Layout
from ..layout.joined import Names, grown
from ..layout.program import EVERY_FRAME
from ..layout.spread import decoder_of, frames_cut

_COLUMNS = ("row", "stream", "seq", "source", "ordinal")


class Several:
    """protocols.DecoderLike. `which` is the layout of each stream, by its place among `layouts`."""

    def __init__(self, engine: Kernel, layouts: Sequence[Layout]) -> None:
        self._decoders: list[DecoderLike] = [decoder_of(engine, layout) for layout in layouts]
        self._everything = engine.Decoder(EVERY_FRAME)
        self._spare = [RecordColumns(0) for _ in layouts]
        self._sources = RecordColumns(0)
        self._names = Names(len(layouts))
        self._which = np.zeros(0, np.int32)  # of our streams: the decoder,
        self._there = np.zeros(0, np.int32)  # and the stream in it
        self._counts = np.zeros((1, len(REASONS)), np.int64)  # by source

    @property
    def which(self) -> NDArray[np.int32]:
        """Row = stream id."""
        return self._which

    @property
    def cut(self) -> int:
        """As of spread.Chained, of all layouts."""
        return sum(map(frames_cut, self._decoders))

    def decode(self, frames: Frames, low: int, high: int, records: RecordColumns) -> None:
        """protocols.DecoderLike.decode."""
        self._make_room(frames.capacity)
        taken = np.zeros(high - low, np.bool_)
        found: list[dict[str, NDArray[Any]]] = []
        status = records.status[low:high]
        for number, (decoder, spare) in enumerate(zip(self._decoders, self._spare, strict=True)):
            decoder.decode(frames, low, high, spare)
            told = spare.status[low:high]
            status[:] = np.where(np.isin(told, (CUT, STREAMS)), told, status) if number else told
            rows = spare.row[: spare.count] - low
            mine = np.flatnonzero(~taken[rows])
            taken |= told == RECORD
            columns = {name: getattr(spare, name)[: spare.count][mine] for name in _COLUMNS}
            found.append({**columns, "decoder": np.full(len(mine), number, np.int32)})
        status[taken] = RECORD
        merged = {name: np.concatenate([each[name] for each in found]) for name in (*_COLUMNS, "decoder")}
        order = np.argsort(merged["row"], kind="stable")
        merged = {name: column[order] for name, column in merged.items()}
        merged["stream"] = self._named(merged["decoder"], merged["stream"])
        records.take(merged)
        self._count(frames, low, high, status)

    def admit(self, which: int) -> None:
        """protocols.DecoderLike.admit."""
        for decoder in self._decoders:
            decoder.admit(which)

    def keys(self) -> NDArray[Any]:
        """protocols.DecoderLike.keys."""
        keys = np.zeros(len(self._which), STREAM_KEY)
        for number, decoder in enumerate(self._decoders):
            mine = self._which == number
            keys[mine] = decoder.keys()[self._there[mine]]
        return keys

    def sources(self) -> NDArray[Any]:
        """protocols.DecoderLike.sources."""
        table = self._everything.sources()
        table["counts"] = 0
        table["counts"][: len(self._counts)] = self._counts
        return table

    def _make_room(self, capacity: int) -> None:
        if len(self._sources.row) < capacity:
            self._spare = [RecordColumns(capacity) for _ in self._decoders]
            self._sources = RecordColumns(capacity)

    def _named(self, decoders: NDArray[np.int32], streams: NDArray[np.int32]) -> NDArray[np.int32]:
        """Our ids of these decoders' streams; those that are new get the next ones, in the order of their records."""
        ids = self._names.of(decoders, streams)
        if len(new := np.flatnonzero(ids < 0)):
            code = decoders[new].astype(np.int64) << 32 | streams[new]
            _, first, back = np.unique(code, return_index=True, return_inverse=True)
            rank = np.empty(len(first), np.int64)
            rank[np.argsort(first)] = np.arange(len(first))
            ids[new] = len(self._which) + rank[back]
            at = new[np.sort(first)]
            self._which = np.concatenate([self._which, decoders[at]])
            self._there = np.concatenate([self._there, streams[at]])
            for number in range(len(self._decoders)):
                mine = new[decoders[new] == number]
                self._names.put(number, streams[mine], ids[mine])
        return ids

    def _count(self, frames: Frames, low: int, high: int, status: NDArray[np.uint8]) -> None:
        """What became of each source's frames."""
        told = self._sources
        self._everything.decode(frames, low, high, told)
        source = np.full(high - low, NO_SOURCE, np.int64)
        source[told.row[: told.count] - low] = told.source[: told.count]
        counts = grown(self._counts, int(source.max(initial=0)) + 1)
        cells = np.bincount(source * len(REASONS) + status, minlength=counts.size)
        self._counts = counts + cells.reshape(counts.shape)
