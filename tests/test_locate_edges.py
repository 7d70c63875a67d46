"""`locate` blames nothing on a segment that a capture may just not have seen: numbers out of order at the ends of a
capture, copies of which one came before it or after it, clocks that were set back, restarts hidden by reordering, and
other paths."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import pytest
from packets import ethernet
from ways import BEGIN, STEP, capture, frame, observed

from seqcheck.errors import InputError
from seqcheck.locate.run import Asked, tell
from seqcheck.model.located import Way

COUNT = 400
ALL = list(range(COUNT))
Sent = Sequence[int]


def compared(points: Mapping[str, Sent], *, guard: bool = True) -> Way:
    """Numbers in the order in which each point saw them, a STEP apart."""
    return tell(
        observed(
            {
                name: capture([(BEGIN + at * STEP, frame(0, seq)) for at, seq in enumerate(seqs)], guard=guard)
                for name, seqs in points.items()
            }
        ),
        Asked(),
    )


def cut(seqs: Sent, low: int, high: int) -> dict[int, int]:
    """What a capture holds of them that began late or ended early: numbers by their place."""
    return {at: seq for at, seq in enumerate(seqs) if low <= at < high}


def partly(points: Mapping[str, Mapping[int, int]]) -> Way:
    """The same of captures that hold only that part."""
    made = {
        name: capture([(BEGIN + at * STEP, frame(0, seq)) for at, seq in seen.items()], guard=False)
        for name, seen in points.items()
    }
    return tell(observed(made), Asked())


def lost(way: Way) -> int:
    return sum(each.lost for each in way.segments)


@pytest.mark.parametrize("end", [[399, 398], [399, 397, 398], [398, 399, 397], [397, 399, 398]])
def test_a_number_that_came_early_at_the_end_is_not_lost(end: list[int]) -> None:
    way = compared({"a": ALL, "b": [*ALL[: COUNT - len(end)], *end]})
    assert lost(way) == 0
    assert way.exit_code == 0


def test_what_lies_before_an_early_number_at_the_end_is_lost() -> None:
    way = compared({"a": ALL, "b": [*ALL[:390], 399, 390, 391]})
    assert [(each.seq, each.count) for each in way.findings.listed if each.kind == "lost"] == [(392, 7)]


def test_a_copy_that_a_later_point_saw_was_not_lost_before() -> None:
    twice = [*ALL[:200], 190, *ALL[200:]]
    dropped = [seq for seq in ALL if seq != 300]  # the capture's own drop
    way = compared({"a": twice, "b": dropped, "c": twice})
    assert [each.lost_copies for each in way.segments] == [0] * len(way.segments)
    assert way.points[1].missed == 1


def test_a_copy_is_lost_behind_the_last_point_that_has_it() -> None:
    twice = [*ALL[:200], 190, *ALL[200:]]
    way = compared({"a": twice, "b": ALL, "c": twice, "d": ALL})
    assert {(each.after, each.at): each.lost_copies for each in way.segments if each.lost_copies} == {("c", "d"): 1}


@pytest.mark.parametrize(("low", "high"), [(150, 500), (0, 250)])
def test_a_resend_is_not_blamed_on_the_way_if_the_first_capture_missed_one_of_the_copies(low: int, high: int) -> None:
    """The sender's ring sends 100 to 110 again, 200 records later."""
    sent = [*ALL[:300], *range(100, 110), *ALL[300:]]
    way = partly({"sender": cut(sent, low, high), "receiver": cut(sent, 0, len(sent))})
    assert [(each.after, each.at, each.doubled) for each in way.segments if each.doubled] == []
    assert lost(way) == 0
    assert way.findings.edge > 0


def test_a_resend_before_a_capture_ended_is_counted() -> None:
    sent = [*ALL[:300], *range(100, 110), *ALL[300:]]
    way = partly({"sender": cut(ALL, 50, 390), "receiver": cut(sent, 0, len(sent))})
    assert {(each.after, each.at): each.doubled for each in way.segments if each.doubled} == {
        ("sender", "receiver"): 10
    }


def test_numbers_behind_an_old_one_with_which_a_capture_began_are_not_lost() -> None:
    sent = [*ALL[:300], 200, *ALL[300:]]
    way = partly({"sender": cut(sent, 0, len(sent)), "receiver": cut(sent, 300, len(sent))})
    assert lost(way) == 0


def test_numbers_that_may_have_come_just_before_a_capture_are_not_lost() -> None:
    """Every tenth record takes eight places longer, on the way to the receiver."""
    order = sorted(ALL, key=lambda seq: seq + (8.5 if seq % 10 == 0 else 0))
    for low in range(100, 120):
        way = partly({"sender": cut(ALL, 0, COUNT), "receiver": cut(order, low, COUNT)})
        assert lost(way) == 0, low
    for high in range(300, 320):
        way = partly({"sender": cut(ALL, 0, COUNT), "receiver": cut(order, 0, high)})
        assert lost(way) == 0, high


def test_numbers_far_from_the_ends_of_a_capture_are_lost() -> None:
    order = sorted((seq for seq in ALL if seq != 250), key=lambda seq: seq + (8.5 if seq % 10 == 0 else 0))
    way = partly({"sender": cut(ALL, 0, COUNT), "receiver": cut(order, 100, COUNT)})
    assert [(each.seq, each.count) for each in way.findings.listed if each.kind == "lost"] == [(250, 1)]


def test_a_clock_that_was_set_back_does_not_prolong_a_capture() -> None:
    """The receiver's clock is set back by an hour when the sender's capture has ended."""
    sent = [(BEGIN + seq * STEP, frame(0, seq)) for seq in ALL]
    came = [(ns + 1000 - (3600 * 10**9 if at >= 350 else 0), data) for at, (ns, data) in enumerate(sent)]
    way = tell(observed({"sender": capture(sent[:300], guard=False), "receiver": capture(came)}), Asked())
    assert [point.missed for point in way.points] == [0, 0]
    assert way.findings.edge == 100


def restarted(*, swapped: bool) -> list[tuple[int, bytes]]:
    """A count of 400 and, 50 ms later, one that goes further; where it passes the first one's last number, two
    records may change places."""
    first = [(BEGIN + seq * STEP, frame(0, seq, body=bytes([1, seq % 256]) * 6)) for seq in ALL]
    pause, again = BEGIN + COUNT * STEP + 50_000_000, list(range(COUNT + 50))
    if swapped:
        again[COUNT - 1], again[COUNT] = COUNT, COUNT - 1
    second = [(pause + at * STEP, frame(0, seq, body=bytes([2, seq % 256]) * 6)) for at, seq in enumerate(again)]
    return [*first, *second]


def test_a_restart_that_only_one_point_tells_is_not_judged() -> None:
    captures = {"a": capture(restarted(swapped=False)), "b": capture(restarted(swapped=True))}
    way = tell(observed(captures), Asked())
    assert [point.restarts for point in way.points] == [1, 0]
    assert [(each.lost, each.doubled) for each in way.segments] == [(0, 0), (0, 0)]
    assert way.exit_code == 2
    assert any("started over at another point" in each for each in way.caveats)
    assert "as far as that could be judged" in way.statement


def test_streams_with_other_addresses_are_matched_across_a_restart() -> None:
    records = restarted(swapped=False)
    through_nat = [(ns, data.replace(b"\x00\x05\x13\x88", b"\x00\x06\x13\x88")) for ns, data in records]
    way = tell(observed({"a": capture(records), "b": capture(through_nat)}), Asked())
    assert [each.matched for each in way.streams] == ["numbers"]


def prp(lan: int) -> bytes:
    """What one LAN delivered of 100 frames."""
    records = []
    for number in range(100):
        data = ethernet(bytes(46) + struct.pack(">HHH", number, lan << 12 | 52, 0x88FB), kind=0x88B5)
        records.append((BEGIN + number * STEP, data))
    return capture(records[: 90 if lan == 0xB else 100])


def test_one_path_and_points_of_two_redundant_ones_are_told_apart() -> None:
    with pytest.raises(InputError, match="a saw redundant path A only, and b path B"):
        tell(observed({"a": prp(0xA), "b": prp(0xB), "c": prp(0xB)}, "prp"), Asked())


def test_points_of_one_of_two_redundant_paths_are_compared() -> None:
    assert lost(tell(observed({"a": prp(0xA), "b": prp(0xA)}, "prp"), Asked())) == 0
