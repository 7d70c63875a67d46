"""What is listed individually is in order of arrival, however late it was settled."""

from __future__ import annotations

import io
import struct

from containers import Packet, pcap_file
from packets import ethernet, ipv4, udp

from seqcheck import analyze

STARTS_OVER = [
    *range(200, 240),
    0,
    1,
    2,
    3,
    3,
    4,
]  # that it does is known only when more have come, and then 3 is a copy
MEANWHILE = [1, 2, 2, 3, 3, 4, 4, 5]


def test_duplicates_of_several_streams() -> None:
    order = [(1, number) for number in STARTS_OVER] + [(2, number) for number in MEANWHILE]
    order += [(1, number) for number in range(5, 100)]
    frames = [ethernet(ipv4(udp(struct.pack(">BI", *each)))) for each in order]
    rows = [Packet(data=data, ns=10**18 + at, wire=len(data)) for at, data in enumerate(frames)]
    for listed in (1000, 3):
        found = analyze(io.BytesIO(pcap_file(rows)), layout="udp:5000 stream=u8@0 seq=u32be@1", listed=listed)
        seen = [(each.stream, each.seq) for each in found.duplicates.listed]
        assert seen == [(0, 3), (1, 2), (1, 3), (1, 4)][:listed]
        assert found.duplicates.complete == (listed > 3)
