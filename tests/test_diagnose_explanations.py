"""Each explanation as a probability model: what it makes of what it should explain, and that its densities are some."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judging_units import units

from seqcheck.diagnose import priors
from seqcheck.diagnose.explanations import block, delay, lap, miscount, shortfall, spread
from seqcheck.diagnose.explanations.context import Context
from seqcheck.diagnose.explanations.labels import EARLY, LABELS
from seqcheck.diagnose.explanations.part import FLOOR, histogram, log_gamma, normal, poisson, windows
from seqcheck.diagnose.explanations.sizes import sizes_of
from seqcheck.diagnose.units import Units

RANDOM = np.random.default_rng(5)


def mass(density: np.ndarray) -> float:  # type: ignore[type-arg]
    return float(np.exp(density).sum())


# ---- what the wire says is no size ---


def test_a_lap_of_a_billion_slots_is_not_looked_for() -> None:
    """Copies with a billion lost numbers between them, one delay apart: no array is as long as that."""
    seen = units([3_000_000_065, 3_000_000_066, 3_000_000_067] * 4, time=np.full(12, 1e6))
    tracemalloc.start()
    try:
        parts = [lap.paced(seen, np.ones(12), each, given) for each in delay.parts(seen) for given in ((), (512,))]
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()
    assert parts
    assert not any(parts)


# ---- arithmetic ----------------------------------------------------------------------------------


@given(st.floats(1e-3, 1e6))
def test_log_gamma_is_that_of_the_library(x: float) -> None:
    assert float(log_gamma(x)) == pytest.approx(math.lgamma(x), abs=1e-5, rel=1e-9)


@pytest.mark.parametrize("expected", [0.2, 3.0, 40.0])
def test_poisson_adds_up_to_one(expected: float) -> None:
    counts = np.arange(-5, 400)
    assert mass(poisson(counts, expected)) == pytest.approx(1, abs=1e-6)
    assert np.isneginf(poisson(np.array([-1]), expected)).all()


@pytest.mark.parametrize("scale", [0.3, 5.0])
def test_the_normal_law_adds_up_to_one(scale: float) -> None:
    at = np.linspace(-60, 60, 200_001)
    assert float(np.exp(normal(at, scale)).sum() * (at[1] - at[0])) == pytest.approx(1, abs=1e-6)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60), st.floats(0.01, 3))
def test_windows_are_the_fullest_and_do_not_overlap(values: list[float], width: float) -> None:
    found = windows(np.array(values), width)
    inside = [sum(low <= each <= high for each in values) for low, high in found]
    assert all(high - low <= width + 1e-9 for low, high in found)
    most = max(sum(start <= each <= start + width for each in values) for start in values)
    assert inside[0] == most
    assert inside == sorted(inside, reverse=True)


# ---- priors --------------------------------------------------------------------------------------


def test_sizes_and_blocks_are_distributions() -> None:
    sizes = np.arange(priors.SMALLEST, priors.LARGEST + 1)
    assert mass(priors.size(sizes)) == pytest.approx(1, abs=0.01)
    assert mass(priors.size(sizes, (512,))) == pytest.approx(1, abs=0.01)
    assert mass(priors.block(np.arange(1, priors.LONGEST + 1))) == pytest.approx(1, abs=0.01)


def test_a_size_that_is_given_outweighs_all_others() -> None:
    sizes = np.array([500, 512])
    free, named = priors.size(sizes), priors.size(sizes, (500,))
    assert free[1] > free[0]
    assert named[0] > named[1] + math.log(10)


def test_no_size_is_impossible_but_those_that_no_ring_has() -> None:
    assert np.isfinite(priors.size(np.array([2, 31, 171, 20_001, priors.LARGEST]))).all()
    assert np.isneginf(priors.size(np.array([0, 1, priors.LARGEST + 1]))).all()


# ---- a lap ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [48, 171, 512])
def test_an_exact_lap_adds_up_to_one_and_prefers_the_true_size(size: int) -> None:
    support = units(np.arange(1, 4 * size), unseen=np.full(4 * size - 1, 0.3))
    assert mass(lap.exact_law(support, np.array([size]), (), alone=True)[0]) == pytest.approx(1, abs=0.1)
    seen = units([size] * 8 + [size - 1], unseen=np.full(9, 0.1))
    sizes = np.array([size - 8, size - 1, size, size + 1, size + 8])
    worth = {int(part.center): part.prior + float(part.density.sum()) for part in lap.exact(seen, sizes, ())}
    assert max(worth, key=lambda each: worth[each]) == size


def test_copies_in_pauses_do_not_widen_a_delay() -> None:
    """A delay that ends within a pause is told only when the pause is over."""
    pause = np.arange(60) % 12 == 0
    time = np.where(pause, 3e6 + 1e4 * np.arange(60), 2e6 + 100.0 * (np.arange(60) % 5))
    seen = units(np.full(60, 43), time=time, pace=np.where(pause, 3e6, 1e5))
    assert delay.refit(seen, np.ones(60)).spread < 0.001


@pytest.mark.parametrize(("size", "share"), [(64, 0.05), (512, 0.02), (100, 0.1)])
def test_a_lap_with_unseen_frames_is_found_within_its_interval(size: int, share: float) -> None:
    """Slots of a lap that other frames took, each with one probability: what is seen falls short of it."""
    ends = size - RANDOM.binomial(size, share, 60)
    seen = units(ends, closed=np.zeros(60, np.bool_))
    parts = [part for part in lap.parts(seen, ()) if part.family == "short"]
    best = max(parts, key=lambda part: part.prior + float(part.density.sum()))
    sizes, logs = sizes_of(seen, np.ones(60), best, ())
    posterior = np.exp(logs - logs.max())
    posterior /= posterior.sum()
    inside = np.cumsum(posterior)
    low, high = sizes[np.searchsorted(inside, 0.005)], sizes[min(np.searchsorted(inside, 0.995), len(sizes) - 1)]
    assert low <= size <= high


def _sizes(seen: Units) -> tuple[int, float, int]:
    """(the likeliest size, its probability, the largest that is left)."""
    (part,) = lap.exact(seen, np.array([int(np.median(seen.end))]), ())
    sizes, logs = sizes_of(seen, np.ones(len(seen)), part, ())
    posterior = np.exp(logs - logs.max())
    posterior /= posterior.sum()
    best = int(np.argmax(posterior))
    high = sizes[min(np.searchsorted(np.cumsum(posterior), 0.995), len(sizes) - 1)]
    return int(sizes[best]), float(posterior[best]), int(high)


def test_copies_close_behind_one_another_count_the_frames_of_others_once() -> None:
    opened: dict[str, Any] = {"closed": np.zeros(20, np.bool_), "foreign": False}
    apart = _sizes(units([2028] * 20, **opened, ordinal=10_000 * np.arange(20)))
    assert apart[0] == 2028
    assert apart[1] > 0.97
    near = _sizes(units([2028] * 20, **opened, ordinal=10 * np.arange(20)))
    assert near[1] < 0.9
    assert near[2] >= 2048
    of_two = _sizes(units([2028] * 20, **opened, ordinal=10 * np.arange(20), source=np.arange(20)))
    assert of_two == apart  # of other sources: laps of their own


def test_a_cluster_of_copies_says_the_same_whichever_comes_first() -> None:
    """One that lies off does not speak for the others."""
    ends = np.array([655, *[646] * 8, 660])
    for order in (np.arange(10), np.arange(10)[::-1]):
        size, probability, _ = _sizes(
            units(ends[order], low=ends[order] // 3, ordinal=20 * np.arange(10), elsewhere=0.05)
        )
        assert (size, probability > 0.5) == (646, True)


def test_only_frames_of_no_such_stream_may_have_left_by_another_queue() -> None:
    """Without that bound a known size far below the copies' distance would be as good."""
    ends = np.array([646, 646, 655, 646, 660])
    sizes, logs = zip(
        *(sizes_of(seen, np.ones(5), *lap.exact(seen, np.array([646]), ()), ()) for seen in (
            units(ends, low=ends // 3, ordinal=20 * np.arange(5), elsewhere=share) for share in (1.0, 0.02)
        )),
        strict=True,
    )  # fmt: skip
    small = [float(log[size == 512][0] - log[size == 646][0]) for size, log in zip(sizes, logs, strict=True)]
    assert small[1] < small[0] - 3


def test_losses_that_nobody_saw_stay_the_same_from_copy_to_copy() -> None:
    """Copies of the same lap miss the same frames. Any other order of the same counts is less likely."""
    off = np.repeat([2, 3, 5, 4], 25)
    near = units(512 - off, unseen=np.full(100, 3.0), ordinal=5 * np.arange(100))
    mixed = np.random.default_rng(4).permutation(off)
    sums = [float(shortfall.together(near, each[None, :]).sum()) for each in (off, mixed)]
    assert sums[0] > sums[1] + 50
    assert sums[0] > float(shortfall.alone(near, off).sum()) + 50


@pytest.mark.parametrize("apart", [3, 300])
def test_losses_from_copy_to_copy_add_up_to_one(apart: int) -> None:
    """Over all counts that the next copy may have, whatever the one before."""
    total = 0.0
    for off in range(60):
        both = units([512 - 3, 512 - off], unseen=np.full(2, 3.0), ordinal=apart * np.arange(2))
        law = shortfall._chained(both, np.array([3, off]), np.arange(2))
        total += math.exp(float(law[1]))
    assert total == pytest.approx(1, abs=0.05)


def test_where_only_numbered_frames_are_in_view_others_may_have_been_left_out() -> None:
    short = {
        (closed, foreign): lap.families_of(units([64], closed=np.array([closed]), foreign=foreign))["short"]
        for closed, foreign in ((True, True), (True, False), (False, False))
    }
    assert short[True, True] < short[True, False] < short[False, False]


@pytest.mark.parametrize("family", ["short", "long"])
def test_a_loose_lap_adds_up_to_one_at_most(family: str) -> None:
    size = 64
    support = units(np.arange(1, 4 * size), closed=np.zeros(4 * size - 1, np.bool_))
    total = mass(lap._density(support, size, family, (0.05, 1.0)))
    assert 0.8 < total < 1.6  # k = 1 to 3 laps overlap a little


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("lossless", [False, True])
def test_ends_that_are_counted_wrong_add_up_to_about_one(early: bool, lossless: bool) -> None:
    every = miscount.ways(early=early, lossless=lossless)
    assert len(every.laws) == len(every.widths) == len(every.tails)
    assert all(0.85 <= mass(law) <= 1.1 for law in every.laws)


def test_the_way_that_fits_ends_best() -> None:
    every = miscount.ways(early=True, lossless=False)
    right, narrow = every.best(np.zeros(40, np.int64))
    off, wide = every.best(RANDOM.integers(-6, 7, 40))
    assert narrow < 1 < wide
    assert right.sum() > off.sum()
    far = every.best(np.array([0, 0, 0, 10_000]))[0]
    assert far[3] < far[0]
    assert far[3] >= FLOOR


def test_laps_are_never_more_than_believed() -> None:
    ends = np.arange(1, 5000)
    for up in (False, True):
        assert set(lap.laps_of(ends, 64, up=up).tolist()) == {1, 2, 3}


# ---- a delay -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mean", "jitter"), [(1e6, 0.001), (1e7, 0.05), (1e5, 0.3)])
def test_a_delay_finds_its_time_and_its_jitter(mean: float, jitter: float) -> None:
    time = mean * np.exp(RANDOM.normal(0, jitter, 80))
    ends = np.maximum(time / 1e4, 1).astype(np.int64)
    best = max(delay.parts(units(ends, time=time)), key=lambda part: part.prior + float(part.density.sum()))
    assert best.center == pytest.approx(mean, rel=4 * max(jitter, 0.01))
    assert best.spread == pytest.approx(jitter, rel=0.6, abs=0.002) or best.family.startswith("free")


def test_a_delay_is_worth_more_than_a_lap_where_time_is_kept_and_the_rate_varies() -> None:
    pace = RANDOM.uniform(5e3, 4e4, 40)
    time = np.full(40, 5e6) * np.exp(RANDOM.normal(0, 0.002, 40))
    seen = units((time / pace).astype(np.int64), time=time, pace=pace)

    def worth(parts: list[lap.Part]) -> float:
        return max(part.prior + float(part.density.sum()) for part in parts)

    assert worth(delay.parts(seen)) > worth(lap.parts(seen, ())) + 10
    counted = units(np.full(40, 256), time=256 * pace, pace=pace)
    assert worth(lap.parts(counted, ())) > worth(delay.parts(counted)) + 10


def test_no_density_is_more_than_certain() -> None:
    seen = units(RANDOM.integers(1, 3000, 60))
    for part in (*delay.parts(seen), *spread.parts(seen), *lap.parts(seen, (512,)), block.at_once(seen)):
        assert (part.density <= 1e-9).all(), part.shape
        assert (part.density >= FLOOR - 1e-9).all(), part.shape


# ---- no pattern, blocks --------------------------------------------------------------------------


def test_no_pattern_adds_up_to_one_at_most() -> None:
    support = units(np.arange(1, 50_000), reach=np.full(49_999, 5e4))
    assert mass(spread.anywhere(support).density) == pytest.approx(1, abs=0.2)
    for part in spread.parts(units(RANDOM.integers(100, 400, 200))):
        if part.spread < spread.WIDEST:
            logs = np.log(np.arange(1, 50_000))
            density = normal(logs - math.log(part.center), part.spread) - logs
            assert mass(density) == pytest.approx(1, abs=0.1)


@given(st.lists(st.floats(0.5, 9.5), min_size=5, max_size=80), st.sampled_from([4, 8, 16]))
def test_a_histogram_is_a_density(values: list[float], cells: int) -> None:
    logs = np.array(values)
    mass, cell, width, freedom = histogram(logs, np.ones(len(logs)), cells)
    assert width > 0
    assert freedom <= 0
    assert (mass <= 0).all()
    first = np.unique(cell, return_index=True)[1]
    assert float(np.exp(mass[first]).sum()) <= 1 + 1e-9
    assert set(cell.tolist()) <= set(range(cells))


def test_a_block_is_as_far_from_its_copy_as_it_is_long() -> None:
    own = units([40, 40, 64], length=np.array([40, 40, 64]))
    other = units([400, 400, 640], length=np.array([40, 40, 64]))
    one, two = block.part(own, 0.0, 0.0), block.part(other, 0.0, 0.0)
    assert (one.density > two.density + 3).all()


def test_copies_at_once_fall_off_with_distance() -> None:
    part = block.at_once(units([1] * 20 + [2, 3]))
    assert part.density[0] > part.density[-2] > part.density[-1]


# ---- labels --------------------------------------------------------------------------------------


def test_labels_are_probabilities() -> None:
    for shape, label in (*LABELS, *EARLY):
        assert shape in ("lap", "delay", "at-once", "block", "spread")
        assert 0 < label.rhythm < 1
        assert 0 < label.third < 1
        assert all(share <= 0 for share in label.share)
        assert label.cause in priors.BASE
    assert len({(shape, label.cause) for shape, label in LABELS}) == len(LABELS)


def test_a_context_of_nothing_is_healthy() -> None:
    nothing = Context(unique=1, missing=0, loss=0.0, jumps=0.0)
    assert (nothing.redundant, nothing.times) == (False, 1)
