"""Records of one point, of which other points keep the same ones: a hash of the number decides (Duffield and
Grossglauser, "Trajectory sampling for direct traffic observation", 2000).

A sink. Memory is bounded: where there are too many, the bar for the hash is halved, and those above it go; of the two
points' samples, those below the lower bar are in both. Of fewer, the first bytes of the record are kept too. Costs a
few array operations a block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..kernel.border import A_FRAME, Program
from ..kernel.portable.extent import extent
from ..layout import compile as compile_layout
from ..sink import Block, Sink, stored
from ..track.hashing import mixed

if TYPE_CHECKING:
    from ..layout import Layout

MOST = 1 << 15  # records
WITH_PAYLOAD = 1 << 11  # of these, those whose first bytes are kept
ENOUGH = 16  # records of each turn of the counter
PREFIX = 64  # bytes of a record
MACS = 12  # bytes of link-layer addresses, which a router changes
SHORT = 256  # values of a counter
ALL = 0xFFFFFFFFFFFFFFFF
RECORD_SEEN = np.dtype(
    [("stream", "<i4"), ("seq", "<u8"), ("frame", "<i8"), ("record", "<i8"), ("ns", "<i8"), ("hash", "<u8")]
)  # `record` counts all records of the point


def is_short(layout: Layout) -> bool:
    """Whether it has a counter of few values, of records whose bytes are theirs alone: contents tell its rounds apart
    (rounds.py)."""
    return 0 < layout.counted <= SHORT and not layout.covers


class Sample(Sink):
    """`payloads` are the hash and the first bytes of some of the records, by `record`; `layout` is the one in use;
    `most` is how many records a frame has held at most."""

    def __init__(self) -> None:
        self.layout: Layout | None = None
        self.payloads: dict[int, tuple[int, bytes]] = {}
        self.most = 1
        self._program: Program | None = None
        self._parts: list[NDArray[Any]] = []
        self._count = self._records = 0
        self._bar = self._payload_bar = ALL

    def begin(self, layouts: Sequence[Layout]) -> None:
        """The layout is known: points have one."""
        (layout,) = layouts
        self.layout, self._program = layout, compile_layout(layout)

    def replace(self, seen: NDArray[Any], numbers: NDArray[np.int64]) -> None:
        """All records of the point (contents.SEEN[n]) have these numbers: the sample is taken of them, with the hashes
        of their contents for their bytes."""
        seq = numbers.astype(np.uint64)
        hashes = mixed(seq)
        self._bar = self._payload_bar = ALL
        at = np.arange(len(seen))
        while len(at) > MOST:
            self._bar >>= 1
            at = at[hashes[at] <= np.uint64(self._bar)]
        rows = np.zeros(len(at), RECORD_SEEN)
        for name in ("stream", "frame", "ns"):
            rows[name] = seen[name][at]
        rows["seq"], rows["record"], rows["hash"] = seq[at], at, hashes[at]
        self._parts, self._count = [rows], len(rows)
        few = rows[np.argsort(rows["hash"], kind="stable")][:WITH_PAYLOAD]
        contents = seen["content"][few["record"]]
        self.payloads = {
            record: (hashed, content.to_bytes(8, "big") if content else b"")
            for record, hashed, content in zip(
                *(few[name].tolist() for name in ("record", "hash")), contents.tolist(), strict=True
            )
        }

    @property
    def rows(self) -> NDArray[Any]:
        """RECORD_SEEN[n]: all that were kept, in order of arrival."""
        self._join()
        return self._parts[0]

    def set_back(self) -> int:
        """ns: by how much the clock was set back at most, as far as the sample shows."""
        times = self.rows["ns"]
        return int((np.maximum.accumulate(times) - times).max(initial=0))

    def dense(self, turn: int) -> bool:
        """Whether the sample follows a counter of `turn` values (0: 2**64) round and round."""
        return self._bar == ALL or not turn or turn * self._bar >= ENOUGH << 64

    def take(self, block: Block) -> None:
        """Keep those of its records that are below the bar."""
        records, frames = block.records, block.frames
        if self.layout is None or not records.count:
            return
        if self.layout.several:
            self.most = max(self.most, int(np.bincount(records.row[: records.count] - block.low).max()))
        if is_short(self.layout):
            return
        hashes = mixed(records.seq[: records.count])
        at = np.flatnonzero(hashes <= np.uint64(self._bar))
        while len(at) > MOST:  # of one block
            self._bar >>= 1
            at = at[hashes[at] <= np.uint64(self._bar)]
        rows = np.empty(len(at), RECORD_SEEN)
        place = records.row[at].astype(np.int64)
        rows["stream"], rows["seq"], rows["hash"] = records.stream[at], records.seq[at], hashes[at]
        rows["frame"], rows["record"], rows["ns"] = place + frames.first, at + self._records, frames.ns[place]
        self._parts.append(rows)
        self._count += len(rows)
        while self._count > MOST:
            self._thin()
        for each in at[hashes[at] <= np.uint64(min(self._payload_bar, self._bar))].tolist():
            if hashes[each] <= self._payload_bar:
                self._keep(block, each, int(hashes[each]))
        self._records += records.count

    def _keep(self, block: Block, which: int, hashed: int) -> None:
        """The first bytes of one of the block's records."""
        assert self._program is not None
        rows = block.records.row[: block.records.count]
        frame = stored(block.frames, int(rows[which]))
        found = extent(
            frame.data, frame.wire, frame.link, self._program, which - int(np.searchsorted(rows, rows[which]))
        )
        if found is None:
            return
        start = found.start + (MACS if self._program.anchor == A_FRAME else 0)
        self.payloads[self._records + which] = (hashed, frame.data[start : min(found.stop, start + PREFIX)])
        while len(self.payloads) > WITH_PAYLOAD and self._payload_bar:
            self._payload_bar >>= 1
            self.payloads = {at: each for at, each in self.payloads.items() if each[0] <= self._payload_bar}

    def _thin(self) -> None:
        """Fewer, by half of the numbers."""
        self._join()
        self._bar >>= 1
        left = self._parts[0][self._parts[0]["hash"] <= np.uint64(self._bar)]
        if not self._bar:
            left = left[:0]
        self._parts, self._count = [left], len(left)

    def _join(self) -> None:
        self._parts = [np.concatenate([np.zeros(0, RECORD_SEEN), *self._parts])]
