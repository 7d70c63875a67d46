"""Backward steps that go on: what follows decides whether old numbers came again or the sender started over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from columns import columns, drain, end, run
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import KERNELS

from seqcheck.kernel import border

BOTH = pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: str(kernel.NAME))
LONGER = 3 * border.CHAIN_LONG
TOP = 60_000


def counts(kernel: Any, seqs: list[int], **rest: Any) -> tuple[int, int, int, int]:
    (s,), _, _ = run(kernel.Tracker, seqs, **rest)
    return int(s["duplicates"]), int(s["restarts"]), int(s["missing"]), int(s["late"])


@BOTH
@pytest.mark.parametrize("length", [33, 1_000, border.CHAIN_BUFFER, border.CHAIN_LONG - 1, border.CHAIN_LONG, LONGER])
def test_the_last_numbers_once_more_in_a_row_are_a_replay_of_any_length(kernel: Any, length: int) -> None:
    seqs = [*range(TOP), *range(TOP - length, TOP), *range(TOP, TOP + 500)]
    assert counts(kernel, seqs) == (length, 0, 0, 0)


@BOTH
@pytest.mark.parametrize("after", [TOP, TOP + 7])
def test_numbers_from_the_middle_are_a_replay_if_the_count_goes_on_where_it_stood(kernel: Any, after: int) -> None:
    seqs = [*range(TOP), *range(10_000, 10_000 + LONGER), *range(after, after + 500)]
    assert counts(kernel, seqs) == (LONGER, 0, after - TOP, 0)


@BOTH
def test_replays_one_after_another(kernel: Any) -> None:
    seqs = [*range(TOP), *[*range(TOP - 17_000, TOP)] * 3, *range(TOP, TOP + 500)]
    (s,), events, _ = run(kernel.Tracker, seqs)
    assert (s["duplicates"], s["replicated"], s["restarts"]) == (51_000, 17_000, 0)
    twice = events[events["kind"] == border.DUPLICATE]
    assert set((twice["record"] - twice["e_record"]).tolist()) == {17_000}


@BOTH
def test_a_restart_in_the_middle_goes_on_from_there(kernel: Any) -> None:
    """With losses, a copy and a late number of its own, all of which are told."""
    second = [n for n in range(10_000, 10_000 + LONGER) if n not in (20_000, 20_001, 30_000)]
    second.insert(15_000, second[14_000])
    second.insert(25_500, 30_000)
    (s,), events, t = run(kernel.Tracker, [*range(TOP), *second])
    assert (s["duplicates"], s["restarts"], s["missing"], s["late"], s["gaps"]) == (1, 1, 2, 1, 1)
    kinds = events["kind"]
    (back,) = events[kinds == border.RETRACT]
    (gap,) = events[(kinds == border.GAP) & (events["a"] == 2)]
    assert (gap["seq"], gap["epoch"], back["a"]) == (20_000, 1, TOP)
    later = events[np.flatnonzero(kinds == border.RETRACT)[0] :]
    (twice,) = later[later["kind"] == border.DUPLICATE]
    assert (twice["seq"], twice["record"] - twice["e_record"]) == (second[14_000], 1_000)
    assert int(t.distances().sum()) == 1
    pages, _ = t.missing()
    assert pages["epoch"].tolist() == [1]


@BOTH
def test_a_restart_and_after_it_a_replay(kernel: Any) -> None:
    """The second one is a chain within what the first one may turn out to be."""
    seqs = [*range(TOP), *range(5_000, 25_000), *range(20_000, 25_000), *range(25_000, 26_000)]
    assert counts(kernel, seqs) == (5_000, 1, 0, 0)


@BOTH
def test_two_restarts_in_the_middle(kernel: Any) -> None:
    seqs = [*range(TOP), *range(5_000, 25_000), *range(5_000, 24_000)]
    assert counts(kernel, seqs) == (0, 2, 0, 0)


@BOTH
def test_a_restart_within_a_restart_keeps_what_was_before_both(kernel: Any) -> None:
    """After a pause each, where the input ends: the late number of the first epoch is still one."""
    seqs = [112, 107, 107, 108, 109, 107, 108, 109]
    (s,), events, _ = run(
        kernel.Tracker, seqs, times=[1, 2, 10**9, 10**9 + 1, 10**9 + 2, 2 * 10**9, 2 * 10**9 + 1, 2 * 10**9 + 2]
    )
    assert (s["late"], s["restarts"], s["duplicates"]) == (1, 2, 0)
    assert events[events["kind"] == border.RETRACT]["a"].tolist() == [2, 5]


SHORT = 200  # numbers of a count that began shortly before


@BOTH
@pytest.mark.parametrize("first", [0, 5, 7_000_000])
@pytest.mark.parametrize(("start", "length"), [(0, 32), (0, 64), (2, 150), (7, 177), (0, 184)])
def test_old_numbers_near_the_first_one_are_a_replay_if_the_count_goes_on_where_it_stood(
    kernel: Any, first: int, start: int, length: int
) -> None:
    seqs = [*range(SHORT), *range(start, start + length), *range(SHORT, SHORT + 500)]
    assert counts(kernel, [first + n for n in seqs]) == (length, 0, 0, 0)


@BOTH
@pytest.mark.parametrize("lost", [1, 9])
def test_so_they_are_if_numbers_were_lost_before_it_went_on(kernel: Any, lost: int) -> None:
    seqs = [*range(SHORT), *range(64), *range(SHORT + lost, SHORT + 500)]
    assert counts(kernel, seqs) == (64, 0, lost, 0)


@BOTH
@pytest.mark.parametrize("lost", [[], [20], [SHORT], [SHORT - 1, SHORT, SHORT + 1], [*range(180, 220)]])
def test_they_are_a_restart_if_the_count_goes_on_from_them(kernel: Any, lost: list[int]) -> None:
    seqs = [*range(SHORT), *(n for n in range(900) if n not in lost)]
    assert counts(kernel, seqs) == (0, 1, len(lost), 0)
    assert counts(kernel, [*range(SHORT), SHORT + 1, *seqs[SHORT:]]) == (0, 1, len(lost) + 1, 0)


@BOTH
@pytest.mark.parametrize("length", [33, 100, SHORT])
def test_they_are_a_restart_if_the_input_ends_with_them(kernel: Any, length: int) -> None:
    assert counts(kernel, [*range(SHORT), *range(length)]) == (0, 1, 0, 0)


@BOTH
def test_a_restart_near_the_first_number_shows_at_once_by_its_pause(kernel: Any) -> None:
    seqs = [*range(SHORT), *range(40)]
    tracker = kernel.Tracker(0)
    frames, records = columns(seqs, times=[n * 1000 + (10**9 if n >= SHORT else 0) for n in range(len(seqs))])
    drain(tracker, frames, records)
    assert tracker.streams()["restarts"].tolist() == [1]


@BOTH
@pytest.mark.parametrize("times", [2, 3, 7])
@pytest.mark.parametrize("length", [40, 100, 500])
def test_a_short_count_over_and_over_is_restarts(kernel: Any, times: int, length: int) -> None:
    assert counts(kernel, [*range(length)] * times) == (0, times - 1, 0, 0)


@BOTH
def test_replays_of_the_first_numbers_one_after_another(kernel: Any) -> None:
    seqs = [*range(SHORT), *range(64), *range(SHORT, 300), *range(3, 203), *range(300, 600)]
    assert counts(kernel, seqs) == (264, 0, 0, 0)


@BOTH
@pytest.mark.parametrize("length", [31, 32, 33, 1_000, border.CHAIN_LONG - 1])
@pytest.mark.parametrize("after", [TOP, TOP + 7])
def test_the_first_numbers_once_more_are_a_replay_if_the_count_goes_on_where_it_stood(
    kernel: Any, length: int, after: int
) -> None:
    """However far that is."""
    seqs = [*range(TOP), *range(length), *range(after, after + 500)]
    assert counts(kernel, seqs) == (length, 0, after - TOP, 0)


@BOTH
def test_old_numbers_from_the_first_one_on_are_a_restart_as_soon_as_there_are_that_many(kernel: Any) -> None:
    tracker = kernel.Tracker(0)
    drain(tracker, *columns([*range(TOP), *range(border.CHAIN_LONG - 1)]))
    assert tracker.streams()["restarts"].tolist() == [0]
    tracker = kernel.Tracker(0)
    drain(tracker, *columns([*range(TOP), *range(border.CHAIN_LONG)]))
    assert tracker.streams()["restarts"].tolist() == [1]


@BOTH
def test_a_sender_that_started_over_before_does_so_again(kernel: Any) -> None:
    tracker = kernel.Tracker(0)
    drain(tracker, *columns([*range(TOP), *range(TOP), *range(31)]))
    assert tracker.streams()["restarts"].tolist() == [1]
    tracker = kernel.Tracker(0)
    drain(tracker, *columns([*range(TOP), *range(TOP), *range(32)]))
    assert tracker.streams()["restarts"].tolist() == [2]


@BOTH
@pytest.mark.parametrize("length", [32, 700])
def test_they_are_one_if_the_input_ends_with_them(kernel: Any, length: int) -> None:
    assert counts(kernel, [*range(TOP), *range(length)]) == (0, 1, 0, 0)


@BOTH
@pytest.mark.parametrize("each", [31, 32, 100, 2_000])
@pytest.mark.parametrize("again", [1, 500])
def test_one_frame_of_many_numbers_is_no_restart(kernel: Any, each: int, again: int) -> None:
    """The first one comes again so many frames later: its numbers go on from one another, but nobody sent them one by
    one."""
    order = [*range(again), 0, *range(again, again + 3)]
    frames, records = columns([frame * each + n for frame in order for n in range(each)])
    records.row[: records.count] = np.repeat(np.arange(len(order)), each)
    tracker = kernel.Tracker(0)
    drain(tracker, frames, records)
    end(tracker)
    (s,) = tracker.streams()
    assert (int(s["duplicates"]), int(s["restarts"]), int(s["missing"])) == (each, 0, 0)


@BOTH
@pytest.mark.parametrize("beyond", [60, 400])
def test_old_numbers_just_behind_the_place_where_the_counter_starts_over_are_no_restart(
    kernel: Any, beyond: int
) -> None:
    """The count stood so far beyond, when a row of old numbers came from there on. It goes on meanwhile, or behind."""
    whole = 1 << 16
    began, stood = 2 * whole, 2 * whole + beyond
    at_once = [*range(stood), *range(began, stood - 20), *range(stood, stood + 2000)]
    assert counts(kernel, [n % whole for n in at_once], modulus=whole) == (beyond - 20, 0, 0, 0)
    between = [n for old in range(began, stood) for n in (old, old + beyond)]
    both = [*range(stood), *between, *range(stood + beyond, stood + 2000)]
    assert counts(kernel, [n % whole for n in both], modulus=whole) == (beyond, 0, 0, 0)


@BOTH
def test_a_restart_far_beyond_the_place_where_the_counter_starts_over_is_one_at_once(kernel: Any) -> None:
    whole = 1 << 16
    seqs = [*range(whole + border.SHORT_COUNT + 100), *range(700)]
    assert counts(kernel, [n % whole for n in seqs], modulus=whole) == (0, 1, 0, 0)


@BOTH
def test_numbers_from_below_the_first_one_are_a_restart_if_the_input_ends_with_them(kernel: Any) -> None:
    """As when a capture began in the middle of a count."""
    assert counts(kernel, [*range(2_000, 5_000), *range(1_000, 3_500)]) == (0, 1, 0, 0)
    goes_on = [*range(2_000, 5_000), *range(1_900, 3_500), *range(5_000, 5_100)]
    assert counts(kernel, goes_on) == (1_500, 0, 0, 100)
    few = [*range(2_000, 5_000), *range(1_990, 2_100)]
    assert counts(kernel, few)[1] == 0


@BOTH
def test_numbers_from_below_the_first_one_that_persist_are_a_restart(kernel: Any) -> None:
    seqs = [*range(10**6, 10**6 + 500), *range(500_000, 500_000 + border.CHAIN_LONG + 100)]
    assert counts(kernel, seqs) == (0, 1, 0, 0)


@BOTH
def test_what_comes_ahead_of_its_time_is_read_again_too(kernel: Any) -> None:
    """A restart near the base; a number of the old count among its first records is an outlier of the new one."""
    (s,), _, _ = run(kernel.Tracker, [*range(100_000), *range(20), 100_500, *range(20, 3_000)])
    assert (s["restarts"], s["duplicates"], s["outliers"], s["early"], s["received"]) == (1, 0, 1, 0, 103_001)


def paced(*parts: tuple[int, int]) -> list[int]:
    """Times of records: so many, so many ns apart."""
    return np.cumsum(np.concatenate([np.full(count, apart, np.int64) for count, apart in parts])).tolist()  # type: ignore[no-any-return]


@BOTH
@pytest.mark.parametrize(
    ("parts", "restarts"),
    [
        (((5_000, 1_000_000), (1, 10**9), (19, 1_000_000)), 1),  # steady, then a pause
        (
            ((1, 1_000), (1, 3600 * 10**9), (4_998, 1_000_000), (1, 10**9), (19, 1_000_000)),
            1,
        ),  # an hour's pause long ago
        (((4_000, 1_000), (1_000, 300_000_000), (20, 300_000_000)), 0),  # fast once, slow for long
        (((5_000, 1_000), (1, 100_000_000), (19, 1_000)), 0),  # not long enough
    ],
)
def test_a_pause_is_measured_against_the_pace_just_before_it(
    kernel: Any, parts: tuple[tuple[int, int], ...], restarts: int
) -> None:
    """Twenty numbers from the middle, with which the input ends."""
    seqs = [*range(5_000), *range(3_000, 3_020)]
    assert counts(kernel, seqs, times=paced(*parts)) == (20 * (not restarts), restarts, 0, 0)


@BOTH
def test_an_open_chain_costs_no_other_stream_anything(kernel: Any) -> None:
    """Half of the streams wait for what follows; the others are told all the same."""
    count = 40
    seqs = [n for n in range(2_000) for _ in range(count)]
    streams = [*range(count)] * 2_000
    for step in range(1_500):
        seqs += [200 + step] * (count // 2)
        streams += range(count // 2)
    seqs += [1_900] * count
    streams += range(count)
    states, _, _ = run(kernel.Tracker, seqs, streams=streams)
    assert states["duplicates"].tolist() == [1_501] * (count // 2) + [1] * (count // 2)
    assert states["beyond"].sum() == states["unfollowed"].sum() == 0


MODULI = (2, 3, 7, 16, 31, 100, 125, 200, 255)
FEW = {
    "a constant": [1] * 1000,
    "a constant behind another": [1, *[0] * 1000],
    "a constant behind a count": [0, *[1] * 1000],
    "two in turn": [0, 1] * 500,
    "down": [*range(1000, 0, -1)],
    "by three": [*range(0, 3000, 3)],
    "by half": [*range(0, 30_000, 60)],
}


@BOTH
@pytest.mark.parametrize("modulus", MODULI)
@pytest.mark.parametrize("name", FEW)
def test_a_counter_too_short_to_tell_ahead_from_behind_costs_no_more(kernel: Any, modulus: int, name: str) -> None:
    """Of few numbers any may seem to continue from any other: a chain must not be read again and again at the end."""
    seqs = [seq % modulus for seq in FEW[name]]
    (s,), events, _ = run(kernel.Tracker, seqs, modulus=modulus)
    assert len(events) <= 6 * len(seqs)
    assert s["received"] == len(seqs)
    assert 0 <= s["duplicates"] < len(seqs)


@settings(max_examples=120, deadline=None)
@given(
    st.integers(2, 300).flatmap(
        lambda m: st.tuples(st.just(m), st.lists(st.integers(0, m - 1), min_size=1, max_size=30))
    ),
    st.integers(1, 60),
)
def test_both_kernels_say_the_same_of_counters_however_short(drawn: tuple[int, list[int]], times: int) -> None:
    modulus, part = drawn
    found = [run(kernel.Tracker, part * times, modulus=modulus) for kernel in KERNELS]
    assert len(found[0][1]) <= 6 * len(part * times)
    (streams, events, _), (others, rows, _) = found[0], found[-1]
    assert np.array_equal(streams, others)
    assert np.array_equal(events, rows)


@BOTH
@pytest.mark.parametrize("ring", [256, 1024, 4096])
@pytest.mark.parametrize("share", [0.5, 0.7, 0.95])
def test_a_replay_from_the_first_number_on_is_no_restart(kernel: Any, ring: int, share: float) -> None:
    """A ring goes out again soon after the sender began, and the count goes on where it stood."""
    replayed = int(ring * share)
    seqs = [*range(ring), *range(replayed), *range(ring, ring + 3_000)]
    assert counts(kernel, seqs) == (replayed, 0, 0, 0)


@BOTH
def test_single_old_numbers_after_a_pause_are_no_restart(kernel: Any) -> None:
    """As a timer sends them again when the sender has finished."""
    old = [1950, 1960, 1962, 1965, 1969]
    times = paced((2_000, 1_000_000), (1, 350_000_000), (len(old) - 1, 90_000_000))
    assert counts(kernel, [*range(2_000), *old], times=times) == (len(old), 0, 0, 0)


@BOTH
@pytest.mark.parametrize("more", [0, 3_000])
def test_single_old_numbers_from_the_first_one_on_are_no_restart(kernel: Any, more: int) -> None:
    seqs = [*range(20_000), *range(0, 4_000, 40), *range(20_000, 20_000 + more)]
    assert counts(kernel, seqs) == (100, 0, 0, 0)


@BOTH
@pytest.mark.parametrize(("lap", "apart"), [(1024, 37), (4096, 17), (300, 5)])
def test_many_numbers_may_be_ahead_of_their_time(kernel: Any, lap: int, apart: int) -> None:
    """Slots that are filled again a lap too early: one number is lost, and the other one comes twice."""
    count = 12_000
    early = [n for n in range(count) if n % apart == apart - 2 and n + lap < count and (n - lap) % apart != apart - 2]
    seqs = [n + lap if n in set(early) else n for n in range(count)]
    (s,), _, _ = run(kernel.Tracker, seqs)
    assert (s["duplicates"], s["early"], s["missing"], s["late"], s["outliers"]) == (len(early),) * 3 + (0, 0)


@BOTH
@pytest.mark.parametrize(("at", "lost"), [(2_000, 100), (2_000, 900), (1_000, 1_500), (500, 64)])
def test_a_restart_survives_a_burst_of_losses(kernel: Any, at: int, lost: int) -> None:
    """Up to where the count stood before."""
    seqs = [*range(3_000), *range(at), *range(at + lost, 5_000)]
    assert counts(kernel, seqs) == (0, 1, lost, 0)


@BOTH
@pytest.mark.parametrize("at", [500, 2_500])
def test_a_restart_survives_slots_that_are_filled_too_early(kernel: Any, at: int) -> None:
    early = [*range(at + 300, at + 364)]
    seqs = [*range(3_000), *range(at), *early, *range(at + 64, 5_000)]
    (s,), _, _ = run(kernel.Tracker, seqs)
    assert (s["duplicates"], s["restarts"], s["missing"]) == (64, 1, 64)


@BOTH
def test_old_numbers_in_two_parts_are_a_replay_if_the_count_goes_on_where_it_stood(kernel: Any) -> None:
    seqs = [*range(3_000), *range(500), *range(800, 1_500), *range(3_000, 3_500)]
    assert counts(kernel, seqs) == (1_200, 0, 0, 0)


@BOTH
@pytest.mark.parametrize("behind", [3, 20, 50])
def test_they_are_a_replay_if_less_is_lost_that_way(kernel: Any, behind: int) -> None:
    """The chain ends short of where the count stood, which then goes on with one number lost."""
    seqs = [*range(SHORT), *range(SHORT - behind), *range(SHORT + 1, SHORT + 500)]
    assert counts(kernel, seqs) == (SHORT - behind, 0, 1, 0)


@BOTH
@pytest.mark.parametrize(("lap", "sent"), [(2_000, 1_700), (2_000, 2_000), (256, 250), (64, 60)])
def test_old_numbers_in_the_place_of_as_many_new_ones_are_a_replay(kernel: Any, lap: int, sent: int) -> None:
    """The ring goes out again from the first number on, and the slots that would have been filled are lost."""
    seqs = [*range(lap), *range(sent), *range(lap + sent, lap + sent + 500)]
    assert counts(kernel, seqs) == (sent, 0, sent, 0)


@BOTH
@pytest.mark.parametrize("modulus", [0, 1024])
@pytest.mark.parametrize("laps", [0, 3])
@pytest.mark.parametrize("after", [0, 200])
@pytest.mark.parametrize("reached", [53, 80])
def test_numbers_that_were_missing_are_no_restart(
    kernel: Any, modulus: int, laps: int, after: int, reached: int
) -> None:
    """A copy near where the counter starts over, and behind it what was missing, late and in order."""
    seqs = [*range(4), *range(53, reached), *range(3, 53), *range(reached, reached + after)]
    if reached == 53:
        seqs.insert(4, 53)
        seqs.insert(5, 54)
    lap = [*range(1024)] * laps
    found = counts(kernel, [*lap, *seqs] if modulus else seqs, modulus=modulus)
    assert found == (1 + 2 * (reached == 53 and after > 0), 0, 0, 49)


@BOTH
def test_a_long_block_that_comes_late_is_no_restart(kernel: Any) -> None:
    late = 2 * border.CHAIN_LONG
    seqs = [*range(501), *range(late + 500, late + 900), *range(500, late + 400)]
    assert counts(kernel, seqs) == (1, 0, 100, late - 101)


@BOTH
def test_a_sender_that_starts_over_sooner_each_time(kernel: Any) -> None:
    """Each count is shorter than the one before, so none of them is passed until the last one."""
    counted = [5286, 1086, 4780, 2516, 439, 340, 300, 1153]
    assert counts(kernel, [n for count in counted for n in range(count)]) == (0, len(counted) - 1, 0, 0)
