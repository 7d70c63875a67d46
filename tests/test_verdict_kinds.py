"""Kinds of captures that were once judged wrongly, and what is right: no innocent capture is accused of a ring, and a
ring's fault is found whatever lies beside it. docs/verdict.md has the words."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import kinds
import lookalikes
import lossy_rings
import programs
import pytest
import rings
import steady_paths

import seqcheck
from seqcheck.model import RING_CAUSES, Report
from seqcheck.track import tracker as track
from seqcheck.wire import pcap


def judged(capture: io.BytesIO, layout: str = kinds.LAYOUT, ring_sizes: tuple[int, ...] = ()) -> Report:
    report = seqcheck.analyze(capture, layout=layout, ring_sizes=ring_sizes)
    assert report.verdict.cause != "not-judged", report.verdict.statement
    assert sum(report.duplicates.by_cause.values()) == report.duplicates.total
    return report


def causes(report: Report) -> set[str]:
    return {report.verdict.cause, *(each.cause for each in report.also)}


INNOCENT: dict[str, tuple[Callable[[], io.BytesIO], set[str]]] = {
    "the sender fails over to another address": (kinds.failover, {"path-copy", "unexplained"}),
    "a window sent again, no identification": (kinds.go_back, {"retransmission", "unexplained"}),
    "the same over IPv4": (lambda: kinds.go_back(64, version=4), {"retransmission", "unexplained"}),
    "a delay of 10 ms, 5 % jitter": (
        lambda: kinds.delayed(10_000_000, 0.05, 0.01),
        {"path-copy", "retransmission", "unexplained"},
    ),
    "a delay of 10 ms, 20 % jitter": (
        lambda: kinds.delayed(10_000_000, 0.2, 0.01),
        {"path-copy", "retransmission", "unexplained"},
    ),
    "a delay of its own for every frame and every copy": (kinds.jittered, {"path-copy", "unexplained"}),
    "one counter over several flows, mirrored": (kinds.shared_counter, {"path-copy"}),
    "one counter over two flows by turns, mirrored": (kinds.shared_by_turns, {"path-copy", "sender-repeat"}),
    "a block handed over twice": (kinds.block_twice, {"path-copy", "sender-repeat", "unexplained"}),
    "buffers of a last-in-first-out cache": (
        kinds.last_in_first_out,
        {"unexplained", "sender-repeat", "retransmission", "loop"},
    ),
    "a loop of routers": (kinds.router_loop, {"loop"}),
    "segments that share a number": (kinds.segments, {"unexplained"}),
    "the first of each group again": (kinds.first_of_each_group_again, {"sender-repeat", "retransmission"}),
    "repairs of the same places": (kinds.repairs, {"sender-repeat", "retransmission", "unexplained", "path-copy"}),
    "one flow of many repeats itself": (kinds.one_flow_repeats, {"sender-repeat", "retransmission", "unexplained"}),
    "a block once more, between new frames": (kinds.block_among_others, {"path-copy", "retransmission", "unexplained"}),
    "copies that a mirror fills up": (lookalikes.padded_by_the_mirror, {"path-copy", "unexplained"}),
    "copies with a trailer of the tap": (lookalikes.with_a_trailer, {"path-copy", "unexplained"}),
    "old records of one age instead of new ones": (
        lookalikes.of_an_age_instead,
        {"path-copy", "retransmission", "sender-repeat", "unexplained"},
    ),
    "copies push new frames out of a queue": (
        lookalikes.pushed_out_of_a_queue,
        {"path-copy", "retransmission", "unexplained"},
    ),
    "repairs in turns of their own": (
        lookalikes.repaired_in_a_turn,
        {"path-copy", "retransmission", "sender-repeat", "unexplained"},
    ),
    "what a sampler held": (lookalikes.held_by_a_sampler, {"path-copy", "sender-repeat", "unexplained"}),
    "the same, of which half is lost": (
        lambda: lookalikes.held_by_a_sampler(exported=0.5),
        {"path-copy", "sender-repeat", "unexplained"},
    ),
    "the first frame of a batch again": (
        lookalikes.first_of_a_batch_again,
        {"path-copy", "retransmission", "sender-repeat", "unexplained"},
    ),
    "the receiver's own ring": (lookalikes.of_the_receivers_ring, {"path-copy", "retransmission", "unexplained"}),
    "the record before instead of the new one": (
        lookalikes.the_one_before_instead,
        {"path-copy", "retransmission", "sender-repeat", "unexplained"},
    ),
    "threads swap the items of a batch": (lookalikes.threads_swap_items, {"sender-repeat", "unexplained"}),
    "the oldest of a full window, after a timeout": (
        lookalikes.when_the_window_is_full,
        {"retransmission", "sender-repeat", "unexplained"},
    ),
    "one record after every thousand": (lookalikes.by_count, {"retransmission", "sender-repeat", "unexplained"}),
    "every 209th again, 64 later": (
        lookalikes.some_again_after_so_many,
        {"retransmission", "sender-repeat", "unexplained"},
    ),
    "some again, 24 later": (
        lambda: lookalikes.some_again_after_so_many(24, None),
        {"retransmission", "sender-repeat", "unexplained"},
    ),
    "retried in the place of new ones": (
        lookalikes.retried_in_place,
        {"path-copy", "retransmission", "sender-repeat", "unexplained"},
    ),
    "copies cut to one length": (
        steady_paths.cut_by_the_mirror,
        {"path-copy", "retransmission", "sender-repeat", "unexplained"},
    ),
    "after every 126th the one 128 back": (
        steady_paths.every_so_often,
        {"retransmission", "sender-repeat", "path-copy", "unexplained"},
    ),
    "after every 1423rd the one 724 back, with losses": (
        lambda: steady_paths.every_so_often(1423, 724, 1423 * 11, lost=0.045),
        {"retransmission", "sender-repeat", "path-copy", "unexplained"},
    ),
    "threads swap items of a batch, a few times": (
        lambda: lookalikes.threads_swap_items(8, 0.001),
        {"sender-repeat", "retransmission", "path-copy", "unexplained"},
    ),
    "copies push the next frame out, at a steady pace": (
        lookalikes.pushes_the_next_out,
        {"path-copy", "retransmission", "sender-repeat", "unexplained"},
    ),
    "the oldest of 1024 again, at any time": (
        lambda: lookalikes.from_a_history(1025),
        {"retransmission", "sender-repeat", "path-copy", "unexplained"},
    ),
    "the oldest of 128 again, at any time": (
        lambda: lookalikes.from_a_history(129),
        {"retransmission", "sender-repeat", "path-copy", "unexplained"},
    ),
    "batches of 128, two later": (programs.batches_again, {"retransmission", "sender-repeat", "unexplained"}),
    "batches of 37, four later, with losses": (
        lambda: programs.batches_again(37, 4, 0.14, others=0.01),
        {"retransmission", "sender-repeat", "unexplained"},
    ),
    "a timer, of a sender that pauses": (
        programs.repeats_by_a_timer,
        {"retransmission", "sender-repeat", "path-copy", "unexplained"},
    ),
    "a shorter timer, of a sender that pauses": (
        lambda: programs.repeats_by_a_timer(815, 5000, 900, lost=0.002),
        {"retransmission", "sender-repeat", "path-copy", "unexplained"},
    ),
    "a delay at a constant rate": (kinds.delayed_at_a_constant_rate, {"path-copy", "retransmission", "unexplained"}),
}


@pytest.mark.parametrize("name", INNOCENT)
def test_nobody_innocent_is_accused(name: str) -> None:
    make, right = INNOCENT[name]
    report = judged(make())
    assert report.duplicates.total > 0
    verdict = report.verdict
    assert verdict.cause in right or (verdict.cause in RING_CAUSES and verdict.strength == "weak"), verdict.statement
    for each in report.also:
        assert each.cause not in RING_CAUSES or each.strength in ("weak", "none"), each.statement
    assert verdict.cause not in {rival.cause for rival in verdict.rivals}, verdict.rivals


@pytest.mark.parametrize(("delay", "jitter"), [(40.3, 0.8), (40.3, 2.0), (100.3, 2.0), (300.3, 1.5), (777.3, 3.0)])
@pytest.mark.parametrize("tick", [1, 100 * kinds.STEP])
@pytest.mark.parametrize("seed", range(82, 86))
def test_a_constant_delay_at_a_steady_pace_is_no_ring(delay: float, jitter: float, tick: int, seed: int) -> None:
    """Times between copies vary only by what each frame waits for itself, or by the clock's ticks."""
    report = judged(steady_paths.through_a_jittery_queue(delay, jitter, tick=tick, seed=seed))
    assert report.duplicates.total > 0
    for each in (report.verdict, *report.also):
        assert each.cause not in RING_CAUSES or each.strength in ("weak", "none"), each.statement


def test_a_loop_that_writes_stamps_is_not_firmly_a_retransmission() -> None:
    verdict = judged(lookalikes.a_loop_that_stamps()).verdict
    assert verdict.cause in ("loop", "path-copy", "unexplained") or verdict.strength == "weak", verdict.statement


@pytest.mark.parametrize("make", [lookalikes.starts_over, lookalikes.stamped_by_a_clock])
def test_new_packets_with_old_numbers_are_not_always_sent_again(make: Callable[[], io.BytesIO]) -> None:
    verdict = judged(make()).verdict
    assert verdict.cause in ("no-counter", "unexplained") or verdict.strength == "weak", verdict.statement


def test_old_packets_in_whole_laps_are_not_simply_the_senders_own_doing() -> None:
    verdict = judged(steady_paths.laps_again()).verdict
    assert verdict.strength == "weak", verdict.statement


def test_a_mirror_of_everything_with_losses_is_not_blamed_on_the_sender() -> None:
    verdict = judged(kinds.mirrored_with_losses()).verdict
    assert verdict.cause == "path-copy" or verdict.strength == "weak", verdict.statement


def test_no_slot_is_named_where_a_tap_adds_a_trailer() -> None:
    reasons = " ".join(judged(lookalikes.with_a_trailer()).verdict.because)
    assert "pads or cuts" in reasons
    assert "its length was not" in reasons
    assert "the slot's" not in reasons


def test_a_clock_of_a_millisecond_makes_no_delay_out_of_a_lap() -> None:
    """Each copy comes some whole milliseconds later, and in the place of another number."""
    report = judged(rings.by_a_coarse_clock())
    assert report.verdict.cause == "stale-slot", report.verdict.statement
    assert report.duplicates.by_cause["stale-slot"] > 0.9 * report.duplicates.total


def test_late_frames_put_no_distance_off_that_the_copies_agree_on() -> None:
    verdict = judged(lossy_rings.with_stragglers()).verdict
    assert (verdict.cause, verdict.ring_size) == ("stale-slot", 1800), verdict.statement
    assert verdict.strength in ("moderate", "strong"), verdict.caveats


def test_slots_not_filled_after_a_stall_are_no_timeouts() -> None:
    """Counting the host's frames as well, all come after one lap."""
    verdict = judged(rings.after_stalls()).verdict
    assert (verdict.cause, verdict.ring_size) == ("stale-slot", 512), verdict.statement
    assert verdict.strength in ("moderate", "strong"), verdict.caveats


def test_one_loss_in_the_lap_of_all_copies_leaves_the_size_known() -> None:
    verdict = judged(rings.one_lost_in_the_lap()).verdict
    assert (verdict.cause, verdict.ring_size) == ("stale-slot", 512), verdict.caveats
    assert verdict.strength in ("moderate", "strong")


@pytest.mark.parametrize("jitter", [0.05, 0.2])
def test_a_ring_size_that_is_given_accuses_nobody_either(jitter: float) -> None:
    report = judged(kinds.delayed(10_000_000, jitter, 0.01), ring_sizes=(64,))
    assert report.verdict.cause not in RING_CAUSES or report.verdict.strength == "weak", report.verdict.statement


@pytest.mark.parametrize("make", [
    programs.a_history_again, lambda: programs.batches_again(128, 3, 0.1), lambda: programs.batches_again(100, 4, 0.1),
])  # fmt: skip
@pytest.mark.parametrize("given", [512, 500, 2048])
def test_a_window_as_long_as_the_ring_that_is_given(make: Callable[[], io.BytesIO], given: int) -> None:
    """People write the same numbers for windows and for rings: that one is given does not say which it was."""
    report = judged(make(), ring_sizes=(given,))
    assert report.verdict.cause not in RING_CAUSES or report.verdict.strength == "weak", report.verdict.statement


def test_packets_that_share_a_number_are_no_resend() -> None:
    report = judged(kinds.segments())
    assert "nothing was resent" in report.verdict.statement
    assert "payload" in " ".join(report.verdict.because)


def test_the_next_frame_overwrites_a_buffer() -> None:
    report = judged(rings.next_overwrites())
    assert report.verdict.cause in ("early-overwrite", "unexplained"), report.verdict.statement
    assert report.duplicates.total == report.missing == 30
    assert "30" in report.verdict.statement


@pytest.mark.parametrize("given", [(), (512,)])
def test_streams_that_share_a_ring(given: tuple[int, ...]) -> None:
    report = judged(rings.streams_on_one_ring(), ring_sizes=given)
    assert (report.verdict.cause, report.verdict.ring_size) == ("stale-slot", 512), report.verdict.statement
    assert {each.frame_distance for each in report.duplicates.listed} == {512}


def test_streams_that_share_a_ring_and_a_mirror_of_everything() -> None:
    """The other streams' second copies are counted out once."""
    report = judged(kinds.mirrored(rings.streams_on_one_ring()))
    found = next(each for each in (report.verdict, *report.also) if each.cause in RING_CAUSES)
    assert found.ring_size == 512, found.statement


@pytest.mark.parametrize("size", [48, 100, 512])
@pytest.mark.parametrize("others", [0.0, 0.05])
def test_a_ring_of_any_size(size: int, others: float) -> None:
    report = judged(rings.stale_slots(size, 24, others=others))
    verdict = report.verdict
    alone = not others and size == 100  # of no ring's usual size, and nobody else's slots: a program may count so far
    strengths = {"weak"} if alone else {"strong", "moderate"}
    assert verdict.cause == "stale-slot", verdict.statement
    assert verdict.strength in strengths, verdict.statement
    assert verdict.ring_size in (size, None)
    assert verdict.bracket is not None
    assert verdict.bracket[0] <= size <= (verdict.bracket[1] or size)


def test_a_size_that_does_not_fit_is_told() -> None:
    verdict = judged(rings.stale_slots(128, 24, others=0.05), ring_sizes=(512,)).verdict
    assert (verdict.cause, verdict.ring_size, verdict.ring_given) == ("stale-slot", 128, False)
    assert "512, as given, does not fit; 128 would." in verdict.caveats


@pytest.mark.parametrize("first", ["mirror", "ring"])
def test_mirror_copies_hide_no_ring(first: str) -> None:
    """More mirror copies than duplicates are kept, and stale slots before or behind them."""
    mirrored, stale = 70_000, 400
    report = judged(rings.mirror_and_ring(mirrored, stale, first=first))
    assert report.duplicates.total == mirrored + stale
    assert {"path-copy", "stale-slot"} <= causes(report)
    assert report.duplicates.by_cause["stale-slot"] == pytest.approx(stale, rel=0.05)
    assert report.duplicates.by_cause["path-copy"] == pytest.approx(mirrored, rel=0.01)
    for statement in (report.verdict.statement, *(each.statement for each in report.also)):
        assert "65,536 of 65,536" not in statement


def test_a_restart_changes_no_cause() -> None:
    once = [number for number in range(4000) for _ in range(2)]
    before = judged(kinds.numbers(once))
    after = judged(kinds.numbers([*once, *range(4300)]))
    assert [sum(stream.restarts for stream in each.streams) for each in (before, after)] == [0, 1]
    assert before.duplicates.by_cause == after.duplicates.by_cause
    assert before.verdict.cause == after.verdict.cause


def test_a_stream_does_not_depend_on_those_before_it() -> None:
    def report(others: int) -> Report:
        wire = kinds.Wire()
        for stream in range(others):
            for number in range(3000):
                wire.put(kinds.datagram(number, sport=7000 + stream, source=kinds.B))
        struck = set(random.Random(14).sample(range(600, 2900), 25))
        for number in range(3000):
            wire.put(kinds.datagram(number, sport=6000))
            if number in struck:
                wire.put(kinds.datagram(number - 512, sport=6000))
        return judged(wire.capture())

    alone, behind = report(0), report(9)
    assert (alone.verdict.cause, alone.verdict.strength) == (behind.verdict.cause, behind.verdict.strength)
    assert alone.duplicates.by_cause == behind.duplicates.by_cause
    assert alone.verdict.cause == "stale-slot"


@pytest.mark.parametrize("length", [3000, 17_000])
def test_a_long_replay_is_no_restart(length: int) -> None:
    order = [*range(40_000), *range(40_000 - length, 42_000)]
    report = judged(kinds.numbers(order))
    assert report.duplicates.total == length
    assert sum(stream.restarts for stream in report.streams) == 0


def test_a_sample_of_the_duplicates_measures_laps_as_all_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes between two copies is known in part then."""
    capture = rings.stale_slots(512, 1500, between=25)
    whole = judged(io.BytesIO(capture.getvalue())).verdict
    monkeypatch.setattr(track, "LIMIT", 400)
    monkeypatch.setattr(track, "HEAD", 50)
    part = judged(capture).verdict
    assert (part.cause, part.ring_size, part.explained) == (whole.cause, whole.ring_size, whole.explained)
    assert whole.ring_size == 512


@pytest.mark.parametrize("streams", [1, 2, 5])
@pytest.mark.parametrize("seen_from", [0, 1000])
def test_numbers_in_whose_place_an_old_one_went_out_took_no_slot(streams: int, seen_from: int) -> None:
    """Also where the earlier copy went out before the capture began: then the old number is late, no duplicate."""
    verdict = judged(rings.instead(streams=streams, seen_from=seen_from)).verdict
    assert verdict.cause in ("stale-slot", "ring-replay"), verdict.statement
    assert (verdict.ring_size, verdict.strength in ("moderate", "strong")) == (128, True), verdict.caveats


def test_what_goes_out_beside_the_ring_takes_no_slot() -> None:
    """So a program that counts numbers looks the same."""
    verdict = judged(rings.beside_the_ring()).verdict
    assert (verdict.cause, verdict.strength) == ("stale-slot", "weak"), verdict.statement
    assert verdict.bracket is not None
    assert verdict.bracket[0] <= 512 <= (verdict.bracket[1] or 512) <= 514, verdict.bracket


def test_a_mirror_of_everything_doubles_the_senders_other_frames_too() -> None:
    """Half of the frames without a number took no slot; the ring's size is exact all the same."""
    mirrored = kinds.mirrored(rings.stale_slots(512, 60, others=0.03))
    report = judged(mirrored)
    assert {"path-copy", "stale-slot"} <= causes(report), report.verdict.statement
    sizes = {report.verdict.ring_size} if report.verdict.cause == "stale-slot" else set()
    assert sizes == {512}, report.verdict.statement


@pytest.mark.parametrize("lost", [0.0, 0.01])
def test_what_stands_where_another_number_is_missing_keeps_no_time_of_a_path(lost: float) -> None:
    """At a steady rate a delay would look the same, but no path sends one frame in the place of another. Numbers that
    were lost, and go out again when nobody waits for them any more, take the places of others, too."""
    verdict = judged(rings.instead(512, 150, streams=1, lost=lost, steady=True)).verdict
    assert (verdict.cause, verdict.ring_size, verdict.strength) == ("stale-slot", 512, "strong"), verdict.caveats
    assert not any("constant delay" in caveat for caveat in verdict.caveats)


@pytest.mark.parametrize(("size", "part"), [(512, 170), (2048, 1024)])
def test_a_part_of_a_ring_that_goes_out_again_in_one_run(size: int, part: int) -> None:
    """One run settles no more than one distance does."""
    verdict = judged(rings.a_part_replayed(size, part)).verdict
    assert (verdict.cause, verdict.ring_size, verdict.strength) == ("ring-replay", size, "moderate"), verdict.caveats


@pytest.mark.parametrize("window", [148, 160, 256])
def test_windows_up_to_the_newest_number_are_no_ring(window: int) -> None:
    """Also where other flows went on meanwhile, and each run is shorter than its distance."""
    verdict = judged(kinds.windows_sent_again(window)).verdict
    assert verdict.cause not in RING_CAUSES or verdict.strength == "weak", verdict.statement


@pytest.mark.parametrize("size", [258, 301])
def test_slots_filled_too_early_tell_the_size_where_nothing_else_was_lost(size: int) -> None:
    """The numbers that never came are those in whose place others went out: nobody needs to guess at losses."""
    verdict = judged(rings.too_early(size)).verdict
    assert (verdict.cause, verdict.ring_size) == ("early-overwrite", size), verdict.caveats


@pytest.mark.parametrize("between", [15, 30, 60])
@pytest.mark.parametrize("size", [256, 512])
def test_slots_filled_too_early_are_told_however_many_they_are(size: int, between: int) -> None:
    """Many are ahead at a time, some two in a row, and the tracker's count goes on from these."""
    verdict = judged(rings.too_early(size, 90, 0.0, between)).verdict
    assert (verdict.cause, verdict.ring_size, verdict.strength) == ("early-overwrite", size, "strong"), verdict


def test_a_pool_of_buffers_is_not_named_as_a_ring_of_its_depth() -> None:
    verdict = judged(rings.from_a_pool()).verdict
    assert verdict.cause == "early-overwrite", verdict.statement
    assert verdict.ring_size is None or verdict.strength == "weak", verdict.statement


def test_the_size_is_exact_where_another_flow_leaves_by_another_queue() -> None:
    """Only one flow shows the fault, and its copies replace missing numbers. Others may share its ring unseen."""
    verdict = judged(rings.beside_another_queue()).verdict
    assert (verdict.cause, verdict.ring_size, verdict.strength) == ("stale-slot", 400, "moderate"), verdict.caveats


@pytest.mark.parametrize(("queues", "flows", "strength"), [(2, 2, "moderate"), (3, 6, "weak"), (3, 3, "moderate")])
def test_the_interval_holds_the_size_where_flows_are_spread_over_queues(queues: int, flows: int, strength: str) -> None:
    """As drivers do by a hash of the flow; frames come at random. A queue of one flow shows its size by that flow's
    count; as a lone pair on one ring might take turns, the interval holds the size and its multiple. A queue of several
    flows has no count of its own that could be seen."""
    verdict = judged(rings.queues_at_random(queues, flows)).verdict
    assert (verdict.cause, verdict.strength) == ("stale-slot", strength), verdict.caveats
    assert verdict.bracket is not None
    assert verdict.bracket[0] <= 256 <= (verdict.bracket[1] or 0), verdict.statement
    if queues == flows:
        assert verdict.bracket == (256, 256 * flows), verdict.statement


def test_the_interval_holds_the_size_where_a_flow_may_leave_by_another_queue() -> None:
    verdict = judged(rings.beside_another_queue(flows=2)).verdict
    assert verdict.cause == "stale-slot", verdict.statement
    assert verdict.bracket is not None
    assert verdict.bracket[0] <= 400 <= (verdict.bracket[1] or 0), verdict.statement
    assert any("share a larger ring" in caveat for caveat in verdict.caveats), verdict.caveats


def test_old_bytes_at_other_lengths_are_a_senders_whatever_their_distance() -> None:
    """Their distances scatter as those of a timer do, but only a descriptor gives old bytes a new length."""
    verdict = judged(rings.of_other_lengths()).verdict
    assert (verdict.cause, verdict.strength in ("moderate", "strong")) == ("stale-slot", True), verdict.caveats
    assert verdict.bracket is not None
    assert verdict.bracket[0] <= 300 <= (verdict.bracket[1] or 0), verdict.bracket


def test_a_tap_that_adds_to_each_frame_proves_nothing() -> None:
    verdict = judged(rings.of_other_lengths(tap=16)).verdict
    assert verdict.cause not in RING_CAUSES or verdict.strength == "weak", verdict.statement


def test_a_flow_may_have_a_ring_of_its_own() -> None:
    """Frames of the sender's other flow lie between the copies, ever more or fewer; the flow's own ones are a lap. As a
    program may count its frames likewise, this alone is weak."""
    verdict = judged(rings.queues_of_their_own()).verdict
    assert (verdict.cause, verdict.ring_size, verdict.strength) == ("stale-slot", 192, "weak"), verdict.caveats
    assert any("queue of its own" in caveat for caveat in verdict.caveats), verdict.caveats


def test_a_size_that_stays_open_leaves_the_cause_where_numbers_were_replaced() -> None:
    """Few copies, and a changing share of slots that others use: the size is anything within a factor. Each copy went
    out in the place of a number that never came, but a program may send an old record instead of a new one, too."""
    verdict = judged(rings.instead_of_few()).verdict
    assert (verdict.cause, verdict.strength, verdict.ring_size) == ("stale-slot", "weak", None), verdict.caveats
    assert verdict.bracket is not None
    assert verdict.bracket[0] <= 400 <= (verdict.bracket[1] or 0), verdict.bracket


def test_where_most_numbers_were_replaced_the_loss_of_the_way_is_that_of_the_other_places() -> None:
    """Four in ten slots are stale, so four numbers in ten are missing; nothing is missing where no copy stands."""
    verdict = judged(rings.instead_of_many()).verdict
    assert (verdict.cause, verdict.ring_size, verdict.strength) == ("stale-slot", 48, "strong"), verdict.caveats


@pytest.mark.parametrize(("queues", "size"), [(3, 256), (5, 1024)])
def test_queues_that_take_turns_add_up_to_one_ring(queues: int, size: int) -> None:
    """Nothing in the capture tells them from one large ring, so the report names both."""
    verdict = judged(rings.queues_by_turns(queues, size)).verdict
    assert (verdict.cause, verdict.ring_size) == ("stale-slot", queues * size), verdict.caveats
    assert f"{queues} TX queues of {size} slots" in " ".join(verdict.caveats), verdict.caveats


def test_replaced_numbers_at_two_distances_are_a_rings_of_no_certain_size() -> None:
    report = judged(rings.replaced_at_two_sizes())
    verdict = report.verdict
    assert (verdict.cause, verdict.strength, verdict.ring_size) == ("stale-slot", "moderate", None), verdict.caveats
    assert verdict.bracket is not None
    assert verdict.bracket[0] < 470 < (verdict.bracket[1] or 0), verdict.bracket  # no exact size that is not named
    assert any("other distances are as frequent" in caveat for caveat in verdict.caveats), verdict.caveats


def test_frames_that_may_have_left_by_another_queue_are_told() -> None:
    """Two flows share the ring at random, a third never shows the fault: its frames may count or not."""
    verdict = judged(rings.beside_another_queue(flows=2, turns=False)).verdict
    assert verdict.cause == "stale-slot", verdict.statement
    assert verdict.bracket is not None
    assert verdict.bracket[0] <= 400 <= (verdict.bracket[1] or 0), verdict.statement
    assert any("another queue" in caveat for caveat in verdict.caveats), verdict.caveats


def test_copies_within_one_lap_measure_it_only_once() -> None:
    """All of them have the same frames of the host in their laps: one count, however many say it."""
    verdict = judged(rings.within_one_lap()).verdict
    assert (verdict.cause, verdict.ring_size) == ("stale-slot", None), verdict.statement
    assert verdict.bracket is not None
    assert verdict.bracket[0] <= 512 <= (verdict.bracket[1] or 0), verdict.bracket


def test_copies_that_keep_to_a_count_and_not_to_a_time_may_be_a_rings() -> None:
    verdict = judged(rings.in_bursts_of_the_host()).verdict
    assert verdict.cause in RING_CAUSES or verdict.strength in ("weak", "none"), verdict.statement


def test_streams_that_never_came_again_may_have_a_queue_of_their_own() -> None:
    """Flows take turns and two of four are hit, so the lap is 200 frames of all, or 100 of those two."""
    verdict = judged(rings.one_of_two_queues()).verdict
    assert (verdict.cause, verdict.ring_size, verdict.strength) == ("stale-slot", None, "moderate"), verdict.statement
    assert verdict.bracket is not None
    assert verdict.bracket[0] <= 100 < 200 <= (verdict.bracket[1] or 0), verdict.bracket


def test_the_receivers_own_ring_is_told_by_the_frames_of_all_senders() -> None:
    verdict = judged(lookalikes.of_the_receivers_ring()).verdict
    assert any("receiver's own RX ring" in caveat for caveat in verdict.caveats), verdict.caveats


@pytest.mark.parametrize(("size", "others", "lost"), [(1024, 0.3, 0.01), (4096, 0.4, 0.004)])
@pytest.mark.parametrize("chance", [0.05, 0.9])
def test_the_size_is_exact_where_frames_are_lost_that_nobody_misses(
    size: int, others: float, lost: float, chance: float
) -> None:
    """Frames without a number, and old ones: so many of each lap are lost that hardly two copies agree. How many is
    known, and copies close behind one another miss the same ones."""
    capture = lossy_rings.in_the_hosts_place(size, 80, others=others, chance=chance, lost=lost)
    verdict = judged(capture).verdict
    assert (verdict.cause, verdict.ring_size) == ("stale-slot", size), verdict.statement
    assert verdict.strength in ("moderate", "strong"), verdict.caveats


@pytest.mark.parametrize("size", [3000, 3001])
def test_the_interval_holds_a_size_of_which_too_much_was_lost(size: int) -> None:
    capture = lossy_rings.in_the_hosts_place(size, 60, others=0.1, chance=0.2, lost=0.01)
    verdict = judged(capture).verdict
    assert (verdict.cause, verdict.ring_size in (None, size)) == ("stale-slot", True), verdict.statement
    assert verdict.bracket is not None
    assert verdict.bracket[0] <= size <= (verdict.bracket[1] or 0), verdict.bracket


@pytest.mark.parametrize("size", [512, 1600])
def test_frames_that_change_places_within_a_stretch_of_stale_slots_leave_the_size_exact(size: int) -> None:
    verdict = judged(lossy_rings.in_a_stretch(size, size // 5)).verdict
    assert (verdict.cause in ("stale-slot", "ring-replay"), verdict.ring_size) == (True, size), verdict.statement


def test_a_pace_that_wanders_between_few_copies_is_no_steady_one() -> None:
    """Five copies say little of the pace; the records in between say much, nearly always enough."""
    verdicts = [judged(rings.at_a_pace_that_wanders(seed=seed)).verdict for seed in range(1, 9)]
    assert {(verdict.cause, verdict.ring_size) for verdict in verdicts} == {("stale-slot", 95)}
    assert sum(verdict.strength == "strong" for verdict in verdicts) >= 7, verdicts


@pytest.mark.parametrize(("every", "in_view"), [(3, 341), (4, 384), (5, 410), (45, 501)])
def test_hidden_frames_may_take_a_fixed_share_of_the_slots(every: int, in_view: int) -> None:
    """All laps fall short by the same, as if the ring were smaller: then 512 is possible, and no size is sure."""
    verdict = judged(rings.beside_hidden_frames(512, every)).verdict
    assert verdict.cause == "stale-slot", verdict.statement
    assert verdict.strength != "strong", verdict.caveats
    assert verdict.bracket is not None
    assert verdict.bracket[0] <= in_view < 512 <= (verdict.bracket[1] or 512), verdict.bracket


def test_every_other_slot_may_hold_hidden_frames() -> None:
    verdict = judged(rings.beside_hidden_frames(1024, 2)).verdict
    assert (verdict.cause, verdict.ring_size) == ("stale-slot", 512), verdict.statement
    assert any("every other slot, the ring has 1024" in caveat for caveat in verdict.caveats), verdict.caveats


def test_a_time_that_varies_is_no_reason_where_a_delay_would_look_the_same() -> None:
    """The two sentences would contradict each other."""
    for make in (lambda: steady_paths.through_a_jittery_queue(40.3, 8.0), lambda: rings.stale_slots(95, 4, seed=3)):
        verdict = judged(make()).verdict
        said = " ".join(verdict.because)
        assert not ("a path delays by time" in said and "a constant delay" in " ".join(verdict.caveats)), verdict


@pytest.mark.parametrize(("first", "told"), [(5_000, True), (0, False), (1, False)])
def test_a_count_that_goes_back_to_the_first_number_may_be_a_block_sent_again(first: int, told: bool) -> None:
    report = judged(kinds.numbers([*range(first, first + 400), *range(first, first + 2_000)]))
    assert (report.verdict.cause, sum(stream.restarts for stream in report.streams)) == ("clean", 1)
    assert any("the first number in the capture" in caveat for caveat in report.verdict.caveats) is told


def test_a_record_that_the_capture_holds_twice_is_no_rings() -> None:
    """Files that overlap by as many frames as the ring has: both copies have one time stamp."""
    wire = kinds.Wire(95)
    for number in range(4_000):
        wire.put(kinds.datagram(number))
    frames = [*wire.frames[:1_000], *wire.frames[936:2_000], *wire.frames[1_936:3_000], *wire.frames[2_936:]]
    parts = [pcap.file_header(link=1), *(pcap.record(ns, data) for ns, data in frames)]
    verdict = judged(io.BytesIO(b"".join(parts)), ring_sizes=(64,)).verdict
    assert verdict.cause not in RING_CAUSES or verdict.strength == "weak", verdict.statement


@pytest.mark.parametrize("name", ["markdown", "html", "junit"])
def test_other_causes_are_told_with_their_strength(tmp_path: Path, name: str) -> None:
    report = judged(rings.mirror_and_ring(200, 60, first="mirror"))
    assert report.also
    report.write(name, tmp_path / "report")
    for each in report.also:
        assert f"Evidence: {each.strength}." in (tmp_path / "report").read_text(), each
