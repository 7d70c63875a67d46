"""What was seen of the units that one part of a mixture took: sums, and whether they keep a rhythm, a place, a stamp or
a count. Labels weigh it. Pure.
"""

from __future__ import annotations

import math

import numpy as np

from ...dataclass import dataclass
from ..arrays import at_one_count, median
from ..keys import Bools, Floats, Ints
from ..units import Units
from .episodes import either, nothing
from .part import Part, log_beta

PLACES, CLOCK = 1.5, 1000.0  # jitter of what ends at the next place, in places; ns that a clock may be off by
FEW = 3  # places from one buffer to the next
SOON = 16  # frames ahead, within which a buffer is overwritten by what comes next; farther it is by the next lap
LONGEST_PERIOD = 50  # frames: what comes more rarely may be as regular as it likes
CYCLIC, APART = 0.9, 3  # of the steps, that are of two lengths; how much longer one is: else a copy was lost
REGULAR = 8  # steps between duplicates from which on a rhythm is told
AGREEING, HALF, LEAST = 0.9, 0.5, 3  # of the copies, that agree on a count of frames; of at least so many


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of the units that are a part's own, by share: sums that several labels ask for.

    number      copies that are the first repeat of their number, in duplicates; `copies` all of them
    beside      the same two of everything that lies within a factor of 1.6 of the part's center
    nothing     log-probability of the episodes' lengths where they say nothing
    instead, not_instead  copies where another number is missing, and others; likewise `skipped` (there, of another
                stream, or the number just before never came) and `overwritten`
    resized     copies of another length, but for those that are longer by the commonest number of bytes: a tap may add
                as much to each frame. `odd` are all of them: whoever sends a packet again sends as many bytes
    room        log-likelihood ratio of places of their own, against squeezed in
    later, first  third and later copies, and second ones
    shows       new packets would have a new identification (more than would not)
    period      they come like clockwork, with a fixed number of records between them; 0 if not
    adjacent    share of the copies that come within a few places
    to_a_place  a delay that varies by no more than a place or two
    among_all   they agree on a count of all frames of the source, and not on one of the stream's own
    stamps      log-likelihood ratio of the sender's own slot stamps under a lap, against any other cause
    """

    total: float
    numbers: float
    copies: float
    beside: tuple[float, float]
    length: float
    nothing: float
    instead: tuple[float, float]
    skipped: tuple[float, float]
    overwritten: tuple[float, float]
    resized: float
    odd: float
    room: float
    later: float
    first: float
    shows: bool
    period: float
    adjacent: float
    to_a_place: bool
    among_all: bool
    stamps: float


def seen(part: Part, units: Units, share: Floats) -> Seen:
    """Of the units that are the part's own."""
    total = float(share.sum())
    weight = share * units.weight
    near = units.weight * np.maximum(share, np.abs(np.log(units.end / max(part.center, 1.0))) < 0.5)
    once = units.copies <= 1
    known = ~np.isnan(units.fresh_id)
    shows = float((share[known] * units.fresh_id[known]).sum())
    hidden = float(share[known].sum()) - shows
    # The next frame overwrites what was due before it; in the place of what is due behind it an old one went out.
    skipped = units.skipped | (units.substitute & ~units.of_own)
    later = float(share[units.copies >= 2].sum())

    def split(which: Bools) -> tuple[float, float]:
        yes = float(share[which].sum())
        return yes, total - yes

    return Seen(
        total=total,
        numbers=float(weight[once].sum()),
        copies=float(weight.sum()),
        beside=(float(near[once].sum()), float(near.sum())),
        length=float((share * units.length).sum()) / max(total, 1e-9),
        nothing=nothing(units, share),
        instead=split(units.substitute),
        skipped=split(skipped),
        overwritten=split(units.overwritten),
        resized=varied(units.resized[(share > 0.5) & (units.resized != 0)]),
        odd=float(np.count_nonzero((share > 0.5) & (units.resized != 0))),
        room=float(np.clip((share * units.room).sum(), -12.0, 12.0)),
        later=later,
        first=total - later,
        shows=shows > hidden and shows > 0.5,
        period=_period(part, units, share),
        adjacent=float(share[units.end <= FEW].sum()) / max(total, 1e-9),
        to_a_place=part.shape == "delay" and not units.early and _to_a_place(part, units, share > 0.5),
        among_all=part.shape == "lap" and _among_all(units, share > 0.5),
        stamps=_stamps(part, units, share) if part.shape == "lap" else 0.0,
    )


def _to_a_place(part: Part, units: Units, mine: Bools) -> bool:
    """See Seen; of what comes at once that would say nothing, nor of times that the clock does not tell."""
    if not mine.any() or part.center <= CLOCK or median(units.end[mine]) <= SOON:
        return False
    if units.tick > PLACES * median(units.pace[mine]):
        return False
    return part.spread <= PLACES * median((units.pace / units.time)[mine])


def _among_all(units: Units, mine: Bools) -> bool:
    """See Seen."""
    mine = mine & (units.others > 0)
    if mine.sum() < LEAST or at_one_count(units.end[mine], give=1) < AGREEING:
        return False
    return at_one_count(units.low[mine], give=1) < HALF


def varied(values: Ints) -> int:
    """How many of these are not the commonest one."""
    return len(values) - int(np.unique(values, return_counts=True)[1].max(initial=0))


def _period(part: Part, units: Units, share: Floats) -> float:
    """Every k-th frame, or the last of each burst, where that is often; or some places of each cycle, of which there
    are two distances between them. Else 0."""
    mine = share > 0.5
    if int(mine.sum()) < REGULAR:
        return 0.0
    steps = units.step[mine & (units.step > 0)].astype(np.float64)
    if len(steps) < REGULAR:
        return 0.0
    values, often = np.unique(steps, return_counts=True)
    most = np.argsort(-often, kind="stable")[:2]
    cyclic = len(most) == 2 and int(often[most].sum()) >= CYCLIC * len(steps)
    sole = part.shape == "lap" and mine.mean() >= CYCLIC  # steps are counted from whatever came again before
    if cyclic and sole and values[most[1]] >= APART * values[most[0]]:
        return float(values[most[1]] + values[most[0]] * often[most[0]] / often[most[1]])
    period = median(steps)
    if not 3 <= period <= LONGEST_PERIOD:
        return 0.0
    times = np.maximum(np.round(steps / period), 1.0)
    even = float(np.mean((np.abs(steps / period - times) / times <= 0.1) & (times <= 4)))
    return period if even >= 0.8 else 0.0


def _stamps(part: Part, units: Units, share: Floats) -> float:
    """Out of a slot of this ring comes what is stamped with it, but where frames of others made the count of slots
    wrong: Beta(4, 1) over how often. Anything else hits the slot by chance; or, where a delay is so many frames each
    time, it is always as far astray."""
    mine = (share > 0.5) & ~np.isnan(units.astray)
    astray = units.astray[mine].astype(np.int64)
    if not len(astray):
        return 0.0
    slots = math.log(max(float(np.abs(astray).max()) + 1, part.center, 2.0))  # a miss may be any of them
    hits = int((astray % int(part.center) == 0).sum())
    ring = log_beta(4.0 + hits, 1.0 + len(astray) - hits) - log_beta(4.0, 1.0) - (len(astray) - hits) * slots
    like = int(np.unique(astray, return_counts=True)[1].max())
    steady = log_beta(4.0 + like, 1.0 + len(astray) - like) - log_beta(4.0, 1.0) - (len(astray) - like + 1) * slots
    return float(ring - either(math.log(0.5) - len(astray) * slots, math.log(0.5) + steady))
