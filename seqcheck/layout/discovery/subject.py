"""What is searched: the frames of a sample, the kernel that reads them, and what is known of each frame beside that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import A_ETH, A_IP, A_TCP, A_UDP, Frames
from seqcheck.kernel.portable.walk import Walk
from seqcheck.kernel.protocols import Kernel


class Subject:
    """`identification` int64[n]: that of the frame's IPv4 header, -1 if there is none or it is 0, which many hosts
    write into packets that cannot be fragmented. `payload` int64[n, 2]: where that of UDP begins and ends in the frame;
    0 and 0 if there is none. `empty` bool[n]: a segment of TCP without payload, which has no room for a number."""

    __slots__ = ("empty", "frames", "identification", "kernel", "payload")

    def __init__(self, frames: Frames, kernel: Kernel) -> None:
        self.frames, self.kernel = frames, kernel
        self.identification = _identifications(frames)
        self.payload = _payloads(frames, A_UDP)
        first, end = _payloads(frames, A_TCP).T
        self.empty = (first == end) & (first > 0)


def _identifications(frames: Frames) -> NDArray[np.int64]:
    found = np.full(frames.count, -1, np.int64)
    network = Walk(frames, 0, frames.count)
    network.to_payload((A_ETH, -1, ()))
    walk = Walk(frames, 0, frames.count)
    walk.to_payload((A_IP, -1, ()))
    rows = np.flatnonzero((walk.status == 0) & (walk.key["version"] == 4) & (network.status == 0))
    at = frames.off[rows] + network.start[rows] + 4
    number = (frames.buf[at].astype(np.int64) << 8) | frames.buf[at + 1]
    found[rows] = np.where(number == 0, -1, number)
    return found


def _payloads(frames: Frames, anchor: int) -> NDArray[np.int64]:
    walk = Walk(frames, 0, frames.count)
    walk.to_payload((anchor, -1, ()))
    found = np.stack([walk.start, walk.stated], axis=1).astype(np.int64)
    found[walk.status != 0] = 0
    return found
