"""What the benchmarks read: kinds of traffic, as sizes and numbers. All carry seqcheck's own header in UDP.

A shape is written in blocks of BLOCK frames that look alike except in numbers, streams, times. `Counter.next(count)`
gives the sequence numbers and streams of the next frames; the same shape always gives the same capture.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqcheck.layout import header

BLOCK = 12_000  # frames; a multiple of 12 (IMIX) and of 1,000 (windows)
Numbers = tuple[NDArray[np.int64], NDArray[np.int64]]  # sequence numbers, streams
Steps = Callable[[int, int, np.random.Generator], Numbers]  # first frame, frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`frames` at full scale; `bodies` are the frames of a block, without numbers; `goal` the frames/s to reach in the
    kernel's loop, 0 if none was set."""

    name: str
    title: str
    frames: int
    bodies: Callable[[], list[bytes]]
    steps: Steps
    goal: int = 0


def frame(size: int, *, version: int = 4, tagged: bool = False) -> bytes:
    """An Ethernet frame of `size` bytes without FCS, or of the least size that holds the headers."""
    link = b"\x02\0\0\0\0\x02" + b"\x02\0\0\0\0\x01" + (b"\x81\0\0\x07" if tagged else b"")
    overhead = len(link) + 2 + (20 if version == 4 else 40) + 8
    payload = header.pack(0).ljust(size - overhead, b"\0")
    udp = struct.pack(">HHHH", 1024, 5000, 8 + len(payload), 0) + payload
    if version == 4:
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
        return link + b"\x08\0" + ip + udp
    ip = struct.pack(">IHBB16s16s", 6 << 28, len(udp), 17, 64, b"\xfd" + bytes(14) + b"\1", b"\xfd" + bytes(14) + b"\2")
    return link + b"\x86\xdd" + ip + udp


def smallest() -> list[bytes]:
    return [frame(60)] * BLOCK


def largest() -> list[bytes]:
    return [frame(1514)] * BLOCK


IMIX = [(size, version) for size, share in ((64, 7), (594, 4), (1518, 1)) for version in (4, 6) for _ in range(share)]
IMIX_ORDER = np.random.default_rng(1).permutation(np.arange(BLOCK) % len(IMIX))  # kind of each frame of a block


def imix() -> list[bytes]:
    """Simple IMIX, 7 : 4 : 1 of 64, 594 and 1518 bytes, tagged, half of it IPv6 (its least size is 84), in random
    order."""
    kinds = [frame(size, version=version, tagged=True) for size, version in IMIX]
    return [kinds[kind] for kind in IMIX_ORDER]


def in_order(first: int, count: int, _: np.random.Generator) -> Numbers:
    return np.arange(first, first + count), np.zeros(count, np.int64)


def by_version(first: int, count: int, _: np.random.Generator) -> Numbers:
    """In order, for IPv4 and IPv6 of `imix` each."""
    six = np.array([version == 6 for _, version in IMIX])[IMIX_ORDER[:count]]
    before = first // 2  # a block holds as many of one as of the other
    return before + np.where(six, six.cumsum(), (~six).cumsum()) - 1, np.zeros(count, np.int64)


def twice(first: int, count: int, _: np.random.Generator) -> Numbers:
    return np.arange(first, first + count) // 2, np.zeros(count, np.int64)


def shuffled(first: int, count: int, draw: np.random.Generator) -> Numbers:
    """Random order in windows of 1,000."""
    order = draw.permuted(np.arange(1000).repeat(count // 1000).reshape(1000, -1), axis=0)
    windows = first + 1000 * np.arange(count // 1000)
    return (order + windows).T.reshape(-1), np.zeros(count, np.int64)


def half(first: int, count: int, draw: np.random.Generator) -> Numbers:
    """Each pair of numbers, but one of the two is lost."""
    return 2 * np.arange(first, first + count) + draw.integers(0, 2, count), np.zeros(count, np.int64)


def in_turn(first: int, count: int, _: np.random.Generator) -> Numbers:
    at = np.arange(first, first + count)
    return at // 10_000, at % 10_000


MILLION = 1_000_000
SHAPES = {
    shape.name: shape
    for shape in (
        Shape(name="small", title="60-byte frames", frames=20 * MILLION, bodies=smallest, steps=in_order,
              goal=100 * MILLION),
        Shape(name="imix", title="IMIX, VLAN, half IPv6", frames=4 * MILLION, bodies=imix, steps=by_version,
              goal=50 * MILLION),
        Shape(name="large", title="1514-byte frames", frames=MILLION, bodies=largest, steps=in_order),
        Shape(name="streams", title="10,000 streams in turn", frames=10 * MILLION, bodies=smallest, steps=in_turn,
              goal=25 * MILLION),
        Shape(name="twice", title="every frame twice", frames=10 * MILLION, bodies=smallest, steps=twice,
              goal=20 * MILLION),
        Shape(name="shuffled", title="random order in windows of 1,000", frames=10 * MILLION, bodies=smallest,
              steps=shuffled, goal=20 * MILLION),
        Shape(name="half", title="half lost", frames=10 * MILLION, bodies=smallest, steps=half, goal=20 * MILLION),
    )
}  # fmt: skip
