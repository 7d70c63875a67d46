"""What is searched: the frames of a sample, the kernel that reads them, and what is known of each frame beside that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import A_ETH, A_IP, A_TCP, A_UDP, Frames
from seqcheck.kernel.portable.walk import Walk
from seqcheck.kernel.protocols import Kernel

LINK = 12  # bytes of addresses


class Subject:
    """`identification` int64[n]: that of the frame's IPv4 header, -1 if there is none or it is 0, which many hosts
    write into packets that cannot be fragmented. `payload` int64[n, 2]: where that of UDP begins and ends in the frame;
    0 and 0 if there is none. `ports` int64[n, 2]: of UDP or TCP, source and target. `empty` bool[n]: a segment of TCP
    without payload, which has no room for a number."""

    __slots__ = ("_digest", "empty", "frames", "identification", "kernel", "payload", "ports")

    def __init__(self, frames: Frames, kernel: Kernel) -> None:
        self.frames, self.kernel = frames, kernel
        self.identification = _identifications(frames)
        self.payload, self.ports = _payloads(frames, A_UDP)
        (first, end), ports = (each.T for each in _payloads(frames, A_TCP))
        self.ports += ports.T
        self.empty = (first == end) & (first > 0)
        self._digest: NDArray[np.int64] | None = None

    @property
    def digest(self) -> NDArray[np.int64]:
        """int64[n]: equal for frames with the same bytes in the payload of UDP, or behind the addresses of the link; -1
        for a frame with bytes of its own."""
        if self._digest is None:
            frames = self.frames
            begin = np.where(self.payload[:, 0] > 0, self.payload[:, 0], np.minimum(LINK, frames.cap[: frames.count]))
            bounds = zip(
                (frames.off[: frames.count] + begin).tolist(),
                (frames.off[: frames.count] + frames.cap[: frames.count]).tolist(),
                strict=True,
            )
            marks = np.array([hash(frames.buf[low:high].tobytes()) for low, high in bounds], np.int64)
            _, number, counts = np.unique(marks, return_inverse=True, return_counts=True)
            self._digest = np.where(counts[number] > 1, number, -1)
        return self._digest


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


def _payloads(frames: Frames, anchor: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each payload begins and ends, and the two ports; 0 where there is none."""
    walk = Walk(frames, 0, frames.count)
    walk.to_payload((anchor, -1, ()))
    found = np.stack([walk.start, walk.stated], axis=1).astype(np.int64)
    ports = np.stack([walk.key["sport"], walk.key["dport"]], axis=1).astype(np.int64)
    found[walk.status != 0] = 0
    ports[walk.status != 0] = 0
    return found, ports
