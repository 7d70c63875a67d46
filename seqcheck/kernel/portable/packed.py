"""What the tracker needs of a block as few bytes, for another thread or another machine to unpack; what native/packed.c
must equal, byte for byte.

The form
========
A number is written seven bits to a byte, the lowest first, with the highest bit where more follow; a difference d
(modulo 2**64, as a signed number) as the number 2d, or -2d - 1 where it is negative.

    times       how many rows; the first time, as a difference from 0; where there are more rows, a byte: the width of a
                step (0, 1, 2, 4) plus 16 where all times are whole microseconds apart, not backwards (then steps are in
                microseconds). Width 0: one difference, which is every step. Else each step in so many bytes, little
                endian; one that is as large as fits, or larger, is that value, and the whole step in nanoseconds is a
                difference behind all steps, in order
    statuses    runs: how many rows * 16 + the status
    records     where one is not as expected: how many before it were * 16 + what was not (1 stream, 2 number, 4 source,
                8 ordinal); the stream and the source, if they were not; the differences of number and ordinal, if there
                are any. At the end: how many were * 16

A record's row is that of the frame with status RECORD. Expected (border.Expected) is the stream that followed the last
one's stream last time, its next number, the source of its last record, and that source's next frame. The width is that
which takes least, where a step beyond it counts as 10 bytes more, and the smaller one of two that take as much.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

import numpy as np

from seqcheck.kernel.border import REASONS, RECORD, Expected, Frames, RecordColumns

_ALL, _LOW = 1 << 64, (1 << 64) - 1
_STREAM, _SEQ, _SOURCE, _ORDINAL = 1, 2, 4, 8
_THOUSANDS = 16
_MORE = 10  # bytes that a step beyond the width counts as


def pack(frames: Frames, records: RecordColumns, expected: Expected) -> bytes:
    """border.Kernel.pack."""
    count = records.count
    status = records.status[: frames.count]
    if not np.array_equal(np.flatnonzero(status == RECORD), records.row[:count]):
        raise ValueError("pack: a record without a row of its own")
    out = bytearray(_number(frames.count)) + _times(frames.ns[: frames.count].tolist())
    for value, run in groupby(status.tolist()):
        out += _number(len(list(run)) << 4 | value)
    right = 0
    columns = (records.stream, records.seq, records.source, records.ordinal)
    for stream, seq, source, ordinal in zip(*(column[:count].tolist() for column in columns), strict=True):
        off, more = 0, b""
        if stream != expected.after[expected.last[0]]:
            if not 0 <= stream < len(expected.after):
                raise ValueError("pack: a stream that there is no room for")
            off, more = _STREAM, _number(stream)
        if source != expected.source[stream]:
            if not 0 <= source < len(expected.ordinal):
                raise ValueError("pack: a source that there is no room for")
            off, more = off | _SOURCE, more + _number(source)
        for flag, value, guess in ((_SEQ, seq, expected.seq[stream]), (_ORDINAL, ordinal, expected.ordinal[source])):
            if value != int(guess):
                off, more = off | flag, more + _number(_folded(value - int(guess)))
        if off:
            out += _number(right << 4 | off) + more
        right = 0 if off else right + 1
        _expect(expected, stream, seq, source, ordinal)
    return bytes(out + _number(right << 4))


def unpack_times(data: bytes, frames: Frames) -> int:
    """border.Kernel.unpack_times."""
    reader = _Reader(data, 0)
    count = reader.number()
    if count > frames.capacity:
        raise ValueError("unpack: more rows than there is room for")
    frames.ns[:count] = np.array(list(_read_times(reader, count)), np.uint64).view(np.int64)
    frames.count = count
    return reader.at


def unpack(data: bytes, at: int, frames: int, records: RecordColumns, expected: Expected) -> None:
    """border.Kernel.unpack."""
    reader, row = _Reader(data, at), 0
    while row < frames:
        run = reader.number()
        status, count = run & 15, run >> 4
        if not 0 < count <= frames - row or status >= len(REASONS):
            raise ValueError("unpack: statuses of other frames")
        records.status[row : row + count] = status
        row += count
    rows = np.flatnonzero(records.status[:frames] == RECORD)
    if len(rows) > len(records.row):
        raise ValueError("unpack: more records than there is room for")
    records.row[: len(rows)], records.count, n = rows, len(rows), 0
    while True:
        number = reader.number()
        off = number & 15
        for flags in [0] * min(number >> 4, len(rows) - n + 1) + ([off] if off else []):
            stream = reader.number() if flags & _STREAM else int(expected.after[expected.last[0]])
            if n == len(rows) or stream >= len(expected.after):
                raise ValueError("unpack: a record too many, or of a stream that there is no room for")
            source = reader.number() if flags & _SOURCE else int(expected.source[stream])
            if source >= len(expected.ordinal):
                raise ValueError("unpack: a record of a source that there is no room for")
            seq = (int(expected.seq[stream]) + (reader.difference() if flags & _SEQ else 0)) % _ALL
            ordinal = int(expected.ordinal[source]) + (reader.difference() if flags & _ORDINAL else 0)
            records.stream[n], records.source[n], records.seq[n] = stream, source, seq
            records.ordinal[n] = _signed(ordinal)
            _expect(expected, stream, seq, source, ordinal)
            n += 1
        if not off:
            break
    if n != len(rows) or reader.at != len(data):
        raise ValueError("unpack: records of other frames")


class _Reader:
    """Numbers, one after the other; ValueError if they break off."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self.at = data, at

    def bytes(self, count: int) -> bytes:
        taken = self._data[self.at : self.at + count]
        if len(taken) < count:
            raise ValueError("unpack: it breaks off")
        self.at += count
        return taken

    def number(self) -> int:
        value = 0
        for shift in range(0, 64, 7):
            (byte,) = self.bytes(1)
            value |= (byte & 127) << shift
            if byte < 128:
                return value & _LOW
        raise ValueError("unpack: a number that does not end")

    def difference(self) -> int:
        value = self.number()
        return value >> 1 ^ -(value & 1)


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _signed(value: int) -> int:
    return (value + (1 << 63)) % _ALL - (1 << 63)


def _folded(difference: int) -> int:
    value = _signed(difference)
    return 2 * value if value >= 0 else -2 * value - 1


def _times(times: list[int]) -> bytes:
    if not times:
        return b""
    first = _number(_folded(times[0]))
    steps = [(after - before) % _ALL for before, after in pairwise(times)]
    if not steps:
        return first
    forward = all(after >= before for before, after in pairwise(times))
    unit = 1000 if forward and not any(step % 1000 for step in steps) else 1
    units = [step // unit for step in steps]
    mark = _THOUSANDS if unit == 1000 else 0
    if len(set(units)) == 1:
        return first + bytes([mark]) + _number(_folded(units[0]))
    costs = {width: width * len(times) + _MORE * sum(each >= _most(width) for each in units) for width in (1, 2, 4)}
    width = min(costs, key=lambda each: (costs[each], each))
    most = _most(width)
    short = b"".join(min(each, most).to_bytes(width, "little") for each in units)
    long = b"".join(_number(_folded(step)) for step, each in zip(steps, units, strict=True) if each >= most)
    return first + bytes([mark | width]) + short + long


def _most(width: int) -> int:
    return (1 << 8 * width) - 1


def _read_times(reader: _Reader, count: int) -> Iterator[int]:
    """As unsigned numbers."""
    if not count:
        return
    now = reader.difference() % _ALL
    yield now
    if count == 1:
        return
    (form,) = reader.bytes(1)
    unit, width = 1000 if form & _THOUSANDS else 1, form & 15
    if width not in (0, 1, 2, 4):
        raise ValueError("unpack: times in another form")
    if not width:
        step = reader.difference() * unit
        yield from ((now + step * n) % _ALL for n in range(1, count))
        return
    short = reader.bytes(width * (count - 1))
    for at in range(0, len(short), width):
        step = int.from_bytes(short[at : at + width], "little")
        now = (now + (step * unit if step < _most(width) else reader.difference())) % _ALL
        yield now


def _expect(expected: Expected, stream: int, seq: int, source: int, ordinal: int) -> None:
    expected.after[expected.last[0]] = stream
    expected.last[0] = stream
    expected.seq[stream], expected.source[stream] = (seq + 1) % _ALL, source
    expected.ordinal[source] = _signed(ordinal + 1)
