"""Which gaps lie where our own side dropped frames, and so say nothing about the sender.

After a drop, each stream's next record is the first behind it, and a gap that shows there is ours. Bounded: OURS_MOST
places, whatever the traffic.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .dataclass import replace
from .kernel.border import MAX_STREAMS
from .model import Gaps
from .sink import Block, Sink
from .track import Findings

OURS_MOST = 1 << 16  # places where we dropped that are remembered, for each stream


class OwnDrops(Sink):
    """Tell it of each drop (`lost`), just before the block behind it is taken."""

    def __init__(self) -> None:
        self._after: list[NDArray[np.int64]] = []  # numbers of the frames that came first, by stream, after a drop
        self._count = 0
        self._seen = np.zeros(MAX_STREAMS, np.bool_)  # streams that sent something since the last drop
        self._open = 0  # how many of the streams known then have not
        self._streams = 0

    def lost(self) -> None:
        """Frames were dropped here."""
        self._seen[:] = False
        self._open = self._streams

    def take(self, block: Block) -> None:
        """Of each stream that has not sent since the last drop: its first frame, in which a gap is ours."""
        records = block.records
        if not records.count:
            return
        streams = records.stream[: records.count]
        self._streams = max(self._streams, int(streams.max()) + 1)
        if not self._open:
            return
        rows = np.flatnonzero(~self._seen[streams])
        if not len(rows):
            return
        new, at = np.unique(streams[rows], return_index=True)
        self._seen[new] = True
        self._open -= len(new)
        if self._count < OURS_MOST:
            self._after.append(records.row[rows[at]].astype(np.int64) + block.frames.first)
            self._count += len(new)

    def marked(self, gaps: Gaps, findings: Findings) -> Gaps:
        """The gaps of these findings, with what is ours said of each and of all."""
        after = np.concatenate([*self._after, np.zeros(0, np.int64)])
        ours = findings.gaps[np.isin(findings.gaps["frame"], after)]
        if not len(ours):
            return gaps
        frames = frozenset(ours["frame"].tolist())
        listed = tuple(replace(gap, ours=True) if gap.frame in frames else gap for gap in gaps.listed)
        return replace(gaps, listed=listed, ours=int(findings.missing.left(ours).sum()))
