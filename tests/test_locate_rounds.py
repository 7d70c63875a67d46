"""`locate` with counters of few values, whose rounds contents tell apart (locate/rounds.py)."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from packets import ethernet, ipv4, udp
from way_oracle import Number, truth
from ways import BEGIN, STEP, capture, observed

from seqcheck.errors import InputError
from seqcheck.locate import contents
from seqcheck.locate.run import Asked, tell
from seqcheck.model.located import Way

LAYOUT = "mpeg-ts:1234"
COUNT = 1200
PIDS = (256, 257)


def ts(pid: int, x: int, body: bytes | None = None) -> bytes:
    """A packet of a transport stream."""
    content = random.Random(f"{pid} {x}").randbytes(184) if body is None else body.ljust(184, b"\xff")
    return struct.pack(">BHB", 0x47, pid, 0x10 | x % 16) + content


def datagrams(
    packets: Sequence[tuple[int, bytes]], per: int, *, sport: int = 5, offset: int = 0
) -> list[tuple[int, bytes]]:
    """`per` packets in each, at the time of its first one."""
    return [
        (
            BEGIN + offset + packets[at][0] * STEP,
            ethernet(ipv4(udp(b"".join(data for _, data in packets[at : at + per]), sport=sport, dport=1234))),
        )
        for at in range(0, len(packets), per)
    ]


def located(*points: list[tuple[int, bytes]], layout: str = LAYOUT) -> Way:
    captures = {chr(ord("a") + at): capture(frames) for at, frames in enumerate(points)}
    return tell(observed(captures, layout), Asked(listed=10_000))


def counts(way: Way, after: str | None, at: str) -> tuple[int, int, int, int]:
    """lost, doubled, lost copies, late of a segment."""
    (segment,) = (each for each in way.segments if (each.after, each.at) == (after, at))
    return segment.lost, segment.doubled, segment.lost_copies, segment.late


STREAM = [(x, ts(256, x)) for x in range(COUNT)]


@pytest.mark.parametrize("lost", [1, 2, 3, 4, 16, 40])
@pytest.mark.parametrize("per", [1, 7])
def test_losses_of_any_length_are_exact(lost: int, per: int) -> None:
    """Also of more than half a round, and of whole rounds; and where packets go on one by one."""
    frames = datagrams(STREAM, 7)
    left = STREAM[: 7 * 50] + STREAM[7 * (50 + lost) :]
    way = located(frames, datagrams(left, per))
    assert counts(way, "a", "b") == (7 * lost, 0, 0, 0)
    assert [each.seq for each in way.findings.listed] == [350 % 16]
    assert way.segments[1].delay is not None


def test_whole_rounds_that_are_lost_are_found() -> None:
    way = located(datagrams(STREAM, 7), datagrams(STREAM[:400] + STREAM[416:500] + STREAM[532:], 7))
    assert counts(way, "a", "b") == (48, 0, 0, 0)
    assert (way.points[1].missing, way.points[1].duplicates, way.points[1].received) == (48, 0, COUNT - 48)


def test_what_the_first_point_never_saw_is_told_by_contents_too() -> None:
    """Fourteen packets lost before: their numbers alone would make two copies of it."""
    seen = STREAM[:350] + STREAM[364:]
    way = located(datagrams(seen, 7), datagrams(seen, 7))
    assert counts(way, None, "a") == (14, 0, 0, 0)


def test_a_point_in_between_may_miss_what_a_later_one_saw() -> None:
    frames = datagrams(STREAM, 7)
    way = located(frames, frames[:60] + frames[63:], frames[:60] + frames[61:])
    assert way.points[1].missed == 14
    assert sum(each.lost for each in way.segments) == 7


def test_old_packets_once_more_are_copies() -> None:
    frames = datagrams(STREAM, 7)
    again = [*frames[:100], (frames[99][0] + 1, frames[60][1]), *frames[100:]]
    assert counts(located(frames, again), "a", "b") == (0, 7, 0, 0)
    assert counts(located(again, again), None, "a") == (0, 7, 0, 0)


def test_a_capture_that_begins_earlier_or_later() -> None:
    frames = datagrams(STREAM, 7)
    for first, second in ((frames[20:], frames), (frames, frames[20:])):
        way = located(first, second)
        assert sum(each.lost + each.doubled for each in way.segments if each.after is not None) in (0, 140)
        assert way.segments[1].delay is not None


def test_addresses_may_change() -> None:
    way = located(datagrams(STREAM, 7), datagrams(STREAM[:350] + STREAM[371:], 5, sport=9))
    assert [each.matched for each in way.streams] == ["numbers"]
    assert counts(way, "a", "b") == (21, 0, 0, 0)


def test_contents_that_repeat_are_placed_by_time() -> None:
    """As of tables that are sent again and again: the clocks' offset is known from the other stream."""
    both = [each for x in range(COUNT) for each in ((2 * x, ts(256, x)), (2 * x + 1, ts(17, x, b"the same")))]
    behind = both[700:]
    way = located(datagrams(both, 1), datagrams(behind, 1, offset=10**9 * 77))
    assert [(each.lost, each.doubled) for each in way.segments if each.after == "a"] == [(700, 0)]
    (caveat,) = (each for each in way.caveats if "Contents did not tell" in each)
    assert "1 stream" in caveat
    whole = located(datagrams(both, 1), datagrams(both, 1))
    assert whole.exit_code == 0


def test_what_no_content_tells_is_said() -> None:
    """All contents change on the way, and half a round is lost: nothing can tell."""
    changed = [(at, data[:4] + bytes(each ^ 0x5A for each in data[4:])) for at, data in STREAM]
    way = located(datagrams(STREAM, 1), datagrams(changed, 1))
    assert counts(way, "a", "b") == (0, 0, 0, 0)
    assert any("1 stream" in each and "loss of 8 numbers in a row" in each for each in way.caveats)
    assert any("times decided" in each for each in way.caveats)


def test_a_point_that_missed_half_a_round_that_another_saw_is_doubtful() -> None:
    """The first point's own numbers say that four are missing, and the second one saw twenty there."""
    first = STREAM[:400] + STREAM[420:]
    way = located(datagrams(first, 1), datagrams(STREAM, 1))
    assert any("may be wrong by whole rounds" in each for each in way.caveats)


@pytest.mark.parametrize("lost", [1, 4, 16])
@pytest.mark.parametrize("at", [20, 50, 51, 90, 120])
def test_contents_may_come_again_now_and_then(lost: int, at: int) -> None:
    """As pictures do that look the same: one packet in ten has the bytes of the one 320 before."""
    packets = [(x, ts(256, x - 320 if x >= 320 and x // 7 % 10 == 1 else x)) for x in range(COUNT)]
    left = packets[: 7 * at] + packets[7 * (at + lost) :]
    assert counts(located(datagrams(packets, 7), datagrams(left, 7)), "a", "b") == (7 * lost, 0, 0, 0)
    if lost < 3:
        assert counts(located(datagrams(left, 7), datagrams(left, 7)), None, "a") == (7 * lost, 0, 0, 0)


def test_other_short_counters() -> None:
    def records(numbers: Sequence[int], per: int) -> list[tuple[int, bytes]]:
        made = [
            (BEGIN + x * STEP, struct.pack(">BBH", x % 256, 1, 12) + random.Random(x).randbytes(12)) for x in numbers
        ]
        return [
            (made[at][0], ethernet(ipv4(udp(b"".join(data for _, data in made[at : at + per]), dport=1234))))
            for at in range(0, len(made), per)
        ]

    layout = "udp:1234 stream=u8@1 seq=u8@0 each=4+u16be@2"
    left = [*range(1000), *range(1200, 1500), *range(1756, 3000)]
    way = located(records(range(3000), 3), records(left, 1), layout=layout)
    assert counts(way, "a", "b") == (456, 0, 0, 0)


def test_packets_behind_a_header_of_any_length() -> None:
    def in_rtp(packets: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
        return [
            (
                BEGIN + packets[at][0] * STEP,
                ethernet(
                    ipv4(
                        udp(bytes([0x81]) + bytes(15) + b"".join(data for _, data in packets[at : at + 7]), dport=1234)
                    )
                ),
            )
            for at in range(0, len(packets), 7)
        ]

    layout = "udp:1234 move=12+4*u8@0&0x0f magic=u8@+0==0x47 stream=u16be@+1&0x1fff seq=u8@+3&0x0f each=188"
    way = located(in_rtp(STREAM), in_rtp(STREAM[:350] + STREAM[378:]), layout=layout)
    assert counts(way, "a", "b") == (28, 0, 0, 0)


def test_many_streams_with_other_addresses() -> None:
    packets = [(x, ts(pid, x // 8)) for x in range(4000) for pid in [300 + x % 8]]
    left = [each for each in packets if not 1000 <= each[0] < 1200]
    way = located(datagrams(packets, 1), datagrams(left, 1, sport=9))
    assert {each.matched for each in way.streams} == {"numbers"}
    assert counts(way, "a", "b") == (200, 0, 0, 0)


def test_one_record_in_a_frame() -> None:
    def frames(numbers: Sequence[int]) -> list[tuple[int, bytes]]:
        return [
            (BEGIN + x * STEP, ethernet(ipv4(udp(bytes([x % 16]) + struct.pack(">Q", x), dport=1234)))) for x in numbers
        ]

    way = located(frames(range(900)), frames([*range(100), *range(112, 900)]), layout="udp:1234 seq=u8@0&0x0f")
    assert counts(way, "a", "b") == (12, 0, 0, 0)


def test_too_many_records_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MOST", 500)
    with pytest.raises(InputError, match="a: more than 500 records"):
        located(datagrams(STREAM, 7), datagrams(STREAM, 7))


@st.composite
def ways(draw: st.DrawFn) -> tuple[list[list[tuple[int, Number]]], list[int]]:
    """What each point saw, with times; and how many packets its datagrams hold."""
    passing = [(at, (draw(st.sampled_from([0, 0, 1])), 0, at)) for at in range(500)]
    ranks = Counter[int]()
    for at, (time, (stream, _, _)) in enumerate(passing):
        passing[at] = time, (stream, 0, ranks[stream])
        ranks[stream] += 1
    points = []
    for hop in range(draw(st.integers(2, 3))):
        for _ in range(draw(st.integers(0, 4)) if hop else 0):
            at = draw(st.integers(60, len(passing) - 130))
            kind = draw(st.sampled_from(["lose", "lose", "copy", "late"]))
            if kind == "lose":
                del passing[at : at + draw(st.integers(1, 60))]
            elif kind == "copy":
                passing.insert(at, (passing[at][0], passing[at - draw(st.integers(1, 50))][1]))
            else:
                time, number = passing.pop(at)
                at += draw(st.integers(1, 5))
                passing.insert(at, (passing[at][0], number))
        seen = list(passing)
        for _ in range(draw(st.integers(0, 2))):  # the capture's own drops
            at = draw(st.integers(60, len(seen) - 70))
            del seen[at : at + draw(st.integers(1, 5))]
        points.append(seen)
    return points, [draw(st.integers(1, 7)) for _ in points]


@settings(max_examples=40, deadline=None, phases=set(Phase) - {Phase.shrink})
@given(ways())
def test_equals_the_oracle(drawn: tuple[list[list[tuple[int, Number]]], list[int]]) -> None:
    points, sizes = drawn
    way = located(*(
        datagrams([(time, ts(PIDS[stream], x)) for time, (stream, _, x) in point], size)
        for point, size in zip(points, sizes, strict=True)
    ))  # fmt: skip
    true = truth([[number for _, number in point] for point in points], ran=True)
    names = [point.name for point in way.points]
    for field in ("lost", "doubled", "lost_copies", "late"):
        found = Counter(
            {
                (None if each.after is None else names.index(each.after), names.index(each.at)): getattr(each, field)
                for each in way.segments
            }
        )
        assert +found == getattr(true, field), field
    assert [point.missed for point in way.points] == true.missed
    assert way.findings.edge == true.edge
