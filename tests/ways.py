"""Captures at the points of a path, made record by record for the tests of `locate`."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from packets import ethernet, ipv4, udp
from way_oracle import Number

from seqcheck.layout import resolve
from seqcheck.locate.points import Observed, Point
from seqcheck.wire import pcap

LAYOUT = "udp:5000 stream=u32be@0 seq=u32be@4"
BEGIN = 1_700_000_000_000_000_000
STEP = 10_000  # ns between two records
MODULUS = 1 << 32
OTHER = ethernet(b"\0" * 46, kind=0x88B5)  # a frame that is no record


def frame(stream: int, seq: int, *, sport: int = 5, body: bytes = b"") -> bytes:
    """A record."""
    payload = struct.pack(">II", stream, seq) + (body or struct.pack(">IQ", stream, seq * 2654435761 % (1 << 64)))
    return ethernet(ipv4(udp(payload, sport=sport)))


def capture(records: Sequence[tuple[int, bytes]], *, guard: bool = True) -> bytes:
    """A pcap of (ns, frame) in time order, with `guard` other frames a second before and behind all of it."""
    rows = [(ns, data) for ns, data in records]
    if guard:
        rows = [(rows[0][0] - 10**9, OTHER), *rows, (rows[-1][0] + 10**9, OTHER)]
    return pcap.file_header(link=1) + b"".join(pcap.record(ns, data) for ns, data in rows)


def observed(captures: Mapping[str, bytes], layout: str = LAYOUT) -> list[Observed]:
    """Each of them analyzed."""
    with ExitStack() as stack:
        return [Point(name, [data], stack).observe(resolve(layout)) for name, data in captures.items()]


def numbered(number: Number, bases: Mapping[tuple[int, int], int], *, sport: int = 5) -> bytes:
    """The frame of a record; `bases` are the numbers at position 0 of each stream and epoch."""
    stream, epoch, x = number
    return frame(stream, (bases[stream, epoch] + x) % MODULUS, sport=sport)
