"""The selected frames of a capture (selection.py): a source, like the reader.

Other rows are skipped, so the rest is read as if no other frame had been captured, except that frames keep their
numbers. Reading ends after the last frame that can be selected.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, SeqcheckError, UsageError
from ..kernel.border import Frames
from ..linux import bpf
from ..model import Capture
from ..sink import Store
from ..wire.bpf import Instruction, matches
from .selection import Selection, nanoseconds, said

if TYPE_CHECKING:
    from . import CaptureReader

ETHERNET = 1


class Selected:
    """Iterate once, or again after `rewind`. UsageError at once where the expression does not parse or nothing can
    compile it."""

    def __init__(self, reader: CaptureReader, selection: Selection) -> None:
        self._reader, self._selection = reader, selection
        self._programs: dict[int, list[Instruction]] = {}
        self._refused: UsageError | None = None
        if selection.where:
            self._programs[ETHERNET] = bpf.offline(selection.where, ETHERNET)
        self._begin: int | None = None
        self._end: int | None = None
        self._start()

    def _start(self) -> None:
        self._timed = False
        self._read = self._frames = self._bytes = self._cut = 0
        self._first: int | None = None
        self._last: int | None = None

    def rewind(self) -> None:
        """CaptureReader.rewind."""
        self._reader.rewind()
        self._start()

    @property
    def store(self) -> Store:
        """Gives single frames again."""
        return self._reader.store

    @property
    def dropped(self) -> int | None:
        """What the capturing side says it has lost so far."""
        return self._reader.dropped

    def __iter__(self) -> Iterator[tuple[Frames, int, int]]:
        first, last = self._selection.frames or (1, None)
        for frames, low, high in self._reader:
            if low == high:
                yield frames, low, high
                continue
            self._settle_times(frames, low)
            if last is not None and frames.first + low > last:
                return
            from_row = max(low, first - frames.first)
            to_row = high if last is None else min(high, last + 1 - frames.first)
            self._read = frames.first + (high if last is None else to_row) - 1
            if from_row >= to_row:
                yield frames, low, low
                continue
            for begin, end in self._runs(frames, from_row, to_row):
                self._count(frames, begin, end)
                yield frames, begin, end

    def capture(self) -> Capture:
        """What was selected."""
        reader, timed = self._reader, self._reader.first_ns is not None
        return Capture(
            inputs=reader.inputs,
            frames=self._frames,
            bytes=self._bytes,
            first_ns=self._first if timed else None,
            last_ns=self._last if timed else None,
            dropped=reader.dropped,
            cut_frames=self._cut,
            damage=reader.damage,
            selected=f"{self._selection.words} ({self._frames:,} of {self._read:,} frames)",
        )

    def refusal(self) -> SeqcheckError | None:
        """Why nothing was selected, where a link layer that the expression does not suit is the reason, or the time."""
        if self._frames or self._refused is not None:
            return None if self._frames else self._refused
        first, last, asked = self._reader.first_ns, self._reader.last_ns, self._selection
        if first is None or last is None or (asked.start is None and asked.end is None):
            return None
        inputs = ", ".join(self._reader.inputs)
        return InputError(
            f"{inputs}: the selection matches no frame: {asked.words} (0 of {self._read:,} frames)",
            hint=f"The frames are from {said(first)} to {said(last)}.",
        )

    def _settle_times(self, frames: Frames, low: int) -> None:
        """Times that count from the first frame, now that it is here."""
        if not self._timed:
            first, asked = int(frames.ns[low]), self._selection
            self._begin = None if asked.start is None else nanoseconds("start", asked.start, first)
            self._end = None if asked.end is None else nanoseconds("end", asked.end, first)
            self._timed = True

    def _runs(self, frames: Frames, low: int, high: int) -> Iterator[tuple[int, int]]:
        """Stretches of low..high-1 that are asked for; an empty one if there are none."""
        wanted = np.ones(high - low, np.bool_)
        if self._begin is not None:
            wanted &= frames.ns[low:high] >= self._begin
        if self._end is not None:
            wanted &= frames.ns[low:high] < self._end
        if self._selection.where:
            rows = np.flatnonzero(wanted)
            wanted[rows] = self._taken(frames, rows + low)
        rows = np.flatnonzero(wanted)
        if not len(rows):
            yield low, low
            return
        ends = np.flatnonzero(np.diff(rows) > 1)
        begins = [rows[0], *rows[ends + 1]]
        for begin, end in zip(begins, [*rows[ends], rows[-1]], strict=True):
            yield low + int(begin), low + int(end) + 1

    def _taken(self, frames: Frames, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """What the expression takes of these rows."""
        links = frames.link[rows]
        taken = np.zeros(len(rows), np.bool_)
        for link in np.unique(links).tolist():
            if link not in self._programs:
                self._programs[link] = self._compiled(link)
            mine = links == link
            taken[mine] = matches(self._programs[link], frames, rows[mine])
        return taken

    def _compiled(self, link: int) -> list[Instruction]:
        try:
            return bpf.offline(self._selection.where, link)
        except UsageError as error:  # as with `ether` where frames have no such header
            self._refused = error
            return []

    def _count(self, frames: Frames, low: int, high: int) -> None:
        if high <= low:
            return
        ns, wire = frames.ns[low:high], frames.wire[low:high]
        self._frames += high - low
        self._bytes += int(wire.sum(dtype=np.int64))
        self._cut += int(np.count_nonzero(frames.cap[low:high] < wire))
        first, last = int(ns.min()), int(ns.max())
        self._first = first if self._first is None else min(self._first, first)
        self._last = last if self._last is None else max(self._last, last)
