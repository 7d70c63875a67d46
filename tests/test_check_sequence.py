"""Frame check sequences that a capture declares: they are not part of a frame, in any container."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path

import pytest
from containers import Packet, epb, idb, option, pcap_header, pcap_record, shb
from packets import ethernet

from seqcheck import kernel
from seqcheck.capture import CaptureReader
from seqcheck.engine.session import analyze
from seqcheck.wire.pcapng import Section

TOLD = option(9, b"\x09")
NUMBERS = [n for n in range(300) if n not in (50, 51)]
SPEC = "frame magic=u16be@-2==0x1234 seq=u32be@-6"


def frame(number: int) -> bytes:
    """A trailer of a number and a magic, and behind it the check sequence."""
    data = ethernet(bytes(44) + number.to_bytes(4, "big") + b"\x12\x34", kind=0x88B5)
    return data + zlib.crc32(data).to_bytes(4, "little")


def packets() -> list[Packet]:
    return [Packet(data=frame(n), ns=10**18 + at * 1000, wire=len(frame(n))) for at, n in enumerate(NUMBERS)]


def classic(*, told: bool) -> bytes:
    return pcap_header(link=0x24000001 if told else 1) + b"".join(map(pcap_record, packets()))


def pcapng(*lengths: int) -> bytes:
    """An interface for each length, which packets have in turn; 0: it does not say."""
    interfaces = [idb(options=TOLD + (option(13, bytes([each])) if each else b"") + bytes(4)) for each in lengths]
    return shb() + b"".join(interfaces) + b"".join(
        epb(each, interface=at % len(lengths)) for at, each in enumerate(packets())
    )  # fmt: skip


@pytest.mark.parametrize("capture", [classic(told=True), pcapng(4), pcapng(32), pcapng(4, 32)])
def test_offsets_from_the_end_count_from_before_it(capture: bytes) -> None:
    report = analyze(capture, SPEC)
    assert (report.records.sequenced, report.gaps.missing) == (298, 2)


@pytest.mark.parametrize("capture", [classic(told=False), pcapng(0)])
def test_what_is_not_told_is_a_part_of_the_frame(capture: bytes) -> None:
    report = analyze(capture, "frame magic=u16be@-6==0x1234 seq=u32be@-10")
    assert (report.records.sequenced, report.gaps.missing) == (298, 2)


def test_interfaces_that_disagree_say_nothing() -> None:
    section = Section(shb())
    said = []
    for length in (4, 4, 0, 4):
        section.interface(idb(options=TOLD + (option(13, bytes([length])) if length else b"") + bytes(4)))
        said.append(dict(section.fcs))
    assert said == [{1: 4}, {1: 4}, {}, {}]
    section.interface(idb(link=113, options=option(13, b"\x02") + bytes(4)))
    assert section.fcs == {113: 2}


def test_a_frame_that_is_cut_within_it_is_whole() -> None:
    cut = [Packet(data=each.data[:-2], ns=each.ns, wire=each.wire) for each in packets()]
    capture = pcap_header(link=0x24000001) + b"".join(map(pcap_record, cut))
    assert analyze(capture, SPEC).records.sequenced == 298


def test_a_frame_that_is_shorter_than_it() -> None:
    capture = pcap_header(link=0x24000001) + pcap_record(Packet(data=b"ab", ns=1, wire=2))
    with CaptureReader([BytesIO(capture)], kernel=kernel.load()) as reader:
        ((frames, low, high),) = list(reader)
        assert (frames.cap[low:high].tolist(), frames.wire[low:high].tolist()) == ([0], [0])


@pytest.mark.parametrize(("capture", "fcs"), [(classic(told=True), 4), (pcapng(4), 4), (pcapng(0, 0), 0)])
def test_frames_are_found_again(capture: bytes, fcs: int, tmp_path: Path) -> None:
    """Many of them, so that they are read again, also where a record is known by its length alone."""
    path, times = tmp_path / "run.pcap", 200
    head = 24 if capture[0] != 0x0A else 0  # bytes that stand at the front of a file only
    path.write_bytes(capture[:head] + capture[head:] * times)
    with path.open("rb") as stream, CaptureReader([stream], kernel=kernel.load()) as reader:
        count = sum(high - low for _, low, high in reader)
        assert count == len(NUMBERS) * times
        for number in (1, 299, count // 2, count):
            found = reader.store.get(number)
            assert found is not None
            whole = frame(NUMBERS[(number - 1) % len(NUMBERS)])
            assert (bytes(found.data), found.wire) == (whole[: len(whole) - fcs], len(whole) - fcs)
