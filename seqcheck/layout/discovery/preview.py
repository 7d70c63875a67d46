"""The first values that a layout reads, stream by stream, with the bytes that they come from."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.kernel.border import RECORD, SEQ, Frames, Program, RecordColumns
from seqcheck.kernel.portable.digits import extent, is_digits, label_of
from seqcheck.kernel.portable.examine import examine, following
from seqcheck.kernel.portable.frame import position
from seqcheck.kernel.portable.moves import content, is_ber
from seqcheck.kernel.protocols import Kernel
from seqcheck.layout.model import HERE, Layout, Pieces, Word
from seqcheck.layout.program import compile
from seqcheck.layout.spread import decoder_of

AROUND = 4  # bytes shown before the first and after the last one that is read
APART = 24  # bytes between two that are read, from which on they are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A record: its frame's number, the sequence number, and pieces of the payload: offset of the first byte, and for
    each byte its value and what reads it: "seq", "stream", "magic" or nothing."""

    frame: int
    seq: int
    pieces: tuple[tuple[int, tuple[tuple[int, str], ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A stream: its row of the decoder's keys(), how many records it has in the sample, and the first of them."""

    key: Any
    records: int
    first: tuple[Value, ...]


def preview(frames: Frames, layout: Layout, kernel: Kernel, *, streams: int, values: int) -> list[Stream]:
    """The first `values` records of each of the first `streams` streams."""
    records = RecordColumns(frames.count)
    program = compile(layout)
    decoder = decoder_of(kernel, layout) if layout.each else kernel.Decoder(program)
    decoder.decode(frames, 0, frames.count, records)
    keys = decoder.keys()
    stream: NDArray[np.int32] = records.stream[: records.count]
    found = []
    for number in range(min(streams, len(keys))):
        mine = np.flatnonzero(stream == number)
        shown = mine[:values]
        rows = records.row[: records.count]
        within = shown - np.searchsorted(rows, rows[shown])  # which one of its frame
        places = zip(rows[shown].tolist(), within.tolist(), strict=True)
        first = [_value(frames, row, nth, layout, program) for row, nth in places]
        found.append(Stream(key=keys[number : number + 1], records=len(mine), first=tuple(first)))
    return found


def _value(frames: Frames, row: int, nth: int, layout: Layout, program: Program) -> Value:
    """Of the nth record in the frame of that row, from 0 on."""
    data, wire, link = frames.one(row)
    seen = examine(data, wire, link, program)
    seen = next(islice(following(data, program, seen), nth - 1, None)) if nth else seen
    assert seen.status == RECORD
    read: dict[int, str] = {}
    seq = [layout.seq] if isinstance(layout.seq, Word) else layout.seq.words if isinstance(layout.seq, Pieces) else []
    magic = [match.word for match in layout.matches]
    streams = [word for word in layout.streams if isinstance(word, Word)]
    begin = HERE if layout.each and not layout.moves else 0  # then offsets count from the record
    for name, words in (("magic", magic), ("stream", streams), ("seq", seq)):
        for word in words:
            read |= dict.fromkeys(_bytes(position(seen.place, begin + word.offset), word), name)
    for field in filter(is_ber, program.fields):
        name = "seq" if field["role"] == SEQ else "stream"
        read |= dict.fromkeys(content(data, seen.place, int(field["value"])), name)
    for field in filter(is_digits, program.fields):
        read |= dict.fromkeys(extent(data, seen.place, field, label_of(program)), "seq")
    return Value(frame=frames.first + row, seq=seen.seq, pieces=tuple(_pieces(data, seen.place.start, read)))


def _bytes(at: int, word: Word) -> range:
    return range(at, at + word.width)


def _pieces(data: bytes, start: int, read: dict[int, str]) -> list[tuple[int, tuple[tuple[int, str], ...]]]:
    """The bytes that are read, with some around them; what lies far between is left out."""
    wanted = sorted(read)
    groups: list[list[int]] = [[wanted[0], wanted[0]]]
    for at in wanted[1:]:
        if at - groups[-1][1] > APART:
            groups.append([at, at])
        groups[-1][1] = at
    found = []
    for low, high in groups:
        first = max(low - AROUND, start)
        last = min(high + AROUND, len(data) - 1)
        found.append((first - start, tuple((data[at], read.get(at, "")) for at in range(first, last + 1))))
    return found
