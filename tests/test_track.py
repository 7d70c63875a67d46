"""The tracker against the RFCs' worked examples, the oracle, and the cases that it must not mistake."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from columns import run
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import truth

from seqcheck.kernel import border
from seqcheck.kernel.portable.track import Tracker as Reference
from seqcheck.track.missing import Missing

TRACKERS = {"reference": Reference}
try:
    from seqcheck.kernel.binding.kernel import Tracker as Native

    TRACKERS["native"] = Native
except ImportError:  # the install test in CI proves that this does not hide a native kernel that was built
    pass


@pytest.fixture(params=sorted(TRACKERS))
def tracker(request: pytest.FixtureRequest) -> Any:
    return TRACKERS[request.param]


def rows(events: Any, kind: int) -> Any:
    return events[events["kind"] == kind]


@pytest.mark.parametrize(
    ("arrivals", "fraction", "rate"),
    [
        ([1, 2, 3, 4], 0, 0),
        ([1, 1, 2, 2, 3, 3, 4, 4], 100, 100),
        ([1, 2, 3, 4, 1, 2, 3, 4], 100, 100),
        ([1, 2, 3, 4, 4, 3, 2, 1], 100, 100),
        ([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], 200, 100),
        ([1, 1, 1, 2, 3, 3, 3, 4], 100, 50),
    ],
)
def test_rfc_5560_section_5_3(tracker: Any, arrivals: list[int], fraction: int, rate: int) -> None:
    (s,), _, _ = run(tracker, arrivals)
    unique = s["received"] - s["duplicates"]
    assert s["duplicates"] * 100 == fraction * unique
    assert s["replicated"] * 100 == rate * unique


# arrivals, then (extent, degree, late ms) of each reordered record. RFC 4737 gives times for 7.1 only; here a record
# comes every millisecond.
RFC_4737 = {
    "7.1": ([1, 2, 3, 5, 6, 7, 8, 4, 9, 10], [(4, 4, 4)]),
    "7.2": ([1, 2, 3, 4, 7, 5, 6, 8, 9, 10], [(1, 1, 1), (2, 0, 2)]),
    "7.3": ([1, 2, 3, 7, 8, 9, 10, 4, 5, 6, 11], [(4, 4, 4), (5, 0, 5), (6, 0, 6)]),
    "7.4": ([1, 2, 3, 6, 7, 4, 5, 8, 9, 10, 12, 13, 11, 14, 15, 16], [(2, 2, 2), (3, 0, 3), (2, 2, 2)]),
    "5.3": ([1, 2, 3, 7, 8, 9, 4, 5, 6], [(3, 3, 3), (4, 0, 4), (5, 0, 5)]),
}


@pytest.mark.parametrize("section", sorted(RFC_4737))
def test_rfc_4737(tracker: Any, section: str) -> None:
    arrivals, expected = RFC_4737[section]
    (s,), events, _ = run(tracker, arrivals, times=[n * 1_000_000 for n in range(len(arrivals))])
    late = rows(events, border.LATE)
    assert [(r["a"], r["b"], (r["ns"] - r["e_ns"]) // 1_000_000) for r in late] == expected
    assert s["reordered"] == s["late"] == len(expected)
    assert s["extent_sum"] == sum(e for e, _, _ in expected)
    assert s["late_ns_max"] == max(ms for _, _, ms in expected) * 1_000_000
    assert s["missing"] == s["gaps"] == s["duplicates"] == 0


def test_rfc_4737_discontinuities_gap_and_free_runs(tracker: Any) -> None:
    (s,), _, _ = run(tracker, RFC_4737["7.4"][0])
    assert (s["jumps"], s["jump_max"]) == (2, 2)
    assert (s["reorder_gaps"], s["reorder_gap_max"]) == (1, 7)
    assert s["free_length"] == 5 + 0 + 5


@pytest.mark.parametrize(("places", "squares"), [((11, 23, 35), 363), ((1, 3, 35), 963)])
def test_rfc_4737_section_4_6_4(tracker: Any, places: tuple[int, ...], squares: int) -> None:
    """36 packets, the ones at `places` (from 0) reordered: x = 3, a = 33, q as in the RFC's table."""
    late, arrivals, number = [1000 + n for n in range(3)], [], 2000
    for place in range(36):
        if place in places:
            arrivals.append(late.pop(0))
        else:
            arrivals.append(number)
            number += 1
    (s,), _, _ = run(tracker, arrivals)
    assert (s["free_runs"], s["free_length"], s["free_squares"]) == (3, 33, squares)


def test_a_published_case(tracker: Any) -> None:
    """freebsd-net 2017: ring 32, 70 comes again between 100 and 101."""
    (s,), events, _ = run(tracker, [*range(1, 101), 70, *range(101, 120)])
    assert (s["duplicates"], s["missing"], s["late"], s["restarts"]) == (1, 0, 0, 0)
    (row,) = rows(events, border.DUPLICATE)
    assert row["seq"] == 70
    assert row["record"] - row["e_record"] == 31
    assert row["next"] - row["x"] == 31
    assert (row["frame"], row["e_frame"]) == (101, 70)


def test_loss_is_not_hidden_by_a_duplicate(tracker: Any) -> None:
    seqs = [n for n in range(2000) if n not in (700, 701, 702, 1500, 1999 - 100)]
    seqs.insert(1000, seqs[1000] - 512)
    (s,), _, _ = run(tracker, seqs)
    assert (s["missing"], s["duplicates"], s["gaps"]) == (5, 1, 3)


@pytest.mark.parametrize("ring", [64, 512, 4096])
def test_a_forward_spike_is_one_early_number_and_one_missing(tracker: Any, ring: int) -> None:
    a = 3 * ring
    (s,), events, _ = run(tracker, [*range(a), a + ring, *range(a + 1, a + 4 * ring)])
    assert (s["early"], s["duplicates"], s["missing"], s["late"]) == (1, 1, 1, 0)
    (row,) = rows(events, border.DUPLICATE)
    assert (row["record"] - row["e_record"], row["next"] - row["x"]) == (ring, 1)


def test_two_forward_spikes_within_a_lap(tracker: Any) -> None:
    seqs = [*range(500)]
    seqs[200], seqs[230] = 264, 294
    (s,), events, _ = run(tracker, seqs)
    assert (s["early"], s["duplicates"], s["missing"], s["late"]) == (2, 2, 2, 0)
    assert sorted(rows(events, border.DUPLICATE)["seq"].tolist()) == [264, 294]


def test_a_lone_number_far_ahead_is_an_outlier(tracker: Any) -> None:
    (s,), _, _ = run(tracker, [*range(100), 10**9, *range(100, 200), 2**63, *range(200, 300)])
    assert (s["outliers"], s["missing"], s["late"], s["duplicates"], s["next"]) == (2, 0, 0, 0, 300)


@pytest.mark.parametrize("modulus", [256, 1500, 65536, 1 << 24, 1 << 32, 0])
def test_a_counter_that_rolls_over_has_no_findings(tracker: Any, modulus: int) -> None:
    whole = modulus or 1 << 64
    seqs = [(whole - 700 + n) % whole for n in range(4000)]
    (s,), events, _ = run(tracker, seqs, modulus=modulus)
    assert len(events) == 0
    assert (s["received"], s["next"]) == (4000, 4000)


@pytest.mark.parametrize("before", [33, 34, 50, 5000])
@pytest.mark.parametrize("base", [0, 1, 7_000_000])
def test_a_restart_is_no_duplicate(tracker: Any, before: int, base: int) -> None:
    first = [base + n for n in range(before)]
    second = [base + n for n in range(3000) if n != 20]
    (s,), events, _ = run(tracker, first + second)
    assert (s["restarts"], s["duplicates"], s["missing"], s["late"]) == (1, 0, 1, 0)
    assert len(rows(events, border.RESTART)) == 1


def test_a_restart_below_the_first_number(tracker: Any) -> None:
    (s,), _, _ = run(tracker, [*range(50_000, 51_000), *range(3000)])
    assert (s["restarts"], s["duplicates"], s["late"], s["missing"], s["epoch"]) == (1, 0, 0, 0, 1)


def test_a_restart_after_few_records_shows_by_its_pause(tracker: Any) -> None:
    seqs = [*range(5), *range(500)]
    times = [n * 1000 + (10**9 if n >= 5 else 0) for n in range(len(seqs))]
    (s,), _, _ = run(tracker, seqs, times=times)
    assert (s["restarts"], s["duplicates"]) == (1, 0)


def test_a_restart_at_any_number_shows_by_persisting(tracker: Any) -> None:
    (s,), _, _ = run(tracker, [*range(40_000), *range(10_000, 39_000)])
    assert (s["restarts"], s["duplicates"], s["missing"]) == (1, 0, 0)


def test_a_ring_replay_is_no_restart(tracker: Any) -> None:
    (s,), events, _ = run(tracker, [*range(20_000), *range(20_000 - 8160, 20_000), *range(20_000, 30_000)])
    assert (s["restarts"], s["duplicates"]) == (0, 8160)
    found = rows(events, border.DUPLICATE)
    assert set((found["record"] - found["e_record"]).tolist()) == {8160}


def test_a_loss_just_before_the_last_number_of_an_epoch_counts(tracker: Any) -> None:
    (s,), events, _ = run(tracker, [*range(500), 501, *range(3000)])
    assert (s["restarts"], s["missing"], s["outliers"], s["duplicates"]) == (1, 1, 0, 0)
    assert rows(events, border.GAP)["seq"].tolist() == [500]


def test_numbers_missing_before_a_restart_stay_missing(tracker: Any) -> None:
    """The chain of the restart passes over old gaps before it is known for what it is."""
    first = [n for n in range(3000) if n not in (3, 4, 6, 2000)]
    (s,), _, _ = run(tracker, [*first, *range(1000)])
    assert (s["restarts"], s["missing"], s["gaps"], s["late"], s["duplicates"]) == (1, 4, 3, 0, 0)


def test_a_huge_gap_costs_no_memory_and_can_be_filled(tracker: Any) -> None:
    seqs = [*range(10), *range(3_000_000_000, 3_000_000_010), 1_500_000_000]
    (s,), _, t = run(tracker, seqs)
    assert (s["missing"], s["gaps"], s["late"]) == (3_000_000_000 - 11, 2, 1)
    assert Missing(*t.missing())(0, 0, 1_499_999_990, 1_500_000_010) == [(1_499_999_990, 10), (1_500_000_001, 9)]


def test_distance_is_unknown_beyond_the_window_but_the_duplicate_counts(tracker: Any) -> None:
    n = 2 * border.WINDOW_CAP
    (s,), events, _ = run(tracker, [*range(n), 5, *range(n, n + 10)])
    (row,) = rows(events, border.DUPLICATE)
    assert (s["duplicates"], row["e_record"], row["next"] - row["x"]) == (1, -1, n - 5)


@st.composite
def faulty(draw: st.DrawFn) -> list[int]:
    """A counting sequence with loss, stale numbers and local reordering; few chains of CHAIN_EAGER."""
    n = draw(st.integers(2, 300))
    start = draw(st.sampled_from([0, 1, 1000, 2**32 + 5]))
    seqs = list(range(start, start + n))
    for _ in range(draw(st.integers(0, 12))):
        at = draw(st.integers(1, len(seqs) - 1))
        match draw(st.sampled_from(["lose", "stale", "swap", "twice", "delay"])):
            case "lose" if len(seqs) > 3:
                del seqs[at : at + draw(st.integers(1, 5))]
                seqs = seqs or [start]
            case "stale":
                seqs.insert(at, seqs[draw(st.integers(0, at - 1))])
            case "swap":
                seqs[at], seqs[at - 1] = seqs[at - 1], seqs[at]
            case "twice":
                seqs.insert(at, seqs[at - 1])
            case "delay" if at > 1:
                seqs.insert(min(len(seqs), at + draw(st.integers(1, 20))), seqs.pop(at))
            case _:
                pass
        if len(seqs) < 2:
            seqs = [start, start + 1]
    return seqs


@settings(max_examples=400, deadline=None)
@given(seqs=faulty(), cuts=st.lists(st.integers(1, 320), max_size=6), name=st.sampled_from(sorted(TRACKERS)))
def test_equals_the_oracle_in_any_chunks(seqs: list[int], cuts: list[int], name: str) -> None:
    (s,), events, _ = run(TRACKERS[name], seqs, cuts=cuts)
    whole, all_events, _ = run(Reference, seqs)
    assert np.array_equal(events, all_events)
    assert s == whole[0]
    if s["restarts"] or s["outliers"] or np.any(rows(events, border.EARLY)["a"] == -1):
        return
    expected = truth(seqs)
    assert s["duplicates"] == expected.duplicates
    assert s["replicated"] == expected.replicated
    assert (s["missing"], s["gaps"]) == (expected.missing, expected.gaps)
    assert s["reordered"] == expected.reordered
    if not np.any(rows(events, border.EARLY)["a"] == 1):
        assert s["late"] == s["reordered"]
    found = rows(events, border.DUPLICATE)
    assert [r["record"] - r["e_record"] for r in found] == expected.distances


@settings(max_examples=200, deadline=None)
@given(
    seqs=st.lists(
        st.integers(0, 40) | st.integers(0, 2**64 - 1) | st.integers(60_000, 70_000), min_size=1, max_size=200
    ),
    modulus=st.sampled_from([0, 256, 65536, 70_001]),
    cuts=st.lists(st.integers(1, 200), max_size=5),
    name=st.sampled_from(sorted(TRACKERS)),
)
def test_any_numbers_in_any_chunks_give_the_same_rows(
    seqs: list[int], modulus: int, cuts: list[int], name: str
) -> None:
    seqs = [n % (modulus or 1 << 64) for n in seqs]
    streams, events, t = run(TRACKERS[name], seqs, modulus=modulus, cuts=cuts)
    expected, rows_, _ = run(Reference, seqs, modulus=modulus)
    assert np.array_equal(events, rows_)
    assert np.array_equal(streams, expected)
    assert streams["received"].sum() == len(seqs)
    epoch, settled = int(streams[0]["epoch"]), int(min(streams[0]["next"], 10**6))
    listed = sum(width for _, width in Missing(*t.missing())(0, epoch, 0, settled))
    assert listed <= streams[0]["missing"]


def test_copies_of_numbers_below_the_first_one_are_found(tracker: Any) -> None:
    """The window reaches below the first number, also where little was received yet."""
    for seqs in ([4, 0, 0, 5], [10, 7, 8, 7, 8, 11]):
        (s,), events, _ = run(tracker, seqs)
        found = rows(events, border.DUPLICATE)
        assert [r["record"] - r["e_record"] for r in found] == truth(seqs).distances, seqs
        assert (s["duplicates"], s["beyond"]) == (len(found), 0)
