"""Do copies keep to a time, to a count of frames, or to both? A delay does the one, a ring the other; under a steady
rate nothing tells. And do they come regularly, or after pauses, as a program's do? Pure.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import distinct, median, quantiles
from .case import Case
from .explanations.part import Part
from .keys import Bools, Floats, Ints
from .priors import HARDLY, origin
from .result import AGREE, Ring
from .units import MICROSECOND, Brackets, Units

AT_ONCE = 8  # records
BLUR = 0.02  # of a lap, beside which its own copies may lie
PACE = 0.05  # of the time between copies, by which that time differs within a run
STEADY = 1.1  # frames' worth of time, that the time between copies varies by: then a delay would give the same counts
DENSE = 0.5  # of a lap, from one known record to the next: then they tell how long a lap takes
LAPS = 9  # over so many a pace that changes makes times differ by more than over one: so many times
LASTING, CLEARLY = 2.0, 1.7  # as much, going by the copies, and by the records between them
UNLIKELY = 0.01  # that chance brings all copies to times so much alike
EVEN = 0.2  # of the mean time to the next frame: the usual one, where frames come in no bursts
UNEVEN, TIGHTER = 0.1, 0.6  # scatter of the time between copies in natural log; of the frames between them, beside it
TIMED, FEW_PLACES = 0.25, 4.0  # of the scatter of the count, in time; places that a count scatters by in any case
REGULAR, EVENLY, ON_TIME = 8, 0.9, 0.05  # steps from which on a rhythm is told; share of them; of a step
COUNTED = 4  # numbers, of which three steps say something
MOST_OF_IT, MISSED = 0.6, 4  # of all copies; steps of which the copies between do not count
SILENCE = 10.0  # times as long as usual
NEARLY_ALL = 0.8  # of the copies
STRAIGHT = 8  # copies straight behind one another, from which on others would have come in between
BESIDE = 0.1  # of the lap's copies, that came after the same time and at other counts


def to_both(part: Part, sample: Units, share: Floats) -> bool:
    """Whether the copies come after one time as well as after one count."""
    mine = (share > 0.5) & (np.abs(sample.end - part.center) <= BLUR * part.center)
    times = sample.time[mine]
    return part.family == "paced" or (
        len(times) > 0 and float(np.ptp(times)) <= max(STEADY * float(np.mean(sample.pace[mine])), _coarse(sample))
    )


def _coarse(sample: Units) -> int:
    """The clock's tick, where that is more than a microsecond: times then tell no finer."""
    return sample.tick if sample.tick > MICROSECOND else 0


def unresolved(sample: Units, share: Floats) -> bool:
    """Whether the clock's ticks are longer than a frame, and the copies come within two of them: then nobody sees
    whether they keep to a time."""
    mine = share > 0.5
    if not mine.any() or sample.tick <= STEADY * median(sample.pace[mine]):
        return False
    low, high = quantiles(sample.time[mine], (0.1, 0.9))
    return high - low <= sample.tick


def steady(case: Case, sample: Units, share: Floats) -> bool | None:
    """Whether the pace never changed from the first copy to the last: the time over many laps varies no more than that
    over one, as it does where the clock is coarse, or each frame is delayed for itself. Then the time between copies
    may vary by as much, and a constant delay gives the same counts as a ring. None if that cannot be told: the capture
    is too short, or frames come in bursts, of which nobody knows who made them."""
    mine = share > 0.5
    at = sample.at[mine]
    if not len(at) or np.ptp(sample.source[mine]):
        return None
    lap = median(sample.end[mine])
    ordinal, ns = _course(case, at)
    copies = np.searchsorted(np.sort(case.table.rows["ordinal"][at]), ordinal)
    later = np.searchsorted(ordinal, ordinal + LAPS * lap)
    first = np.flatnonzero(later < len(ordinal))
    if len(first) < AGREE:
        return None
    passed, laps = ns[later[first]] - ns[first], _laps(case, sample, mine)
    over_one = CLEARLY * _most(laps) if len(laps) else LASTING * _most(sample.time[mine])
    over_many = []
    for places in (ordinal, ordinal - copies):  # copies may take time of their own, as slots do, or none
        frames = places[later[first]] - places[first]
        over_many.append(_most(passed - frames * (float(passed.sum()) / max(float(frames.sum()), 1.0))))
    if min(over_many) > over_one:
        return False
    near = [case.facts.evidence.get(frame) for frame in case.table.rows["frame"][at].tolist()]
    doubles = [one.double for one in near if one is not None and one.double]
    even = not doubles or median(doubles) >= EVEN * 2 * median(sample.time[mine]) / median(sample.end[mine])
    return True if even else None


def held_others_up(case: Case, sample: Units, share: Floats) -> bool:
    """Whether most copies came straight behind one another, out of a pace that is even and never changes: no way stops
    new frames while it delivers old ones."""
    copies = share * sample.length
    straight = float(copies[sample.length >= STRAIGHT].sum())
    return straight >= NEARLY_ALL * float(copies.sum()) and steady(case, sample, share) is True


def to_one_time(case: Case, sample: Units, share: Floats) -> bool:
    """Whether the copies come after times that differ much less than the time that a lap took from the first to the
    last of them. A ring's copies come across pauses and at any pace; those of a timer wait for one time. Copies within
    a lap of one another count once; laps with more copies in them than those of the copies say nothing, since what goes
    out again has a pace of its own."""
    mine = share > 0.5
    laps = _laps(case, sample, mine, alike=True)
    if not len(laps):
        return False
    at, lap = sample.at[mine], median(sample.end[mine])
    low, high = float(sample.time[mine].min()), float(sample.time[mine].max())
    within = float(np.mean((laps >= low * (1 - PACE)) & (laps <= high * (1 + PACE))))
    apart = int((np.diff(np.sort(case.table.rows["ordinal"][at]), prepend=-lap) >= lap).sum())
    # That so many values all lie in an interval of this probability, wherever it is.
    return apart >= 2 and apart * within ** (apart - 1) - (apart - 1) * within**apart < UNLIKELY


def at_the_same_time(case: Case, rows: Bools, sample: Units, share: Floats) -> bool:
    """Whether most copies have the time stamp of the earlier one, though the clock goes on within a lap."""
    if float(np.mean(case.table.time_lag[rows] == 0)) < NEARLY_ALL:
        return False
    laps = _laps(case, sample, share > 0.5)
    return len(laps) > 0 and float(np.mean(laps > 0)) >= NEARLY_ALL


def _laps(case: Case, sample: Units, mine: Bools, *, alike: bool = False) -> Floats:
    """How long laps took, ns, from the first of these copies to the last; none where too few records are known.
    `alike`: only those with no more copies in them than a lap has that one of these ends."""
    at = sample.at[mine]
    if not len(at) or np.ptp(sample.source[mine]):
        return np.zeros(0)
    lap = median(sample.end[mine])
    ordinal, ns = _course(case, at)
    if len(ordinal) <= len(at) or median(np.diff(ordinal)) > DENSE * lap:
        return np.zeros(0)
    first = ordinal[ordinal + lap <= ordinal[-1]]
    if alike:
        copies = np.sort(case.table.rows["ordinal"][case.table.rows["source"] == sample.source[mine][0]])
        own = case.table.rows["ordinal"][at]
        most = int(_between(copies, own - lap, own).max())
        first = first[_between(copies, first, first + lap) <= most]
    result: Floats = np.interp(first + lap, ordinal, ns) - np.interp(first, ordinal, ns)
    return result


def _between(places: Ints, after: Ints | Floats, before: Ints | Floats) -> Ints:
    """How many of these places, in order, lie in each of the intervals."""
    found: Ints = np.searchsorted(places, before, "left") - np.searchsorted(places, after, "right")
    return found


def _course(case: Case, at: Ints) -> tuple[Floats, Floats]:
    """(places, ns): how far the source's frames had come, and when, from the first of these copies to the last: of the
    copies, or of records in between, if more of them are known."""
    copies, course = case.table.rows[at], case.facts.course
    low, high = int(copies["ordinal"].min()), int(copies["ordinal"].max())
    mine = course["source"] == copies["source"][0]
    between = course[mine & (course["ordinal"] >= low) & (course["ordinal"] <= high)]
    known = between if len(between) > len(copies) else copies
    return np.sort(known["ordinal"]).astype(np.float64), np.sort(known["ns"]).astype(np.float64)


def _most(values: Floats) -> float:
    """How far most of these reach, but for what comes when the stream has ended."""
    low, high = quantiles(values, (0.2, 0.8))
    return high - low


def to_a_time(case: Case, rows: Bools, spans: Brackets, ring: Ring, *, instead: bool) -> bool:
    """Whether the copies keep to a time and not to a count of frames: the count varies by far more than the time does,
    and than frames that are not in view would make it; or others that came after the same time lie at other counts."""
    places = spans.high if ring.closed else spans.low
    time, count = (_middle(each[rows]) for each in (case.table.time_lag, places))
    uneven = UNEVEN if instead else FEW_PLACES / ring.best
    if count > uneven and time < TIMED * count:
        return True
    others = ~rows & case.table.known & ~case.table.early & (places > AT_ONCE)
    times = np.maximum(case.table.time_lag, 1)
    low, high = quantiles(times[rows], (0.1, 0.9))
    if high > (1 + PACE) * low or not others.any():
        return False
    laps = np.maximum(np.round(places / ring.best), 1) * ring.best
    elsewhere = np.abs(places - laps) > PACE * laps
    alike = others & elsewhere & (times >= low * (1 - BLUR)) & (times <= high * (1 + BLUR))
    return int(alike.sum()) >= max(AGREE, BESIDE * float(rows.sum()))


def to_a_count(case: Case, rows: Bools, spans: Brackets) -> bool:
    """Whether the copies keep to a count of frames much better than to a time."""
    times, places = (np.log(np.maximum(each[rows], 1)) for each in (case.table.time_lag, spans.high))
    uneven = float(np.std(times)) > UNEVEN and float(np.std(places)) < TIGHTER * float(np.std(times))
    return uneven and float(np.median(places)) >= math.log(HARDLY)


def pace_changes(case: Case, rows: Bools) -> bool:
    """Whether copies in a row come after times that differ: a delay keeps the pace at which the frames were sent."""
    at = np.flatnonzero(rows)
    run, time = case.table.run[at], case.table.time_lag[at]
    order = np.lexsort((time, run))
    first = np.flatnonzero(np.append(True, np.diff(run[order]) != 0))
    last = np.append(first[1:], len(at)) - 1
    spans = (time[order][last] - time[order][first])[last > first]
    return len(spans) > 0 and float(np.median(spans)) > PACE * float(np.median(time))


def like_clockwork(sample: Units, share: Floats, ring: Ring) -> bool:
    """Whether the copies come at a fixed number of frames: a program counts. Once a lap, a slot that is stuck does so
    as well, in a ring of a size that drivers use."""
    mine = share > 0.5
    steps = sample.step[mine & (sample.step > 0)]
    if len(steps) < REGULAR or mine.mean() < MOST_OF_IT:
        return False
    values, often = np.unique(steps, return_counts=True)
    usual = float(values[int(np.argmax(often))])
    times = np.clip(np.round(steps / usual), 1, MISSED if usual >= REGULAR else 1)  # some were lost
    regular = float(np.mean(np.abs(steps / usual - times) <= ON_TIME * times))
    once_a_lap = abs(usual / ring.best - max(round(usual / ring.best), 1)) <= BLUR
    return regular >= EVENLY and not (once_a_lap and origin(ring.best))


def by_number(case: Case, rows: Bools, ring: Ring) -> bool:
    """Whether the numbers that were sent again lie whole steps of many numbers apart: a program counts. A slot that is
    stuck comes once a lap, which takes one number less than it has slots."""
    leads = case.table.rows[rows & case.table.leads]
    streams, often = np.unique(leads["stream"], return_counts=True)
    if not len(streams):
        return False
    numbers = distinct(leads["x"][leads["stream"] == streams[int(np.argmax(often))]])
    if len(numbers) < COUNTED:
        return False
    steps = np.diff(numbers)
    step = int(np.gcd.reduce(steps))
    often_one = median(steps) <= MISSED * step  # batches have whole steps between them, too, but many at a time
    return step >= REGULAR and often_one and step not in (ring.best - 1, ring.best)


def after_pauses(sample: Units, share: Floats) -> bool:
    """Whether nearly all copies come after a silence of the sender, as what a timeout sends does. A slot is stale
    whenever its turn is."""
    known = (share > 0.5) & (sample.silence > 0)
    return int(known.sum()) >= AGREE and float(np.mean(sample.silence[known] > SILENCE)) >= NEARLY_ALL


def _middle(values: Ints) -> float:
    """How far the middle 60 % of these reach, in natural log."""
    low, high = quantiles(np.maximum(values, 1), (0.2, 0.8))
    return math.log(high / low)
