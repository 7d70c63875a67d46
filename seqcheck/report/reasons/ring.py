"""Stale slots, replays, and slots that were filled too early: what is said of them."""

from __future__ import annotations

from ...diagnose.priors import origin
from ...diagnose.result import Account, Cluster, Doubt, Figures, Ring
from ..words import agree, listed, number, plural, span, spans, subject, time
from .common import are, share

HARDLY = 1.1  # times the least count: the same, but for a few frames
LEAST = 0.5  # of a lap, that a distance is where it says something of the ring
OFTEN = 0.1  # of the copies, below which a missing number beside them may have been lost by chance
COUNTED = {
    "all": "all frames of the sender",
    "others": "all frames of the sender but copies of another kind",
    "new": "all frames of the sender that did not come again",
    "own": "the frames of each stream by itself",
}
# Doubts that leave a constant delay or a timer possible: then a time that varies is no reason.
OF_PACE: frozenset[Doubt] = frozenset({"keeps-time", "held-up", "one-time", "timed-blocks", "pace", "pace-and-size"})


def size(ring: Ring) -> str:
    """'4096', 'about 4096 slots', '4090–4120 slots'."""
    if ring.size is not None:
        return number(ring.size)
    return f"{span((ring.low, ring.high))} slots"


def lap(one: Account, of: int) -> str:
    assert one.ring is not None
    return (
        f"{are(one, of)} consistent with a stale TX slot in a ring of {size(one.ring)}: "
        f"{agree(one.explained, 'an old number', 'old numbers')} went out again{_after(one.figures, one.ring)}."
    )


def replay(one: Account, of: int) -> str:
    assert one.ring is not None
    figures = one.figures
    runs = f"{plural(figures.episodes, 'run')} of up to {number(figures.longest)} old frames"
    return (
        f"{are(one, of)} consistent with a replay of a TX ring of {size(one.ring)}: "
        f"{runs} went out again, one lap behind."
    )


def early_lap(one: Account, of: int) -> str:
    assert one.ring is not None
    return (
        f"{are(one, of)} consistent with slots of a TX ring of {size(one.ring)} that were refilled before they were "
        f"sent: numbers went out too early{_by(one.figures)}."
    )


def early(one: Account, of: int) -> str:
    if one.cause != "early-overwrite":
        return (
            f"{subject(one.explained, of, 'repeats', 'repeat')} a number that came too early{_by(one.figures)}, and no "
            "known cause explains why."
        )
    return (
        f"{are(one, of)} consistent with buffers that were refilled before they were sent: numbers went out too "
        f"early{_by(one.figures)}."
    )


def next_buffer(one: Account, of: int) -> str:
    figures = one.figures
    times = "twice" if figures.copies <= 2 else f"up to {number(figures.copies)} times"
    return (
        f"{are(one, of)} consistent with buffers that the next frame overwrote before they were sent: "
        f"{plural(figures.numbers, 'number')} came {times} in a row, and {number(figures.skipped)} of the numbers just "
        "before never arrived."
    )


def _after(figures: Figures, ring: Ring) -> str:
    """Not told where frames that took no slot make it longer than the laps were."""
    if figures.distance is None or figures.distance[1] > int(ring.laps.max(initial=1)) * ring.high:
        return ""
    return f" {spans(figures.distance, 'record')} after the earlier copy"


def _by(figures: Figures) -> str:
    return f", by {spans(figures.distance, 'record')}" if figures.distance else ""


def reasons(one: Account) -> list[str]:
    ring, figures = one.ring, one.figures
    if ring is None:
        return []
    found: list[str] = []
    if figures.own_slot and figures.own_slot >= figures.other_slot:
        found.append(
            f"The sender's own slot stamps agree: {number(figures.own_slot)} of "
            f"{number(figures.own_slot + figures.other_slot)} copies left from the slot that they name."
        )
    if ring.size is not None and figures.distance is not None and figures.distance[0] >= LEAST * ring.size:
        found.append(_apart(ring, figures))
    if ring.exact > 0:
        lap = f"{number(ring.best)} slots" + (" or a multiple" if int(ring.laps.max(initial=1)) > 1 else "")
        found.append(
            f"Counting {COUNTED[ring.counted]}, {share(min(ring.exact, figures.count), figures.count, 'copy')} "
            f"{agree(ring.exact, 'is', 'are')} exactly {lap} after the earlier one."
        )
    elif ring.closed and figures.places is not None:
        found.append(f"Counting {COUNTED[ring.counted]}, the copies are {spans(figures.places, 'slot')} apart.")
    if ring.cluster is not None:
        found.append(_clustered(ring.cluster))
    if figures.stand_ins >= OFTEN * figures.count:
        found.append(
            f"{share(figures.stand_ins, figures.count, 'copy').capitalize()} "
            f"{agree(figures.stand_ins, 'takes', 'take')} the place of a missing number: the old content went out "
            "instead."
        )
    if _alike(ring, figures) and not OF_PACE & set(one.doubts):
        assert figures.delay_ns is not None
        found.append(
            f"The time between copies varies from {time(figures.delay_ns[0])} to {time(figures.delay_ns[2])} while the "
            "frame count stays the same: a ring counts frames, a path delays by time."
        )
    return found


def _alike(ring: Ring, figures: Figures) -> bool:
    """Whether the time between copies varies, by more than the clock's ticks, and the count of one lap hardly does."""
    count = figures.places or figures.distance
    if not figures.delay_ns or not count or int(ring.laps.max(initial=1)) > 1:
        return False
    low, _, high = figures.delay_ns
    varies = high > 1.3 * max(low, 1) and high - low > 2 * figures.tick
    return varies and count[1] <= HARDLY * count[0]


def _clustered(found: Cluster) -> str:
    many = f"{number(found.often)} of {number(found.of)} sit in"
    if found.period:
        return f"{many} every {found.period}th slot: check how descriptors are written back in batches."
    last = ", the ring's last" if found.last else ""
    which = "the same slot" if found.slot is None else f"slot {found.slot}{last}"
    return f"{many} {which}: check its descriptor and its buffer, not the traffic."


def _apart(ring: Ring, figures: Figures) -> str:
    """'Copies are 124–128 records apart: one lap of 128 slots, minus 0–4 used by other traffic.'"""
    assert ring.size is not None
    assert figures.distance is not None
    low, high = figures.distance
    laps = sorted({int(each) for each in ring.laps if each > 0}) or [1]
    lap = (
        f"one lap of {number(ring.size)} slots"
        if laps == [1]
        else f"{span((laps[0], laps[-1]))} laps of {number(ring.size)} slots"
    )
    less = (laps[0] * ring.size - high, laps[0] * ring.size - low)
    if laps[-1] * ring.size < high:
        return f"Copies are {spans((low, high), 'record')} apart: {lap}, plus frames in between that used no slot."
    if laps != [1]:
        return f"Copies are {spans((low, high), 'record')} apart: {lap}, minus slots used by other traffic."
    if less == (0, 0):
        return f"Copies are {spans((low, high), 'record')} apart: exactly {lap}."
    return f"Copies are {spans((low, high), 'record')} apart: {lap}, minus {span(less)} used by other traffic or lost."


def _unseen(ring: Ring, figures: Figures) -> str:
    """What the sender's other frames would mean for the size, where none are in view."""
    without = "The capture has no other frames from the sender"
    if ring.size is None or ring.given or figures.distance != (ring.size, ring.size):
        return f"{without}: capture without a filter to see what else was in the ring."
    return (
        f"{without}. If a filter hid some that took every other slot, the ring has {number(2 * ring.size)} slots: "
        "capture without a filter to see them."
    )


def limits(one: Account) -> list[str]:
    ring, figures = one.ring, one.figures
    if ring is None:
        return ["Check that the sender reuses a buffer only after the NIC has reported it sent."]
    found: list[str] = []
    if not ring.given:
        rest = tuple(number(each) for each in ring.rest)
        others = f" {listed(rest)} would fit as well." if rest and ring.certainty < 0.999 else ""
        size_of = ring.size
        known = origin(size_of) if size_of is not None else ""
        listed_as = f" Known rings of {number(ring.best)}: {known}." if known else ""
        what = (
            f"The ring size {number(size_of)} is inferred.{listed_as}"
            if size_of is not None
            else "The capture does not determine the ring size."
        )
        found.append(f"{what}{others} `ethtool -g` on the sender shows it; pass it as --ring-size.")
    if ring.queues is not None:
        count, each = ring.queues
        found.append(
            f"{number(count)} TX queues of {number(each)} slots whose streams take turns would look the same; "
            "`ethtool -l` shows how many there are."
        )
    if ring.untouched:
        found.append(
            "Some of the frames between the copies may have left through another queue of the NIC; then the ring is "
            "smaller than their count."
        )
    if not ring.closed:
        found.append(_unseen(ring, figures))
    if figures.count < 3:
        found.append(
            f"{agree(figures.count, 'One duplicate', 'Two duplicates')} can match a ring size by chance: capture for "
            "longer."
        )
    steady = figures.delay_ns is not None and figures.delay_ns[2] <= 1.02 * figures.delay_ns[0]
    if steady and figures.count > 1 and figures.stand_ins < 0.5 * figures.count and one.strength != "strong":
        found.append(
            "Vary the sender's rate, and see whether the distance stays the same."
            if "keeps-time" in one.doubts
            else "The sender's rate hardly varied, so a constant delay on the path would look the same: vary the "
            "rate, and see whether the distance stays the same."
        )
    if figures.cut:
        found.append("Frames were cut at the snap length: capture whole frames (-s 0) to compare all their bytes.")
    found.append("If the receiver's own RX ring has this size too, capture on a second machine to rule it out.")
    return found
