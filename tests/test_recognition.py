"""Captures without a layout: what is recognized, what is discovered, and what is said where nothing is."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from containers import Packet, pcap_file
from packets import Frame, block, ethernet, ipv4, udp
from senders import noise

from seqcheck import analyze
from seqcheck.engine.observation import Observation, Question
from seqcheck.engine.recognition import Recognition
from seqcheck.errors import InputError
from seqcheck.kernel import load
from seqcheck.layout import parse

START = 1_760_000_000_000_000_000


def own(count: int, *, port: int = 6005, seed: int = 1) -> Iterator[bytes]:
    """Frames of a home-made sender; number 60 is lost, number 70 comes twice."""
    more = noise(seed)
    for number in range(count):
        frame = ethernet(
            ipv4(udp(struct.pack("<IHI", 0xFEEDFACE, 5000, number) + more(), sport=port - 1000, dport=port))
        )
        yield from [frame] * (0 if number == 60 else 2 if number == 70 else 1)


def pktgen(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield ethernet(ipv4(udp(struct.pack(">IIII", 0xBE9BE955, number, 0, 0), dport=9)))


def mgen(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield ethernet(ipv4(udp(struct.pack(">HBBIIIIHBB", 26, 2, 0, 1, number, 0, 0, 0, 0, 0) + bytes(2), dport=8)))


class Nothing:
    """A store that knows no frame."""

    def get(self, number: int) -> None:
        return None


def capture(*senders: Iterator[bytes]) -> io.BytesIO:
    made = [
        Packet(data=data, ns=START + at * 1000, wire=len(data))
        for at, data in enumerate(frame for sender in senders for frame in sender)
    ]
    return io.BytesIO(pcap_file(made))


def test_what_counts_beyond_doubt_is_read_and_that_is_said() -> None:
    report = analyze(capture(own(300)))
    assert (report.layout.name, report.layout.spec) == ("discovered", "udp:6005 seq=u32le@6")
    assert "found by discovery" in report.layout.how
    assert (report.records.sequenced, report.duplicates.total, report.gaps.missing) == (300, 1, 1)
    assert [gap.frame for gap in report.gaps.listed] == [61]


def test_a_strict_built_in_goes_first_and_needs_no_words() -> None:
    report = analyze(capture(own(300), pktgen(200)))
    assert (report.layout.name, report.layout.how) == ("pktgen", "")
    assert report.records.sequenced == 200


def test_the_other_strict_built_in_is_mentioned() -> None:
    report = analyze(capture(mgen(100), pktgen(200)))
    assert report.layout.name == "pktgen"
    assert "mgen (100 frames" in report.layout.how
    assert report.layout.how.endswith("To read them together: --layout pktgen --layout mgen")


def test_one_chance_record_is_no_recognition() -> None:
    report = analyze(capture(own(300), pktgen(1)))
    assert report.layout.spec == "udp:6005 seq=u32le@6"
    assert analyze(capture(pktgen(1))).layout.name == "pktgen"


def test_two_ports_that_count_alike_are_read_together() -> None:
    report = analyze(capture(own(300), own(280, port=6006, seed=2)))
    assert report.layout.spec == "udp:6005-6006 seq=u32le@6"
    assert (len(report.streams), report.records.sequenced) == (2, 580)
    assert "UDP ports 6005-6006" in report.layout.how


def test_two_that_count_are_a_choice_for_people() -> None:
    more = noise(4)
    other = (ethernet(ipv4(udp(more() + at.to_bytes(4, "big"), dport=6006))) for at in range(280))
    with pytest.raises(InputError) as caught:
        analyze(capture(own(300), other))
    assert caught.value.hint.splitlines()[0] == (
        "The first 580 hold: UDP port 6005: 300 frames, 1 flow; UDP port 6006: 280 frames, 1 flow."
    )
    assert "  --layout 'udp:6005 seq=u32le@6'" in caught.value.hint
    assert "  --layout 'udp:6006 seq=u32be@24'" in caught.value.hint


def test_where_nothing_counts_the_error_says_what_is_there() -> None:
    more = noise(3)
    frames = (ethernet(ipv4(udp(more(), dport=6005))) for _ in range(100))
    with pytest.raises(InputError) as caught:
        analyze(capture(frames))
    assert caught.value.message.startswith("none of the 100 frames carries a header that seqcheck recognizes")
    assert "UDP port 6005: 100 frames, 1 flow" in caught.value.hint


def test_what_was_found_stays_where_what_is_there_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(frames: object) -> list[str]:
        raise ValueError("no survey")

    monkeypatch.setattr("seqcheck.layout.discovery.survey", fails)
    assert analyze(capture(own(300))).records.sequenced == 300


def test_an_empty_capture_is_told_as_ever() -> None:
    with pytest.raises(InputError, match="the capture holds no frames"):
        analyze(capture(iter(())))


@pytest.mark.parametrize("size", [1, 7, 90, 299, 300, 600])
def test_blocks_of_any_size_give_the_same(size: int) -> None:
    """What waited for the layout is taken once it is known, nothing twice."""
    data = list(own(600))
    whole = analyze(capture(own(600)), layout="udp:6005 seq=u32le@6")
    seen = Observation(load(), ())
    frames = block([Frame(each, len(each), 1) for each in data])
    frames.ns[:] = START + np.arange(frames.count) * 1000
    for low in range(0, frames.count, size):
        seen.pipeline.take(frames, low, min(low + size, frames.count), Nothing())
    seen.pipeline.finish(Nothing())
    report = seen.conclude(whole.capture, Question(listed=100)).report
    assert report.records == whole.records
    assert [(d.frame, d.earlier_frame, d.distance) for d in report.duplicates.listed] == [
        (d.frame, d.earlier_frame, d.distance) for d in whole.duplicates.listed
    ]
    assert report.gaps == whole.gaps
    assert report.overview == whole.overview


def test_a_strict_built_in_is_recognized_after_others_have_waited() -> None:
    frames = block([Frame(each, len(each), 1) for each in [*own(30), *pktgen(50)]])
    recognition = Recognition(load())
    assert recognition.take(frames, 0, 30) is None
    assert recognition.waiting
    known = recognition.take(frames, 30, 80)
    assert known is not None
    assert known.layout == parse("udp magic=u32be@0==0xbe9be955 seq=u32be@4 time=u32be@8:s time=u32be@12:us")
    assert [part.count for part in recognition.release()] == [30]
    assert not recognition.waiting
