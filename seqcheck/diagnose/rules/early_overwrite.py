"""early-overwrite: a TX slot was filled again before it had been sent.

Signature (ring-signatures 3.1 row 4a; AF_XDP FAQ and MSG_ZEROCOPY on data in flight; netmap issue 404): a lone number
about one lap ahead of its time stands where another never comes; a lap later it comes again, in its place. The mirror
image of a stale slot: newer content too early instead of older content too late.
"""

from __future__ import annotations

import numpy as np

from ...model import Strength
from ..case import Case, Claim, agree, plural, spans, subject
from ..ring import infer
from ..table import Bools
from . import lap

FEWEST = 3


def claim(case: Case) -> Claim | None:
    """Open duplicates whose earlier copy was ahead of its time."""
    table = case.table
    among = lap.may_be_old_content(case, case.open & table.known & table.early)
    ring = infer(case.brackets(), among, case.facts.ring_sizes, case.lost, table.rows["record"])
    if ring is not None:
        rows = ring.fits & among
        strength = lap.strength(case, ring, rows)
        if strength != "none":
            count = int(rows.sum())
            return Claim(
                cause="early-overwrite",
                rows=rows,
                strength=strength,
                statement=f"{subject(count, len(table), 'is', 'are')} consistent with slots of a TX ring of "
                f"{lap.size_in_words(ring)} that were filled again before they were sent: a number goes out "
                f"{spans(table.distance[rows], 'record')} too early, in place of one that never comes.",
                because=(_ahead(count), *lap.reasons(case, ring, rows)),
                caveats=tuple(lap.caveats(case, ring, rows)),
                ring=ring,
            )
    return _buffer(case, among)


def _buffer(case: Case, rows: Bools) -> Claim | None:
    """No lap in it: not the slot but the buffer was used again too early (ring-signatures 3.1 row 4b)."""
    count = int(rows.sum())
    if count < FEWEST:
        return None
    table = case.table
    missing = _never_came(case, rows)
    strength: Strength = "moderate" if missing >= 0.9 * count else "weak"
    return Claim(
        cause="early-overwrite",
        rows=rows,
        strength=strength,
        statement=f"{subject(count, len(table), 'is', 'are')} consistent with buffers that were filled "
        f"again before "
        f"they were sent: a number goes out {spans(table.distance[rows], 'record')} too early, in place of one that "
        f"never comes.",
        because=(
            _ahead(count),
            f"{missing:,} of them {agree(missing, 'stands', 'stand')} in place of a number that never came.",
            "The distances agree on no ring, so the buffer was used again, not the slot.",
        ),
        caveats=("Look at when the sender frees or reuses buffers: only after the NIC has reported them sent.",),
    )


def _ahead(count: int) -> str:
    whose = agree(count, "its", "their")
    return f"{plural(count, 'number')} came far ahead of {whose} time, and again in {whose} place."


def _never_came(case: Case, rows: Bools) -> int:
    """How many of the earlier copies stand in place of a number that never came: a gap opened with them or just
    after."""
    gaps = case.findings.gaps
    count = 0
    for row in case.table.rows[rows]:
        mine = gaps["record"][gaps["stream"] == row["stream"]]
        at = np.searchsorted(mine, row["e_record"] - 2)
        count += bool(at < len(mine) and mine[at] <= row["e_record"] + 2)
    return count
