"""loop: frames go round in the network and pass the receiver again and again.

Signature (ring-signatures 3.1 row 8): each looped frame comes many times, after a constant time whatever else is sent;
in a loop of routers the hop count falls from copy to copy, in a loop of switches the copies are identical. A stuck TX
slot repeats one number many times too, but a lap of frames apart, and only one number a slot.
"""

from __future__ import annotations

import numpy as np

from ...model import Strength
from ..arrays import distinct, median
from ..case import Case, Claim, Evidence, subject
from ..rhythm import rhythm
from ..table import Bools

MANY = 100  # different numbers
OFTEN = 0.3  # of the duplicates are a third copy or a later one


def claim(case: Case) -> Claim | None:
    """Open duplicates of which many are third and later copies, each a constant time behind the one before."""
    table = case.table
    rows = case.open & table.known
    if not rows.any() or np.mean(table.rows["copies"][rows] >= 2) < OFTEN:
        return None
    falling = case.by_bytes(rows, _one_hop_less)
    if np.mean(table.rows["copies"][falling] >= 2) < OFTEN if falling.any() else True:
        falling[:] = False
    if falling.any():
        return _claim(case, falling, "strong", "The hop count falls from copy to copy: a loop of routers.")
    beat = rhythm(case, rows)
    if beat is None or not (beat.of_a_way or (_many(case, rows) and beat.in_time > beat.in_frames + 0.3)):
        return None
    ms = median(table.time_lag[beat.steady]) / 1e6
    return _claim(
        case, rows, "strong" if len(table) >= 8 else "moderate",
        f"Each copy comes {ms:.3g} ms after the one before, however much is sent meanwhile, and is identical: a loop "
        f"of switches.",
    )  # fmt: skip


def _many(case: Case, rows: Bools) -> bool:
    """Whether so many different numbers go round that no few stuck slots can be behind it."""
    return len(distinct(case.table.rows["x"][rows])) >= MANY


def _one_hop_less(evidence: Evidence) -> bool:
    return "ip.ttl" in evidence.differs and "ip.id" not in evidence.differs and "payload" not in evidence.differs


def _claim(case: Case, rows: Bools, strength: Strength, because: str) -> Claim:
    copies = case.table.rows["copies"][rows]
    count = int(rows.sum())
    return Claim(
        cause="loop",
        rows=rows,
        strength=strength,
        statement=f"{subject(count, len(case.table), 'went', 'went')} round in the network: frames come up to "
        f"{int(copies.max()) + 1:,} times.",
        because=(because,),
        caveats=("Look at the spanning tree, or at the routes, between sender and receiver.",),
    )
