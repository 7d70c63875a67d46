"""A whole live capture as pcapng, written as it comes, with a comment on each frame with a problem.

A frame gets its comment if the problem is known when its block was tracked: that is everything but what a restart
decides later. Every block is written immediately and whole.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from numpy.typing import NDArray

from seqcheck.interfaces.evidence_file import RawFile
from seqcheck.kernel.border import DUPLICATE, GAP, LATE, RESTART
from seqcheck.sink import Block, Sink, stored
from seqcheck.wire import pcapng

PIECE = 1 << 16  # bytes of a write, about


class Annotated(Sink):
    """A sink. Writes to `out`; `program` names who wrote it, `name` where the frames came from. OSError if that
    fails."""

    def __init__(self, out: RawFile, *, program: str, name: str) -> None:
        self._out, self._name = out, name
        self._links: dict[int, int] = {}
        self._end = 0  # the last frame that was written
        self._said: defaultdict[int, list[str]] = defaultdict(list)
        self._out.write(pcapng.section_block(program=program))

    def found(self, rows: NDArray[Any], block: Block) -> None:
        """Note what is to be said of frames of this block."""
        first = block.frames.first + block.low
        for row in rows:
            if int(row["frame"]) >= first and (text := said(row)):
                self._said[int(row["frame"])].append(text)

    def settle(self, block: Block) -> None:
        """Write its frames."""
        parts, size = [], 0
        low = max(block.low, self._end + 1 - block.frames.first)  # the last block is settled twice
        for row in range(low, block.high):
            frame = stored(block.frames, row)
            if frame.link not in self._links:
                self._links[frame.link] = len(self._links)
                parts.append(pcapng.interface_block(link=frame.link, name=self._name))
            comment = "; ".join(self._said.pop(block.frames.first + row, ()))
            part = pcapng.packet_block(
                frame.ns, frame.data, wire=frame.wire, interface=self._links[frame.link], comment=comment
            )
            parts.append(part)
            size += len(part)
            if size >= PIECE:
                self._out.write(b"".join(parts))
                parts, size = [], 0
        if parts:
            self._out.write(b"".join(parts))
        self._said.clear()
        self._end = max(self._end, block.frames.first + block.high - 1)


def said(row: Any) -> str:
    """A row of EVENT in words, empty if it is about no fault of a frame."""
    kind, seq = int(row["kind"]), int(row["seq"])
    if kind == DUPLICATE:
        apart = ""
        if row["e_record"] >= 0:
            apart = f", {int(row['record'] - row['e_record']):,} records after frame {int(row['e_frame'])}"
        return f"seqcheck: number {seq} again{apart}"
    if kind == GAP:
        return f"seqcheck: {int(row['a']):,} missing before this one, from number {seq} on"
    if kind == LATE:
        return f"seqcheck: number {seq} came late"
    return f"seqcheck: the sender restarted at {seq}" if kind == RESTART else ""
