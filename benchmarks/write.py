"""Writes a shape as pcap or pcapng, as fast as NumPy can: `python -m benchmarks.write SHAPE FRAMES [pcapng] > file`

A block's bytes are laid out once; for each block only the numbers, streams, ports and times are put in their places.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from benchmarks.shapes import BLOCK, SHAPES, Shape
from seqcheck.layout import header

Bytes = NDArray[np.uint8]
PCAP = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
SECTION = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
INTERFACE = struct.pack("<IIHHI", 1, 32, 1, 0, 262_144) + struct.pack("<HHB3xHHI", 9, 1, 9, 0, 0, 32)  # tsresol 10**-9
BEGIN_NS, STEP_NS = 1_700_000_000_000_000_000, 1000


class Layout:
    """Where in a block's bytes the changing fields lie."""

    def __init__(self, bodies: list[bytes], *, blocks: bool) -> None:
        """`blocks`: pcapng's, else pcap's records."""
        parts, at, frames = list[bytes](), 0, list[int]()
        for body in bodies:
            if blocks:
                length = 32 + -(-len(body) // 4) * 4
                part = struct.pack("<IIIIIII", 6, length, 0, 0, 0, len(body), len(body)) + body
                part = part.ljust(length - 4, b"\0") + struct.pack("<I", length)
                frames.append(at + 28)
            else:
                part = struct.pack("<IIII", 0, 0, len(body), len(body)) + body
                frames.append(at + 16)
            parts.append(part)
            at += len(part)
        self.blocks = blocks
        self.bytes: Bytes = np.frombuffer(b"".join(parts), np.uint8).copy()
        starts = np.array(frames)
        inner = np.array([body.index(struct.pack(">I", header.MAGIC)) for body in bodies])
        self.stream, self.seq, self.port = starts + inner + 6, starts + inner + 10, starts + inner - 8
        self.time = starts - 16
        self.ends = np.append(starts[1:] - (28 if blocks else 16), len(self.bytes))

    def fill(self, seqs: NDArray[np.int64], streams: NDArray[np.int64], first: int) -> Bytes:
        """The first len(seqs) frames of the block with these numbers; `first` is the frame's place in the capture."""
        count = len(seqs)
        ns = BEGIN_NS + STEP_NS * np.arange(first, first + count)
        high, low = (ns >> 32, ns & 0xFFFFFFFF) if self.blocks else (ns // 10**9, ns % 10**9 // 1000)
        for at, dtype, values in (
            (self.seq, ">u8", seqs), (self.stream, ">u4", streams), (self.port, ">u2", 1024 + streams % 60_000),
            (self.time, "<u4", high), (self.time + 4, "<u4", low),
        ):  # fmt: skip
            raw = values.astype(dtype).view(np.uint8).reshape(count, -1)
            for byte in range(raw.shape[1]):
                self.bytes[at[:count] + byte] = raw[:, byte]
        return self.bytes[: self.ends[count - 1]]


def pieces(shape: Shape, frames: int, *, blocks: bool) -> Iterator[Bytes]:
    """The capture, a block at a time."""
    yield np.frombuffer(SECTION + INTERFACE if blocks else PCAP, np.uint8)
    layout, draw = Layout(shape.bodies(), blocks=blocks), np.random.default_rng(2)
    for first in range(0, frames, BLOCK):
        seqs, streams = shape.steps(first, BLOCK, draw)
        count = min(BLOCK, frames - first)
        yield layout.fill(seqs[:count], streams[:count], first)


def write(out: BinaryIO, shape: Shape, frames: int, *, blocks: bool) -> None:
    out.writelines(pieces(shape, frames, blocks=blocks))


if __name__ == "__main__":
    write(sys.stdout.buffer, SHAPES[sys.argv[1]], int(sys.argv[2]), blocks="pcapng" in sys.argv[3:])
