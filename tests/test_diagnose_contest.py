"""Who wins, and that neither the order of duplicates nor that of the explanations decides it."""

from __future__ import annotations

import numpy as np
import pytest
from judging_units import units

from seqcheck.diagnose.contest import Outcome, contest
from seqcheck.diagnose.explanations.context import Context
from seqcheck.diagnose.explanations.labels import LABELS, RING
from seqcheck.diagnose.units import Units

CONTEXT = Context(unique=20_000, missing=0, loss=0.0, jumps=0.0)


def led(outcome: Outcome) -> str:
    return outcome.best.entries[0].label.cause if outcome.best.entries else "unexplained"


def varied(count: int, seed: int = 1) -> np.ndarray:  # type: ignore[type-arg]
    return np.random.default_rng(seed).uniform(5e3, 4e4, count)


def ring(size: int, count: int) -> Units:
    pace = varied(count)
    return units(np.full(count, size), time=size * pace, pace=pace)


def tap(delay: float, count: int) -> Units:
    pace = varied(count)
    time = delay * np.exp(np.random.default_rng(2).normal(0, 0.001, count))
    return units(np.maximum(time / pace, 1).astype(np.int64), time=time, pace=pace)


@pytest.mark.parametrize("size", [64, 171, 512, 4096])
def test_a_lap_wins_where_the_count_stays_and_the_time_does_not(size: int) -> None:
    outcome = contest(ring(size, 20), CONTEXT, ())
    assert led(outcome) in RING
    assert outcome.rivals[led(outcome)][0] > 7


def test_a_delay_wins_where_the_time_stays() -> None:
    outcome = contest(tap(5e6, 40), CONTEXT, ())
    assert led(outcome) not in RING
    assert not any(entry.label.cause in RING for entry in outcome.best.entries)


def test_a_steady_rate_leaves_both_open() -> None:
    steady = units(np.full(20, 500))
    outcome = contest(steady, CONTEXT, ())
    if led(outcome) in RING:
        assert outcome.rivals[led(outcome)][0] < 7


def test_distances_anywhere_are_nobodys() -> None:
    anywhere = np.exp(np.random.default_rng(4).uniform(3, 10, 60)).astype(np.int64)
    pace = varied(60)
    outcome = contest(units(anywhere, time=anywhere * pace, pace=pace), CONTEXT, (512,))
    assert led(outcome) not in RING


def test_stamps_say_whether_slots_came_round() -> None:
    """Copies at one count and one delay alike, as from a sender that keeps time."""
    ends = [512] * 24
    unstamped, own, other = units(ends), units(ends, astray=np.zeros(24)), units(ends, astray=np.full(24, 17.0))
    odds = [contest(of, CONTEXT, ()).rivals for of in (unstamped, own)]
    assert odds[1]["stale-slot"][0] > odds[0]["stale-slot"][0]
    assert led(contest(other, CONTEXT, ())) not in RING


def test_stamps_that_hit_now_and_then_are_of_one_queue_of_several() -> None:
    random = np.random.default_rng(2)
    hits = np.where(np.arange(40) % 4 == 0, 0, random.integers(1, 512, 40)).astype(np.float64)
    assert led(contest(units([512] * 40, astray=hits), CONTEXT, ())) == "stale-slot"


def taken(of: Units, order: np.ndarray) -> Units:  # type: ignore[type-arg]
    """The units in another order."""
    columns = {name: getattr(of, name) for name in Units.__slots__}
    moved = {name: value[order] if isinstance(value, np.ndarray) else value for name, value in columns.items()}
    return Units(**moved)


@pytest.mark.parametrize("make", [lambda: ring(512, 16), lambda: tap(5e6, 16)])
def test_no_order_matters(make) -> None:  # type: ignore[no-untyped-def]
    of = make()
    straight = contest(of, CONTEXT, ())
    order = np.random.default_rng(3).permutation(len(of))
    moved = contest(taken(of, order), CONTEXT, ())
    turned = contest(of, CONTEXT, (), tuple(reversed(LABELS)))
    for other in (moved, turned):
        assert led(other) == led(straight)
        assert other.best.score == pytest.approx(straight.best.score, abs=1e-3)
        assert other.rivals[led(other)][0] == pytest.approx(straight.rivals[led(straight)][0], abs=0.05)


def test_each_unit_belongs_to_somebody_once() -> None:
    outcome = contest(ring(256, 12), CONTEXT, ())
    share = outcome.best.share
    assert share.shape == (len(outcome.best.entries) + 1, 12)
    assert share.sum(axis=0) == pytest.approx(np.ones(12))
    assert outcome.best.owner.max() <= len(outcome.best.entries)


def test_a_mixture_of_a_ring_and_a_tap_is_both() -> None:
    one, two = ring(512, 30), tap(3e5, 30)
    flags = {
        "early": False,
        "slotless": False,
        "own": False,
        "lossless": False,
        "foreign": False,
        "elsewhere": 1.0,
        "tick": 1,
    }
    columns = [name for name in Units.__slots__ if name not in flags]
    both = Units(**{name: np.concatenate((getattr(one, name), getattr(two, name))) for name in columns}, **flags)
    outcome = contest(both, CONTEXT, ())
    causes = {entry.label.cause for entry in outcome.best.entries}
    assert causes & set(RING)
    assert causes - set(RING)
    owner = outcome.best.owner
    assert len(set(owner[:30].tolist())) == 1
