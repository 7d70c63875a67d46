"""A part of a plain capture: the records that begin in a range of its bytes, read without what comes before.

    part = read_part(read, span, form, frames, engine)    # rows in `frames`, and where they lie
    part.begin, part.end    # where its first record begins, and where what follows the last one does

Where the first record begins is a guess, unless the span says it; how packets are to be read is `form`, which the part
before may have changed. So a part counts only if the one before, all of it, ends at `begin` and with that same form. It
ends early (not `whole`) at anything but a packet and at all that is wrong: the code that puts parts together reads on
from `end`, with a Cursor. So nothing is ever said of damage here, and no guess shows in a result.

Positions are indexes into the buffer, offsets those of the input; `origin` is the offset of buf[0].
"""

from __future__ import annotations

from collections.abc import Callable

from seqcheck.capture.form import Form, Indexer
from seqcheck.capture.slots import ROWS
from seqcheck.dataclass import dataclass
from seqcheck.kernel.border import FULL, MAX_BLOCK, MORE, Frames, new_totals

TAIL = 1 << 12  # bytes behind the range that are read with it: the last record mostly ends there
ROOM = MAX_BLOCK + 16  # bytes behind the range that a last record takes at most

ReadAt = Callable[[int, memoryview], int]
"""Fills the view from an offset of the input on; how much of it, less only where the input ends. OSError where that
cannot be."""


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
    begin: int
    end: int
    origin: int
    whole: bool


def read_part(read: ReadAt, span: Span, form: Form, frames: Frames, indexer: Indexer) -> Part:
    """The part, in `frames`, whose buffer has ROOM bytes more than the span. OSError if it cannot be read."""
    frames.count, frames.totals = 0, new_totals()
    buf, origin, size = frames.buf, span.begin, span.end - span.begin
    view = memoryview(buf)
    stop = read(origin, view[: min(size + TAIL, len(buf))])
    pos = 0 if span.known else form.seek(indexer, buf, (0, min(size, stop), stop), origin)
    if pos < 0:
        return Part(span=span, form=form, begin=-1, end=-1, origin=origin, whole=False)
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
            more = read(origin + stop, view[stop:])
            if not more:
                break
            stop += more
    whole = why == MORE and pos >= size
    return Part(span=span, form=form, begin=begin + origin, end=pos + origin, origin=origin, whole=whole)


def _append(frames: Frames, one: Frames) -> None:
    """A row more."""
    at = frames.count
    if at == frames.capacity:
        frames.grow(ROWS)
    for name in ("off", "cap", "wire", "ns", "link"):
        getattr(frames, name)[at] = getattr(one, name)[0]
    frames.count += 1
