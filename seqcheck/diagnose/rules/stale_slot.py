"""stale-slot: a TX slot went out again with what it held one lap before.

Signature (ring-signatures 3.1 rows 1, 1b, 1c, 3; freebsd-net 2017; netmap issue 400): a single old number among fresh
ones; the distance to the copy before is the ring size less the slots that other frames took in that lap; both copies
are identical byte for byte (or the old bytes have another packet's length). What a receiver can know is that the
distances fit; it never knows which side forgot what.
"""

from __future__ import annotations

import numpy as np

from ...model import Strength
from .. import odds
from ..case import Case, Claim, plural, span
from ..ring import Ring, infer
from ..sizes import origin
from ..table import Bools


def claim(case: Case) -> Claim | None:
    """The open duplicates whose distances agree on one ring."""
    ring = infer(case.table, case.open, case.facts.ring_sizes, case.lost)
    if ring is None:
        return None
    rows = ring.fits & case.open
    hits = int(rows.sum())
    strength = _strength(case, ring, hits)
    if strength == "none":
        return None
    return Claim(
        cause="stale-slot",
        rows=rows,
        strength=strength,
        statement=_statement(case, ring, rows),
        because=tuple(_because(case, ring, rows)),
        caveats=tuple(_caveats(case, ring, rows)),
        ring=ring,
    )


def _strength(case: Case, ring: Ring, hits: int) -> Strength:
    among = int((case.open & case.table.known).sum())
    strength = odds.strength(ring.log_odds, hits)
    if hits == 1 and not ring.given:
        return "weak"
    if strength == "weak" and (hits < odds.FEWEST or ring.log_odds > -2) and not (ring.given and hits == among):
        return "none" if hits < among or ring.log_odds > -1 else "weak"
    if not ring.closed and not ring.given and strength == "strong":
        return "moderate"
    return strength


def _statement(case: Case, ring: Ring, rows: Bools) -> str:
    hits, of = int(rows.sum()), len(case.table)
    distances = case.table.distance[rows]
    share = (
        "The duplicate is"
        if hits == of == 1
        else f"{hits:,} of {plural(of, 'duplicate')} {'is' if hits == 1 else 'are'}"
    )
    size = f"{ring.size:,}" if ring.given or ring.closed else f"{ring.bracket[0]:,} slots or more ({ring.size:,}?)"
    return (
        f"{share} consistent with a stale TX slot in a ring of {size}: an old number went out again "
        f"{span(distances)} records after its earlier copy."
    )


def _because(case: Case, ring: Ring, rows: Bools) -> list[str]:
    table = case.table
    hits = int(rows.sum())
    laps = ring.laps[rows]
    short = ring.shortfall[rows]
    fit = (
        f"distance + shortfall = {ring.size:,}"
        if laps.max() == 1
        else f"distances fit {span(laps)} laps of {ring.size:,}"
    )
    reasons = [f"{fit}, with {span(short)} slots of the lap taken by other frames."]
    if ring.closed:
        low, high = ring.bracket
        source = np.flatnonzero(rows & (table.frame_distance >= 0))
        equal = int((table.high[source] == ring.laps[source] * ring.size).sum())
        if equal:
            reasons.append(
                f"Counting every frame of the sender, {equal:,} of {hits:,} lie exactly {ring.size:,} slots apart."
            )
        elif high is not None:
            reasons.append(f"Counting the sender's other frames, a lap is between {low:,} and {high:,} slots.")
    copies, _ = case.judged(rows)
    same = sum(1 for e in copies if e.identical)
    if same:
        cut = any(e.cut for e in copies)
        over = " in the bytes captured" if cut else ""
        reasons.append(
            f"{same:,} of {plural(len(copies), 'pair')} compared are identical{over}: old content, not a resend."
        )
    stand_ins = int(table.substitute[rows].sum())
    if stand_ins:
        reasons.append(
            f"{stand_ins:,} of {hits:,} stand where another number is missing: the slot was the stream's own."
        )
    if hits > 1:
        reasons.append(f"By chance alone this agreement would be {odds.in_words(ring.log_odds)}.")
    return reasons


def _caveats(case: Case, ring: Ring, rows: Bools) -> list[str]:
    caveats = []
    if not ring.given:
        also = f" {', '.join(f'{s:,}' for s in ring.rest)} would fit as well." if ring.rest else ""
        known = f" ({origin(ring.size)})" if origin(ring.size) else ""
        caveats.append(
            f"The ring size {ring.size:,}{known} is inferred.{also} `ethtool -g` on the sender tells; pass it as --ring-size."
        )
    if not ring.closed:
        caveats.append(
            "No other frames of the sender are in this capture, so the lap's upper end is open: "
            "capture without a filter to see what else was in the ring."
        )
    if int(rows.sum()) < odds.FEWEST:
        caveats.append("So few duplicates can agree by chance: capture for longer.")
    caveats.append("If the receiver's own RX ring has this size too, capture on a second machine to exclude it.")
    return caveats
