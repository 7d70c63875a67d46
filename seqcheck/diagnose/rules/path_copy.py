"""path-copy: the network or the capturing side delivered a frame twice.

Signature (ring-signatures 3.1 row 7): the copy follows at once (a mirror port, a bond, the `any` device), or nearly all
frames come twice after a constant time (a delayed tap). No ring is that small and no ring resends nearly everything.
"""

from __future__ import annotations

import numpy as np

from ...model import Strength
from ..case import Case, Claim, plural, span
from ..table import Bools

ADJACENT = 8  # records between the copies; a ring is larger
NEARLY_ALL = 0.5  # of a stream's numbers came more than once
STEADY = 0.1  # spread of the time between the copies, relative to its median


def claim(case: Case) -> Claim | None:
    """Open duplicates that follow their copy at once, or, where most of a stream came twice, after a steady time."""
    table = case.table
    known = case.open & table.known
    close = known & (table.distance <= ADJACENT)
    delayed = _delayed(case, known & ~close)
    rows = close | delayed
    if not rows.any():
        return None
    count = int(rows.sum())
    share = (
        "nearly all frames came twice"
        if delayed.any() or _everything(case, rows)
        else f"{plural(count, 'frame')} came twice"
    )
    strength: Strength = "strong" if count >= 3 else "moderate"
    return Claim(
        cause="path-copy",
        rows=rows,
        strength=strength,
        statement=f"{plural(count, 'duplicate')} of {len(table):,} were made on the way: {share}, "
        f"{span(table.distance[rows])} records apart.",
        because=tuple(_because(case, rows)),
        caveats=("Capture on one port only, without mirror, bond or `any`, and see whether the copies vanish.",),
    )


def _delayed(case: Case, rows: Bools) -> Bools:
    nothing = np.zeros(len(case.table), np.bool_)
    if not rows.any() or not _everything(case, rows):
        return nothing
    lag = case.table.time_lag
    middle = np.median(lag[rows])
    steady = rows & (np.abs(lag - middle) <= STEADY * middle)
    return steady if steady.sum() > 0.9 * rows.sum() else nothing


def _everything(case: Case, rows: Bools) -> bool:
    """Whether most numbers of the streams concerned were repeated."""
    streams = case.findings.streams
    mine = np.unique(case.table.rows["stream"][rows])
    unique = (streams["received"] - streams["duplicates"])[mine].sum()
    return bool(streams["replicated"][mine].sum() >= NEARLY_ALL * unique)


def _because(case: Case, rows: Bools) -> list[str]:
    table = case.table
    reasons = [f"The copies are {span(table.distance[rows])} records apart; a TX ring is larger than {ADJACENT} slots."]
    if _everything(case, rows):
        reasons = [
            f"Most numbers came more than once, {span(table.distance[rows])} records apart: no ring resends everything."
        ]
    copies, _ = case.judged(rows)
    changed = sorted({name for e in copies for name in e.differs})
    if changed:
        reasons.append(f"The copies differ in {', '.join(changed)}, as frames that took another way do.")
    elif copies:
        reasons.append(f"{plural(len(copies), 'pair')} compared are identical.")
    return reasons
