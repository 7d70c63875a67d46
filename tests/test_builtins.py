"""The built-in layouts against what real senders sent. The captures are not part of the project; the tests that need
them are skipped where ../shared/captures is absent. scapy reads the files, so that nothing of ours but decode is used.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from packets import Frame, block
from scapy.utils import RawPcapReader

from seqcheck.kernel import border
from seqcheck.kernel.portable.decode import Decoder
from seqcheck.layout import builtins, candidates, compile, header, resolve, write

CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "captures"

# capture, layout, and what each stream must hold: first number, last number, records; in order of appearance.
FACTS = [
    ("iperf2_udp.pcap", "iperf2:15001", [(1, 302, 302)]),
    ("iperf2_udp.pcap", "iperf2-32:15001", [(1, 302, 302)]),
    ("iperf3_udp32.pcap", "iperf3:15201", [(1, 250, 250)]),
    ("iperf3_udp64.pcap", "iperf3-64:15201", [(1, 250, 250)]),
    ("mgen_udp.pcap", "mgen", [(0, 199, 200)]),
    ("Voice_calls_rtp_only.pcap", "rtp", [(38592, 39268, 677), (57357, 58032, 676)]),
    ("02-sunrise-sunset-esp.pcap", "esp", [(1, 8, 8)]),
    ("OSPFv3_with_AH.pcap", "ah", [(19, 50, 32), (13, 41, 29)]),
    ("erspan-type-ii-3.pcap", "erspan", [(106954, 107061, 108)]),
    ("erspan-type-ii-3.pcap", "gre", [(106954, 107061, 108)]),
    ("senders/ping-two.pcap", "ping", [(1, 90, 90), (1, 100, 100)]),
    ("senders/wireguard.pcap", "wireguard", [(0, 289, 290), (0, 107, 108)]),
    ("senders/openvpn-tls.pcap", "openvpn", [(1, 151, 151), (1, 151, 151)]),
    ("senders/netflow-v9.pcap", "netflow9", [(1, 320, 320)]),
    ("senders/ditg-udp.pcap", "d-itg", [(1, 543, 543)]),
    ("senders/tun-gre-csum.pcap", "gre-csum-key", [(0, 294, 295)]),
]


def records(capture: str, layout: str) -> tuple[dict[int, list[int]], list[int]]:
    """The numbers of each stream in order of arrival, and the status of each frame."""
    path = CAPTURES / capture
    if not path.exists():
        pytest.skip(f"{path} is not here")
    reader = RawPcapReader(str(path))
    read = [Frame(bytes(data), meta.wirelen, getattr(meta, "linktype", 0) or reader.linktype) for data, meta in reader]
    frames, columns = block(read), border.RecordColumns(len(read))
    Decoder(compile(resolve(layout))).decode(frames, 0, len(read), columns)
    streams = defaultdict(list)
    for row in range(columns.count):
        streams[int(columns.stream[row])].append(int(columns.seq[row]))
    return streams, columns.status[: len(read)].tolist()


@pytest.mark.parametrize(("capture", "layout", "expected"), FACTS)
def test_real_senders(capture: str, layout: str, expected: list[tuple[int, int, int]]) -> None:
    streams, _ = records(capture, layout)
    assert [(numbers[0], numbers[-1], len(numbers)) for numbers in streams.values()] == expected
    assert all(sorted(numbers) == list(range(numbers[0], numbers[-1] + 1)) for numbers in streams.values())


# By public formats, with three numbers missing and two frames repeated: records, and different numbers.
FORMATS = [
    ("gen-gtpu.pcap", "gtpu", 219, 217), ("gen-sacn.pcap", "sacn", 219, 217), ("gen-hsr.pcap", "hsr", 437, 220),
    ("gen-prp.pcap", "prp", 437, 220), ("fmt-trex-stl-vlan.pcap", "trex-stl-vlan", 219, 217),
    ("fmt-pktgen-dpdk-vlan.pcap", "pktgen-dpdk-vlan", 219, 217), ("own-rust.pcap", "ip-id", 219, 217),
    ("gen-artnet.pcap", "artnet", 399, 255), ("gen-profinet.pcap", "profinet", 219, 217),
]  # fmt: skip


@pytest.mark.parametrize(("capture", "layout", "count", "different"), FORMATS)
def test_public_formats(capture: str, layout: str, count: int, different: int) -> None:
    streams, _ = records(f"senders/{capture}", layout)
    (numbers,) = streams.values()
    assert (len(numbers), len(set(numbers))) == (count, different)


def test_iperf2_s_end_and_report_are_no_records() -> None:
    _, statuses = records("iperf2_udp.pcap", "iperf2:15001")
    assert len(statuses) == 304
    assert statuses[302:] == [border.MAGIC, border.MAGIC]


def test_iperf3_s_handshake_is_too_short() -> None:
    _, statuses = records("iperf3_udp32.pcap", "iperf3:15201")
    assert statuses[:2] == [border.SHORT, border.SHORT]


def test_sockperf_s_replies_are_no_records() -> None:
    streams, statuses = records("sockperf_ul.pcap", "sockperf")
    assert len(streams) == 1
    assert streams[0] == list(range(1, len(streams[0]) + 1))
    assert statuses.count(border.MAGIC) > 0
    assert statuses.count(border.RECORD) + statuses.count(border.MAGIC) == len(statuses)


def test_rtp_that_was_reordered() -> None:
    streams, _ = records("delay_10_sip_video_call_full.pcap", "rtp")
    long = [numbers for numbers in streams.values() if len(numbers) > 100]
    assert [(min(numbers), max(numbers), len(set(numbers))) for numbers in long] == [
        (17711, 18533, 823), (60483, 61303, 821),
    ]  # fmt: skip
    assert all(sum(b < a for a, b in pairwise(n)) == 7 for n in long)


def test_pptp_counts_per_direction() -> None:
    streams, statuses = records("GrePackets.cap", "pptp")
    assert list(streams.values()) == [list(range(8)), list(range(1, 8))]
    assert border.PROTOCOL in statuses


@pytest.mark.parametrize("capture", sorted(path.name for path in CAPTURES.glob("*.*cap")) or ["captures"])
def test_what_is_tried_unasked_takes_no_stranger_for_a_record(capture: str) -> None:
    own = {"mgen_udp.pcap": "mgen", "sockperf_ul.pcap": "sockperf", "dup_d3_nsecpcap.pcap": "pktgen"}
    for layout in candidates():
        try:
            _, statuses = records(capture, layout.name)
        except Exception as error:  # noqa: BLE001  scapy refuses some of the files; they are for other tests
            pytest.skip(f"scapy cannot read it: {error}")
        assert (border.RECORD in statuses) == (own.get(capture) == layout.name)


def test_every_built_in_has_its_source_and_fits_its_column() -> None:
    for name, layout in builtins().items():
        assert layout.name == name
        assert layout.source
        assert layout.description
        assert compile(resolve(write(layout))).fields.tolist() == compile(layout).fields.tolist()


def test_our_own_magic() -> None:
    match = builtins()["seqcheck"].matches[0]
    assert match.value == header.MAGIC == int.from_bytes(b"SEQC", "big")


def test_mgen_s_length_is_that_of_the_payload() -> None:
    match = builtins()["mgen"].matches[0]
    assert match.value is None
    assert compile(builtins()["mgen"]).fields[0]["op"] == border.EQ_LENGTH
    assert np.count_nonzero(compile(builtins()["mgen"]).fields["role"] == border.MATCH) == 4
