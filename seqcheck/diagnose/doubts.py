"""What weakens a verdict, however well its explanation fits: what else would look the same and is in no explanation
that competes, or too little to go by. Each doubt has a name, and a strength that is the most it allows. Those of a lap
are in doubts_of_laps.py, those that blame no ring in doubts_of_others.py. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import RING_CAUSES, Cause, Strength
from .case import Case
from .keys import Bools
from .priors import origin
from .result import AGREE, MODERATE, NO_SLOT, STRONG, Doubt, Figures, Pattern, Ring

WIDE = 1.2  # of sizes: where an interval is wider, there is none to speak of
SKIPPING = 0.03  # of the numbers, before which others are missing for another reason: beside copies they mean little
OFTEN = 0.15  # of the numbers: no occasional fault leaves others missing before this share
AS_OFTEN = 0.5  # of the copies at one count, that lie at another: then no count is special
JUST_BEFORE = 0.25  # of the copies, that have the number before missing: else it may be the one behind
CONVINCING = 5  # copies, from which on a count may be one that no ring is known to have, or there need be none
ROUNDS = 16  # copies of each number: a ring whose slots nobody fills any more goes round like that
GROUP = 64  # records: longer ones no interrupt hands over together
AMONG_MANY, FEW_AMONG = 1000, 10  # times as many duplicates of any other kind, with the same effect; beside too few

ORDER: tuple[Strength, ...] = ("none", "weak", "moderate", "strong")
MOST: dict[Doubt, Strength] = {
    "slice": "weak", "astray": "weak", "most-numbers": "weak", "keeps-time": "weak", "scatter": "weak",
    "some-scatter": "moderate", "blocks": "weak", "few": "moderate", "no-lap": "weak", "passed-over": "weak",
    "wide": "weak", "small": "weak", "single": "weak", "size": "moderate", "beside": "weak", "many-counts": "weak",
    "leftover": "weak", "clockwork": "weak", "as-many": "weak", "in-place": "weak", "clock": "weak",
    "one-run": "moderate", "one-stretch": "weak", "own-count": "weak", "spared": "weak", "groups": "weak",
    "keeps-count": "weak", "receiver": "weak", "pauses": "weak", "no-count": "weak", "alike": "moderate",
    "no-program": "weak", "behind": "weak", "length": "weak",
    "round": "weak", "one-place": "weak", "open-size": "moderate", "unusual": "weak", "nobody-else": "weak",
    "pace": "moderate", "pace-and-size": "weak", "old-packets": "weak", "hops": "weak", "pool": "weak",
    "handful": "weak", "numbers": "weak", "over-again": "weak", "clock-like": "weak",
    "held-up": "weak", "batches": "weak", "one-time": "weak", "same-time": "weak",
    "timed-blocks": "moderate", "by-the-clock": "weak",
}  # fmt: skip
# Where the copies replace others, that is the sender's doing, and one of these leaves no more than the size open. A
# program may send an old record instead of a new one, too, but only a slot has the length of another frame: then
# nothing that the distances leave open matters.
OF_SIZE: tuple[Doubt, ...] = ("slice", "many-counts", "own-count", "spared")
OF_DISTANCES: tuple[Doubt, ...] = (*OF_SIZE, "wide", "no-count", "scatter")


def held(
    strength: Strength, doubts: tuple[Doubt, ...], *, instead: bool = False, resized: bool = False
) -> tuple[Strength, tuple[Doubt, ...]]:
    """The strength that is left, and the doubts that took the rest; `instead`: the copies replace others; `resized`:
    they have the lengths of others."""
    open_size = _of_size_alone(doubts, instead=instead, resized=resized)
    most = {each: "moderate" if each in open_size else MOST[each] for each in doubts}
    limiting = tuple(each for each in most if ORDER.index(most[each]) < ORDER.index(strength))
    return min((strength, *(most[each] for each in limiting)), key=ORDER.index), limiting


def _of_size_alone(doubts: tuple[Doubt, ...], *, instead: bool, resized: bool) -> tuple[Doubt, ...]:
    """Those that leave no more than the size open."""
    if resized:
        return OF_DISTANCES
    found = tuple(each for each in dict.fromkeys(doubts) if each in OF_SIZE)
    if not instead or len(found) != 1:
        return ()
    return (*found, "wide") if found == ("spared",) else found  # another queue makes an interval wide by itself


def of_account(
    case: Case, cause: Cause, pattern: Pattern, rows: Bools, figures: Figures, ring: Ring | None
) -> Iterator[Doubt]:
    """For any account: how much there is to go by."""
    if figures.count < AGREE:
        yield "few"
    if pattern == "delay" and figures.distance and figures.distance[1] > 2 and _unresolved(figures):
        yield "clock"
    if cause == "retransmission" and pattern in ("delay", "spread") and figures.identical:
        yield "no-program" if figures.new_would_show else "alike"
    if pattern == "new-packet" and "ip.ttl" in figures.differs:
        yield "hops"
    if cause == "sender-repeat" and pattern != "at-once" and figures.identical and figures.new_would_show:
        yield "old-packets"
    if cause in NO_SLOT and pattern == "delay" and figures.other_length > AS_OFTEN * figures.compared:
        yield "length"
    if cause == "sender-repeat" and pattern == "block" and figures.distance and figures.distance[1] <= GROUP:
        yield "groups"
    if cause == "sender-repeat" and pattern in ("delay", "count") and figures.count >= ROUNDS * figures.numbers:
        yield "round"
    if cause in RING_CAUSES:
        if pattern == "early":
            yield "no-lap"
        jumps = case.context.jumps
        others = jumps - figures.skipped / max(case.context.unique, 1)
        if pattern == "next-buffer" and (jumps > OFTEN or others > SKIPPING):
            yield "passed-over"
        if figures.count == 1 and not (ring is not None and ring.given):
            yield "single"
        if pattern == "next-buffer" and _others_beside_gaps(case, rows) > AS_OFTEN * figures.count:
            yield "leftover"
        if pattern == "next-buffer" and figures.count < CONVINCING:
            yield "handful"
        if pattern == "next-buffer" and figures.skipped < JUST_BEFORE * figures.count:
            yield "behind"
        if figures.count * (FEW_AMONG if figures.count < AGREE else AMONG_MANY) < len(case.table):
            yield "leftover"
    if ring is None:
        return
    if figures.count < CONVINCING and not (ring.given or origin(ring.best)):
        yield "unusual"
    sure = MODERATE if figures.episodes >= AGREE else STRONG
    if ring.certainty < sure and wide(ring):
        yield "wide"
    if ring.size is not None and ring.certainty < STRONG:
        yield "size"


def wide(ring: Ring) -> bool:
    return ring.high * (1 - ring.untouched) > WIDE * ring.low


def _others_beside_gaps(case: Case, rows: Bools) -> int:
    """Other duplicates that lie beside numbers that never came: whatever did that may have done it all."""
    table = case.table
    return int((~rows & (table.stands_in | table.skipped | table.overwritten)).sum())


def _unresolved(figures: Figures) -> bool:
    """Whether the copies come within a tick or two of the capture's clock: then every delay looks constant."""
    return figures.delay_ns is not None and figures.delay_ns[1] <= 2 * figures.tick and figures.tick > 1
