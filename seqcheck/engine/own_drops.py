"""Which gaps are where our own side dropped frames, and so say nothing about the sender.

After a drop, gaps of a stream are ours until it has continued with the number that was due: late or repeated numbers (a
stale slot) do not continue it, and may be alone between dropped numbers. No stream misses more there than frames were
dropped. Places are frame numbers, because blocks may wait until their layout is known. Bounded by OURS_MOST gaps and
places, whatever the traffic.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import replace
from ..kernel.border import DUPLICATE, EARLY, GAP, LATE, MAX_STREAMS, OUTLIER
from ..model import Gaps
from ..sink import Block, Sink
from ..track.tracker import Findings

OURS_MOST = 1 << 16
NOT_ON = (DUPLICATE, LATE, EARLY, OUTLIER)  # rows of records with which a stream does not go on


class OwnDrops(Sink):
    """Tell it of each drop (`lost`) before the block behind it is taken."""

    def __init__(self) -> None:
        self._places: deque[tuple[int, int]] = deque(maxlen=OURS_MOST)  # still to come: see `lost`
        self._ours: list[int] = []  # frames at which a gap shows that is ours
        self._open = np.zeros(MAX_STREAMS, np.bool_)  # streams that have not gone on since the last drop
        self._gone_on = np.zeros(MAX_STREAMS, np.int64)  # in which frame they may have, as far as is known; 0: in none
        self._number = np.zeros(MAX_STREAMS, np.uint64)  # with which number
        self._left = np.zeros(MAX_STREAMS, np.int64)  # numbers that a stream may still miss there
        self._still_open = 0
        self._streams = 0
        self._old: set[int] = set()  # frames with which a stream that is open did not go on

    def lost(self, number: int, count: int) -> None:
        """So many frames were dropped just before that one."""
        self._places.append((number, count))

    def take(self, block: Block) -> None:
        """Where something was dropped before it, each stream known by now has to go on first."""
        known = slice(self._streams)
        while self._places and self._places[0][0] < block.frames.first + block.high:
            _, count = self._places.popleft()
            self._left[known] = np.where(self._open[known], self._left[known], 0) + count
            self._open[known], self._gone_on[known] = True, 0
            self._still_open = self._streams
            self._old.clear()

    def found(self, rows: NDArray[Any], block: Block) -> None:
        """Judge the gaps of streams that are open."""
        if not self._still_open:
            return
        kinds = rows["kind"]
        self._old.update(rows["frame"][np.isin(kinds, NOT_ON)].tolist())
        gaps = rows[kinds == GAP]
        gaps = gaps[self._open[gaps["stream"]]]
        if not len(gaps):
            return
        records = _by_stream(block)
        names = ("stream", "frame", "a", "seq")
        for stream, frame, count, first in zip(*(gaps[name].tolist() for name in names), strict=True):
            if not self._open[stream] or count > self._left[stream] or self._went_on(records, stream, frame, first):
                self._close(stream)
                continue
            self._left[stream] -= count
            self._old.add(frame)
            if len(self._ours) < OURS_MOST:
                self._ours.append(frame)

    def settle(self, block: Block) -> None:
        """Close what has gone on: with a record of an earlier block that is not known as an old one by now."""
        records = block.records
        if not records.count:
            return
        streams = records.stream[: records.count]
        self._streams = max(self._streams, int(streams.max()) + 1)
        if not self._still_open:
            return
        here = self._open[streams]
        frames = records.row[: records.count][here].astype(np.int64) + block.frames.first
        streams = streams[here]
        old = np.fromiter(self._old, np.int64, len(self._old))
        new = ~np.isin(frames, old)
        each, at, counts = np.unique(streams[new], return_index=True, return_counts=True)
        before = self._gone_on[each]
        before[np.isin(before, old)] = 0
        closed = each[counts + (before > 0) > 1]  # one alone may still turn out to be ahead of its time
        self._open[closed] = False
        self._still_open -= len(closed)
        none = before == 0
        self._gone_on[each[none]] = frames[new][at[none]]
        self._number[each[none]] = records.seq[: records.count][here][new][at[none]]

    def marked(self, gaps: Gaps, findings: Findings) -> Gaps:
        """The gaps of these findings, with what is ours said of each and of all."""
        ours = findings.gaps[np.isin(findings.gaps["frame"], np.array(self._ours, np.int64))]
        if not len(ours):
            return gaps
        frames = frozenset(ours["frame"].tolist())
        listed = tuple(replace(gap, ours=True) if gap.frame in frames else gap for gap in gaps.listed)
        return replace(gaps, listed=listed, ours=int(findings.missing.left(ours).sum()))

    def _close(self, stream: int) -> None:
        self._still_open -= int(self._open[stream])
        self._open[stream] = False

    def _went_on(self, records: _Sorted, stream: int, frame: int, first: int) -> bool:
        """Whether the number before `first`, the first one missing, came behind the drop and before that frame."""
        if self._gone_on[stream] and int(self._number[stream]) + 1 == first:
            return int(self._gone_on[stream]) not in self._old
        streams, frames, numbers = records
        low, high = np.searchsorted(streams, (stream, stream + 1))
        at = low + np.flatnonzero(numbers[low:high] == np.uint64(max(first - 1, 0)))
        return any(number < frame and number not in self._old for number in frames[at].tolist())


_Sorted = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.uint64]]


def _by_stream(block: Block) -> _Sorted:
    """The records' streams in order, their frames, their numbers."""
    records = block.records
    streams = records.stream[: records.count]
    order = np.argsort(streams, kind="stable")
    frames = records.row[: records.count][order].astype(np.int64) + block.frames.first
    return streams[order], frames, records.seq[: records.count][order]
