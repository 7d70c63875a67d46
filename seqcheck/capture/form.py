"""How the packets of a capture are read: a value, so that it can be passed to the reader of another part.

Walkers use it for what is read in order, parts (part.py) for a stretch on its own. No I/O in here.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.kernel.border import INTERFACE, Frames, PcapRule

Bytes = NDArray[np.uint8]
_NONE: NDArray[Any] = np.zeros(0, INTERFACE)


class Indexer(Protocol):
    """What a kernel must offer to read captures (seqcheck.kernel.protocols.Kernel does)."""

    def index_pcap(
        self, buf: NDArray[np.uint8], start: int, stop: int, rule: PcapRule, frames: Frames
    ) -> tuple[int, int]: ...

    def index_pcapng(
        self, buf: NDArray[np.uint8], start: int, stop: int, big: bool, interfaces: NDArray[Any], frames: Frames
    ) -> tuple[int, int]: ...

    def seek_pcap(self, buf: NDArray[np.uint8], start: int, stop: int, end: int, rule: PcapRule) -> int: ...

    def seek_pcapng(self, buf: NDArray[np.uint8], start: int, stop: int, end: int, big: bool) -> int: ...


class Form(Protocol):
    """How the packets of a stretch are read. A value: equal ones read the same."""

    def walk(self, indexer: Indexer, buf: Bytes, start: int, stop: int, frames: Frames) -> tuple[int, int]:
        """As the kernel's index."""

    def seek(self, indexer: Indexer, buf: Bytes, place: tuple[int, int, int], offset: int) -> int:
        """The first record that begins in buf[start:stop], of which buf[:end] is known; -1: none. `place` is start,
        stop and end, `offset` that of start in the input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PcapForm:
    """Of a classic pcap."""

    rule: PcapRule

    def walk(self, indexer: Indexer, buf: Bytes, start: int, stop: int, frames: Frames) -> tuple[int, int]:
        low = frames.count
        reached = indexer.index_pcap(buf, start, stop, self.rule, frames)
        if self.rule.fcs:
            leave_out(frames, low, self.rule.fcs)
        return reached

    def seek(self, indexer: Indexer, buf: Bytes, place: tuple[int, int, int], offset: int) -> int:
        return indexer.seek_pcap(buf, *place, self.rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class PcapngForm:
    """Of the packet blocks of a section: its byte order, the rows of its `interfaces` as bytes, and the frame check
    sequences by link type."""

    big: bool
    interfaces: bytes
    fcs: tuple[tuple[int, int], ...]

    def walk(self, indexer: Indexer, buf: Bytes, start: int, stop: int, frames: Frames) -> tuple[int, int]:
        low = frames.count
        table: NDArray[Any] = np.frombuffer(self.interfaces, INTERFACE) if self.interfaces else _NONE
        reached = indexer.index_pcapng(buf, start, stop, self.big, table, frames)
        if self.fcs:
            of = np.zeros(1 << 16, np.uint8)
            for link, fcs in self.fcs:
                of[link] = fcs
            leave_out(frames, low, of[frames.link[low : frames.count]])
        return reached

    def seek(self, indexer: Indexer, buf: Bytes, place: tuple[int, int, int], offset: int) -> int:
        start, stop, end = place
        return indexer.seek_pcapng(buf, min(start + -offset % 4, stop), stop, end, self.big)


def leave_out(frames: Frames, low: int, fcs: int | NDArray[np.uint8]) -> None:
    """The frames from row `low` on without the frame check sequence at their end, as far as it was captured. `fcs` is
    its length, or one for each."""
    wire, cap = frames.wire[low : frames.count], frames.cap[low : frames.count]
    wire -= np.minimum(wire, np.asarray(fcs, np.uint32))
    np.minimum(cap, wire, out=cap)
