"""Reading captures in tests: everything a reader gives, as plain values."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from containers import Packet

from seqcheck.capture import CaptureReader
from seqcheck.kernel.portable import index as portable_index
from seqcheck.model import Damage


class Drip(io.RawIOBase):
    """A stream that gives so many bytes at a time, like a slow pipe."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step, self._at = data, step, 0

    def readable(self) -> bool:
        return True

    def readinto(self, view: Any) -> int:
        piece = self._data[self._at : self._at + min(self._step, len(view))]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What came of it."""

    packets: list[Packet]
    damage: tuple[Damage, ...]
    dropped: int | None
    reader: CaptureReader


def rows(frames: Any, low: int, high: int) -> list[Packet]:
    columns = (frames.off, frames.cap, frames.wire, frames.ns, frames.link)
    return [
        Packet(data=frames.buf[off : off + cap].tobytes(), ns=ns, wire=wire, link=link)
        for off, cap, wire, ns, link in zip(*(column[low:high].tolist() for column in columns), strict=True)
    ]


def read(*inputs: Any, again: bool = True, window: int = 4 << 20) -> Read:
    """Read to the end; with `again`, each frame is also asked for by its number while it is in the block."""
    packets: list[Packet] = []
    with CaptureReader(inputs, kernel=portable_index, window=window) as reader:
        for frames, low, high in reader:
            assert frames.first + low == len(packets) + 1, "frames are numbered from 1 without a gap"
            assert 0 <= low <= high <= frames.count
            new = rows(frames, low, high)
            packets += new
            if again:
                assert stored(reader, range(len(packets) - len(new) + 1, len(packets) + 1)) == new
        assert reader.frames == len(packets)
        assert reader.wire_bytes == sum(packet.wire for packet in packets)
        assert reader.cut_frames == sum(packet.wire > len(packet.data) for packet in packets)
        return Read(packets=packets, damage=reader.damage, dropped=reader.dropped, reader=reader)


def stored(reader: CaptureReader, numbers: Sequence[int]) -> list[Packet | None]:
    """These frames again."""
    found = [reader.store.get(number) for number in numbers]
    return [each and Packet(data=each.data, ns=each.ns, wire=each.wire, link=each.link) for each in found]


def path_of(folder: Path, data: bytes, name: str = "made") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
