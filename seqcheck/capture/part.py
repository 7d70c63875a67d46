"""A part of a plain capture: the records that begin in a range of its bytes, read without what comes before.

    part = read_part(file, span, form, frames, engine)
    part.begin, part.end    # where its first record begins, and where what follows the last one does

Where the first record begins is a guess, unless the span says it; how packets are to be read is `form`, which the part
before may have changed. So a part counts only if the one before, all of it, ends at `begin` and with that same form. It
ends early (not `whole`) at anything but a packet and at all that is wrong: whoever puts parts together reads on from
`end`, with a Cursor. So nothing is ever said of damage here, and no guess shows in a result.

Positions are indexes into the buffer, offsets those of the input; `origin` is the offset of buf[0].
"""

from __future__ import annotations

import os

from seqcheck.capture.form import Form, Indexer
from seqcheck.capture.slots import ROWS
from seqcheck.dataclass import dataclass
from seqcheck.kernel.border import FULL, MAX_BLOCK, MORE, Frames, new_totals

TAIL = 1 << 12  # bytes behind the range that are read with it: the last record mostly ends there
ROOM = MAX_BLOCK + 16  # bytes behind the range that a last record takes at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Offsets begin..end-1. `known`: a record begins at `begin`."""

    begin: int
    end: int
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The frames whose records begin in `span`, from `begin` on; -1 where no record was found. `end` is where the next
    record would begin, `origin` the offset of frames.buf[0]."""

    span: Span
    form: Form
    frames: Frames
    begin: int
    end: int
    origin: int
    whole: bool

    @classmethod
    def nothing(cls, span: Span, form: Form, frames: Frames) -> Part:
        """Where nothing could be read, or no record begins."""
        frames.count = 0
        return cls(span=span, form=form, frames=frames, begin=-1, end=-1, origin=span.begin, whole=False)


def read_part(file: tuple[int, int], span: Span, form: Form, frames: Frames, indexer: Indexer) -> Part:
    """The part, in `frames`, whose buffer has ROOM bytes more than the span. `file` is a descriptor, and where in it
    the capture's first byte lies. OSError where it cannot be read."""
    descriptor, base = file
    frames.count, frames.totals = 0, new_totals()
    buf, origin, size = frames.buf, span.begin, span.end - span.begin
    view = memoryview(buf)
    stop = read_at(descriptor, base + origin, view[: min(size + TAIL, len(buf))], 0)
    pos = 0 if span.known else form.seek(indexer, buf, (0, min(size, stop), stop), origin)
    if pos < 0:
        return Part.nothing(span, form, frames)
    begin = pos
    pos, why = form.walk(indexer, buf, pos, min(size, stop), frames)
    while why == FULL:
        frames.grow(ROWS)
        pos, why = form.walk(indexer, buf, pos, min(size, stop), frames)
    while why == MORE and pos < size:  # the last record goes on behind the range
        one = Frames(1)
        one.buf, one.totals = buf, frames.totals
        after, why = form.walk(indexer, buf, pos, stop, one)
        if one.count:
            _append(frames, one)
            pos, why = after, MORE
        elif why == MORE:
            before, stop = stop, read_at(descriptor, base + origin, view, stop)
            if stop == before:
                break
    whole = why == MORE and pos >= size
    return Part(span=span, form=form, frames=frames, begin=begin + origin, end=pos + origin, origin=origin, whole=whole)


def read_at(descriptor: int, offset: int, view: memoryview, stop: int) -> int:
    """Fill view[stop:] from the file, whose byte `offset` belongs at view[0]; how far it is filled."""
    while stop < len(view) and (got := os.preadv(descriptor, [view[stop:]], offset + stop)):
        stop += got
    return stop


def _append(frames: Frames, one: Frames) -> None:
    """A row more."""
    at = frames.count
    if at == frames.capacity:
        frames.grow(ROWS)
    for name in ("off", "cap", "wire", "ns", "link"):
        getattr(frames, name)[at] = getattr(one, name)[0]
    frames.count += 1
