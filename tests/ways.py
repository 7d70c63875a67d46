"""Captures at the points of a path, made record by record for the tests of `locate`."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import cycle, islice

from packets import ethernet, ipv4, udp

from seqcheck.layout import resolve
from seqcheck.locate.points import Observed, Point
from seqcheck.locate.rounds import Rounds
from seqcheck.wire import pcap

LAYOUT = "udp:5000 stream=u32be@0 seq=u32be@4"
SEVERAL = f"{LAYOUT} each=20"  # the same records, several in a frame
BEGIN = 1_700_000_000_000_000_000
STEP = 10_000  # ns between two records
MODULUS = 1 << 32
OTHER = ethernet(b"\0" * 46, kind=0x88B5)  # a frame that is no record


def record(stream: int, seq: int, *, body: bytes = b"") -> bytes:
    """A record."""
    return struct.pack(">II", stream, seq) + (body or struct.pack(">IQ", stream, seq * 2654435761 % (1 << 64)))


def frame(stream: int, seq: int, *, sport: int = 5, body: bytes = b"") -> bytes:
    """A frame with one record."""
    return ethernet(ipv4(udp(record(stream, seq, body=body), sport=sport)))


def packed(
    records: Iterable[tuple[int, bytes]], sizes: Sequence[int], *, sport: int = 5
) -> Iterator[tuple[int, bytes]]:
    """Frames that hold as many records as `sizes` say, in turns; each at the time of its last record."""
    left = iter(records)
    for size in cycle(sizes):
        some = list(islice(left, size))
        if not some:
            return
        yield some[-1][0], ethernet(ipv4(udp(b"".join(data for _, data in some), sport=sport)))


def capture(records: Sequence[tuple[int, bytes]], *, guard: bool = True) -> bytes:
    """A pcap of (ns, frame) in time order, with `guard` other frames a second before and behind all of it."""
    rows = [(ns, data) for ns, data in records]
    if guard:
        rows = [(rows[0][0] - 10**9, OTHER), *rows, (rows[-1][0] + 10**9, OTHER)]
    return pcap.file_header(link=1) + b"".join(pcap.record(ns, data) for ns, data in rows)


def observed(captures: Mapping[str, bytes], layout: str = LAYOUT) -> list[Observed]:
    """Each of them analyzed."""
    rounds = Rounds()
    with ExitStack() as stack:
        return [Point(name, [data], stack).observe(resolve(layout), rounds) for name, data in captures.items()]
