"""Of duplicates that an explanation took: the figures, and the ring's size where it is a lap's. Pure."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from ..dataclass import replace
from . import priors
from .arrays import distinct, quantiles
from .explanations import lap
from .explanations.context import Context
from .explanations.episodes import slots
from .explanations.part import Part, poisson
from .explanations.sizes import sizes_of
from .facts import Facts
from .keys import Bools, Floats, Ints
from .result import MODERATE, Figures, Ring
from .table import Table
from .units import Brackets, Units, tick_of

TAIL = 0.0005  # of the posterior outside of the interval, on either side
AGREEING, VAGUE = 0.3, 0.03  # copies that lie at one count, below which sizes were found to be that much off
ALIKE = 0.9  # copies at one count that are as good as all of them
# Chance that all counts are off by one: where no frame was lost; where some were, and counts agree, or scatter, or
# numbers were replaced as well as lost; and where what came again took no slot itself.
SURE, ALIKE_OFF, MISCOUNT, REPLACED, SLOTLESS = 1e-7, 1e-5, 1e-3, 5e-3, 0.02
FEW_COUNTS, FEW_SURE = 4, 0.99  # counts below which other frames may be as many in each, and what that leaves of a size
LIKELY = 64  # sizes whose replays are looked at
VAGUELY = 0.5  # then a size is as good as others near it
MOST_QUEUES = 16  # that a sender may spread its streams over
CLOSE = 2.0  # places, and standard deviations
FAR_OFF, NOW_AND_THEN = 2.0, 0.02  # standard deviations of a Poisson number; its chance
LEAST = 1e-6  # expected losses
OTHERS = 0.02  # of the posterior of the best: another size remains possible


def figures(table: Table, rows: Bools, spans: Brackets, facts: Facts, unique: int, *, closed: bool) -> Figures:
    """All of them, over `rows`."""
    at = np.flatnonzero(rows)
    known = at[table.known[at]]
    numbers = len(distinct(table.rows["stream"][at].astype(np.int64) * (1 << 44) + table.rows["x"][at]))
    found = [facts.evidence[frame] for frame in table.rows["frame"][at].tolist() if frame in facts.evidence]
    differs = Counter(name for one in found for name in one.differs)
    times = np.sort(np.maximum(table.time_lag[known], 0))  # a clock that steps back makes no copy come before
    fresh = [one.fresh_id for one in found if one.fresh_id is not None]
    runs = table.run[at]
    return Figures(
        count=len(at),
        numbers=numbers,
        share=min(1.0, numbers / unique) if unique else 0.0,
        distance=(int(table.distance[known].min()), int(table.distance[known].max())) if len(known) else None,
        places=(int(spans.high[known].min()), int(spans.high[known].max())) if len(known) and closed else None,
        delay_ns=(int(times[0]), int(times[len(times) // 2]), int(times[-1])) if len(times) else None,
        episodes=len(distinct(runs)),
        longest=int(np.bincount(runs).max()) if len(runs) else 0,
        copies=int(table.rows["copies"][at].max(initial=0)) + 1,
        compared=len(found),
        identical=sum(one.identical for one in found),
        other_length=sum(not one.same_length for one in found),
        cut=sum(one.cut for one in found),
        differs=tuple(name for name, _ in differs.most_common()),
        stand_ins=int(table.stands_in[at].sum()),
        skipped=int(table.skipped[at].sum()),
        new_would_show=None if not fresh else sum(fresh) > 0.5 * len(fresh),
        tick=tick_of(table.rows["ns"]),
    )


def _blurred(sizes: Ints, logs: Floats, given: tuple[int, ...], chance: float) -> Floats:
    """The same where all ends may be counted wrong alike, by one or two: where frames were lost, or sent instead
    of others, a lap can be told from the frames around it only so well."""
    prior = priors.size(sizes, given)
    like = np.where(np.isfinite(prior), logs - prior, -np.inf)
    at = {int(size): place for place, size in enumerate(sizes.tolist())}
    total = like + math.log(1 - 2.4 * chance)
    for off, share in ((1, 1.0), (-1, 1.0), (2, 0.2), (-2, 0.2)):
        places = [at.get(int(size) + off, -1) for size in sizes.tolist()]
        moved = np.array([like[place] if place >= 0 else -np.inf for place in places])
        total = np.logaddexp(total, moved + math.log(chance * share))
    result: Floats = total + prior
    return result


def _miscount(units: Units, share: Floats, size: int, context: Context) -> float:
    if units.slotless:
        return SLOTLESS
    if context.loss <= 0 and not units.substitute.any():
        return SURE
    if _agreeing(units, share, size) >= ALIKE:
        return ALIKE_OFF
    return REPLACED if units.substitute.any() and context.loss > 0 and not units.lossless else MISCOUNT


def _agreeing(units: Units, share: Floats, size: int) -> float:
    """The share of the lap's units that lie at whole laps of `size`."""
    mine = share > 0.5
    return float(np.mean(units.end[mine] == lap.laps_of(units.end[mine], size, up=False) * size)) if mine.any() else 0.0


def _short_by_losses(units: Units, mine: Bools, places: Ints) -> bool:
    """Whether the lap's units fall short of whole laps, `places`, by what was lost of the frames that carry no number,
    about as much as expected: then they need not agree. Where any size would do, the posterior says so."""
    if not mine.any() or not units.unseen[mine].any():
        return False
    off, unseen = (places - units.end)[mine], units.unseen[mine]
    deviation = math.sqrt(float(np.mean(unseen)))
    mean, expected = float(np.mean(off)), float(np.mean(unseen))
    near = abs(mean - expected) <= FAR_OFF * deviation or (mean >= expected and _by_chance(round(mean), expected))
    return near and float(np.std(off)) <= FAR_OFF * deviation and float(np.mean(off >= 0)) >= ALIKE


def _by_chance(count: int, expected: float) -> bool:
    """Whether so many losses or more are to be expected now and then: where they are few, the standard deviation does
    not say."""
    fewer = np.exp(poisson(np.arange(max(count, 0)), max(expected, LEAST))).sum()
    return bool(1 - fewer >= NOW_AND_THEN)


def _elsewhere(units: Units, mine: Bools) -> float:
    """The share of the frames between the copies that carry no number, where these frames vary though none was lost:
    some of them took no slot of this ring, and perhaps all."""
    if not units.lossless or not mine.any():
        return 0.0
    return max(1 - float(np.sum(units.low[mine])) / max(float(np.sum(units.end[mine])), 1.0), 0.0)


def with_near(units: Units, share: Floats, left: Floats, part: Part) -> Floats:
    """The lap's share of each unit, and with it those that nothing explains (`left`) close to its laps: the size has
    to answer for them as well."""
    if part.laps is None:
        return share
    off = np.abs(part.laps * part.center - units.end)
    near = (left > 0.5) & (off <= CLOSE + CLOSE * np.sqrt(units.unseen))
    return np.where(near, left, share)


def ring(units: Units, share: Floats, part: Part, given: tuple[int, ...], context: Context) -> Ring:
    """The size that the units of a lap agree on."""
    sizes, logs = sizes_of(units, share, part, given)
    if (units.length > 1).any():  # replays say by their lengths, too, how long the ring is
        order = np.argsort(-logs, kind="stable")
        logs[order[LIKELY:]] = -np.inf
        for at in order[:LIKELY].tolist():
            size = int(sizes[at])
            like = replace(part, center=float(size), laps=lap.laps_of(units.end, size, up=False))
            logs[at] += slots(like, units, share, context)
    logs = _blurred(sizes, logs, given, _miscount(units, share, int(sizes[int(np.argmax(logs))]), context))
    posterior = np.exp(logs - logs.max())
    posterior /= posterior.sum()
    order = np.argsort(-posterior, kind="stable")
    best, certainty = int(sizes[order[0]]), float(posterior[order[0]])
    cumulative = np.cumsum(posterior)
    low = int(sizes[min(int(np.searchsorted(cumulative, TAIL)), len(sizes) - 1)])
    high = int(sizes[min(int(np.searchsorted(cumulative, 1 - TAIL)), len(sizes) - 1)])
    mine = share > 0.5
    laps = lap.laps_of(units.end, best, up=False)
    closed = bool(units.closed.any())
    exact = int((units.weight * (mine & (units.end == laps * best))).sum()) if closed else 0
    untouched = 0.0
    if best not in given and mine.sum() < FEW_COUNTS and (units.end > units.low)[mine].any():
        certainty = min(certainty, FEW_SURE)
    scatter = _agreeing(units, share, best) < AGREEING and not _short_by_losses(units, mine, laps * best)
    if best not in given and scatter:
        certainty = min(certainty, VAGUELY)
        untouched = max(context.untouched, _elsewhere(units, mine) if closed else 0.0)
        low, high = _around(best, low, high, untouched)
        if untouched:  # frames of all queues may be fewer than the likeliest size
            least = quantiles(units.end[mine] / np.maximum(laps[mine], 1), (0.05,))[0]
            low = min(low, math.floor(least * (1 - VAGUE) * (1 - untouched)))
    return Ring(
        size=best if certainty >= MODERATE else None,
        best=best,
        certainty=certainty,
        low=min(low, best),
        high=max(high, best),
        given=best in given,
        laps=laps,
        exact=exact,
        closed=closed,
        rest=tuple(int(sizes[at]) for at in order[1:4] if posterior[at] > OTHERS * certainty),
        untouched=untouched,
    )


def _around(best: int, low: int, high: int, untouched: float = 0.0) -> tuple[int, int]:
    """The interval of a size that is found only roughly."""
    return min(low, math.floor(best * (1 - VAGUE) * (1 - untouched))), max(high, math.ceil(best * (1 + VAGUE)))


def roughly(ring: Ring, part: float = 1.0) -> Ring:
    """Of a ring whose copies are not the only ones at one count, or through which only this `part` of the frames may
    go: its size is not named."""
    low, high = _around(ring.best, ring.low, ring.high, 1 - part)
    return replace(ring, size=None, certainty=min(ring.certainty, VAGUELY), low=low, high=high)


def queues(ring: Ring, streams: int) -> tuple[int, int] | None:
    """See Ring: counting all frames of a sender, several queues that take turns add up to one lap."""
    if ring.size is None or ring.given or not ring.closed or priors.origin(ring.best):
        return None
    return next(
        (
            (count, ring.best // count)
            for count in range(2, min(streams, MOST_QUEUES) + 1)
            if ring.best % count == 0 and priors.origin(ring.best // count)
        ),
        None,
    )
