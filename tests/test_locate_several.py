"""`locate` where a frame holds several records: they are lost and doubled together, and may be packed otherwise at each
point."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import pytest
from packets import ethernet, ipv4, udp
from ways import BEGIN, SEVERAL, STEP, capture, observed, packed, record

from seqcheck.locate.run import Asked, tell
from seqcheck.model.located import Way

COUNT = 600


def sent(numbers: Iterable[int], *, stream: int = 1) -> list[tuple[int, bytes]]:
    """These records, in time."""
    return [(BEGIN + x * STEP, record(stream, x)) for x in numbers]


def located(*points: list[tuple[int, bytes]], layout: str = SEVERAL) -> Way:
    """Of the points' frames, as a and b and so on."""
    captures = {chr(ord("a") + at): capture(frames) for at, frames in enumerate(points)}
    return tell(observed(captures, layout), Asked())


def counts(way: Way, after: str | None, at: str) -> tuple[int, int, int, int]:
    """lost, doubled, lost copies, late of a segment."""
    (segment,) = (each for each in way.segments if (each.after, each.at) == (after, at))
    return segment.lost, segment.doubled, segment.lost_copies, segment.late


def test_nothing_is_wrong_however_records_are_packed() -> None:
    records = sent(range(COUNT))
    way = located(list(packed(records, [7])), list(packed(records, [1])), list(packed(records, [2, 5])))
    assert way.exit_code == 0
    assert [point.received for point in way.points] == [COUNT] * 3
    assert [(each.lost, each.doubled, each.late) for each in way.segments] == [(0, 0, 0)] * 3
    assert way.segments[1].delay is not None


def test_a_lost_frame_loses_all_its_records() -> None:
    frames = list(packed(sent(range(COUNT)), [3]))
    way = located(frames, frames[:50] + frames[51:])
    assert counts(way, "a", "b") == (3, 0, 0, 0)
    (found,) = way.findings.listed
    assert (found.kind, found.seq, found.count) == ("lost", 150, 3)


def test_a_frame_that_comes_twice_doubles_all_its_records() -> None:
    frames = list(packed(sent(range(COUNT)), [3]))
    way = located(frames, [*frames[:53], frames[50], *frames[53:]])
    assert counts(way, "a", "b") == (0, 3, 0, 0)
    (segment,) = (each for each in way.segments if each.after == "a")
    assert segment.by_cause == {"not-judged": 3}
    assert segment.verdict is not None
    assert "a frame holds several records" in segment.verdict.statement


def test_one_copy_of_several_in_a_frame_is_the_one_that_is_new() -> None:
    """Both points see number 150 twice; only the second one sees 151 twice, in the same frame."""
    records = sent(range(COUNT))
    first = [*packed(records[:300], [3]), *packed([records[150]], [1]), *packed(records[300:], [3])]
    second = [*packed(records[:300], [3]), *packed(records[150:152], [2]), *packed(records[300:], [3])]
    way = located(first, second)
    assert counts(way, None, "a") == (0, 1, 0, 0)
    assert counts(way, "a", "b") == (0, 1, 0, 0)
    assert [(each.seq, each.after, each.at) for each in way.findings.listed] == [(150, None, "a"), (151, "a", "b")]


def test_a_late_frame_is_late_by_all_its_records() -> None:
    frames = list(packed(sent(range(COUNT)), [3]))
    late = [*frames[:50], *frames[51:60], frames[50], *frames[60:]]
    assert counts(located(frames, late), "a", "b") == (0, 0, 0, 3)


def test_addresses_may_change_though_records_are_packed_otherwise() -> None:
    records = sent(range(COUNT))
    del records[100]
    way = located(list(packed(sent(range(COUNT)), [4])), list(packed(records, [1, 3], sport=9)))
    assert [each.matched for each in way.streams] == ["numbers"]
    assert counts(way, "a", "b") == (1, 0, 0, 0)


def test_what_the_last_capture_dropped_may_have_held_several_records_a_frame() -> None:
    from seqcheck.wire import pcapng

    frames = list(packed(sent(range(COUNT)), [6]))
    blocks = [pcapng.section_block(program="test"), pcapng.interface_block(link=1, snap=0, name="x")]
    blocks += [pcapng.packet_block(ns, data, wire=len(data)) for ns, data in frames[:50] + frames[53:]]
    blocks.append(pcapng.statistics_block(frames[-1][0], received=len(frames), dropped=2))
    way = tell(observed({"a": capture(frames), "b": b"".join(blocks)}, SEVERAL), Asked())
    assert counts(way, "a", "b") == (18, 0, 0, 0)
    assert [each.unsure for each in way.segments if each.after == "a"] == [12]


def test_frames_that_were_cut_may_have_held_more() -> None:
    from seqcheck.wire import pcap

    frames = list(packed(sent(range(COUNT)), [3]))
    cut = pcap.file_header(link=1) + b"".join(pcap.record(ns, data[:-4], wire=len(data)) for ns, data in frames)
    way = tell(observed({"a": capture(frames), "b": cut}, SEVERAL), Asked())
    assert way.points[1].sight == "part"
    assert "200 frames were cut by the snap length, and may have held more records." in way.points[1].remarks
    assert way.hidden
    assert "b: 200 frames were cut by the snap length, and may have held more records." in way.caveats


def test_a_frame_may_cover_several_numbers() -> None:
    def message(first: int, count: int) -> tuple[int, bytes]:
        payload = b"session\0\0\0" + struct.pack(">QH", first, count) + b"x" * 8 * count
        return BEGIN + first * STEP, ethernet(ipv4(udp(payload, dport=26400)))

    first = [message(x, 4) for x in range(0, COUNT, 4)]
    second = [message(x, 2) for x in range(0, COUNT, 2) if x not in (100, 102, 200)]
    way = located(first, second, layout="moldudp64:26400")
    assert counts(way, "a", "b") == (6, 0, 0, 0)


@pytest.mark.parametrize("sizes", [[1], [5]])
def test_delays_do_not_depend_on_how_records_are_packed(sizes: list[int]) -> None:
    frames = list(packed(sent(range(COUNT)), sizes))
    way = located(frames, [(ns + 7000, data) for ns, data in frames])
    (segment,) = (each for each in way.segments if each.after == "a")
    assert segment.delay is not None
    assert (segment.delay.least_ns, segment.delay.samples) == (7000, COUNT)
