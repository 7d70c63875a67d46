"""Frames that the host merged before they were captured (GRO, LRO, a sender's TSO).

They are longer than any frame on the wire may be. To every capture program each is one frame with one number, so the
others look like missing numbers.
"""

from __future__ import annotations

import numpy as np

from ..sink import Block, Sink

HEADER = 14 + 2 * 4  # Ethernet with two VLAN tags: what an MTU does not count


class Merged(Sink):
    """Counts `frames` and `bytes` of those longer than `mtu` allows; 0: not known, none is."""

    def __init__(self, mtu: int) -> None:
        self.frames = self.bytes = 0
        self.mtu = mtu

    def take(self, block: Block) -> None:
        """Look at their lengths."""
        if not self.mtu:
            return
        wire = block.frames.wire[block.low : block.high]
        if int(wire.max(initial=0)) <= self.mtu + HEADER:
            return
        longer = wire[wire > self.mtu + HEADER]
        self.frames += len(longer)
        self.bytes += int(longer.sum(dtype=np.int64))
