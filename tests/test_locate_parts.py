"""The parts of `locate`: epochs laid over one another, clocks, streams found by payloads, samples that points share."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ways import BEGIN, LAYOUT, STEP, capture, frame, observed

from seqcheck.locate import sample
from seqcheck.locate.aligned import over
from seqcheck.locate.clocks import fit, lowest_line, resolution
from seqcheck.locate.matching import match
from seqcheck.locate.points import Epoch
from seqcheck.locate.run import Asked, tell

TURN = 1 << 16


def epochs(*pairs: tuple[int, int]) -> list[Epoch]:
    return [Epoch(base=base, length=length) for base, length in pairs]


@pytest.mark.parametrize(("mine", "theirs", "first", "shifts"), [
    ([(0, 100)], [(10, 90)], 0, (10,)),
    ([(10, 100)], [(0, 90)], 0, (-10,)),
    ([(65530, 100)], [(4, 90)], 0, (10,)),
    ([(4, 100)], [(65530, 90)], 0, (-10,)),
    ([(0, 500), (0, 300), (0, 800)], [(0, 300), (0, 800)], 1, (0, 0)),
    ([(0, 300), (0, 800)], [(0, 500), (0, 300), (0, 800)], -1, (None, 0, 0)),
    ([(0, 500), (0, 300)], [(0, 500), (7, 290)], 0, (0, 7)),
    ([(0, 50), (1000, 50)], [(0, 50), (2000, 50)], 0, (0, None)),
])  # fmt: skip
def test_epochs_are_laid_where_most_numbers_meet(
    mine: list[tuple[int, int]], theirs: list[tuple[int, int]], first: int, shifts: tuple[int | None, ...]
) -> None:
    found = over(epochs(*mine), epochs(*theirs), TURN)
    assert found is not None
    assert (found.first, found.shifts) == (first, shifts)


def test_what_has_no_number_in_common_is_not_laid() -> None:
    assert over(epochs((0, 100)), epochs((200, 100)), TURN) is None


def test_times_choose_the_turn_of_a_counter() -> None:
    mine, theirs = epochs((0, 10 * TURN)), epochs((5, 3 * TURN))
    found = over(mine, theirs, TURN, due=4.2 * TURN)
    assert found is not None
    assert found.shifts == (4 * TURN + 5,)
    assert found.by_time


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=2, max_size=60))
def test_the_line_of_the_fastest_is_below_all_and_nearest(points: list[tuple[int, int]]) -> None:
    """Of all lines through two points that lie below all others, none has a lesser sum of distances."""
    points = sorted(points)
    time, over_it = (np.array(column, np.float64) for column in zip(*points, strict=True))
    if len(set(time.tolist())) < 2:
        return
    level, slope = lowest_line(time, over_it)
    slack = 1e-6 * (1 + float(np.abs(over_it).max()) + abs(slope) * float(time.max()))
    assert (over_it - (level + slope * time) >= -slack).all()
    best = min(
        float((over_it - (y0 + tilt * (time - x0))).sum())
        for (x0, y0) in points
        for (x1, y1) in points
        if x1 > x0
        for tilt in [(y1 - y0) / (x1 - x0)]
        if (over_it - (y0 + tilt * (time - x0)) >= -slack).all()
    )
    assert float((over_it - (level + slope * time)).sum()) <= best + slack * len(points)


def times(drift: float, *, count: int = 4000, seed: int = 1) -> tuple[Any, Any]:
    """When records were at a point, and at one whose clock is 7 ms ahead and drifts, 20 µs and more later."""
    draw = random.Random(seed)
    before = [BEGIN + at * 1_000_000 + draw.randrange(1000) for at in range(count)]
    after = [ns + 7_000_000 + 20_000 + int(draw.expovariate(1 / 5000)) + round(drift * (ns - BEGIN)) for ns in before]
    return np.array(before), np.array(after)


@pytest.mark.parametrize("drift", [0.0, 20e-6, -60e-6, 1e-6])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_offset_and_drift_are_found_within_what_is_said(drift: float, seed: int) -> None:
    found = fit(*times(drift, seed=seed))
    assert found is not None
    assert abs(found.slope - drift) <= found.spread
    assert abs(found.least - 7_020_000) <= 2 * found.wobble
    assert found.wobble < 1000
    assert 2500 < float(np.median(found.above)) < 4500  # of an exponential of 5 µs: 3.5
    assert (found.slope != 0) == (drift != 0)


def test_what_is_steeper_than_a_clock_is_a_queue() -> None:
    found = fit(*times(500e-6))
    assert found is not None
    assert found.slope == 0


def test_the_resolution_of_stamps_is_seen() -> None:
    assert resolution(np.array([1_000_000, 5_000_000])) == 1_000_000
    assert resolution(np.array([1_001_000, 5_000_000])) == 1_000
    assert resolution(np.array([1_001_001])) == 1


def test_points_keep_the_same_records_whatever_else_they_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "MOST", 256)
    monkeypatch.setattr(sample, "WITH_PAYLOAD", 32)
    all_of_them = [(BEGIN + x * STEP, frame(1, x)) for x in range(5000)]
    draw = random.Random(4)
    some = [each for each in all_of_them if draw.random() < 0.9]
    first, second = observed({"a": capture(all_of_them), "b": capture(some)})
    seqs = [{*point.sample.rows["seq"].tolist()} for point in (first, second)]
    assert 64 <= len(seqs[0]) <= 256
    assert len(seqs[0] & seqs[1]) > 0.8 * len(seqs[0])
    payloads = [{each[1] for each in point.sample.payloads.values()} for point in (first, second)]
    assert 4 <= len(payloads[0]) <= 32
    assert payloads[0] & payloads[1]


def test_a_sample_of_many_streams_with_the_same_numbers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "MOST", 64)
    rows = [(BEGIN + x * STEP, frame(x % 200, 1 + x // 200)) for x in range(2000)]
    (point,) = observed({"a": capture(rows)})
    assert len(point.sample.rows) <= 64


def numbered(streams: dict[int, int], *, sport: int, body: bytes = b"") -> list[tuple[int, bytes]]:
    """Streams (ports by number) that count from 0, in turn."""
    return [
        (BEGIN + (x * len(streams) + at) * STEP, frame(number, x, sport=sport + port, body=body))
        for x in range(300)
        for at, (number, port) in enumerate(streams.items())
    ]


def test_streams_with_other_addresses_are_matched_by_what_they_carry() -> None:
    layout = "udp:5000 seq=u32be@4"  # the number of the stream is mere payload
    first = capture(numbered({1: 10, 2: 11, 3: 12}, sport=1000))
    second = capture(numbered({3: 50, 2: 60, 1: 11}, sport=2000))
    groups = match(observed({"a": first, "b": second}, layout))
    assert sorted(group.streams for group in groups) == [(0, 2), (1, 1), (2, 0)]
    assert all(group.by_numbers for group in groups)


def test_streams_that_carry_the_same_are_not_guessed_at() -> None:
    layout = "udp:5000 seq=u32be@4"
    first = [(ns, data) for ns, data in numbered({1: 10}, sport=1000)]
    twins = sorted([(BEGIN + x * STEP + port, frame(1, x, sport=port)) for x in range(300) for port in (2000, 2001)])
    groups = match(observed({"a": capture(first), "b": capture(twins)}, layout))
    assert [group.at for group in groups] == [(0,), (1,), (1,)]


def test_a_counter_of_few_values_is_followed_round_and_round() -> None:
    layout = "udp:5000 stream=u32be@0 seq=u8@7"
    rows = [(BEGIN + x * STEP, frame(1, x)) for x in range(3000)]
    lost = {1000, 1001, 1700}
    behind = [(ns + 3000, data) for at, (ns, data) in enumerate(rows) if at not in lost]
    made = tell(observed({"a": capture(rows), "b": capture(behind)}, layout), Asked())
    assert [(each.lost, each.doubled) for each in made.segments] == [(0, 0), (3, 0)]
    assert [(each.seq, each.count) for each in made.findings.listed] == [(1000 % 256, 2), (1700 % 256, 1)]
    assert made.points[1].clock is not None
    assert made.points[1].clock.offset_ns == 3000


def test_a_capture_that_begins_turns_later_is_laid_by_its_times() -> None:
    layout = "udp:5000 stream=u32be@0 seq=u16be@6&0x01ff"
    rows = [(BEGIN + x * STEP, frame(1, x)) for x in range(3000)]
    behind = [(ns + 3000, data) for at, (ns, data) in enumerate(rows) if at >= 1300 and at != 2000]
    made = tell(observed({"a": capture(rows), "b": capture(behind, guard=False)}, layout), Asked())
    assert (made.segments[1].lost, made.findings.edge) == (1, 1300)
    assert any("rolled over" in each for each in made.caveats)


def test_what_the_last_point_dropped_itself_may_not_be_lost() -> None:
    from seqcheck.wire import pcapng

    rows = [(BEGIN + x * STEP, frame(1, x)) for x in range(2000)]
    kept = [each for at, each in enumerate(rows) if not 700 <= at < 710]
    second = pcapng.section_block(program="test") + pcapng.interface_block(link=1, snap=0, name="x")
    second += b"".join(pcapng.packet_block(ns, data, wire=len(data)) for ns, data in kept)
    second += pcapng.statistics_block(kept[-1][0], received=len(kept) + 4, dropped=4)
    made = tell(observed({"a": capture(rows), "b": second}), Asked())
    assert (made.segments[1].lost, made.segments[1].unsure) == (10, 4)
    assert made.points[1].sight == "part"


def test_a_point_that_misses_makes_losses_before_it_unsure() -> None:
    rows = [(BEGIN + x * STEP, frame(1, x)) for x in range(2000)]
    middle = [each for at, each in enumerate(rows) if at % 10 or at < 100]  # one in ten goes by unseen
    last = [each for at, each in enumerate(rows) if at % 50 != 25]
    made = tell(observed({"a": capture(rows), "b": capture(middle), "c": capture(last)}), Asked())
    by_place = {(each.after, each.at): each for each in made.segments}
    assert by_place["b", "c"].lost == 40  # 25, 75, ...: none of them is one that b misses
    assert by_place["a", "b"].lost == 0
    assert made.points[1].missed == 190
    gone = {*range(5, 2000, 10)}
    last = [each for at, each in enumerate(rows) if at % 50 != 20 and at not in gone]
    made = tell(observed({"a": capture(rows), "b": capture(middle), "c": capture(last)}), Asked())
    by_place = {(each.after, each.at): each for each in made.segments}
    assert by_place["a", "b"].lost == 38  # which b may well have missed, and did
    assert by_place["b", "c"].lost == 202
    assert by_place["a", "b"].unsure >= 17
    assert made.points[1].sight == "part"


def test_copies_of_one_place_are_diagnosed_by_themselves() -> None:
    """Stale slots of the sender, and copies made behind it."""
    order = list(range(12_000))
    for at in range(11_500, 600, -400):
        order.insert(at, order[at] - 512)
    first = [(BEGIN + at * STEP, frame(1, x)) for at, x in enumerate(order)]
    second = []
    for at, (ns, data) in enumerate(first):
        second.append((ns + 5000, data))
        if at % 300 == 150:
            second.append((ns + 5400, data))
    made = tell(observed({"a": capture(first), "b": capture(second)}), Asked())
    at_first, between = made.segments
    assert at_first.verdict is not None
    assert between.verdict is not None
    assert (at_first.doubled, at_first.verdict.cause) == (28, "stale-slot")
    assert (between.doubled, between.verdict.cause) == (40, "path-copy")
    assert dict(between.by_cause) == {"path-copy": 40}


def test_the_places_of_a_way_are_in_order() -> None:
    rows = [(BEGIN + x * STEP, frame(1, x)) for x in range(500)]
    made = tell(observed({name: capture(rows) for name in "abcd"}), Asked())
    assert [(each.after, each.at) for each in made.segments] == [(None, "a"), *pairwise("abcd")]
    assert made.exit_code == 0
    assert made.statement == "No number came twice, and none was lost along the way."
    assert LAYOUT.startswith(made.layout.spec.split()[0])
