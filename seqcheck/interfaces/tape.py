"""The most recent bytes of a live capture, up to a size, in one piece of memory that is written round and round.

A block of frames is copied as it lies in its buffer, including what is between its frames, because that costs a tenth
of taking each frame out; so a frame takes its length, 24 bytes of columns, and if it comes from an interface some 90
bytes of the kernel's. The oldest blocks make room for the newest. Memory that is never written to is never touched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.kernel.border import Frames
from seqcheck.wire import pcapng

LEAST = 4 << 20  # bytes: a part of it has room for the longest frame
PARTS = 4  # no block takes more than such a part of the memory
APART = 4096  # bytes between two frames from which on they are copied one by one
PIECE = 1 << 20  # bytes written at once, about
ROW = np.dtype([("at", "<u4"), ("cap", "<u4"), ("wire", "<u4"), ("link", "<u4"), ("ns", "<i8")])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Frames `first`... at memory[begin:end]: their bytes, then `count` of ROW, whose `at` counts from `begin`."""

    first: int
    count: int
    begin: int
    end: int


class Tape:
    """Room for `size` bytes. Holds `frames`."""

    def __init__(self, size: int) -> None:
        self.frames = 0
        self._memory = np.empty(max(size, LEAST), np.uint8)
        self._stretches: deque[_Stretch] = deque()
        self._at = 0  # where the next one begins

    def add(self, frames: Frames, low: int, high: int) -> None:
        """Rows low..high-1."""
        if high <= low:
            return
        pieces = _pieces(frames, low, high)
        size = sum(stop - start for start, stop in pieces)
        rows = (high - low) * ROW.itemsize
        if size + rows + 2 * ROW.itemsize > len(self._memory) // PARTS and high - low > 1:
            middle = (low + high) // 2
            self.add(frames, low, middle)
            self.add(frames, middle, high)
            return
        begin = self._room(size + rows + ROW.itemsize)
        at, off = begin, frames.off[low:high]
        places = np.empty(high - low, np.int64)
        for start, stop in pieces:
            self._memory[at : at + stop - start] = frames.buf[start:stop]
            inside = (off >= start) & (off < stop) if len(pieces) > 1 else slice(None)
            places[inside] = off[inside] - start + (at - begin)
            at += stop - start
        columns_at = at + -at % 8
        columns: NDArray[Any] = self._memory[columns_at : columns_at + rows].view(ROW)
        columns["at"] = places
        for name in ("cap", "wire", "link", "ns"):
            columns[name] = getattr(frames, name)[low:high]
        self._at = columns_at + rows
        self._stretches.append(_Stretch(first=frames.first + low, count=high - low, begin=begin, end=self._at))
        self.frames += high - low

    def written(self, *, program: str, name: str, comments: Mapping[int, str], about: str) -> Iterator[bytes]:
        """All of it as pcapng, in pieces of whole blocks; `comments` by the frames' numbers, `about` on the whole."""
        links: dict[int, int] = {}
        parts, size = [pcapng.section_block(program=program, comment=about)], 0
        for number, row, data in self._each():
            link = int(row["link"])
            if link not in links:
                links[link] = len(links)
                parts.append(pcapng.interface_block(link=link, name=name))
            parts.append(
                pcapng.packet_block(
                    int(row["ns"]), data, wire=int(row["wire"]), interface=links[link],
                    comment=comments.get(number, ""), number=number,
                )
            )  # fmt: skip
            size += len(parts[-1])
            if size >= PIECE:
                yield b"".join(parts)
                parts, size = [], 0
        if parts:
            yield b"".join(parts)

    def _each(self) -> Iterator[tuple[int, Any, bytes]]:
        for stretch in self._stretches:
            columns = self._memory[stretch.end - stretch.count * ROW.itemsize : stretch.end].view(ROW)
            for place, row in enumerate(columns):
                begin = stretch.begin + int(row["at"])
                yield stretch.first + place, row, self._memory[begin : begin + int(row["cap"])].tobytes()

    def _room(self, size: int) -> int:
        """Where that many bytes may be written, at a multiple of 8; what lies there is forgotten."""
        begin = self._at + -self._at % 8
        if begin + size > len(self._memory):
            while self._stretches and self._stretches[0].begin >= self._at:  # between here and the end
                self._forget()
            begin = 0
        while self._stretches and self._stretches[0].begin < begin + size and self._stretches[0].end > begin:
            self._forget()
        return begin

    def _forget(self) -> None:
        self.frames -= self._stretches.popleft().count


def _pieces(frames: Frames, low: int, high: int) -> list[tuple[int, int]]:
    """The stretches of `buf` in which these rows lie."""
    begins = frames.off[low:high]
    ends = begins + frames.cap[low:high]
    if not (begins[1:] >= ends[:-1]).all():  # several inputs, put in order
        order = np.argsort(begins, kind="stable")
        begins, ends = begins[order], ends[order]
    cuts = np.flatnonzero(begins[1:] - ends[:-1] > APART)
    starts = [int(begins[0]), *begins[cuts + 1].tolist()]
    stops = [*ends[cuts].tolist(), int(ends[-1])]
    return list(zip(starts, stops, strict=True))
