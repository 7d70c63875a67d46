"""Which ring size the distances agree on.

Theory of operation
    A lap of the ring is at least the stream's own frames and at most all frames of the source (DESIGN section 3), so
    every duplicate brackets k times N between `low` (D + lost) and `high` (Da + lost). Where foreign frames were
    captured the bracket is closed and its upper end *is* the lap, less foreign frames that were lost: those are not
    seen to be missing, so up to a Poisson share of them (by the stream's own loss) is allowed for. Where they were
    filtered out the upper end is open, and the distances can only be seen to lie together below some size.
    In the open case the shortfalls themselves (slots taken by frames that were not captured) should scatter as counts of
    independent events do, which tells 512 with ten such slots from 506 with four.
    A size is judged by its likelihood over all duplicates: one that does not fit costs MISFIT, so that other causes
    mixed in do not spoil the consensus. Sizes given by the user win.

Pure. Distances in frames; log-likelihoods are natural.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .odds import agreement
from .sizes import SIZES, SMALLEST, STEP
from .table import Bools, Ints, Table

MISFIT = -14.0  # log-likelihood of a duplicate that a size does not explain
LAP = 2.0  # and what each lap beyond the first costs
EQUAL = 3.0  # log-likelihood within which another size remains possible
LAPS = 3  # a slot's content is not expected to survive longer
FILTERED = 0.25  # where foreign frames were not captured: the largest share of a lap they may have taken
LARGEST = 1 << 17
WELL_KNOWN, ROUND = 4.0, 2.0  # log-prior of a size that drivers use, of a multiple of 8
TIGHT = 0.04  # of the distance: how close together distances lie that "agree" where the bracket is open


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A size that duplicates agree on. `fits` marks them (over the whole table), `laps` and `shortfall` (laps * size - D) are
    theirs; `bracket` is what they leave of the size, None above where foreign frames were not captured; `rest` are
    other sizes that remain possible; `log_odds` is log10 of the odds that this is chance."""

    size: int
    given: bool
    closed: bool
    exact: bool
    fits: Bools
    laps: Ints
    shortfall: Ints
    bracket: tuple[int, int | None]
    rest: tuple[int, ...]
    log_odds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What may have been lost unseen: `loss` is the share of the stream's numbers that went missing, `foreign` the
    share of foreign frames among all frames of the source, both 0..1."""

    loss: float
    foreign: float

    @property
    def unseen(self) -> float:
        """Foreign frames lost, for each frame of the source that was captured."""
        return self.foreign * self.loss / (1 - self.loss) if self.loss < 1 else 1.0


def infer(table: Table, among: Bools, given: Sequence[int], lost: Lost) -> Ring | None:
    """The size that the duplicates `among` agree on best; None where no size explains any of them."""
    among = among & table.known & (table.distance >= SMALLEST)
    if not among.any():
        return None
    at = np.flatnonzero(among)
    low, high = table.low[at], table.high[at]
    closed = lost.foreign > 0
    scale = _Scale(low=low, high=high if closed else np.full_like(low, -1), unseen=lost.unseen)
    sizes = np.unique(np.array(given, np.int64)) if given else scale.candidates()
    if not len(sizes):
        return None
    scores = np.array([scale.score(int(size), prior=not given) for size in sizes])
    best = int(np.argmax(scores))
    size = int(sizes[best])
    laps, ok = scale.laps(size)
    if not ok.any():
        return None
    fits = np.zeros(len(table), np.bool_)
    fits[at[ok]] = True
    all_laps = np.zeros(len(table), np.int64)
    all_laps[at] = laps
    rest = [int(sizes[i]) for i in np.argsort(-scores) if i != best and scores[i] > scores[best] - EQUAL][:3]
    exact = closed and bool(np.mean(high[ok] == laps[ok] * size) > 0.5)
    return Ring(
        size=size,
        given=bool(given),
        closed=closed,
        exact=exact,
        fits=fits,
        laps=all_laps,
        shortfall=all_laps * size - table.distance,
        bracket=scale.bracket(size),
        rest=tuple(rest),
        log_odds=_odds(table, at, scale, size, len(sizes)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """The brackets of the duplicates in question; `high` is -1 where open."""

    low: Ints
    high: Ints
    unseen: float

    def slack(self) -> NDArray[np.float64]:
        """Foreign frames that may have been lost between the copies: four standard deviations above what to expect."""
        expected = self.expected()
        return np.ceil(expected + 4 * np.sqrt(expected))

    def expected(self) -> NDArray[np.float64]:
        frames: NDArray[np.float64] = np.maximum(self.high, 0).astype(np.float64)
        return frames * self.unseen

    def candidates(self) -> Ints:
        """Sizes worth a look: what drivers use, what the brackets' ends say, and multiples of 8 near them."""
        ends = self.high if self.high[0] >= 0 else self.low
        values, counts = np.unique(ends, return_counts=True)
        common = values[np.argsort(-counts, kind="stable")[:64]]
        spread = int(self.slack().max()) if self.high[0] >= 0 else 0
        near = [np.arange(-(-int(v) // STEP) * STEP, int(v) + spread + STEP + 1, STEP)[:64] for v in common[:16]]
        sizes = np.concatenate([common, *near, np.array(sorted(SIZES), np.int64)])
        if len(common) < 16:  # rings stuck for several laps show multiples only
            sizes = np.concatenate([sizes, common // 2, common // 3])
        sizes = np.unique(sizes)
        top = int(ends.max()) + spread + STEP
        top = max(top, min((s for s in SIZES if s >= int(ends.max())), default=top))
        return sizes[(sizes >= SMALLEST) & (sizes <= min(LARGEST, top))]

    def laps(self, size: int) -> tuple[Ints, Bools]:
        """For each duplicate the least number of laps, and whether it fits."""
        laps = np.maximum(1, -(-self.low // size))
        if self.high[0] >= 0:
            ok = laps * size <= self.high + self.slack()
        else:
            ok = laps * size - self.low <= np.maximum(8, FILTERED * size) * laps
        return laps, ok & (laps <= LAPS)

    def score(self, size: int, *, prior: bool) -> float:
        laps, ok = self.laps(size)
        if not ok.any():
            return -np.inf
        if self.high[0] >= 0:
            expected = np.maximum(self.expected(), 1e-3)
            short = laps * size - self.high
            # lost foreign frames: Poisson; frames of other queues in between: anything, so no more than a uniform
            each = np.where(short >= 0, _poisson(short, expected), -np.log(2.0 + self.high - self.low))
        else:
            short = laps * size - self.low
            each = _poisson(short, np.full(len(short), max(0.5, float(short[ok].mean()))))
        score = float(np.where(ok, np.maximum(each, MISFIT + 1), MISFIT).sum() - LAP * (laps[ok] - 1).sum())
        if prior:
            score += WELL_KNOWN if size in SIZES else ROUND if size % STEP == 0 else 0.0
        return score

    def bracket(self, size: int) -> tuple[int, int | None]:
        laps, ok = self.laps(size)
        low = int((-(-self.low[ok] // laps[ok])).max())
        if self.high[0] < 0:
            return low, None
        return low, int(((self.high[ok] + self.slack()[ok]) // laps[ok]).min())


def _odds(table: Table, at: Ints, scale: _Scale, size: int, sizes: int) -> float:
    """log10 of the odds that distances spread evenly over the records seen before would agree as these do."""
    laps, ok = scale.laps(size)
    reach = np.minimum(np.maximum(table.rows["record"][at], scale.low), LARGEST).astype(np.float64)
    if scale.high[0] >= 0:
        width = np.maximum(1, scale.high - scale.low + 1 + scale.slack())
    else:
        width = np.maximum(8, FILTERED * size) + 1
    chance = float(np.mean(np.minimum(1.0, width / reach)))
    by_bracket = agreement(int(ok.sum()), len(at), chance, sizes)
    ends = (scale.high if scale.high[0] >= 0 else scale.low)[ok & (laps == 1)]
    if len(ends) < 2:
        return by_bracket
    spread = float(ends.max() - ends.min() + 1)
    trials = max(1, int(reach.max() / spread))
    together = agreement(len(ends) - 1, len(at) - 1, min(1.0, spread / float(reach.mean())), trials)
    return min(by_bracket, together)


def _poisson(count: Ints, expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-probability of the counts. The factorial is Stirling's series: exact enough here, and without SciPy."""
    x = np.maximum(count, 0).astype(np.float64) + 1
    factorial = (x - 0.5) * np.log(x) - x + 0.918938533 + 1 / (12 * x)
    result: NDArray[np.float64] = count * np.log(expected) - expected - factorial
    return result
