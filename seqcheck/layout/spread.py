"""Layouts of which a frame may hold several records: `step=WORD`, where a record covers as many numbers as that word
says, and `each=AMOUNT`, if records follow one another.

    decoder = decoder_of(kernel, layout)    # the kernel's own, where a frame holds one record

With `each` the kernel's decoder finds all records (portable/chain.py); `Chained` gives it room for as many. With
`step=WORD`, `Covering` is a decoder over two of the kernel's: one reads the number and one the word; both ask the same
of a frame, so that they find the same frames at the same places. A frame covers the numbers from its own on, none where
the word is 0 (a heartbeat: it is a record, and gives no number); more than MOST_COVERED is no count, and its frame no
record (MAGIC). Records are in the order of frames, and of their places in them.

Whoever calls takes few frames at a time (`portions`), since each may give very many records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import (
    MAGIC,
    REASONS,
    RECORD,
    Frames,
    RecordColumns,
)
from seqcheck.kernel.protocols import DecoderLike, Kernel
from seqcheck.layout.joined import Names, grown
from seqcheck.layout.model import MOST_COVERED, Layout, Sets
from seqcheck.layout.program import compile, covering
from seqcheck.layout.sets import Exporters

BYTES_AT_ONCE = 1 << 19  # of frames; with `each` a frame has no more records than captured bytes
ROWS_AT_ONCE, ROWS_COVERING = 1 << 14, 512  # frames; those that may each cover MOST_COVERED numbers
_COLUMNS = ("row", "stream", "seq", "source", "ordinal")
Columns = dict[str, NDArray[Any]]


def decoder_of(engine: Kernel, layout: Layout) -> DecoderLike:
    """What reads this layout's records."""
    if layout.each:
        return Chained(engine, layout)
    return Covering(engine, layout) if layout.covers else engine.Decoder(compile(layout))


def portions(frames: Frames, low: int, high: int, layouts: Sequence[Layout]) -> Iterator[tuple[int, int]]:
    """Rows low..high-1, in stretches of so few rows and, unless it is one row, bytes, that their records of these
    layouts are not too many."""
    rows = ROWS_COVERING if any(layout.covers for layout in layouts) else ROWS_AT_ONCE
    ends = np.cumsum(frames.cap[low:high], dtype=np.int64)
    while low < high:
        left = high - low
        before = int(ends[-left - 1]) if left < len(ends) else 0
        fit = int(np.searchsorted(ends[-left:], before + BYTES_AT_ONCE, "right"))
        end = low + max(1, min(fit, rows))
        yield low, end
        low = end


class Chained:
    """protocols.DecoderLike, of one layout. `cut` of its frames with records were not captured whole: others may have
    been behind what was."""

    def __init__(self, engine: Kernel, layout: Layout) -> None:
        self.cut = 0
        self._layouts = (layout,)
        self._decoder = engine.Decoder(compile(layout))
        self._spare = RecordColumns(0)

    def decode(self, frames: Frames, low: int, high: int, records: RecordColumns) -> None:
        """protocols.DecoderLike.decode."""
        found: list[Columns] = []
        for begin, end in portions(frames, low, high, self._layouts):
            room = max(ROWS_AT_ONCE + int(frames.cap[begin:end].sum()), BYTES_AT_ONCE, frames.capacity)
            if len(self._spare.row) < room:
                self._spare = RecordColumns(room)  # of which only what is used takes memory
            self._decoder.decode(frames, begin, end, self._spare)
            found.append({name: getattr(self._spare, name)[: self._spare.count].copy() for name in _COLUMNS})
            held = self._spare.status[begin:end] == RECORD
            self.cut += int(np.count_nonzero(held & (frames.cap[begin:end] < frames.wire[begin:end])))
            records.status[begin:end] = self._spare.status[begin:end]
        if len(found) == 1:
            records.take(found[0])
        elif found:
            records.take({name: np.concatenate([each[name] for each in found]) for name in _COLUMNS})
        else:
            records.count = 0

    def admit(self, which: int) -> None:
        """protocols.DecoderLike.admit."""
        self._decoder.admit(which)

    def keys(self) -> NDArray[Any]:
        """protocols.DecoderLike.keys."""
        return self._decoder.keys()

    def sources(self) -> NDArray[Any]:
        """protocols.DecoderLike.sources."""
        return self._decoder.sources()


def frames_cut(decoder: DecoderLike) -> int:
    """Frames of which records may be missing, since they were not captured whole; 0 for what reads one record a
    frame."""
    return decoder.cut if isinstance(decoder, Chained) else 0


class Covering:
    """protocols.DecoderLike, of one layout."""

    def __init__(self, engine: Kernel, layout: Layout) -> None:
        self._layout = layout
        self._decoder, self._counted = engine.Decoder(compile(layout)), counts_of(engine, layout)
        self._spare = RecordColumns(0)
        self._moved = np.zeros((1, len(REASONS)), np.int64)  # frames of each source that were counted elsewhere
        self._names = Names(1)
        self._there: list[int] = []  # of our streams: the one in the decoder, which also has those without a number

    def decode(self, frames: Frames, low: int, high: int, records: RecordColumns) -> None:
        """protocols.DecoderLike.decode."""
        if len(self._spare.row) < frames.capacity:
            self._spare = RecordColumns(frames.capacity)
        records.take(self._covered(frames, low, high, records.status[low:high]))

    def admit(self, which: int) -> None:
        """protocols.DecoderLike.admit."""
        self._decoder.admit(which)

    def keys(self) -> NDArray[Any]:
        """protocols.DecoderLike.keys."""
        return self._decoder.keys()[np.array(self._there, np.int64)]

    def sources(self) -> NDArray[Any]:
        """protocols.DecoderLike.sources."""
        table = self._decoder.sources()
        table["counts"][: len(self._moved)] += self._moved
        return table

    def _covered(self, frames: Frames, low: int, high: int, status: NDArray[np.uint8]) -> Columns:
        spare = self._spare
        self._decoder.decode(frames, low, high, spare)
        found: Columns = {name: getattr(spare, name)[: spare.count].copy() for name in _COLUMNS}
        status[:] = spare.status[low:high]
        count = self._counted(frames, found["row"], found["stream"])
        wrong = count > MOST_COVERED
        self._move(found["source"][wrong], np.full(int(wrong.sum()), RECORD), MAGIC)
        status[found["row"][wrong] - low] = MAGIC
        kept = ~wrong & (count > 0)
        found, many = {name: column[kept] for name, column in found.items()}, count[kept].astype(np.int64)
        found["stream"] = self._named(found["stream"])
        within = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
        made = {name: np.repeat(column, many) for name, column in found.items()}
        made["seq"] += within.astype(np.uint64)
        if isinstance(self._layout.covers, Sets) and self._layout.covers.last:
            made["seq"] -= np.repeat(count[kept], many) - np.uint64(1)
        if self._layout.counted:
            made["seq"] %= np.uint64(self._layout.counted)
        return made

    def _named(self, streams: NDArray[np.int32]) -> NDArray[np.int32]:
        """Our ids of the decoder's streams; new ones come in the order of records."""
        ids = self._names.of(np.zeros(len(streams), np.int32), streams)
        for at in np.flatnonzero(ids < 0).tolist():
            stream = int(streams[at])
            if self._names.one(0, stream) < 0:
                self._names.put(0, stream, len(self._there))
                self._there.append(stream)
            ids[at] = self._names.one(0, stream)
        return ids

    def _move(self, sources: NDArray[Any], before: NDArray[Any], now: int) -> None:
        """Frames of these sources count as `now`, not as `before`."""
        if not len(sources):
            return
        self._moved = grown(self._moved, int(sources.max()) + 1)
        np.subtract.at(self._moved, (sources, before), 1)
        np.add.at(self._moved, (sources, np.full(len(sources), now)), 1)


Counts = Callable[[Frames, NDArray[Any], NDArray[Any]], NDArray[np.uint64]]


def counts_of(engine: Kernel, layout: Layout) -> Counts:
    """How many numbers frames cover: asked of rows, which are records, and their streams; in order, each once."""
    if isinstance(layout.covers, Sets):
        return Exporters(layout).counts
    decoder, spare = engine.Decoder(covering(layout)), RecordColumns(0)

    def counts(frames: Frames, rows: NDArray[Any], streams: NDArray[Any]) -> NDArray[np.uint64]:
        nonlocal spare
        if len(spare.row) < frames.capacity:
            spare = RecordColumns(frames.capacity)
        if not len(rows):
            return np.zeros(0, np.uint64)
        low = int(rows[0])
        decoder.decode(frames, low, int(rows[-1]) + 1, spare)
        count = np.zeros(int(rows[-1]) + 1 - low, np.uint64)
        count[spare.row[: spare.count] - low] = spare.seq[: spare.count]
        asked: NDArray[np.uint64] = count[rows - low]
        return asked

    return counts
