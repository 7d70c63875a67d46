"""early-overwrite: a TX slot was filled again before it had been sent.

Signature (ring-signatures 3.1 row 4a; AF_XDP FAQ and MSG_ZEROCOPY on data in flight; netmap issue 404): a lone number
about one lap ahead of its time stands where another never comes; a lap later it comes again, in its place. The mirror
image of a stale slot: newer content too early instead of older content too late.
"""

from __future__ import annotations

from ..case import Case, Claim, plural, span
from ..ring import infer
from . import lap


def claim(case: Case) -> Claim | None:
    """Open duplicates whose earlier copy was ahead of its time, where the distances agree on one ring."""
    table = case.table
    among = lap.may_be_old_content(case, case.open & table.known & table.early)
    ring = infer(case.brackets(), among, case.facts.ring_sizes, case.lost, table.rows["record"])
    if ring is None:
        return None
    rows = ring.fits & among
    strength = lap.strength(case, ring, rows)
    if strength == "none":
        return None
    count = int(rows.sum())
    return Claim(
        cause="early-overwrite",
        rows=rows,
        strength=strength,
        statement=f"{plural(count, 'duplicate')} of {len(table):,} are consistent with slots of a TX ring of "
        f"{lap.size_in_words(ring)} that were filled again before they were sent: a number goes out "
        f"{span(table.distance[rows])} records too early, in place of one that never comes.",
        because=(
            f"{plural(count, 'number')} came far ahead of their time, alone, and again in their place.",
            *lap.reasons(case, ring, rows),
        ),
        caveats=tuple(lap.caveats(case, ring, rows)),
        ring=ring,
    )
