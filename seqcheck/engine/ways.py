"""How many records came by either of two redundant paths, by the mark that the frames themselves carry: the LAN of a
PRP trailer, the path of an HSR tag (IEC 62439-3). A sink, for layouts that read such a mark; for all others there is
nothing to count.

PRP: the last six bytes of a frame are sequence number, LAN (4 bits: 0xA or 0xB) with size, and the suffix 0x88fb. HSR:
after the ethertype 0x892f come the path (4 bits, the last of which is 0 for A and 1 for B) with size, and the number.
Frames that were cut lack a trailer and are on neither. Costs a few NumPy operations a block; memory is two counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..kernel.border import Frames
from ..layout import Layout
from ..saved import Saved
from ..sink import Block, Sink
from ..wire.link import ETHERNET, TAG, TAGS, TYPE_AT

PRP, HSR, R_TAG = 0x88FB, 0x892F, 0xF1C1
HSR_TAG = 6  # bytes after the ethertype, with the one that follows
Lanes = NDArray[np.int8]  # of each record: 0 for A, 1 for B, -1 if there is no mark
Reads = Callable[[Frames, NDArray[np.int64]], Lanes]


class Ways(Sink):
    """`counts`: records that came by A and by B."""

    def __init__(self) -> None:
        self._lanes: Reads | None = None
        self._counts = np.zeros(2, np.int64)

    def begin(self, layouts: Sequence[Layout]) -> None:
        """Frames of these layouts will come; of several, those of the first that has a mark count."""
        self._lanes = next(filter(None, map(mark_of, layouts)), None)

    def save(self, into: Saved) -> None:
        """The counts."""
        into.put("counts", self._counts)

    def load(self, saved: Saved) -> None:
        """What was saved; ValueError if that cannot be."""
        counts = saved.rows("counts", np.int64)
        if len(counts) != 2 or (counts < 0).any():
            raise ValueError("counts of ways")
        self._counts = counts

    @property
    def counts(self) -> tuple[int, int] | None:
        """None if the layout reads no such mark."""
        return None if self._lanes is None else (int(self._counts[0]), int(self._counts[1]))

    def take(self, block: Block) -> None:
        """The records of a block."""
        records = block.records
        if self._lanes is not None and records.count:
            lanes = self._lanes(block.frames, records.row[: records.count].astype(np.int64))
            self._counts += np.bincount(lanes[lanes >= 0], minlength=2)


def by_design(layout: Layout) -> bool:
    """Whether the sender of such frames sends them over two paths: PRP, HSR, 802.1CB's R-TAG."""
    return mark_of(layout) is not None or (layout.anchor == "eth" and layout.selector == R_TAG)


def mark_of(layout: Layout) -> Reads | None:
    """How the frames of a layout tell their way, None if they do not."""
    for match in layout.matches:
        word = match.word
        whole = match.equal and word.big and word.bits == 16 and word.mask == word.full
        if whole and match.value == PRP and word.offset == -2:
            return prp
        if whole and match.value == HSR and layout.anchor == "frame":
            return hsr
    return hsr if layout.anchor == "eth" and layout.selector == HSR else None


def prp(frames: Frames, rows: NDArray[np.int64]) -> Lanes:
    """By the trailer of whole frames."""
    captured = frames.cap[rows].astype(np.int64)
    fits = (captured == frames.wire[rows]) & (captured >= 20)
    at = frames.off[rows] + captured
    suffix = _word(frames, np.where(fits, at - 2, 0))
    return _lanes(frames, np.where(fits, at - 4, 0), fits & (suffix == PRP), (0xA, 0xB))


def hsr(frames: Frames, rows: NDArray[np.int64]) -> Lanes:
    """By the tag, behind any VLAN tags."""
    captured, at = frames.cap[rows].astype(np.int64), frames.off[rows] + TYPE_AT[ETHERNET][0]
    last = frames.off[rows] + captured - HSR_TAG - 2  # where the ethertype may stand at most
    fits = (at <= last) & (frames.link[rows] == ETHERNET)
    at = np.where(fits, at, 0)
    while (tagged := fits & np.isin(_word(frames, at), TAGS)).any():
        fits &= ~tagged | (at + TAG <= last)
        at = np.where(fits, at + TAG * tagged, 0)
    return _lanes(frames, at + 2, fits & (_word(frames, at) == HSR), (0, 1))


def _lanes(frames: Frames, at: NDArray[np.int64], fits: NDArray[np.bool_], marks: tuple[int, int]) -> Lanes:
    nibble = frames.buf[np.where(fits, at, 0)] >> 4
    mark = nibble if marks == (0xA, 0xB) else nibble & 1
    a, b = marks
    return np.where(fits & (mark == a), 0, np.where(fits & (mark == b), 1, -1)).astype(np.int8)


def _word(frames: Frames, at: NDArray[np.int64]) -> NDArray[np.int64]:
    result: NDArray[np.int64] = (frames.buf[at].astype(np.int64) << 8) | frames.buf[at + 1]
    return result
