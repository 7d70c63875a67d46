"""A part as a value, small enough to be sent from one machine to another.

    parts = read_packed(engine, program, read_at, span, form)    # where the bytes are
    unpacking = Unpacking(engine)                                # where the capture is put together
    frames = unpacking.frames(part, adoption, restore)

All that the capture's own pipeline asks of the frames comes with it: times and records, packed; totals; and where every
STRIDE-th frame lies. The bytes stay where they were read, until somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from seqcheck.capture.evidence import STRIDE
from seqcheck.capture.form import Form
from seqcheck.capture.part import ROOM, Part, ReadAt, Span, read_part
from seqcheck.capture.read_ahead import PART_ROWS
from seqcheck.dataclass import dataclass
from seqcheck.decode.decoded import Adoption, Ahead, Apart, Decoded
from seqcheck.kernel.border import Expected, Frames, Program, RecordColumns
from seqcheck.kernel.protocols import Kernel, KernelDecoder

PIECE = 4 << 20  # bytes of a part that are read, and later worked on, at once
_NOWHERE = np.zeros(0, np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedPart:
    """`count` frames, as `part` says.

    totals   int64[6]: as in border.Frames, of these frames
    off      int64[n]: of rows 0, STRIDE, 2 * STRIDE, ...: where in the part's buffer they begin
    cap      uint32[n]: of the same, how many bytes were captured
    decoded  what the decoder did not know before
    packed   times and records (kernel/portable/packed.py)
    """

    part: Part
    count: int
    totals: NDArray[np.int64]
    off: NDArray[np.int64]
    cap: NDArray[np.uint32]
    decoded: Decoded
    packed: bytes

    @property
    def size(self) -> int:
        """Bytes, about."""
        known = self.decoded.streams.nbytes + self.decoded.sources.nbytes
        return len(self.packed) + self.off.nbytes + self.cap.nbytes + known


def read_packed(engine: Kernel, program: Program, read: ReadAt, span: Span, form: Form) -> list[PackedPart]:
    """The records that begin in the span, in pieces, in order; none where none was found. OSError if it cannot be
    read."""
    return list(_pieces(engine, program, read, span, form))


def _pieces(engine: Kernel, program: Program, read: ReadAt, span: Span, form: Form) -> Iterator[PackedPart]:
    apart, expected = Apart(engine, program), Expected()
    frames, records = Frames(PART_ROWS), RecordColumns(PART_ROWS)
    frames.buf = np.empty(min(PIECE, span.end - span.begin) + ROOM, np.uint8)
    at, known = span.begin, span.known
    while at < span.end:
        end = min(at + PIECE, span.end)
        part = read_part(read, Span(begin=at, end=end, known=known), form, frames, engine)
        if frames.count:
            if len(records.row) < frames.capacity:
                records = RecordColumns(frames.capacity)
            decoded, rows = apart.decode(frames, records), slice(0, frames.count, STRIDE)
            expected.make_room(*apart.known)
            yield PackedPart(
                part=part,
                count=frames.count,
                totals=frames.totals,
                off=frames.off[rows].copy(),
                cap=frames.cap[rows].copy(),
                decoded=decoded,
                packed=engine.pack(frames, records, expected),
            )
        known = part.whole
        at = part.end if known else end


class Unpacking:
    """Parts as frames again, one at a time, in memory that is used again."""

    def __init__(self, engine: Kernel) -> None:
        self._engine = engine
        self._frames, self._records = Frames(PART_ROWS), RecordColumns(PART_ROWS)

    def frames(self, packed: PackedPart, adoption: Adoption, expected: Expected, read: ReadAt) -> Frames:
        """Their times, and where every STRIDE-th lies; their records are unpacked when they are taken. `expected` is
        what was learned from the parts before, of the same decoder; `read` gives the bytes, should they be needed."""
        frames = self._frames
        at = self._fill(packed)
        if len(self._records.row) < frames.capacity:
            self._records = RecordColumns(frames.capacity)

        def unpack(records: RecordColumns) -> None:
            known = packed.decoded
            expected.make_room(known.known + len(known.streams), int(known.ids[-1]) + 1)
            self._engine.unpack(packed.packed, at, packed.count, records, expected)

        frames.decoded = AheadPacked(packed.decoded, adoption, self._records, unpack, lambda: self._bring(packed, read))
        return frames

    def _fill(self, packed: PackedPart) -> int:
        """Put what is known of the frames into the columns; where in the packed bytes the records begin."""
        frames, count = self._frames, packed.count
        frames.count, frames.buf, frames.totals = 0, _NOWHERE, packed.totals
        if frames.capacity < count:
            frames.grow(count - frames.capacity)
        at = self._engine.unpack_times(packed.packed, frames)
        if frames.count != count:
            raise ValueError("a part of other frames")
        frames.off[:count:STRIDE], frames.cap[:count:STRIDE] = packed.off, packed.cap
        return at

    def _bring(self, packed: PackedPart, read: ReadAt) -> None:
        """All columns, and the bytes; frames without any where the file was changed meanwhile."""
        part, frames = packed.part, self._frames
        span = Span(begin=part.begin, end=part.span.end, known=True)
        frames.buf = np.zeros(span.end - span.begin + ROOM, np.uint8)
        try:
            read_part(read, span, part.form, frames, self._engine)
        except OSError:
            frames.count = 0
        if frames.count != packed.count:
            self._fill(packed)
            frames.buf = np.zeros(ROOM, np.uint8)
            for column in (frames.off, frames.cap, frames.wire):
                column[: packed.count] = 0


class AheadPacked(Ahead):
    """Records that are unpacked when they are taken. Of the frames, `restore` brings the bytes and all columns."""

    def __init__(
        self,
        decoded: Decoded,
        adoption: Adoption,
        records: RecordColumns,
        unpack: Callable[[RecordColumns], None],
        restore: Callable[[], None],
    ) -> None:
        super().__init__(decoded, adoption, records)
        self._unpack, self._restore, self._restored = unpack, restore, False

    def take(self, decoder: KernelDecoder, engine: Kernel) -> RecordColumns | None:
        """As Ahead."""
        if not self.adoption.fits(self.decoded, decoder):
            return None
        self._unpack(self.records)
        return super().take(decoder, engine)

    def leave(self) -> None:
        """As Ahead."""
        super().leave()
        if not self._restored:
            self._restore()
            self._restored = True
