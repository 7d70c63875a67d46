"""Which ring size the distances agree on.

Theory of operation
    A lap of the ring is at least the stream's own frames and at most all frames of the source (DESIGN section 3), so
    every duplicate brackets k times N between `low` (D + lost) and `high` (Da + lost). Where foreign frames were
    captured the bracket is closed and its upper end *is* the lap, but for what nobody can see: foreign frames that were
    lost make it too small, foreign frames that a mirror doubled make it too large; both by a Poisson count of known
    mean. Frames of other queues make it too large by anything. Where foreign frames were filtered out the upper end is
    open, and the shortfalls themselves (slots taken by frames that were not captured) should scatter as counts of
    independent events do, which tells 512 with ten such slots from 506 with four.
    A size is judged by its likelihood over all duplicates: one that does not fit costs MISFIT, so that other causes
    mixed in do not spoil the consensus. Sizes given by the user win.

Pure. Distances in frames; log-likelihoods are natural.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass, replace
from .arrays import distinct, median
from .odds import agreement
from .sizes import SIZES, SMALLEST, STEP

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

MISFIT = -14.0  # log-likelihood of a duplicate that a size does not explain
LAP = 2.0  # and what each lap beyond the first costs
EQUAL = 3.0  # log-likelihood within which another size remains possible
LAPS = 3  # a slot's content is not expected to survive longer
FILTERED = 0.25  # where foreign frames were not captured: the largest share of a lap they may have taken
LARGEST = 1 << 17
WELL_KNOWN, ROUND = 4.0, 2.0  # log-prior of a size that drivers use, of a multiple of 8
SCATTER = 4.0  # standard deviations of a count by which ends that agree may lie apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Brackets:
    """For each duplicate, the least and the greatest number of slots between its copies, and how many of the frames in
    between were foreign, as captured."""

    low: Ints
    high: Ints
    foreign: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What cannot be seen one by one, as shares (0..1): `loss` of the numbers that never came, `foreign` of the
    source's frames that carry no header, `echo` of the frames that came twice on the way."""

    loss: float
    foreign: float
    echo: float

    def of(self, foreign: Floats) -> tuple[Floats, Floats, Floats]:
        """Of so many foreign frames captured between the copies: how many more were lost, how many are mere copies
        (both expected), and the variance of the difference."""
        echo = min(self.echo, 1.0)
        sent = np.maximum(foreign, 0) / (1 + echo)  # less than none where sources were mixed up
        gone = sent * (self.loss / (1 - self.loss) if self.loss < 1 else 1.0)
        return gone, sent * echo, gone + sent * echo * (1 - echo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A size that duplicates agree on. `fits` marks them (over the whole table), `laps` are theirs; `bracket` is what
    they leave of the size, None above where foreign frames were not captured; `closed` is false there. `exact` of
    them lie a whole number of laps apart, counting every frame; `sure`: most do, as far as can be told. `rest` are
    other sizes that remain possible; `agree`: they lie as close together as one size makes them; `log_odds` is log10
    of the odds that this is chance."""

    size: int
    given: bool
    closed: bool
    exact: int
    sure: bool
    fits: Bools
    laps: Ints
    bracket: tuple[int, int | None]
    rest: tuple[int, ...]
    agree: bool
    log_odds: float

    @property
    def told(self) -> bool:
        """Whether the size can be named: not where the captured frames contradict every one a little (frames that take
        several slots, frames of other queues)."""
        return self.given or self.sure or not self.closed


def infer(brackets: Brackets, among: Bools, given: Sequence[int], lost: Lost, seen: Ints) -> Ring | None:
    """The size that the duplicates `among` agree on best; None where no size explains any of them. `seen` is how many
    records of its stream came before each: as far as a distance could reach by chance."""
    among = among & ((brackets.high if lost.foreign > 0 else brackets.low) >= SMALLEST)
    at = np.flatnonzero(among)
    if not len(at):
        return None
    low = brackets.low[at]
    high = np.maximum(brackets.high[at], low) if lost.foreign > 0 else None
    gone, doubled, variance = lost.of(brackets.foreign[at])
    scale = _Scale(low=low, high=high, gone=gone, doubled=doubled, variance=variance)
    sizes = distinct(np.array(given, np.int64)) if given else scale.candidates()
    if not len(sizes):
        return None
    scores = np.array([scale.score(int(size), prior=not given) for size in sizes])
    best = int(np.argmax(scores))
    size = int(sizes[best])
    laps, ok = scale.laps(size)
    if not ok.any():
        return None
    fits = np.zeros(len(among), np.bool_)
    fits[at[ok]] = True
    all_laps = np.zeros(len(among), np.int64)
    all_laps[at] = laps
    near = [int(sizes[i]) for i in np.argsort(-scores) if i != best and scores[i] > scores[best] - EQUAL]
    return Ring(
        size=size,
        given=bool(given),
        closed=high is not None,
        exact=0 if high is None else int((high[ok] == laps[ok] * size).sum()),
        sure=scale.sure(size),
        fits=fits,
        laps=all_laps,
        bracket=scale.bracket(size),
        rest=tuple(near[:3]),
        agree=scale.agree(size),
        log_odds=scale.odds(size, len(sizes), seen[at]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """The brackets of the duplicates in question; `high` is None where the upper ends are open. `gone` and `doubled`
    are the foreign frames by which the upper ends are expected to be too small and too large, `variance` is of
    both."""

    low: Ints
    high: Ints | None
    gone: Floats
    doubled: Floats
    variance: Floats

    @property
    def ends(self) -> Ints:
        """The end of each bracket at which the lap is to be looked for."""
        return self.low if self.high is None else self.high

    def slack(self) -> Floats:
        """By how much an end may be too small, unseen: four standard deviations above what to expect."""
        if self.high is None:
            return np.zeros(len(self.low))
        slack: Floats = np.ceil(np.maximum(0, self.gone - self.doubled + 4 * np.sqrt(self.variance)))
        return slack

    def near(self, size: int) -> Bools:
        """Whose end is where this size puts it, give or take what cannot be seen."""
        laps, ok = self.laps(size)
        off = laps * size - self.ends - (self.gone - self.doubled if self.high is not None else 0)
        result: Bools = ok & (np.abs(off) <= 4 * np.sqrt(self.variance) + 0.5)
        return result

    def sure(self, size: int) -> bool:
        """Whether most of those that fit are near."""
        return self.high is not None and bool(self.near(size).sum() >= 0.5 * self.laps(size)[1].sum())

    def candidates(self) -> Ints:
        """Sizes worth a look: what drivers use, what the brackets' ends say, and multiples of 8 near them."""
        ends = self.ends
        values, counts = np.unique(ends, return_counts=True)
        common = values[np.argsort(-counts, kind="stable")[:64]]
        spread = int(self.slack().max())
        doubled = min(int(np.ceil(self.doubled.max() + 4 * np.sqrt(self.variance.max()))), LARGEST)
        near = []
        for v in common[:16].tolist():  # 128 of them, however wide the spread is: that may be a number from the wire
            start = (v - doubled) // STEP * STEP
            near.append(np.arange(start, min(v + spread + STEP + 1, start + 128 * STEP), STEP))
        sizes = np.concatenate([common, *near, np.array(sorted(SIZES), np.int64)])
        if len(common) < 16:  # a slot that was stuck shows multiples only
            sizes = np.concatenate([sizes, common // 2, common // 3])
        sizes = distinct(sizes)
        top = int(ends.max()) + spread + STEP
        top = max(top, min((s for s in SIZES if s >= int(ends.max())), default=top))
        return sizes[(sizes >= SMALLEST) & (sizes <= min(LARGEST, top))]

    def laps(self, size: int) -> tuple[Ints, Bools]:
        """For each duplicate the least number of laps, and whether it fits."""
        laps = np.maximum(1, -(-self.low // size))
        if self.high is None:
            ok = laps * size - self.low <= np.maximum(8, FILTERED * size) * laps
        else:
            ok = laps * size <= self.high + self.slack()
        return laps, ok & (laps <= LAPS)

    def score(self, size: int, *, prior: bool) -> float:
        laps, ok = self.laps(size)
        if not ok.any():
            return -np.inf
        short = laps * size - self.ends
        if self.high is None:
            each = _poisson(short, np.full(len(short), max(0.5, float(short[ok].mean()))))
        else:
            # foreign frames were lost, or also doubled; frames of other queues may add any number
            anything = -np.log(2.0 + self.high - self.low)
            if median(self.doubled) < 0.1:
                each = np.where(short >= 0, _poisson(short, np.maximum(self.gone, 1e-3)), anything)
            else:
                both = _normal(short - self.gone + self.doubled, self.variance + 0.25)
                each = np.where(short >= 0, both, np.maximum(both, anything))
        score = float(np.where(ok, np.maximum(each, MISFIT + 1), MISFIT).sum() - LAP * (laps[ok] - 1).sum())
        if prior:
            score += WELL_KNOWN if size in SIZES else ROUND if size % STEP == 0 else 0.0
        return score

    def bracket(self, size: int) -> tuple[int, int | None]:
        laps, ok = self.laps(size)
        low = int((-(-self.low[ok] // laps[ok])).max())
        if self.high is None:
            return low, None
        return low, max(low, int(((self.high[ok] + self.slack()[ok]) // laps[ok]).min()))

    def agree(self, size: int) -> bool:
        """Whether the ends lie as close together as one size makes them: apart by counts of independent events."""
        laps, ok = self.laps(size)
        ends = self.ends[ok & (laps == 1)]
        if len(ends) < 3:
            return True
        if self.high is None:
            scatter = max(1.0, float(size - ends.mean()))
        else:
            others = 0.5 * median(self.high - self.low)  # any of the foreign frames may be of other queues
            scatter = median(self.variance) + 1 + abs(median(ends) - size) + others
        return bool(np.std(ends) <= SCATTER * np.sqrt(scatter))

    def odds(self, size: int, sizes: int, seen: Ints) -> float:
        """log10 of the odds that distances without a ring would agree as these do.

        By chance they would lie anywhere among the records seen before; where some do not fit, anywhere among those
        that there are. How often a distance drawn so would fit this size, or hit it exactly, is counted out.
        """
        laps, ok = self.laps(size)
        strangers = self.low[~ok & (np.abs(self.low - size) > size // 8)]
        if len(strangers) > 0.1 * len(ok):
            first, last = int(self.low.min()), int(self.low.max())
        else:
            first, last = SMALLEST, int(min(LARGEST, max(int(median(seen)), int(self.low.max()))))
        grid = np.linspace(first, max(last, first + 1), 4001).astype(np.int64)
        if self.high is None:
            drawn = replace(self, low=grid, high=None)
        else:
            widen = median(self.high / np.maximum(self.low, 1))
            typical = [np.full(len(grid), median(one)) for one in (self.gone, self.doubled, self.variance)]
            drawn = _Scale(
                low=grid, high=(grid * widen).astype(np.int64), gone=typical[0], doubled=typical[1], variance=typical[2]
            )
        chance = float(drawn.laps(size)[1].mean())
        fit = agreement(int(ok.sum()), len(ok), max(chance, 1 / (last - first + 1)), sizes)
        reach = max(1, last - first)
        width = (8 * median(np.sqrt(self.variance)) + 1) * LAPS
        hits = agreement(int(self.near(size).sum()), len(ok), min(1.0, width / reach), sizes)
        if len(strangers) > 0.1 * len(ok):
            return min(fit, hits) if self.high is None else hits
        ends = self.ends[ok & (laps == 1)]
        if len(ends) < 3:
            return min(fit, hits)
        spread = float(ends.max() - ends.min() + 1)
        together = agreement(len(ends) - 1, len(ends) - 1, min(1.0, spread / reach), 1)
        return min(fit, hits, together)


def _normal(off: Floats, variance: Floats) -> Floats:
    """Log-density of the normal law."""
    result: Floats = -(off**2) / (2 * variance) - 0.5 * np.log(2 * np.pi * variance)
    return result


def _poisson(count: Ints, expected: Floats) -> Floats:
    """Log-probability of the counts. The factorial is Stirling's series: exact enough here, and without SciPy."""
    x = np.maximum(count, 0).astype(np.float64) + 1
    factorial = (x - 0.5) * np.log(x) - x + 0.918938533 + 1 / (12 * x)
    result: Floats = count * np.log(expected) - expected - factorial
    return result
