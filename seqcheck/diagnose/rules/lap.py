"""What the three ring causes have in common: strength, and the reasons and caveats that a lap gives. No rule itself."""

from __future__ import annotations

import numpy as np

from ...model import Strength
from .. import odds, slots
from ..case import Case, agree, number, plural, span, spans
from ..rhythm import rhythm
from ..ring import Ring
from ..sizes import SIZES, origin
from ..table import Bools

SETTLED = 0.8  # of the stamped copies come out of their own slot; the record before one may have been lost
TOO_MANY = 0.3  # of all numbers: no ring resends so much slot by slot
_CONTENT = frozenset({"length", "padding"})  # in which a stale frame may differ from its earlier copy


def may_be_old_content(case: Case, rows: Bools) -> Bools:
    """`rows` without those whose bytes say that they are no old content sent again."""
    result = rows.copy()
    for row, evidence in case.compared(rows):
        if set(evidence.differs) - _CONTENT:
            result[row] = False
    return result


def strength(case: Case, ring: Ring, rows: Bools) -> Strength:
    """What the agreement on `ring` is worth; "none" where it is no more than chance would give. Slot stamps settle
    it."""
    hits = int(rows.sum())
    own, other = stamped(case, ring, rows)
    if own + other:
        return "strong" if own >= SETTLED * (own + other) else "none"
    found = odds.strength(ring.log_odds, hits)
    if not ring.agree:
        return "none"
    streams = case.findings.streams
    if hits > TOO_MANY * int((streams["received"] - streams["duplicates"]).sum()):
        return "weak"
    if found == "weak" and ring.log_odds > odds.WORTH and not ring.given:
        return "none" if hits < odds.FEWEST or ring.log_odds > odds.CHANCE else "weak"
    if hits == 1 and not ring.given:
        return "weak"
    beat = rhythm(case, rows)
    if beat is not None and beat.undecided and not ring.given and not _own_slots(case, rows):
        exact = ring.exact >= 0.5 * hits and ring.size in SIZES
        return found if exact else "weak"
    if found == "strong" and not ring.given and not ring.sure:
        return "moderate"
    return found


def stamped(case: Case, ring: Ring, rows: Bools) -> tuple[int, int]:
    """Of the copies whose sender stamped its slots: how many come out of the slot that their own stamp names, a lap
    later, and how many do not."""
    due = [(evidence.slot, evidence.due) for evidence in case.judged(rows) if evidence.due is not None]
    own = sum(1 for slot, place in due if slot is not None and place is not None and (place - slot) in (0, ring.size))
    return own, len(due) - own


def _own_slots(case: Case, rows: Bools) -> bool:
    """Whether most stand where another number is missing: something was sent instead, not in addition."""
    return bool(np.mean(case.table.substitute[rows]) > 0.5)


def size_in_words(ring: Ring) -> str:
    if ring.given or ring.sure:
        return number(ring.size)
    if ring.closed:
        return f"about {number(ring.size)} slots"
    return f"{number(ring.bracket[0])} slots or more ({number(ring.size)}?)"


def reasons(case: Case, ring: Ring, rows: Bools) -> list[str]:
    """Why a ring of this size."""
    table = case.table
    hits = int(rows.sum())
    laps, short = ring.laps[rows], shortfall(case, ring)[rows]
    lap = f"A lap of {number(ring.size)}" if laps.max() == 1 else f"{span(laps)} laps of {number(ring.size)}"
    found = (
        []
        if not ring.told
        else [
            f"{lap} less {spans(short, 'slot')} of other frames {agree(int(laps.max()), 'is', 'are')} the distance of "
            f"{spans(table.distance[rows], 'record')}."
        ]
    )
    low, high = ring.bracket
    if ring.exact:
        found.append(
            f"Counting every frame of the sender, {ring.exact:,} of {hits:,} {agree(ring.exact, 'lies', 'lie')} whole "
            f"laps of {number(ring.size)} apart."
        )
    elif ring.closed and high is not None:
        found.append(f"Counting the sender's other frames, a lap is between {number(low)} and {number(high)} slots.")
    own, other = stamped(case, ring, rows)
    if own:
        found.insert(
            0,
            f"The sender's own stamps say so: {own:,} of {own + other:,} came out of the slot that they name, a lap "
            "late.",
        )
    compared = case.judged(rows)
    same = sum(1 for evidence in compared if evidence.identical)
    if same:
        over = ", as far as they were captured" if any(evidence.cut for evidence in compared) else ""
        found.append(
            f"{same:,} of {plural(len(compared), 'pair')} compared {agree(same, 'is', 'are')} identical{over}: old "
            "content, no new frame."
        )
    lengths = sum(1 for evidence in compared if not evidence.same_length)
    if lengths:
        found.append(
            f"{lengths:,} {agree(lengths, 'has', 'have')} the old bytes with another length: the address was stale, "
            "the length was not."
        )
    stand_ins = int(table.substitute[rows].sum())
    if stand_ins:
        found.append(
            f"{stand_ins:,} of {hits:,} {agree(stand_ins, 'stands', 'stand')} where another number is missing: the "
            "slot was the stream's own."
        )
    beat = rhythm(case, rows)
    if beat is not None and beat.in_frames > beat.in_time + 0.2:
        found.append("The distance holds while the time between the copies varies with the rate: a ring counts frames.")
    if case.facts.kinds:
        kinds = ", ".join(list(case.facts.kinds)[:4])
        found.append(f"Beside the stream there were in the ring: {kinds}.")
    if ring.told and (where := slots.hint(case, ring, rows)):
        found.append(where)
    if hits > 1:
        found.append(f"By chance this agreement would be {odds.in_words(ring.log_odds)}.")
    return found


def caveats(case: Case, ring: Ring, rows: Bools) -> list[str]:
    """What limits this, and the next thing to try."""
    found = []
    if not ring.told:
        found.append(
            "The sender's other frames blur the lap: some take several slots, or leave by other queues. `ethtool -g` "
            "on the sender tells the ring size; pass it as --ring-size."
        )
    elif not ring.given:
        rest = f" {', '.join(map(number, ring.rest))} would fit as well." if ring.rest else ""
        known = f" ({origin(ring.size)})" if origin(ring.size) else ""
        found.append(
            f"The ring size {number(ring.size)}{known} is inferred.{rest} `ethtool -g` on the sender tells; pass it as "
            f"--ring-size."
        )
    if not ring.closed:
        found.append(
            "No other frames of the sender are in this capture, so the lap's upper end is open: "
            "capture without a filter to see what else was in the ring."
        )
    if int(rows.sum()) < odds.FEWEST:
        found.append("So few duplicates can agree by chance: capture for longer.")
    beat = rhythm(case, rows)
    if beat is not None and beat.in_time >= 0.85 and beat.in_frames >= 0.75:
        found.append(
            "The sender's rate hardly varied, so a constant delay on the way would look alike: vary the rate and see "
            "whether the distance stays."
        )
    if any(evidence.cut for evidence in case.judged(rows)):
        found.append("Frames were cut at the snap length: capture whole frames (-s 0) to compare all of their bytes.")
    found.append("If the receiver's own RX ring has this size too, capture on a second machine to exclude it.")
    return found


def shortfall(case: Case, ring: Ring) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Slots of the laps that no record of the stream accounts for."""
    result: np.ndarray[tuple[int], np.dtype[np.int64]] = ring.laps * ring.size - case.table.distance
    return result
