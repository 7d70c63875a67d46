"""Who reads parts ahead of the capture's own cursor: threads of this process, or tasks elsewhere (tasks.py).

Parts are taken in the order in which they were asked for. What was read with one decoder shares an Adoption.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seqcheck.capture.form import Form
from seqcheck.capture.part import ROOM, Part, ReadAt, Span, read_part
from seqcheck.capture.plan import Plan
from seqcheck.capture.threads import Threads, Within
from seqcheck.dataclass import dataclass
from seqcheck.decode.decoded import Adoption, Ahead, Apart
from seqcheck.kernel.border import Frames, Program, RecordColumns
from seqcheck.kernel.protocols import Kernel

PART_ROWS = 1 << 16  # frames of a part that there is room for at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A part that was read.

    count     frames
    totals    int64[6]: as in border.Frames, of these frames
    adoption  that of the decoder that read it
    frames    gives them, with their records (Frames.decoded); called once, in order
    """

    part: Part
    count: int
    totals: NDArray[np.int64]
    adoption: Adoption
    frames: Callable[[], Frames]


class Coming(Protocol):
    """What will have been read."""

    def get(self) -> list[Read]:
        """Wait for it, once: parts that follow one another, none where no record was found."""

    def release(self) -> None:
        """Nothing of it is used any more."""


class Readers(Protocol):
    """`count` of them read at once."""

    @property
    def count(self) -> int: ...

    def submit(self, span: Span, form: Form) -> Coming:
        """Have that read."""


class Desk:
    """What one thread works with: its own decoder, columns and buffer."""

    def __init__(self, engine: Kernel, program: Program) -> None:
        self.apart, self.adoption = Apart(engine, program), Adoption()
        self.frames, self.records = Frames(PART_ROWS), RecordColumns(PART_ROWS)

    def renew(self, engine: Kernel, program: Program) -> None:
        """Another decoder."""
        self.apart, self.adoption = Apart(engine, program), Adoption()


class ByThreads:
    """Readers that are threads of this process. What a thread has read stays with it, and is worked on by it: what one
    processor writes, and another one reads or writes next, costs as much as all the work on it."""

    def __init__(self, plan: Plan, threads: Threads, desks: dict[int, Desk], read: ReadAt) -> None:
        """`desks` are those of the threads, which they keep from capture to capture."""
        self._plan, self._threads, self._desks, self._read = plan, threads, desks, read

    @property
    def count(self) -> int:
        """Threads."""
        return self._threads.count

    def submit(self, span: Span, form: Form) -> Coming:
        """Have it read by the next thread that is free."""
        return self._threads.submit(lambda number, within: self._work((number, within), span, form))

    def _work(self, thread: tuple[int, Within], span: Span, form: Form) -> list[Read]:
        """What a thread does."""
        plan, (number, within) = self._plan, thread
        desk = self._desks.get(number)
        if desk is None:
            desk = self._desks[number] = Desk(plan.engine, plan.program)
        if not desk.adoption.good:
            desk.renew(plan.engine, plan.program)
        frames, records, adoption = desk.frames, desk.records, desk.adoption
        size = span.end - span.begin + ROOM
        if len(frames.buf) < size:
            frames.buf = np.empty(size, np.uint8)
        try:
            part = read_part(self._read, span, form, frames, plan.engine)
        except OSError:  # the next reader there will say so
            return []
        if not frames.count:
            return []
        if len(records.row) < frames.capacity:
            records = desk.records = RecordColumns(frames.capacity)
        frames.decoded = Ahead(desk.apart.decode(frames, records), adoption, records)
        frames.within = within
        return [Read(part=part, count=frames.count, totals=frames.totals, adoption=adoption, frames=lambda: frames)]
