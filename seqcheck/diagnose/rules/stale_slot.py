"""stale-slot: a TX slot went out again with what it held one lap before.

Signature (ring-signatures 3.1 rows 1, 1b, 1c, 3; freebsd-net 2017; netmap issue 400): a single old number among fresh
ones; the distance to the copy before is the ring size less the slots that other frames took in that lap; both copies
are identical byte for byte, or the old bytes have another packet's length. What a receiver can know is that the
distances fit; it never knows which side forgot what.
"""

from __future__ import annotations

from ..case import Case, Claim, spans, subject
from ..ring import infer
from . import lap


def claim(case: Case) -> Claim | None:
    """The open duplicates whose distances agree on one ring."""
    table = case.table
    among = lap.may_be_old_content(case, case.open & table.known)
    ring = infer(case.brackets(), among, case.facts.ring_sizes, case.lost, table.rows["record"])
    if ring is None:
        return None
    rows = ring.fits & among
    strength = lap.strength(case, ring, rows)
    if strength == "none":
        return None
    hits, of = int(rows.sum()), len(table)
    return Claim(
        cause="stale-slot",
        rows=rows,
        strength=strength,
        statement=f"{subject(hits, of, 'is', 'are')} consistent with a stale TX slot in a ring of "
        f"{lap.size_in_words(ring)}: an old number went out again {spans(table.distance[rows], 'record')} after its "
        "earlier copy.",
        because=tuple(lap.reasons(case, ring, rows)),
        caveats=tuple(lap.caveats(case, ring, rows)),
        ring=ring,
    )
