"""Layouts of which a frame may hold several records: `step=WORD`, where a record covers as many numbers as that word
says, and `each=AMOUNT`, if records follow one another.

    decoder = decoder_of(kernel, layout)    # the kernel's own, where a frame holds one record

Where the payload tells the places of its records, the kernel's decoder finds them all; `Chained` gives it room.

`Spread` is a decoder like those of the kernels, over some of them. With `step=WORD` one reads the number and one the
word; both ask the same of a frame, so that they find the same frames at the same places. A frame covers the numbers
from its own on, none where the word is 0 (a heartbeat: it is a record, and gives no number); more than MOST_COVERED is
no count, and its frame no record (MAGIC). With `each` of so many bytes there is one for each place, up to MOST_PLACES;
a frame is a record if one of them finds one, and all records of a frame are behind the same headers, those of its
first. Records are in the order of frames, and of their places in them.

Whoever calls takes few frames at a time (ROWS_AT_ONCE), since each may give very many records.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import replace
from seqcheck.kernel.border import (
    MAGIC,
    MAX_STREAM_FIELDS,
    MOST_PLACES,
    REASONS,
    RECORD,
    STREAM_KEY,
    Frames,
    RecordColumns,
)
from seqcheck.kernel.protocols import DecoderLike, Kernel
from seqcheck.layout.joined import Names, grown
from seqcheck.layout.model import MOST_COVERED, Layout, Sets, Word
from seqcheck.layout.program import compile, covering
from seqcheck.layout.sets import Exporters

ROWS_AT_ONCE = 512
_COLUMNS = ("row", "stream", "seq", "source", "ordinal")
_HEADERS = STREAM_KEY.itemsize - 8 * MAX_STREAM_FIELDS  # bytes of a key before its fields
Columns = dict[str, NDArray[Any]]


def decoder_of(engine: Kernel, layout: Layout) -> DecoderLike:
    """What reads this layout's records."""
    if layout.chained:
        return Chained(engine, layout)
    return Spread(engine, layout) if layout.several else engine.Decoder(compile(layout))


class Chained:
    """protocols.DecoderLike, of one layout."""

    def __init__(self, engine: Kernel, layout: Layout) -> None:
        self._decoder = engine.Decoder(compile(layout))
        self._spare = RecordColumns(0)

    def decode(self, frames: Frames, low: int, high: int, records: RecordColumns) -> None:
        """protocols.DecoderLike.decode."""
        room = max(ROWS_AT_ONCE * MOST_PLACES, frames.capacity)
        if len(self._spare.row) < room:
            self._spare = RecordColumns(room)  # of which only what is used takes memory
        found: list[Columns] = []
        for begin in range(low, high, ROWS_AT_ONCE):
            end = min(begin + ROWS_AT_ONCE, high)
            self._decoder.decode(frames, begin, end, self._spare)
            found.append({name: getattr(self._spare, name)[: self._spare.count].copy() for name in _COLUMNS})
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


class Spread:
    """protocols.DecoderLike, of one layout."""

    def __init__(self, engine: Kernel, layout: Layout) -> None:
        self._engine, self._layout = engine, layout
        self._decoders = [engine.Decoder(compile(layout))]  # by place in the frame
        self._counted = counts_of(engine, layout) if layout.covers else None
        self._spare = RecordColumns(0)
        self._admission: int | None = None
        self._moved = np.zeros((1, len(REASONS)), np.int64)  # frames of each source that were counted elsewhere
        self._names = Names(1)
        self._keys: list[bytes] = []
        self._ids: dict[bytes, int] = {}
        self._flows: list[int] = []  # of each stream: the first one with the same headers

    def decode(self, frames: Frames, low: int, high: int, records: RecordColumns) -> None:
        """protocols.DecoderLike.decode."""
        if len(self._spare.row) < frames.capacity:
            self._spare = RecordColumns(frames.capacity)
        status = records.status[low:high]
        found = self._covered(frames, low, high, status) if self._counted else self._placed(frames, low, high, status)
        records.take(found)

    def admit(self, which: int) -> None:
        """protocols.DecoderLike.admit."""
        self._admission = which
        for decoder in self._decoders:
            decoder.admit(which)

    def keys(self) -> NDArray[Any]:
        """protocols.DecoderLike.keys."""
        return np.frombuffer(b"".join(self._keys), STREAM_KEY).copy()

    def sources(self) -> NDArray[Any]:
        """protocols.DecoderLike.sources."""
        table = self._decoders[0].sources()
        table["counts"][: len(self._moved)] += self._moved
        return table

    def _read(self, decoder: DecoderLike, frames: Frames, low: int, high: int) -> Columns:
        """What a kernel's decoder finds."""
        spare = self._spare
        decoder.decode(frames, low, high, spare)
        return {
            "status": spare.status[low:high].copy(),
            **{name: getattr(spare, name)[: spare.count].copy() for name in _COLUMNS},
        }

    def _covered(self, frames: Frames, low: int, high: int, status: NDArray[np.uint8]) -> Columns:
        assert self._counted is not None
        found = self._read(self._decoders[0], frames, low, high)
        status[:] = found.pop("status")
        count = self._counted(frames, found["row"], found["stream"])
        wrong = count > MOST_COVERED
        self._move(found["source"][wrong], np.full(int(wrong.sum()), RECORD), MAGIC)
        status[found["row"][wrong] - low] = MAGIC
        kept = ~wrong & (count > 0)
        found, many = {name: column[kept] for name, column in found.items()}, count[kept].astype(np.int64)
        found["stream"] = self._named(np.zeros(len(many), np.int32), found["stream"])
        within = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
        made = {name: np.repeat(column, many) for name, column in found.items()}
        made["seq"] += within.astype(np.uint64)
        if isinstance(self._layout.covers, Sets) and self._layout.covers.last:
            made["seq"] -= np.repeat(count[kept], many) - np.uint64(1)
        if self._layout.counted:
            made["seq"] %= np.uint64(self._layout.counted)
        return made

    def _placed(self, frames: Frames, low: int, high: int, status: NDArray[np.uint8]) -> Columns:
        found: list[Columns] = []
        longest = int(frames.cap[low:high].max(initial=0))
        for place in range(min(max(1, -(-longest // self._layout.stride)), MOST_PLACES)):
            if place == len(self._decoders):
                self._add_place()
            read = self._read(self._decoders[place], frames, low, high)
            told = read.pop("status")
            if place == 0:
                status[:] = told
            found.append({**read, "place": np.full(len(read["row"]), place, np.int32)})
        merged = {name: np.concatenate([each[name] for each in found]) for name in (*_COLUMNS, "place")}
        order = np.argsort(merged["row"], kind="stable")
        merged = {name: column[order] for name, column in merged.items()}
        merged["stream"] = self._named(merged.pop("place"), merged["stream"])
        merged = self._together(merged)
        rows, first = np.unique(merged["row"], return_index=True)
        new = status[rows - low] != RECORD
        self._move(merged["source"][first[new]], status[rows[new] - low], RECORD)
        status[rows - low] = RECORD
        return merged

    def _add_place(self) -> None:
        """One more record in a frame, after the last."""
        decoder = self._engine.Decoder(compile(moved(self._layout, len(self._decoders))))
        if self._admission is not None:
            decoder.admit(self._admission)
        self._decoders.append(decoder)
        self._names.add_decoder()

    def _named(self, places: NDArray[np.int32], streams: NDArray[np.int32]) -> NDArray[np.int32]:
        """Our ids of these decoders' streams; those of one key are one, and new ones come in the order of records."""
        ids = self._names.of(places, streams)
        tables: dict[int, bytes] = {}
        for at in np.flatnonzero(ids < 0).tolist():
            place, stream = int(places[at]), int(streams[at])
            if self._names.one(place, stream) < 0:
                if place not in tables:
                    tables[place] = self._decoders[place].keys().tobytes()  # as a whole, with its padding
                size = STREAM_KEY.itemsize
                self._names.put(place, stream, self._id_of(tables[place][stream * size : (stream + 1) * size]))
            ids[at] = self._names.one(place, stream)
        return ids

    def _id_of(self, key: bytes) -> int:
        if key not in self._ids:
            self._ids[key] = len(self._keys)
            self._keys.append(key)
            self._flows.append(self._ids.setdefault(key[:_HEADERS], len(self._flows)))
        return self._ids[key]

    def _together(self, merged: Columns) -> Columns:
        """Without records that are not after the headers of their frame's first."""
        rows = merged["row"]
        if not len(rows):
            return merged
        begins = np.concatenate([[True], rows[1:] != rows[:-1]])
        flow = np.array(self._flows, np.int64)[merged["stream"]]
        keep = flow == flow[begins][np.cumsum(begins) - 1]
        return {name: column[keep] for name, column in merged.items()}

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


def moved(layout: Layout, place: int) -> Layout:
    """The layout of the record at this place in the frame, the first being 0."""

    def there(word: Word) -> Word:
        return replace(word, offset=word.offset + place * layout.stride)

    seq = layout.seq
    assert isinstance(seq, Word)
    return replace(
        layout,
        seq=there(seq),
        streams=tuple(there(word) for word in layout.streams if isinstance(word, Word)),
        matches=tuple(replace(match, word=there(match.word)) for match in layout.matches),
        each=(),
    )
