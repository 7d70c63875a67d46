"""Classic pcap: what the header says, what is refused, and that others can read what is written."""

import io

import dpkt
import numpy as np
import pytest
from containers import START_NS, packets, pcap_header, pcap_record

from seqcheck.kernel.border import MAX_FRAME, MAX_WIRE, PcapRule
from seqcheck.wire import pcap


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize(("nano", "modified"), [(False, False), (True, False), (False, True)])
def test_header_gives_the_rule(big: bool, nano: bool, modified: bool) -> None:
    head = pcap_header(big=big, nano=nano, modified=modified, link=101)
    assert pcap.is_pcap(head[:4])
    assert pcap.parse_header(head) == PcapRule(big=big, nano=nano, header=24 if modified else 16, link=101)


@pytest.mark.parametrize("minor", range(5))
def test_lengths_are_swapped_before_version_2_4(minor: int) -> None:
    assert pcap.parse_header(pcap_header(minor=minor)).swapped == (minor < 4)


@pytest.mark.parametrize(
    ("link", "fcs"), [(0x2400_0001, 4), (0xF400_0001, 30), (0x2000_0001, 0), (0x0400_0001, 0), (1, 0)]
)
def test_the_upper_half_of_the_link_type_tells_of_check_sequences(link: int, fcs: int) -> None:
    rule = pcap.parse_header(pcap_header(link=link))
    assert (rule.link, rule.fcs) == (1, fcs)


def test_unknown_version_and_cut_header_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"version 2\.5"):
        pcap.parse_header(pcap_header(minor=5))
    for size in range(4, 24):
        with pytest.raises(ValueError, match=f"cut: {size} of 24"):
            pcap.parse_header(pcap_header()[:size])


@pytest.mark.parametrize("head", [b"", b"\xa1\xb2\xc3", b"\x0a\x0d\x0d\x0a", b"GIF8"])
def test_other_starts_are_no_pcap(head: bytes) -> None:
    assert not pcap.is_pcap(head)


@pytest.mark.parametrize("nano", [False, True])
@pytest.mark.parametrize("big", [False, True])
def test_records_are_as_made_by_hand(big: bool, nano: bool) -> None:
    assert pcap.file_header(link=1, snap=65535, big=big, nano=nano)[:8] == pcap_header(big=big, nano=nano)[:8]
    for packet in packets(5):
        mine = pcap.record(packet.ns, packet.data, wire=packet.wire, big=big, nano=nano)
        assert mine == pcap_record(packet, big=big, nano=nano)


@pytest.mark.parametrize("nano", [False, True])
def test_bulk_equals_one_by_one(nano: bool) -> None:
    made = packets(50)
    ns = np.array([packet.ns for packet in made], np.int64)
    one_by_one = b"".join(pcap.record(packet.ns, packet.data, nano=nano) for packet in made)
    assert pcap.records(ns, [packet.data for packet in made], nano=nano) == one_by_one


def test_nothing_in_bulk_is_nothing() -> None:
    assert pcap.records(np.zeros(0, np.int64), []) == b""


def test_dpkt_reads_what_is_written() -> None:
    ns = START_NS + np.arange(9, dtype=np.int64) * 1000
    frames = [bytes(60 + i) for i in range(9)]
    for nano in (False, True):
        reader = dpkt.pcap.Reader(io.BytesIO(pcap.file_header(link=1, nano=nano) + pcap.records(ns, frames, nano=nano)))
        assert reader.datalink() == 1
        read = list(reader)
        assert [data for _, data in read] == frames
        assert [round(when * 1_000_000) for when, _ in read] == [t // 1000 for t in ns.tolist()]


@pytest.mark.parametrize(
    ("cap", "wire", "swapped", "what"),
    [
        (MAX_FRAME + 1, 60, False, f"{MAX_FRAME + 1} captured"),
        (60, MAX_WIRE + 1, False, f"{MAX_WIRE + 1} bytes on the wire"),
        (MAX_WIRE + 1, 60, True, f"{MAX_WIRE + 1} bytes on the wire"),
    ],
)
def test_fault_says_what_is_wrong(cap: int, wire: int, swapped: bool, what: str) -> None:
    record = np.array([0, 0, cap, wire], ">u4").tobytes()
    assert what in pcap.fault(record, PcapRule(big=True, nano=True, header=16, link=1, swapped=swapped))
