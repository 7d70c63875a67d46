"""Frames for what tells frames apart by their bytes: what a sender would send, and what a path makes of it."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from packets import Frame, block
from twins import plain

from seqcheck.kernel import border

HERE, THERE = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2"


def sent(
    payload: bytes,
    *,
    identification: int = 0,
    hops: int = 64,
    tos: int = 0,
    sport: int = 5,
    source: bytes = HERE,
    tags: Sequence[int] = (),
) -> Frame:
    """UDP over IPv4 and Ethernet; the header checksum is whatever goes with the hop count."""
    head = struct.pack(">BBHHHBBH", 0x45, tos, 28 + len(payload), identification, 0, hops, 17, 0xFFFF - hops)
    head += bytes([10, 0, 0, 1, 10, 0, 0, 2]) + struct.pack(">HHHH", sport, 5000, 8 + len(payload), 0)
    front = THERE + source + b"".join(struct.pack(">HH", 0x8100, tag) for tag in tags) + b"\x08\x00"
    data = front + head + payload
    data += bytes(max(60 - len(data), 0))
    return Frame(data, len(data), 1)


def numbered(numbers: Iterable[int], **how: Any) -> list[Frame]:
    """One for each number, which is in the payload and nowhere else."""
    return [sent(b"%08d" % number, **how) for number in numbers]


def identified(numbers: Iterable[int], **how: Any) -> list[Frame]:
    """The same, with the number as IP identification, too."""
    return [sent(b"%08d" % number, identification=number % 65535 + 1, **how) for number in numbers]


def read(kernel: Any, frames: Sequence[Frame], cuts: Sequence[int] = (), **how: Any) -> tuple[Any, ...]:
    """Statuses, records (row, stream, number, source, ordinal), and all tables."""
    columns = block(frames)
    records, content = border.RecordColumns(columns.capacity), kernel.Content(**how)
    rows = list[tuple[int, ...]]()
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < columns.count}), columns.count]
    for low, high in pairwise(edges):
        content.decode(columns, low, high, records)
        each = (records.row, records.stream, records.seq, records.source, records.ordinal)
        rows += list(zip(*(column[: records.count].tolist() for column in each), strict=True))
    tables = [plain(table) for table in (content.keys(), content.sources(), content.flows(), content.often())]
    return records.status[: columns.count].tolist(), rows, *tables


def again(frames: Sequence[Frame], kernel: Any, **how: Any) -> list[int]:
    """Which frames, counted from 0, are copies that count."""
    seen, found = set[tuple[int, int]](), list[int]()
    for row, stream, number, _, _ in read(kernel, frames, **how)[1]:
        if (stream, number) in seen:
            found.append(row)
        seen.add((stream, number))
    return found
