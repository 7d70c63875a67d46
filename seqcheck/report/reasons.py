"""What an account says of itself: one statement, the reasons behind it, what limits it. A function for each pattern.

Short sentences, each reason with its figure. Nothing is computed here but differences of figures that the account
holds, and none of them is told where it would make no sense (a negative number of slots, more laps than there are).
"""

from __future__ import annotations

from collections.abc import Callable

from ..diagnose.priors import origin
from ..diagnose.result import Account, Cluster, Figures, Ring
from ..model import Redundancy
from .words import agree, listed, number, percent, plural, span, spans, subject, time

Lines = tuple[str, ...]


def statement(one: Account, of: int) -> str:
    """One sentence for the top of the report; `of` duplicates there are in all."""
    return _STATEMENTS[one.pattern](one, of)


def because(one: Account, kinds: dict[str, int]) -> Lines:
    """The observations that it rests on; `kinds` are those of the frames between copies."""
    found = [*_REASONS[one.pattern](one), *_bytes(one)]
    if one.ring is not None and kinds:
        found.append(f"Between the copies the sender also sent {listed(tuple(kinds))}.")
    return tuple(found)


def ways(found: Redundancy) -> Lines:
    """What two redundant ways delivered."""
    if found.only_a is None or found.only_b is None:
        single = f"{number(found.only_one)} on one way only"
    else:
        single = f"{number(found.only_a)} on A only, {number(found.only_b)} on B only"
    lines = [f"{plural(found.both, 'number')} came on both ways, {single}, {number(found.neither)} on neither."]
    if found.skew_ns is not None and found.skew_99_ns is not None:
        first = f" {found.first} mostly comes first." if found.first else ""
        lines.append(
            f"The ways are {time(found.skew_ns)} apart (median); 99 % of the copies come within "
            f"{time(found.skew_99_ns)}.{first}"
        )
    return tuple(lines)


def limits(one: Account) -> Lines:
    """What limits it, and the next thing to try."""
    return tuple(_LIMITS[one.pattern](one))


def _share(count: int, of: int, noun: str) -> str:
    """'all 12 copies', 'the only copy', '3 of 12 copies'."""
    if count == of:
        return f"the only {noun}" if of == 1 else f"all {plural(of, noun)}"
    return f"{number(count)} of {plural(of, noun)}"


def _are(one: Account, of: int) -> str:
    return subject(one.explained, of, "is", "are")


def _were(one: Account, of: int) -> str:
    return subject(one.explained, of, "was", "were")


# ---- the ring ------------------------------------------------------------------------------------


def size(ring: Ring) -> str:
    """'4096', 'about 4096 slots', '4090–4120 slots'."""
    if ring.size is not None:
        return number(ring.size)
    return f"{span((ring.low, ring.high))} slots"


def _lap(one: Account, of: int) -> str:
    assert one.ring is not None
    return (
        f"{_are(one, of)} consistent with a stale TX slot in a ring of {size(one.ring)}: "
        f"{agree(one.explained, 'an old number', 'old numbers')} went out again{_after(one.figures)}."
    )


def _replay(one: Account, of: int) -> str:
    assert one.ring is not None
    figures = one.figures
    runs = f"{plural(figures.episodes, 'run')} of up to {number(figures.longest)} old frames"
    return (
        f"{_are(one, of)} consistent with a replay of a TX ring of {size(one.ring)}: "
        f"{runs} went out again, one lap behind."
    )


def _early_lap(one: Account, of: int) -> str:
    assert one.ring is not None
    return (
        f"{_are(one, of)} consistent with slots of a TX ring of {size(one.ring)} that were "
        f"filled again before they were sent: numbers went out too early{_by(one.figures)}."
    )


def _early(one: Account, of: int) -> str:
    if one.cause != "early-overwrite":
        return (
            f"{subject(one.explained, of, 'repeats', 'repeat')} a number that came too early{_by(one.figures)}, and "
            "nothing that seqcheck knows explains how."
        )
    return (
        f"{_are(one, of)} consistent with buffers that were filled again before they were "
        f"sent: numbers went out too early{_by(one.figures)}."
    )


def _next_buffer(one: Account, of: int) -> str:
    figures = one.figures
    times = "twice" if figures.copies <= 2 else f"up to {number(figures.copies)} times"
    return (
        f"{_are(one, of)} consistent with buffers that the next frame overwrote before they were sent: "
        f"{plural(figures.numbers, 'number')} came {times} in a row, and {number(figures.skipped)} of the numbers just "
        "before never came."
    )


def _after(figures: Figures) -> str:
    return f" {spans(figures.distance, 'record')} after the earlier copy" if figures.distance else ""


def _by(figures: Figures) -> str:
    return f", by {spans(figures.distance, 'record')}" if figures.distance else ""


def _ring_reasons(one: Account) -> list[str]:
    ring, figures = one.ring, one.figures
    if ring is None:
        return []
    found: list[str] = []
    if figures.own_slot and figures.own_slot >= figures.other_slot:
        found.append(
            f"The sender's own stamps say so: {number(figures.own_slot)} of "
            f"{number(figures.own_slot + figures.other_slot)} copies came out of the slot that they name."
        )
    if ring.size is not None and figures.distance is not None:
        found.append(_apart(ring, figures))
    if ring.exact > 0:
        lap = f"{number(ring.best)} slots apart" + (", or a multiple" if int(ring.laps.max(initial=1)) > 1 else "")
        found.append(
            f"Counting every frame of the sender, {_share(min(ring.exact, figures.count), figures.count, 'copy')} "
            f"{agree(ring.exact, 'lies', 'lie')} exactly {lap}."
        )
    elif ring.closed and figures.places is not None:
        found.append(f"Counting every frame of the sender, the copies are {spans(figures.places, 'slot')} apart.")
    if ring.cluster is not None:
        found.append(_clustered(ring.cluster))
    if figures.stand_ins:
        found.append(
            f"{_share(figures.stand_ins, figures.count, 'copy').capitalize()} "
            f"{agree(figures.stand_ins, 'stands', 'stand')} where another number is missing: sent instead of it."
        )
    if figures.delay_ns and figures.delay_ns[2] > 1.3 * max(figures.delay_ns[0], 1):
        found.append(
            f"The time between copies varies from {time(figures.delay_ns[0])} to {time(figures.delay_ns[2])} while the "
            "count stays: a ring counts frames, a path keeps time."
        )
    return found


def _clustered(found: Cluster) -> str:
    many = f"{number(found.often)} of {number(found.of)} sit in"
    if found.period:
        return f"{many} every {found.period}th slot: look at how descriptors are written back in batches."
    last = ", the ring's last" if found.last else ""
    which = "one and the same slot" if found.slot is None else f"slot {found.slot}{last}"
    return f"{many} {which}: look at its descriptor and its buffer, not at the traffic."


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
    if laps != [1] or less[0] < 0:
        return f"Copies are {spans((low, high), 'record')} apart: {lap}, less what other traffic used."
    if less == (0, 0):
        return f"Copies are {spans((low, high), 'record')} apart: exactly {lap}."
    return f"Copies are {spans((low, high), 'record')} apart: {lap}, minus {span(less)} used by other traffic or lost."


def _ring_limits(one: Account) -> list[str]:
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
            else "The capture does not settle the ring size."
        )
        found.append(f"{what}{others} `ethtool -g` on the sender shows it; pass it as --ring-size.")
    if not ring.closed:
        found.append(
            "The capture holds no other frame of the sender: capture without a filter to see what else was in the ring."
        )
    if figures.count < 3:
        found.append(
            f"{agree(figures.count, 'One duplicate', 'Two duplicates')} can match a ring by chance: capture for longer."
        )
    if figures.delay_ns and figures.delay_ns[2] <= 1.02 * figures.delay_ns[0] and figures.count > 1:
        found.append(
            "The sender's rate hardly varied, so a constant delay on the way would look the same: vary the rate and "
            "see whether the distance stays."
        )
    if figures.cut:
        found.append("Frames were cut at the snap length: capture whole frames (-s 0) to compare all of their bytes.")
    found.append("If the receiver's own RX ring has this size too, capture on a second machine to rule it out.")
    return found


# ---- the way -------------------------------------------------------------------------------------


def _delay(one: Account, of: int) -> str:
    later = f", {time(one.figures.delay_ns[1])} later" if one.figures.delay_ns else ""
    rounds = f"frames came up to {number(one.figures.copies)} times"
    return {
        "path-copy": f"{_were(one, of)} made on the way: the same frames came again{later}.",
        "loop": f"{subject(one.explained, of, 'went', 'went')} round in the network: {rounds}"
        + (f", one round every {time(one.figures.delay_ns[1])}." if one.figures.delay_ns else "."),
        "retransmission": f"{subject(one.explained, of, 'looks', 'look')} like resends after a timeout or a round "
        f"trip: the same frames came again{later}.",
        "redundancy": f"{_are(one, of)} the second copy that redundant paths deliver on purpose{later}.",
    }.get(one.cause, f"{subject(one.explained, of, 'came', 'came')} again{later}.")


def _at_once(one: Account, of: int) -> str:
    if one.cause == "sender-repeat":
        times = "twice" if one.figures.copies <= 2 else f"up to {number(one.figures.copies)} times"
        return (
            f"{_are(one, of)} the sender's own doing: it sends {percent(one.figures.share)} of "
            f"the numbers {times} in a row."
        )
    if one.cause == "redundancy":
        return _delay(one, of)
    return (
        f"{_were(one, of)} made on the way (mirror port, bond, `any`): "
        f"{percent(one.figures.share)} of the numbers came again at once."
    )


def _other_way(one: Account, of: int) -> str:
    if one.cause == "redundancy":
        return f"{_are(one, of)} the second copy that redundant paths deliver on purpose."
    if one.cause == "loop":
        return (
            f"{subject(one.explained, of, 'went', 'went')} round in the network: frames came up to "
            f"{number(one.figures.copies)} times, each time with another hop count."
        )
    differs = f": the copies differ only in {listed(one.figures.differs)}" if one.figures.differs else ""
    return f"{subject(one.explained, of, 'came', 'came')} by another way{differs}."


def _way_reasons(one: Account) -> list[str]:
    figures = one.figures
    found: list[str] = []
    if figures.delay_ns and figures.distance:
        low, middle, high = figures.delay_ns
        apart = f"{spans(figures.distance, 'record')} apart"
        if time(low) == time(high):
            found.append(f"Copies come {time(middle)} after the first, {apart}.")
        else:
            found.append(f"Copies come {time(low)} to {time(high)} after the first (median {time(middle)}), {apart}.")
    if figures.share > 0.85 and one.cause != "redundancy":
        found.append(f"{percent(figures.share)} of the numbers came more than once: no ring resends everything.")
    return found


def _way_limits(one: Account) -> list[str]:
    return {
        "loop": ["Look at the spanning tree, or at the routes, between sender and receiver."],
        "redundancy": [
            "Nothing needs fixing: two paths are the purpose. Look at what came on one path only, or on neither."
        ],
    }.get(one.cause, ["Capture on one port only, without a mirror, bond or `any`: copies made on the way vanish."])


# ---- the sender ----------------------------------------------------------------------------------


def _new_packet(one: Account, of: int) -> str:
    if one.cause == "sender-repeat":
        return f"{_are(one, of)} the sender's own doing: it sends each number several times, as new packets."
    each = agree(one.explained, "it", "each")
    return f"{_were(one, of)} sent again on purpose: {each} is a new packet with an old number."


def _block(one: Account, of: int) -> str:
    figures = one.figures
    blocks = f"{plural(figures.episodes, 'block')} of up to {plural(figures.longest, 'number')}"
    what = {
        "retransmission": "looks like a window sent again",
        "sender-repeat": "belongs to blocks that the sender repeats",
    }.get(one.cause, "belongs to blocks that came again as a whole")  # fmt: skip
    many = what.replace("looks", "look").replace("belongs", "belong")
    return f"{subject(one.explained, of, what, many)}: {blocks}, each right behind itself."


def _block_reasons(one: Account) -> list[str]:
    figures = one.figures
    if figures.distance is None:
        return []
    return [
        f"The distance, {spans(figures.distance, 'record')}, is the length of the blocks themselves: it says nothing "
        "of a ring."
    ]


def _count(one: Account, of: int) -> str:
    figures = one.figures
    later = f"{spans(figures.distance, 'record')} later" if figures.distance else "later"
    return (
        f"{_are(one, of)} the sender's own doing: {percent(figures.share)} of the numbers are sent once more, {later}."
    )


def _sender_reasons(one: Account) -> list[str]:
    figures = one.figures
    found: list[str] = []
    if figures.compared and figures.differs:
        found.append(
            f"{plural(figures.compared, 'pair')} compared: {listed(figures.differs)} differ, so these are new packets."
        )
    if figures.delay_ns:
        low, _, high = (time(each) for each in figures.delay_ns)
        found.append(f"Copies come {low if low == high else f'{low} to {high}'} after the first.")
    return found


def _sender_limits(one: Account) -> list[str]:
    if one.cause == "sender-repeat":
        return ["Look at the sender's clone, burst or repetition settings."]
    return ["See whether the sender's protocol retransmits, and by which timer."]


# ---- nothing -------------------------------------------------------------------------------------


def _none(one: Account, of: int) -> str:
    return f"{subject(one.explained, of, 'follows', 'follow')} no pattern that seqcheck knows."


def _spread(one: Account, of: int) -> str:
    if one.cause == "early-overwrite":
        return _early(one, of)
    if one.cause == "retransmission":
        later = (
            f" {time(one.figures.delay_ns[0])} to {time(one.figures.delay_ns[2])} later" if one.figures.delay_ns else ""
        )
        return (
            f"{subject(one.explained, of, 'looks', 'look')} like resends at no fixed time: the same frames came again"
            f"{later}."
        )
    if one.cause == "sender-repeat":
        return _count(one, of)
    return _none(one, of)


def _none_reasons(one: Account) -> list[str]:
    figures = one.figures
    if figures.distance is None:
        return ["The earlier copies lie too far back: their places are no longer known."]
    if figures.count == 1:
        return [f"One distance, {spans(figures.distance, 'record')}, points at nothing by itself."]
    return [
        f"Distances from {number(figures.distance[0])} to {number(figures.distance[1])} records agree on no ring and "
        "no delay."
    ]


def _spread_reasons(one: Account) -> list[str]:
    return _none_reasons(one) if one.cause == "unexplained" else []


def _spread_limits(one: Account) -> list[str]:
    if one.cause == "early-overwrite":
        return _ring_limits(one)
    return _sender_limits(one) if one.cause in ("retransmission", "sender-repeat") else _more(one)


def _shared(one: Account, of: int) -> str:
    return (
        f"{subject(one.explained, of, 'shares its', 'share their')} number with another packet: the payloads differ, "
        "so nothing was sent again."
    )


def _shared_reasons(one: Account) -> list[str]:
    return [
        f"{plural(one.figures.compared, 'pair')} compared, and the payloads differ. Segments of one message, several "
        "senders under one key, a counter that is too short, or frames that are part old and part new look like that."
    ]


def _standing(one: Account, of: int) -> str:
    return f"{subject(one.explained, of, 'repeats', 'repeat')} a number that hardly changes: it is no sequence number."


def _bytes(one: Account) -> list[str]:
    figures = one.figures
    found: list[str] = []
    if figures.identical and one.pattern not in ("new-packet", "shared-number", "standing-counter"):
        over = ", as far as they were captured" if figures.cut else ""
        found.append(
            f"{_share(figures.identical, figures.compared, 'compared pair').capitalize()} "
            f"{agree(figures.identical, 'is', 'are')} identical{over}"
            + (", down to the IP identification: no program sent them again." if figures.new_would_show else ".")
        )
    if figures.other_length:
        found.append(
            f"{number(figures.other_length)} {agree(figures.other_length, 'has', 'have')} the old bytes with another "
            "length: the slot's address was stale, its length was not."
        )
    return found


def _nothing(one: Account) -> list[str]:
    return []


def _more(one: Account) -> list[str]:
    return ["If you know the sender's ring size, pass --ring-size; and capture everything that the sender sends."]


def _key(one: Account) -> list[str]:
    return ["Give the layout a stream field, or a wider number, that tells these packets apart."]


_STATEMENTS: dict[str, Callable[[Account, int], str]] = {
    "lap": _lap, "early-lap": _early_lap, "early": _early, "replay": _replay, "next-buffer": _next_buffer,
    "delay": _delay, "at-once": _at_once, "block": _block, "count": _count, "spread": _spread, "none": _none,
    "new-packet": _new_packet, "other-way": _other_way, "shared-number": _shared, "standing-counter": _standing,
}  # fmt: skip
_REASONS: dict[str, Callable[[Account], list[str]]] = {
    "lap": _ring_reasons, "early-lap": _ring_reasons, "early": _ring_reasons, "replay": _ring_reasons,
    "next-buffer": _nothing, "delay": _way_reasons, "at-once": _way_reasons, "block": _block_reasons,
    "count": _sender_reasons, "spread": _spread_reasons, "none": _none_reasons, "new-packet": _sender_reasons,
    "other-way": _way_reasons, "shared-number": _shared_reasons, "standing-counter": _nothing,
}  # fmt: skip
_LIMITS: dict[str, Callable[[Account], list[str]]] = {
    "lap": _ring_limits, "early-lap": _ring_limits, "early": _ring_limits, "replay": _ring_limits,
    "next-buffer": _ring_limits, "delay": _way_limits, "at-once": _way_limits, "block": _sender_limits,
    "count": _sender_limits, "spread": _spread_limits, "none": _more, "new-packet": _sender_limits,
    "other-way": _way_limits,
    "shared-number": _key, "standing-counter": _key,
}  # fmt: skip
