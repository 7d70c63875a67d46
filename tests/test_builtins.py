"""The built-in layouts against what real senders sent. The captures are not part of the project; the tests that need
them are skipped where ../shared/captures is absent. scapy reads the files, so that nothing of ours but decode is used.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from containers import Packet, pcap_file
from packets import Frame, block, ethernet, ipv4, udp
from scapy.utils import RawPcapReader
from twins import KERNELS

from seqcheck import analyze
from seqcheck.kernel import border
from seqcheck.kernel.portable import kernel as reference
from seqcheck.layout import builtins, candidates, compile, header, resolve, write
from seqcheck.layout.spread import decoder_of

CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "captures"

# capture, layout, and what each stream must hold: first number, last number, records; in order of appearance.
FACTS = [
    ("iperf2_udp.pcap", "iperf2:15001", [(1, 302, 302)]),
    ("iperf2_udp.pcap", "iperf2-32:15001", [(1, 302, 302)]),
    ("senders/iperf2-R.pcap", "iperf2", [(1, 1, 1), (1, 599, 599)]),
    ("senders/iperf2-fulldup.pcap", "iperf2", [(1, 296, 296), (1, 304, 304)]),
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
    ("senders/dtls.pcap", "dtls", [(0, 3, 4), (0, 11, 12), (0, 201, 202), (0, 1, 2)]),
    ("senders/sctp-raw.pcap", "sctp", [(349963658, 349963957, 300)]),
    ("senders/netflow-v5.pcap", "netflow5", [(0, 5909, 5910)]),
    ("senders/netflow-v10.pcap", "softflowd", [(1, 9000, 9000)]),
]


def records(capture: str, layout: str) -> tuple[dict[int, list[int]], list[int]]:
    """The numbers of each stream in order of arrival, and the status of each frame."""
    path = CAPTURES / capture
    if not path.exists():
        pytest.skip(f"{path} is not here")
    reader = RawPcapReader(str(path))
    read = [Frame(bytes(data), meta.wirelen, getattr(meta, "linktype", 0) or reader.linktype) for data, meta in reader]
    frames, columns = block(read), border.RecordColumns(len(read))
    decoder_of(reference, resolve(layout)).decode(frames, 0, len(read), columns)
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
    ("gen-gtpu.pcap", "gtpu", 219, 217), ("gen-rtps.pcap", "rtps", 219, 217),
         ("gen-sacn.pcap", "sacn", 219, 217), ("gen-hsr.pcap", "hsr", 437, 220),
    ("gen-prp.pcap", "prp", 437, 220), ("fmt-trex-stl-vlan.pcap", "trex-stl-vlan", 219, 217),
    ("fmt-pktgen-dpdk-vlan.pcap", "pktgen-dpdk-vlan", 219, 217), ("own-rust.pcap", "ip-id", 219, 217),
    ("gen-artnet.pcap", "artnet", 399, 255), ("gen-moldudp64.pcap", "moldudp64", 647, 643),
    ("gen-profinet.pcap", "profinet", 219, 217),
]  # fmt: skip


@pytest.mark.parametrize(("capture", "layout", "count", "different"), FORMATS)
def test_public_formats(capture: str, layout: str, count: int, different: int) -> None:
    streams, _ = records(f"senders/{capture}", layout)
    (numbers,) = streams.values()
    assert (len(numbers), len(set(numbers))) == (count, different)


SESSION = b"\x60" + bytes(39)  # the GRH of RoCE v1


def _iperf2(number: int, more: bytes) -> bytes:
    return struct.pack(">IIII", number & 0xFFFFFFFF, 1_750_000_000, number % 1000, number >> 32 & 0xFFFFFFFF) + more


def _element(tag: int, content: bytes) -> bytes:
    """A BER element."""
    return bytes([tag, 0x81, len(content)] if len(content) > 127 else [tag, len(content)]) + content


def _small(number: int) -> bytes:
    """A BER integer in as few bytes as it takes."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _goose(counts: bytes) -> bytes:
    head = (
        _element(0x80, b"relayLD0/LLN0$GO$gcb01") + _element(0x81, b"\x27\x10") + _element(0x82, b"relayLD0/LLN0$set")
    )
    body = _element(
        0x61, head + _element(0x83, b"gcb01") + _element(0x84, bytes(8)) + counts + _element(0xAB, bytes(4))
    )
    return struct.pack(">HHI", 1, 8 + len(body), 0) + body


def _sampled(number: int) -> bytes:
    unit = _element(0x80, b"MU01") + _element(0x82, struct.pack(">H", number)) + _element(0x87, bytes(64))
    body = _element(0x60, _element(0x80, b"\1") + _element(0xA2, _element(0x30, unit)))
    return struct.pack(">HHI", 0x4000, 8 + len(body), 0) + body


def _rtps(data: bytes) -> bytes:
    """A time stamp, then data."""
    head = b"RTPS\2\3\1\x0f" + bytes(range(12))
    return head + struct.pack("<BBHQ", 9, 1, 8, 5) + struct.pack("<BBH", 0x15, 5, len(data) + 8) + data + bytes(8)


# Senders by their own specifications, written here field by field: the layout, whether it asks for UDP (else the
# ethertype or protocol in front), a frame by its number, the numbers, and what is read of them; -1: no record.
MADE = {
    "iperf2": ("udp", lambda n: _iperf2(n, b"6789012345"), [1, 2, 1 << 32, -3], [1, 2, 0, -1]),
    "iperf2-client": ("udp", lambda n: _iperf2(n, struct.pack(">I", 0x48010098)), [1, 2, -3], [1, 2, -1]),
    "artnet": (
        "udp", lambda n: b"Art-Net\0" + struct.pack("<H", 0x5000) + b"\0\x0e" + bytes([n, 0, 1, 0, 0, 2, 9, 9]),
        [1, 254, 255, 0], [1, 254, 0, -1],
    ),
    "someip": (
        "udp", lambda n: struct.pack(">HHIHHBBBB", 0x1234, 0x8001, 12, 1, n, 1, 1, 2, 0) + b"data",
        [1, 65534, 65535, 0], [1, 65534, 0, -1],
    ),
    "st2022-7": ("udp", lambda n: struct.pack(">BBHII", 0x80, 96, n, 7, 0xABCDEF), [0, 65535], [0, 65535]),
    "sctp": (
        132, lambda n: struct.pack(">HHII", 5, 6, 0x99, 0) + struct.pack(">BBHIHHI", 0, 3, 20, n, 1, 2, 0) + b"abcd",
        [0, 0xFFFFFFFF], [0, 0xFFFFFFFF],
    ),
    "sctp-sack": (
        132, lambda n: struct.pack(">HHII", 5, 6, 0x99, 0) + struct.pack(">BBHI", 3, 0, 16, n) * 2, [1], [-1],
    ),
    "l2tp": ("udp", lambda n: struct.pack(">HHHHHH", 0x4802, 16, 3, 4, n, 0) + b"\xff\3\0!", [0, 9], [0, 9]),
    "l2tp-control": ("udp", lambda n: struct.pack(">HHHHHH", 0xC802, 12, 3, 0, n, 0), [0], [-1]),
    "pw-cw": (
        0x8847, lambda n: struct.pack(">IHH", 17 << 12 | 1 << 8 | 64, 0, n) + bytes(20), [1, 65535, 0], [1, 0, -1],
    ),
    "rocev1": (
        0x8915, lambda n: SESSION + struct.pack(">BBHII", 4, 0x40, 0xFFFF, 17, n) + bytes(16),
        [0, 0xFFFFFF], [0, 0xFFFFFF],
    ),
    "ecpri": (0xAEFE, lambda n: struct.pack(">BBHHH", 0x10, 0, 8, 3, n) + bytes(8), [0, 65535], [0, 65535]),
    "ecpri-control": (0xAEFE, lambda n: struct.pack(">BBHHH", 0x10, 2, 8, 3, n) + bytes(8), [1], [-1]),
    "ecpri-oran": (0xAEFE, lambda n: struct.pack(">BBHHBB", 0x10, 0, 8, 3, n, 0x80) + bytes(8), [0, 255], [0, 255]),
    "ccm": (0x8902, lambda n: struct.pack(">BBBBIH", 0x60, 1, 4, 70, n, 12) + bytes(64), [0, 1 << 31], [0, 1 << 31]),
    "gvsp": ("udp", lambda n: struct.pack(">HHI", 0, 5, 3 << 24 | n) + bytes(9), [0, 0xFFFFFF], [0, 0xFFFFFF]),
    "gvsp-64": (
        "udp", lambda n: struct.pack(">HHIQI", 0, 0, 0x83 << 24, 1 << 40, n) + bytes(9),
        [0, 0xFFFFFFFF], [0, 0xFFFFFFFF],
    ),
    "moldudp64": (
        "udp", lambda n: b"SESSION001" + struct.pack(">QHH", n, 1, 2) + b"ab", [1, 2, 1 << 63], [1, 2, 1 << 63],
    ),
    "moldudp64-end": ("udp", lambda n: b"SESSION001" + struct.pack(">QH", n, 0xFFFF), [7], [-1]),
    "pitch": (
        "udp", lambda n: struct.pack("<HBBI", 14, 1, 3, n) + b"\6\x20time", [1, 0xFFFFFFFF, 0], [1, 0xFFFFFFFF, -1],
    ),
    "netflow5": (
        "udp", lambda n: struct.pack(">HHIIIIBBH", 5, 1, 9, 1_750_000_000, 0, n, 0, 1, 0) + bytes(48),
        [0, 0xFFFFFFFF], [0, 0xFFFFFFFF],
    ),
    "mpeg-ts": ("udp", lambda n: struct.pack(">BHB", 0x47, 0x4100, 0x10 | n) + bytes(184), [0, 15], [0, 15]),
    "mpeg-ts-null": ("udp", lambda n: struct.pack(">BHB", 0x47, 0x1FFF, 0x10 | n) + bytes(184), [0], [-1]),
    "mpeg-ts-adaptation": ("udp", lambda n: struct.pack(">BHB", 0x47, 0x0100, 0x20 | n) + bytes(184), [0], [-1]),
    "vita49": ("udp", lambda n: struct.pack(">BBHI", 0x14, 0x50 | n, 20, 0x77) + bytes(72), [0, 15], [0, 15]),
    "vita49-context": ("udp", lambda n: struct.pack(">BBHI", 0x40, 0x50 | n, 20, 0x77) + bytes(72), [0], [-1]),
    "irtt": ("udp", lambda n: b"\x14\xa7\x5b\0" + struct.pack("<QI", 1 << 60, n), [0, 0xFFFFFFFF], [0, 0xFFFFFFFF]),
    "irtt-reply": ("udp", lambda n: b"\x14\xa7\x5b\2" + struct.pack("<QI", 1 << 60, n), [0], [-1]),
    "mavlink": ("udp", lambda n: bytes([0xFD, 9, 0, 0, n, 1, 1, 0, 0, 0]) + bytes(11), [0, 255], [0, 255]),
    "mavlink1": ("udp", lambda n: bytes([0xFE, 9, n, 1, 1, 0]) + bytes(11), [0, 255], [0, 255]),
    "syslog": (
        "udp", lambda n: b'<165>1 2003-10-11T22:14:15.003Z h a - ID47 [meta sequenceId="%d"] text' % n,
        [1, 2147483646, 2147483647, 0], [1, 2147483646, 0, -1],
    ),
    "goose": (0x88B8, lambda n: _goose(_element(0x85, b"\4") + _element(0x86, _small(n))), [0, 127, 128, 1 << 31],
              [0, 127, 128, 1 << 31]),
    "sv": (0x88BA, lambda n: _sampled(n), [0, 3999, 4000], [0, 3999, -1]),
    "rtps": ("udp", lambda n: _rtps(struct.pack("<HHI4siI", 0, 16, 0, b"\0\0\3\2", n >> 32, n & 0xFFFFFFFF)),
             [1, 0xFFFFFFFF, 1 << 32], [1, 0xFFFFFFFF, 0]),
    "rtp-extended": (
        "udp", lambda n: struct.pack(">BBHII", 0x81, 96, n & 0xFFFF, 7, 9) + bytes(4) + struct.pack(">H", n >> 16),
        [0, 65536, 0xFFFFFFFF], [0, 65536, 0xFFFFFFFF],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
@pytest.mark.parametrize("what", MADE)
def test_what_the_specification_says(what: str, kernel: Any) -> None:
    kind, build, numbers, expected = MADE[what]
    layout = resolve(what if what in builtins() else what.rpartition("-")[0])
    some = list[Frame]()
    for number in numbers:
        payload = build(number)
        if kind == "udp":
            data = ethernet(ipv4(udp(payload, dport=layout.selector or 5000)))
        else:
            data = ethernet(ipv4(payload, protocol=kind)) if kind < 256 else ethernet(payload, kind=kind)
        some.append(Frame(data, len(data), 1))
    columns = border.RecordColumns(len(some))
    decoder_of(kernel, layout).decode(block(some), 0, len(some), columns)
    seqs = iter(columns.seq[: columns.count].tolist())
    assert [next(seqs) if status == border.RECORD else -1 for status in columns.status.tolist()] == expected


def test_two_ways_of_rtp_are_redundancy(tmp_path: Path) -> None:
    """The same numbers to two ports, each way with a loss of its own: nothing is missing, and nobody is accused."""
    build, rows = MADE["st2022-7"][1], list[bytes]()
    for number in range(1, 600):
        rows += [
            ethernet(ipv4(udp(build(number), dport=port)))
            for port, lost in ((5004, 100), (5006, 200)) if number != lost
        ]  # fmt: skip
    path = tmp_path / "run.pcap"
    path.write_bytes(
        pcap_file([Packet(data=row, ns=10**18 + at * 500_000, wire=len(row)) for at, row in enumerate(rows)])
    )
    report = analyze(str(path), layout="st2022-7:5004,5006")
    assert (report.verdict.cause, len(report.streams), report.gaps.missing) == ("redundancy", 1, 0)
    assert report.duplicates.total == 597


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
