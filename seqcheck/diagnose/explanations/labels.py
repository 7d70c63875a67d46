"""What a cause expects beside the places: how often, in how long episodes, how many copies, in whose rhythm, in whose
stead. One shape may stand for several causes (a delay is a tap, a loop or a timer); this tells them apart, or does not.

Every function gives a log-probability, or one up to a term that is the same for all causes.
"""

from __future__ import annotations

import math

from ...dataclass import dataclass
from ...model import Cause
from .. import priors
from ..keys import Floats
from ..units import Units
from .context import Context
from .episodes import blocks, either, slots
from .part import Part, log_beta
from .seen import SOON, Seen

RING = ("stale-slot", "early-overwrite")
ALL = 0.85  # of the numbers: "every frame"
WAYS_MOST = 3.5  # copies of each number that several ways make, on average
TURNS = 0.1  # relative jitter of a loop's turns, at most
WAYS, OVERTAKEN = 0.35, 0.05  # relative jitter beyond which no way is known, but where it overtakes frames so often
PUT_FOR = 0.02  # of copies that are delayed so go out in the place of new frames, or push these out of a queue
MOST_OF_THEM = 0.8  # of the copies, that stand within a few places
HEAVY = 0.2  # loss beyond which a missing number beside a copy means nothing
MOSTLY = 0.4  # of the numbers, before which others are missing
CROWDED = 0.3  # chance of a missing number beside a copy, beyond which only their totals tell
TIMER = 0.003  # relative jitter: a program's timer, and a round trip, have more
BESIDE = math.log(0.02)  # of a ring's fault, that what goes out again takes no slot; on a way it never does
RESIZED, RESIZED_MOST = math.log(0.01), 20  # old bytes at the length of what was meant: only a descriptor does that
QUICK, SLOW = 2000.0, 1e9  # ns: through two bridges that store and forward, no frame goes round faster, or slower
AMONG_MANY, UNSURE = 0.4, 0.1  # copies whose place is known where many are ahead; how often that is so
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
