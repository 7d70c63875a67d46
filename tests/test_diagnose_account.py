"""From findings to accounts: every duplicate is in one, counts agree with what was seen, and no order matters."""

from __future__ import annotations

import io

import kinds
import numpy as np
import pytest
from columns import columns
from hypothesis import given, settings
from hypothesis import strategies as st

import seqcheck
from seqcheck.dataclass import replace
from seqcheck.diagnose import Diagnosis, Facts, account, diagnose
from seqcheck.diagnose.facts import Evidence
from seqcheck.diagnose.result import STRONG, WEAK, Account, strength_of
from seqcheck.diagnose.table import table
from seqcheck.diagnose.units import Loss, _room, brackets, units
from seqcheck.kernel import load
from seqcheck.track.tracker import Findings, Track


def tracked(seqs: list[int], streams: list[int] | None = None) -> Findings:
    frames, records = columns(seqs, streams=streams)
    track = Track(load().Tracker(0), 0)
    track.feed(frames, records)
    track.finish()
    return track.findings()


def lapped(size: int = 100, count: int = 12, seed: int = 3) -> list[int]:
    """Numbers of a ring of which some go out a lap late."""
    struck = set(np.random.default_rng(seed).choice(np.arange(size, 3000), count, replace=False).tolist())
    sent: list[int] = []
    number = 0
    for place in range(3200):
        if place in struck:
            sent.append(sent[place - size])
        else:
            sent.append(number)
            number += 1
    return sent


def judged(seqs: list[int], ring_sizes: tuple[int, ...] = (), streams: list[int] | None = None) -> Diagnosis:
    return diagnose(tracked(seqs, streams), Facts(ring_sizes=ring_sizes))


@pytest.mark.parametrize(("odds", "expected"), [
    (8.0, "strong"), (6.9, "moderate"), (2.9, "weak"), (0.0, "weak"), (-0.1, "none"), (1e9, "strong"), (-1e9, "none"),
])  # fmt: skip
def test_strength_is_the_posterior(odds: float, expected: str) -> None:
    assert strength_of(odds) == expected
    assert 1 / (1 + np.exp(-7.0)) > STRONG > WEAK


def test_every_duplicate_is_in_one_account() -> None:
    for seqs in (lapped(), [*range(500), *range(460, 900)], [n for n in range(800) for _ in range(1 + n % 7 // 6)]):
        found = judged(seqs)
        owners = sum(one.rows.astype(int) for one in found.accounts)
        assert (owners == 1).all()


def figures_hold(one: Account, found: Diagnosis) -> None:
    figures, known = one.figures, one.rows & found.table.known
    assert figures.count == one.explained > 0
    assert 0 < figures.numbers <= figures.count
    assert 0 < figures.share <= 1
    assert 1 <= figures.longest <= figures.count
    assert 1 <= figures.episodes <= figures.count
    assert figures.copies >= 2
    assert figures.identical <= figures.compared <= figures.count
    if figures.distance is not None:
        distances = found.table.distance[known]
        assert figures.distance == (distances.min(), distances.max())
    if figures.delay_ns is not None:
        assert list(figures.delay_ns) == sorted(figures.delay_ns)
    if one.ring is not None:
        assert one.ring.low <= one.ring.best <= one.ring.high
        assert one.ring.size in (None, one.ring.best)
        assert ((one.ring.laps > 0) <= one.rows).all()
        assert one.ring.exact >= 0


def test_figures_are_counted_over_the_accounts_own() -> None:
    for seqs in (lapped(), lapped(512, 5), [*range(500), *range(460, 900)]):
        found = judged(seqs)
        for one in found.accounts:
            figures_hold(one, found)


@pytest.mark.parametrize("size", [48, 100, 171, 512])
def test_a_ring_is_found_with_its_size(size: int) -> None:
    leading = judged(lapped(size, 16)).accounts[0]
    assert leading.cause == "stale-slot"
    assert leading.ring is not None
    assert leading.ring.best == size


def test_streams_are_judged_in_any_order() -> None:
    def woven(first: int) -> Diagnosis:
        seqs: list[int] = []
        streams: list[int] = []
        for number in lapped():
            for stream in (first, 1 - first):
                seqs.append(number if stream == 0 else len(seqs))
                streams.append(stream)
        ids = {stream: at for at, stream in enumerate(dict.fromkeys(streams))}
        return judged(seqs, streams=[ids[stream] for stream in streams])

    one, other = woven(0), woven(1)
    assert [each.cause for each in one.accounts] == [each.cause for each in other.accounts]
    assert [each.strength for each in one.accounts] == [each.strength for each in other.accounts]
    assert [each.explained for each in one.accounts] == [each.explained for each in other.accounts]


def test_units_of_more_duplicates_than_are_needed_stand_for_all() -> None:
    found = table(tracked([number for number in range(3000) for _ in range(2)]))
    rows = np.ones(len(found), np.bool_)
    spans = brackets(found, ~rows, rows)
    sample = units(found, rows, spans, Facts(), Loss(loss=0.0, foreign=0.0, again=1.0))
    assert len(sample) < len(found)
    assert sample.weight.sum() == pytest.approx(len(found), rel=0.02)
    assert (spans.low <= spans.high).all()


def test_an_episode_says_what_any_of_its_duplicates_does() -> None:
    """The one that stands for it was not compared, another one was."""
    found = table(tracked([*range(100), *range(40, 60), *range(100, 130), *range(90, 95), *range(130, 160)]))
    rows = np.ones(len(found), np.bool_)
    spans = brackets(found, ~rows, rows)
    middle = int(found.rows["frame"][np.flatnonzero(~found.leads)[10]])
    compared = Evidence(identical=True, same_length=True, differs=(), resized=0, cut=False, fresh_id=True)
    sample = units(found, rows, spans, Facts(evidence={middle: compared}), Loss(loss=0.0, foreign=0.0, again=0.2))
    assert sample.length.tolist() == [20, 5]
    assert sample.fresh_id[0] == 1
    assert np.isnan(sample.fresh_id[1])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 60), max_size=150), st.integers(1, 50))
def test_causes_always_add_up(tail: list[int], start: int) -> None:
    """Whatever comes, by_cause adds up to the total, and nobody fails."""
    capture = io.BytesIO(kinds.numbers([*range(start), *tail, *range(60, 90)]).getvalue())
    report = seqcheck.analyze(capture, layout=kinds.LAYOUT)
    assert report.verdict.cause != "not-judged", report.verdict.statement
    assert sum(report.duplicates.by_cause.values()) == report.duplicates.total
    assert report.duplicates.total == sum(stream.duplicates for stream in report.streams)


def test_times_that_a_clock_took_back_say_nothing_of_room() -> None:
    """A negative time has no logarithm, and one such copy must not cost the others what their times say."""
    sound = Evidence(identical=True, same_length=True, around=20, single=10.0, double=20.0)
    stepped = [replace(sound, around=-20), replace(sound, single=-10.0), replace(sound, double=-20.0)]
    alone, among = _room([sound]), _room([sound, *stepped])
    assert alone[0] > 0
    assert among.tolist() == [alone[0], 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("count", "expected", "likely"), [(0, 0.1, True), (1, 0.1, True), (2, 0.1, False), (9, 3.0, False)]
)
def test_a_loss_that_nobody_saw_is_to_be_expected_now_and_then(count: int, expected: float, likely: bool) -> None:
    assert account._by_chance(count, expected) is likely
