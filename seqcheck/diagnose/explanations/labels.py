"""What a cause expects beside the places: how often, in how long episodes, how many copies, in whose rhythm, in whose
stead. One shape may stand for several causes (a delay is a tap, a loop or a timer); this tells them apart, or does not.

Every function gives a log-probability, or one up to a term that is the same for all causes.
"""

from __future__ import annotations

import math

import numpy as np

from ...dataclass import dataclass
from ...model import Cause
from .. import priors
from ..arrays import at_one_count, median
from ..keys import Bools, Floats, Ints
from ..units import Units
from .context import Context
from .episodes import blocks, either, nothing, slots
from .part import Part, log_beta

RING = ("stale-slot", "early-overwrite")
ALL = 0.85  # of the numbers: "every frame"
WAYS_MOST = 3.5  # copies of each number that several ways make, on average
TURNS = 0.1  # relative jitter of a loop's turns, at most
WAYS, OVERTAKEN = 0.35, 0.05  # relative jitter beyond which no way is known, but where it overtakes frames so often
PLACES, CLOCK = 1.5, 1000.0  # jitter of what ends at the next place, in places; ns that a clock may be off by
PUT_FOR = 0.02  # of copies that are delayed so go out in the place of new frames, or push these out of a queue
FEW, MOST_OF_THEM = 3, 0.8  # places from one buffer to the next; of the copies
HEAVY = 0.2  # loss beyond which a missing number beside a copy means nothing
MOSTLY = 0.4  # of the numbers, before which others are missing
SOON = 16  # frames ahead, within which a buffer is overwritten by what comes next; farther it is by the next lap
CROWDED = 0.3  # chance of a missing number beside a copy, beyond which only their totals tell
LONGEST_PERIOD = 50  # frames: what comes more rarely may be as regular as it likes
CYCLIC, APART = 0.9, 3  # of the steps, that are of two lengths; how much longer one is: else a copy was lost
REGULAR = 8  # steps between duplicates from which on a rhythm is told
TIMER = 0.003  # relative jitter: a program's timer, and a round trip, have more
BESIDE = math.log(0.02)  # of a ring's fault, that what goes out again takes no slot; on a way it never does
RESIZED, RESIZED_MOST = math.log(0.01), 20  # old bytes at the length of what was meant: only a descriptor does that
QUICK, SLOW = 2000.0, 1e9  # ns: through two bridges that store and forward, no frame goes round faster, or slower
AMONG_MANY, UNSURE = 0.4, 0.1  # copies whose place is known where many are ahead; how often that is so
AGREEING, HALF, LEAST = 0.9, 0.5, 3  # of the copies, that agree on a count of frames; of at least so many
COUNTS_ALL = math.log(0.02)  # of programs that repeat by counting, that count what others send, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A cause behind a shape. `share`: log-probability of the share of the numbers that came again, by ranges.
    `rhythm`: how probable it is that copies take places of their own. `third`: that one copy is followed by others,
    in all or in single numbers. `blind`: it makes new packets, so that copies
    that are old where new ones would show speak against it."""

    cause: Cause
    share: tuple[float, float, float]  # below 0.3 of the numbers, up to ALL, above
    rhythm: float
    third: float
    blind: bool = False


# (shape, label): all that compete.
LABELS: tuple[tuple[str, Label], ...] = (
    ("lap", Label(cause="stale-slot", share=(0.0, -4.5, -14.0), rhythm=0.5, third=0.08)),
    ("lap", Label(cause="sender-repeat", share=(-9.0, -3.0, 0.0), rhythm=0.5, third=0.15)),
    ("delay", Label(cause="path-copy", share=(-0.9, -2.0, -0.9), rhythm=0.05, third=0.03)),
    ("delay", Label(cause="retransmission", share=(-0.6, -3.0, -4.0), rhythm=0.3, third=0.04, blind=True)),
    ("delay", Label(cause="loop", share=(-0.3, -5.0, -6.0), rhythm=0.05, third=0.8)),
    (
        "delay",
        Label(cause="sender-repeat", share=(-9.0, -3.0, -2.0), rhythm=0.5, third=0.5),
    ),  # buffers go round, evenly
    ("delay", Label(cause="redundancy", share=(-4.0, -2.0, -0.2), rhythm=0.05, third=0.01)),
    ("at-once", Label(cause="path-copy", share=(-0.9, -2.0, -0.9), rhythm=0.05, third=0.05)),
    ("at-once", Label(cause="sender-repeat", share=(-1.5, -2.0, -0.9), rhythm=0.8, third=0.3)),
    ("at-once", Label(cause="early-overwrite", share=(0.0, -5.0, -9.0), rhythm=0.8, third=1e-12)),
    ("at-once", Label(cause="redundancy", share=(-4.0, -2.0, -0.2), rhythm=0.05, third=0.01)),
    ("block", Label(cause="retransmission", share=(-1.7, -2.5, -2.5), rhythm=0.5, third=0.3, blind=True)),
    ("block", Label(cause="sender-repeat", share=(-3.0, -1.5, -0.5), rhythm=0.5, third=0.5)),
    ("block", Label(cause="unexplained", share=(-2.0, -2.5, -2.5), rhythm=0.5, third=0.3)),
    ("spread", Label(cause="unexplained", share=(-0.2, -2.0, -2.5), rhythm=0.3, third=0.2)),
    ("spread", Label(cause="retransmission", share=(-0.4, -3.0, -4.0), rhythm=0.3, third=0.2, blind=True)),
    ("spread", Label(cause="sender-repeat", share=(-9.0, -6.0, -0.5), rhythm=0.3, third=0.5)),  # buffers go round
)


# The same for copies of which the earlier one came ahead of its time.
EARLY: tuple[tuple[str, Label], ...] = (
    ("lap", Label(cause="early-overwrite", share=(0.0, -4.5, -9.0), rhythm=0.5, third=0.04)),
    ("delay", Label(cause="path-copy", share=(-3.5, -3.5, -3.5), rhythm=0.5, third=0.03)),  # a faster way
    ("at-once", Label(cause="path-copy", share=(-0.9, -2.0, -0.9), rhythm=0.5, third=0.05)),
    ("spread", Label(cause="early-overwrite", share=(-1.0, -5.0, -9.0), rhythm=0.5, third=0.04)),
    ("spread", Label(cause="unexplained", share=(-0.2, -2.0, -2.5), rhythm=0.3, third=0.2)),
)


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


def worth(label: Label, part: Part, units: Units, share: Floats, what: Seen, context: Context) -> float:
    """The log-probability of all of it under the label: its base rate, the part's parameters, and what was seen."""
    return (
        math.log(priors.BASE[label.cause])
        + part.prior
        + _often(label, part, what, context)
        + _episodes(label, part, units, share, what, context)
        + _instead(label, part, what, context)
        + _overwritten(label, part, units, what, context)
        + _rhythm(label, what)
        + _again(label, what)
        + _content(label, what, context)
        + _length(label, what)
        + _evenly(label, part, what, context)
        + _times(label, part, what, context)
        + (COUNTS_ALL if what.among_all and part.shape == "lap" and label.cause == "sender-repeat" else 0.0)
        + (what.stamps + (BESIDE if units.slotless else 0.0) if label.cause in RING else 0.0)
    )


def _length(label: Label, what: Seen) -> float:
    """Old bytes in frames of another length."""
    if label.cause in RING:
        return 0.0
    sent_again = label.cause in ("retransmission", "sender-repeat")
    return RESIZED * min(what.odd if sent_again else what.resized, RESIZED_MOST)


def _often(label: Label, part: Part, what: Seen, context: Context) -> float:
    """Which share of the numbers came again."""
    unique = max(context.unique, 1)
    # Whatever else lies where a lap's copies lie counts, too: a part that takes half of what repeats is no few.
    numbers, copies = what.beside if part.shape == "lap" else (what.numbers, what.copies)
    of = numbers / unique
    given = label.share[0 if of < 0.3 else 1 if of < ALL else 2]
    if label.cause in RING:
        if part.shape == "spread" and part.center > SOON:
            return given - 30.0
        if part.shape in ("lap", "spread") and copies > unique:
            return -20.0  # more old frames than new ones: no fault now and then
        if 0.3 < of < ALL and what.length > 12:
            return label.share[1] / 2 - 1.0  # replays of whole rings may resend much
        return given - (2.0 if 0.05 < of < 0.3 else 0.0)
    if part.shape == "lap" and label.cause == "sender-repeat":
        if part.family != "exact" and of < ALL and not what.period:
            return -30.0  # who repeats single frames on purpose does so by an exact count
        return given + (5.0 if 0.05 < of < 0.3 else 0.0)
    if part.shape == "delay":
        if label.cause in ("path-copy", "loop") and part.spread > WAYS:
            return given - (1.0 if label.cause == "path-copy" and context.late > OVERTAKEN else 8.0)
        if label.cause == "retransmission" and part.spread < TIMER:
            return given - 2.5
        if label.cause == "loop" and (part.spread > TURNS or context.times > 2.0):
            return given - 8.0
        if label.cause == "loop" and not QUICK <= part.center <= SLOW:
            return given - 4.0
    return given


def _episodes(label: Label, part: Part, units: Units, share: Floats, what: Seen, context: Context) -> float:
    """How long the episodes are."""
    if part.shape == "block":
        return blocks(units, share, context)
    if part.shape == "lap" and label.cause in RING:
        return slots(part, units, share, context)
    if part.shape in ("delay", "at-once") and what.numbers > ALL * context.unique:
        return either(what.nothing, blocks(units, share, context)) - math.log(2)  # as long as the sender's bursts are
    return what.nothing


def _instead(label: Label, part: Part, what: Seen, context: Context) -> float:
    """Copies where another number is missing: a slot of the stream's own sends the old one instead; beside
    that, loss puts a gap there by chance."""
    # What stands at once behind a frame may itself be why a number is missing there: a buffer was overwritten, or a
    # generator counts its copies. And where nearly all numbers came again, hardly a place has no copy to tell by.
    anywhere = part.shape == "at-once" or what.numbers > ALL * context.unique
    chance = min(max(1.5 * (context.loss if anywhere else context.beside), 0.002), 0.9)
    yes, no = what.instead
    by_chance = yes * math.log(chance) + no * math.log(1 - chance)
    # Beta(1/2, 1/2) over the share of slots that were the stream's own.
    own = log_beta(0.5 + yes, 0.5 + no) - log_beta(0.5, 0.5)
    if what.to_a_place and label.cause not in RING:  # a program's timer may do that, or a queue that is full
        return either(math.log(1 - PUT_FOR) + by_chance, math.log(PUT_FOR) + own)
    if label.cause not in RING or part.shape == "at-once" or context.gone > HEAVY:
        return by_chance
    return either(math.log(0.5) + own, math.log(0.5) + by_chance)


def _overwritten(label: Label, part: Part, units: Units, what: Seen, context: Context) -> float:
    """The number just before never came: its buffer went out with what came next. Of copies that came ahead of their
    time: the number in whose place the first one stood never came."""
    if units.early:
        by_chance, mine = min(max(6 * context.jumps_beside, 0.01), 0.9), label.cause == "early-overwrite"
        if by_chance > CROWDED:
            return _as_many(what, context, mine=mine)
        yes, no = what.overwritten
        if not mine:
            return yes * math.log(by_chance) + no * math.log(1 - by_chance)
        as_a_rule, among_many = (yes * math.log(share) + no * math.log(1 - share) for share in (0.93, AMONG_MANY))
        return either(math.log(1 - UNSURE) + as_a_rule, math.log(UNSURE) + among_many)
    if part.shape != "at-once" or label.cause != "early-overwrite":
        return 0.0
    yes, no = what.skipped
    if what.later > 0.1 * what.total or what.adjacent < MOST_OF_THEM:
        return -1000.0  # a buffer that was overwritten goes out twice, in a row, and not more often
    if context.jumps > MOSTLY:
        return -3.0  # numbers are passed over all the time: it would mean nothing
    chance = max(1.5 * context.jumps, 0.002)
    return yes * math.log(0.95 / chance) + no * math.log(0.05 / (1 - chance))


def _as_many(what: Seen, context: Context, *, mine: bool) -> float:
    """As many numbers are missing as frames went out in their place, or more by what was lost: any loss is as likely,
    by its logarithm. For where so many are missing that one is to be found beside every copy."""
    lost = context.missing - what.copies if mine else float(context.missing)
    return -math.log(lost + 1.0) if lost >= 0 else lost * 2.0 / math.sqrt(what.copies + 1.0)


def _rhythm(label: Label, what: Seen) -> float:
    """Places of their own, against squeezed in. All copies of a cause do the same, so it is asked once."""
    return either(math.log(label.rhythm) + what.room, math.log(1 - label.rhythm))


def _again(label: Label, what: Seen) -> float:
    """Third and later copies. Either all copies of a cause are apt to be followed by others, or hardly any."""
    rare = what.later * math.log(0.01) + what.first * math.log(0.99)
    apt = what.later * math.log(0.6) + what.first * math.log(0.4)
    return either(math.log(1 - label.third) + rare, math.log(label.third) + apt)


def _content(label: Label, what: Seen, context: Context) -> float:
    """Old packets where new ones would show; ways that are two on purpose."""
    value = -5.0 if label.blind and what.shows else 0.0
    if label.cause == "redundancy":
        value += 2.5 if context.redundant else -5.0
    return value


def _evenly(label: Label, part: Part, what: Seen, context: Context) -> float:
    """Like clockwork. Faults strike at random, or once a lap; where every number comes again, the clock is the
    sender's own."""
    if not what.period or (part.shape in ("delay", "block") and what.numbers > ALL * context.unique):
        return 0.0
    if label.cause == "sender-repeat":
        return 9.0
    laps = what.period / max(part.center, 1.0)
    once_a_lap = part.shape == "lap" and laps > 0.5 and abs(laps - round(laps)) < 0.1
    return -12.0 if label.cause in RING and not once_a_lap else 0.0


def _times(label: Label, part: Part, what: Seen, context: Context) -> float:
    """Each number equally often, three times or more: generators do that (clone_skb, burst), and the count then jumps
    by as much where it counts frames; three ports on one mirror are rare."""
    often = round(context.times)
    way = ("path-copy", "redundancy") if part.shape != "delay" else ("path-copy", "redundancy", "retransmission")
    times = min(context.times, 1 + what.copies / max(context.unique, 1))  # two ways may be at work, each with its delay
    if label.cause in way and times > (2.6 if part.shape == "delay" else WAYS_MOST):
        return -9.0
    if (
        part.shape != "at-once"
        or label.cause != "sender-repeat"
        or often < 2
        or abs(context.times - often) > 0.05 * often
    ):
        return 0.0
    lost = (often - 1) / often  # of the numbers, where the count jumps
    return 8.0 if abs(context.loss - lost) < 0.05 * lost else 1.5 if often > 2 else 0.0
