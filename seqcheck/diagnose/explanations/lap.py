"""A lap: the copy comes k times N places later, N being the ring's size, however long that takes.

Three families, by what is known of the other frames of the sender:
exact  all of them are in view: the end *is* the lap, except for frames that were lost (a Poisson count of known mean)
short  some are not in view: the end falls short by what a share of other frames gives, the same share for all
long   some did not use this ring (other queues), likewise
short is binomial (each slot of the lap is another frame's with one probability), long is negative binomial (other
frames until the lap is full); with a Beta prior the share is integrated out in closed form, so a lap pays for its
freedom. How bursty other frames come is one of a few values. Each size has its prior; the sum over sizes is the lap's
evidence.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import priors
from ..arrays import distinct, quantiles
from ..keys import Bools, Floats, Ints
from ..units import Units
from . import miscount, shortfall
from .part import FLOOR, Part, log_beta, log_gamma, normal, windows

CLOSED = {"exact": 0.86, "short": 0.03, "long": 0.11}  # prior of the families where other frames are in view
OPEN = {"exact": 0.45, "short": 0.55}  # and where they are not
NUMBERED = {"exact": 0.6, "short": 0.3, "long": 0.1}  # and where only numbered ones are, of other streams
EXACT, BESIDE = 0.97, 0.02  # of exact ends are where they should be, or counted wrong by one; the rest lie near
SHARE = {"short": (0.5, 5.0), "long": (0.5, 5.0)}  # Beta prior of the share of other frames
# Of slots filled too early, and of others where numbers were lost: in so many captures the ends are counted wrong by a
# few (miscount.py).
BLURRED, MISCOUNTED = 0.05, 0.1
STICKY = 8.0  # copies that the prior of laps is worth
STEADY, PACED = 0.01, 0.3  # jitter of a sender that keeps time, and how many do
WIDTHS = (0.004, 0.015, 0.05, 0.15)
# Of a lap, by which the frames that are not in view may come and go where more than a share of the copies replaced
# other numbers: any delay whose sender's rate varies looks like that.
VARYING, REPLACED = 0.1, 0.3
CANDIDATES = 384  # sizes tried for a family that is not exact
BEYOND = 1.4  # the largest size tried, in ends
# Frames that may leave by other queues, in a lap: times their share of all, and standard deviations; log-probability of
# more.
TO_SPARE, MORE, NO_ROOM = 1.5, 3.0, math.log(0.002)


def parts(units: Units, given: tuple[int, ...]) -> list[Part]:
    """The laps worth a look."""
    families = families_of(units)
    found = exact(units, _exact_sizes(units, given), given)
    if units.early or not units.lossless:
        found += [blurred(units, size, given) for size in _exact_sizes(units, given).tolist()]
    logs = np.log(units.end)
    for family in families:
        if family == "exact":
            continue
        for width in WIDTHS:
            for low, high in windows(logs, width):
                inside = (logs >= low) & (logs <= high)
                found += loose(units, inside.astype(np.float64), family, given)
        for size in given:
            inside = np.abs(logs - math.log(size)) < 0.3
            if inside.any():
                found += loose(units, inside.astype(np.float64), family, given)
    return found


def families_of(units: Units) -> dict[str, float]:
    """The prior of the families, by what is in view."""
    if not units.closed.any():
        return OPEN
    return CLOSED if units.foreign else NUMBERED


def _exact_sizes(units: Units, given: tuple[int, ...]) -> Ints:
    """Sizes that ends are exactly, often; a second and a third of them; those of the user; those just above ends that
    fall short by what was lost."""
    common = commonest(units.end, 24)
    slack = int(min(np.ceil(units.unseen.max(initial=0.0) * 2 + 1), 24)) if units.unseen.any() else 0
    near = (common[:6, None] + np.arange(1, slack + 1)).ravel() if slack else common[:0]
    known = np.array([size for size, _, _ in priors.KNOWN], np.int64)
    lowest, highest = float(units.end.min()), float(units.end.max())
    known = known[(known >= lowest) & (known <= highest * 1.02 + 2)]
    sizes = np.concatenate([common, near, common[:8] // 2, common[:8] // 3, known, np.array(given, np.int64)])
    sizes = distinct(sizes)
    return sizes[(sizes >= priors.SMALLEST) & (sizes <= priors.LARGEST)]


def commonest(ends: Ints, most: int) -> Ints:
    """The values that most of these have, the commonest first."""
    values, often = np.unique(ends, return_counts=True)
    return values[np.argsort(-often, kind="stable")[:most]]


def laps_of(ends: Ints, size: int | Ints, *, up: bool) -> Ints:
    """How many laps each end is: the nearest number, or the one above."""
    laps = -(-ends // size) if up else np.round(ends / size).astype(np.int64)
    return np.clip(laps, 1, len(priors.LAPS))


def _laps_counted(laps: Ints, of: Bools) -> Ints:
    """int64[..., laps]: how many of `laps`, where `of`, are one, two, ... along the last axis."""
    return np.stack([((laps == k) & of).sum(axis=-1) for k in range(1, len(priors.LAPS) + 1)], axis=-1)


def _lap_weights(counts: Ints) -> Floats:
    """Log-probability of one lap, two, ...: the same for all copies of a ring, so the copies say it themselves."""
    result: Floats = np.log((STICKY * np.array(priors.LAPS) + counts) / (STICKY + counts.sum(axis=-1, keepdims=True)))
    return result


def _lap_freedom(counts: Ints) -> Floats:
    """What it costs that the weights were taken from the copies themselves."""
    prior = STICKY * np.array(priors.LAPS)
    together = (log_gamma(prior + counts) - log_gamma(prior)).sum(axis=-1)
    together = together + log_gamma(STICKY) - log_gamma(STICKY + counts.sum(axis=-1))
    result: Floats = np.minimum(together - (counts * _lap_weights(counts)).sum(axis=-1), 0.0)
    return result


def exact_law(
    units: Units, sizes: Ints, given: tuple[int, ...], *, alone: bool = False
) -> tuple[Floats, Floats, Ints]:  # fmt: skip
    """(log-density[sizes, units], log-prior[sizes], laps[sizes, units]), with all frames in view; `alone`: the density
    of each unit by itself, whatever the others say."""
    size = sizes[:, None]
    laps = laps_of(units.end, size, up=False)
    off = laps * size - units.end
    counts = _laps_counted(laps, np.abs(off) <= 3 + size // 100)
    law = shortfall.alone(units, off) if alone else shortfall.together(units, off)
    law = law + np.take_along_axis(_lap_weights(counts), laps - 1, axis=1)
    near = math.log((1 - EXACT - BESIDE) / 2) - np.abs(off) / (2 + 0.004 * size) - np.log(2 + 0.004 * size)
    near = np.where(np.abs(off) == 1, np.logaddexp(near, math.log(BESIDE / 2)), near)
    law = np.logaddexp(law + math.log(EXACT), near)
    # A ring's lap is at least the stream's own frames.
    law = np.where(laps * size < units.low - 1, law - 4.0, law)
    hardly = np.where(units.early & (sizes < priors.HARDLY), -20.0, 0.0)  # two frames that change places are no lap
    prior = hardly + math.log(families_of(units)["exact"]) + priors.size(sizes, given) + _lap_freedom(counts)
    return np.maximum(law, FLOOR), prior, laps


def exact(units: Units, sizes: Ints, given: tuple[int, ...]) -> list[Part]:
    """All frames in view, one for each size."""
    return [
        Part(shape="lap", density=law, prior=float(prior), center=float(size), family="exact", laps=laps)
        for law, prior, laps, size in zip(*exact_law(units, sizes, given), sizes.tolist(), strict=True)
    ]


def blurred(units: Units, size: int, given: tuple[int, ...]) -> Part:
    """The ends scatter around the lap, or around a value beside it."""
    laps = laps_of(units.end, size, up=False)
    off = laps * size - units.end
    counts = _laps_counted(laps, np.abs(off) <= 3 + size // 100)
    ways = miscount.ways(early=units.early, lossless=units.lossless)
    density, width = ways.best(off)
    often = BLURRED if units.early else MISCOUNTED
    return Part(
        shape="lap",
        density=np.maximum(density + _lap_weights(counts)[laps - 1], FLOOR),
        prior=math.log(often / len(ways.widths))
        + float(priors.size(np.array([size]), given)[0] + _lap_freedom(counts)),
        center=float(size),
        spread=width / size,
        family="blurred",
        laps=laps,
    )


def paced(units: Units, share: Floats, delay: Part, given: tuple[int, ...]) -> Part | None:
    """Where the sender keeps time, a lap takes a constant time too, and that tells the slots better than counting
    frames of which some were lost: the density is the delay's, the size is that of the mean end."""
    mine = share > 0.5
    if delay.spread > STEADY or not mine.any():
        return None
    ends = units.end[mine] + units.unseen[mine]
    spread = math.sqrt(float(np.mean(units.unseen[mine])) + 0.05)
    few, mean, many = quantiles(ends, (0.2, 0.5, 0.8))
    if mean < priors.HARDLY - 0.5:
        return None
    error = max(spread / math.sqrt(float(mine.sum())), 0.15)
    tight = many - few <= 3 * spread + 2
    low = math.floor(mean - 4 * error if tight else many)
    sizes = np.arange(max(low, priors.HARDLY), min(math.ceil(mean * BEYOND), priors.LARGEST) + 1)
    missing = np.maximum(sizes - mean, 0.0)  # slots of frames that are not in view
    varying = VARYING * mean if float(np.mean(units.substitute[mine])) > REPLACED else 0.0
    if not len(sizes) or many - few > 3 * spread + 2 + max(4 * math.sqrt(mean * 0.2), varying):
        return None
    families = families_of(units)
    share = np.clip(missing / sizes, 0.5 / sizes, 0.95)
    some = -0.5 * np.log(share) + 4 * np.log(1 - share) - float(log_beta(*SHARE["short"])) - np.log(sizes)
    some = np.where(sizes >= mean, math.log(families["short"]) + some, -np.inf)
    total = some
    if tight:
        total = np.logaddexp(total, math.log(families["exact"]) + np.minimum(normal(sizes - mean, error), 0.0))
    total = priors.size(sizes, given) + total
    best = int(sizes[int(np.argmax(total))])
    worth = float(total.max()) + math.log(float(np.exp(total - total.max()).sum()))
    return Part(
        shape="lap",
        density=np.where(units.end < priors.LARGEST, delay.density, FLOOR),
        prior=math.log(PACED) + worth,
        center=float(best),
        spread=spread / best,
        family="paced" if tight else "short",
        laps=laps_of(units.end, best, up=False),
    )


def loose(units: Units, share: Floats, family: str, given: tuple[int, ...]) -> list[Part]:
    """Some other frames are not in view (short), or are of other queues (long): the best size for the units that are
    the lap's own, by share; for each burstiness."""
    mine = np.flatnonzero(share > 0.5)
    if not len(mine):
        return []
    sizes = loose_sizes(units, mine, family, given)
    prior = priors.size(sizes, given)
    ends = units.end[mine]
    best: Part | None = None
    for burst, weight in zip(priors.OTHERS, priors.OTHERS_WEIGHT, strict=True):
        if not len(sizes):
            break
        evidence, laps = evidence_of(ends, sizes, family, burst, np.ones(len(ends)))
        evidence += to_spare(ends, laps, sizes, family, units.elsewhere)
        total = evidence + prior
        at = int(np.argmax(total))
        if not np.isfinite(total[at]):
            continue
        size = int(sizes[at])
        other = float(np.maximum(_short(ends, laps[at], size, family), 0).sum()) / burst
        own = float((laps[at] * size).sum()) / burst - (other if family == "short" else 0.0)
        few, many = SHARE[family]
        rate = (few + other) / (few + many + other + own)
        density = _density(units, size, family, (rate, burst))
        # What the sizes together, and the freedom of the share, are worth beyond the fitted density.
        fitted = float(density[mine].sum())
        top = float(total[at]) + math.log(float(np.exp(total - total[at]).sum()))
        part = Part(
            shape="lap",
            density=density,
            prior=min(top - fitted, 0.0) + math.log(families_of(units)[family] * weight),
            center=float(size),
            spread=math.sqrt(rate * burst / size),
            family=family,
            laps=laps_of(units.end, size, up=family == "short"),
            more=(rate, burst),
        )
        if best is None or part.prior + fitted > best.prior + float(best.density[mine].sum()):
            best = part
    return [best] if best is not None else []


def loose_sizes(units: Units, mine: Ints, family: str, given: tuple[int, ...]) -> Ints:
    if not len(mine):
        return np.zeros(0, np.int64)
    ends = units.end[mine]
    known = np.array([size for size, _, _ in priors.KNOWN], np.int64)
    if family == "short":
        low, high = int(ends.max()), int(ends.max() * BEYOND) + 8
        dense = np.arange(low, low + 128)
    else:
        high = int(ends.min())
        low = max(int(units.low[mine].max()), int(high / BEYOND) - 8, priors.SMALLEST)
        dense = np.arange(max(low, high - 127), high + 1)
    wide = distinct(np.linspace(low, max(high, low), CANDIDATES).astype(np.int64) // 8 * 8)
    sizes = distinct(np.concatenate([dense, wide, known, np.array(given, np.int64)]))
    return sizes[(sizes >= max(low, priors.HARDLY)) & (sizes <= min(max(high, low), priors.LARGEST))]


def _short(ends: Ints, laps: Ints, size: int | Ints, family: str) -> Ints:
    return laps * size - ends if family == "short" else ends - laps * size


def evidence_of(ends: Ints, sizes: Ints, family: str, burst: float, weight: Floats) -> tuple[Floats, Ints]:
    """Log-probability of the ends for each size, the share integrated out; and laps[size, unit]. `weight` says how much
    each end counts."""
    values, which = np.unique(ends, return_inverse=True)  # a ring's ends are few
    often = np.bincount(which, weights=weight, minlength=len(values))
    count = float(weight.sum())
    if family == "short":
        laps = np.clip(-(-values[None, :] // sizes[:, None]), 1, 3)
        off = laps * sizes[:, None] - values[None, :]
    else:
        laps = np.clip(values[None, :] // sizes[:, None], 1, 3)
        off = values[None, :] - laps * sizes[:, None]
    few, many = SHARE[family]
    slots, other = laps * sizes[:, None] / burst, np.maximum(off, 0) / burst
    own = slots - other if family == "short" else slots
    yes, no = other @ often, own @ often
    mean = off @ often / count
    scatter = np.sqrt(np.maximum((off - mean[:, None]) ** 2 @ often / count, 0.0))
    result = (
        log_beta(few + yes, many + no) - float(log_beta(few, many))
        + _ways(slots, other, family) @ often - count * _stretch(scatter, burst)
    )  # fmt: skip
    counts = np.stack([(laps == k) @ often for k in range(1, len(priors.LAPS) + 1)])
    prior = STICKY * np.array(priors.LAPS)[:, None]
    result += (log_gamma(prior + counts) - log_gamma(prior)).sum(axis=0)
    result += float(log_gamma(STICKY)) - float(log_gamma(STICKY + count))
    return np.where((off < 0).any(axis=1), -np.inf, result), laps[:, which]


def to_spare(ends: Ints, laps: Ints, sizes: Ints, family: str, elsewhere: float) -> Floats:
    """float64[sizes]: whether this share of the frames is enough for those that took no slot of a ring of each size, in
    most laps. If not, each stream has a ring of its own, or the share changed."""
    if family == "short":
        return np.zeros(len(sizes))
    off = _short(ends[None, :], laps, sizes[:, None], family)
    most = TO_SPARE * elsewhere * ends + MORE * np.sqrt(ends * elsewhere) + MORE
    return np.where(np.mean(off > most[None, :], axis=1) > 0.5, NO_ROOM, 0.0)


def _stretch(scatter: Any, burst: float) -> Any:
    """What a count that is told in steps of `burst` is worth for each of its values: no more than one of them."""
    return math.log(burst) * (np.clip(scatter - 0.5, 0.0, 1.0) if burst < 1 else 1.0)


def _ways(slots: Any, other: Any, family: str) -> Any:
    """Log of the number of ways in which `other` frames lie among the slots of a lap."""
    if family == "short":
        return log_gamma(slots + 1) - log_gamma(other + 1) - log_gamma(np.maximum(slots - other, 0) + 1)
    return log_gamma(slots + other) - log_gamma(other + 1) - log_gamma(slots)


def _density(units: Units, size: int, family: str, more: tuple[float, float]) -> Floats:
    laps = laps_of(units.end, size, up=True) if family == "short" else np.clip(units.end // size, 1, 3)
    off = _short(units.end, laps, size, family)
    rate, burst = more
    slots, other = laps * size / burst, np.maximum(off, 0) / burst
    own = slots - other if family == "short" else slots
    density = _ways(slots, other, family) + other * math.log(max(rate, 1e-9)) + own * math.log(max(1 - rate, 1e-9))
    density = np.minimum(density - _stretch(np.std(off), burst), 0.0)
    density = np.where(off >= 0, density, -np.inf) + _lap_weights(_laps_counted(laps, off >= 0))[laps - 1]
    result: Floats = np.maximum(density, FLOOR)
    return result
