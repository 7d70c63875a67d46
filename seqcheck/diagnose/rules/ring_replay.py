"""ring-replay: the ring, or a good part of it, went out once more.

Signature (ring-signatures 3.1 row 2; netmap issue 883, "all old buffers are sent again"; ASFireWire PR 80): a run of
old numbers that count up, up to a whole lap of them, each a lap behind its copy; then the stream goes on where it
was. All are identical: a window of retransmissions has new IP identifications, a restart goes on counting."""

from __future__ import annotations

import numpy as np

from ...model import Strength
from ..case import Case, Claim, plural, spans, subject
from ..ring import infer
from . import lap

LONG = 12  # neighbours in an episode: more than batches of failed swaps make


def claim(case: Case) -> Claim | None:
    """Open duplicates in long runs, whose first members agree on one ring."""
    table = case.table
    among = lap.may_be_old_content(case, case.open & table.known & (table.run_length >= LONG))
    leads = among & table.leads
    if not leads.any():
        return None
    # Only the first of a run has nothing but fresh frames between its copies.
    ring = infer(case.brackets(), leads, case.facts.ring_sizes, case.lost, table.rows["record"])
    if ring is None or not ring.agree:
        return None
    episodes = table.run[leads & ring.fits]
    rows = among & np.isin(table.run, episodes)
    # Thousands of neighbours at one distance are no chance, whatever the odds of the few that lead them.
    runs = len(episodes)
    strength: Strength = "strong" if runs >= 2 or (runs == 1 and int(rows.sum()) >= 0.5 * ring.size) else "moderate"
    longest = int(table.run_length[rows].max())
    count = int(rows.sum())
    return Claim(
        cause="ring-replay",
        rows=rows,
        strength=strength,
        statement=f"{subject(count, len(table), 'is', 'are')} consistent with a replay of a TX ring of "
        f"{lap.size_in_words(ring)}: {plural(runs, 'run')} of up to {longest:,} old frames went out again, a lap "
        f"behind.",
        because=(
            f"The runs count up and then the stream goes on where it was; their first frames lie "
            f"{spans(table.distance[leads & ring.fits], 'record')} behind their copies.",
            *lap.reasons(case, ring, leads & ring.fits),
        ),
        caveats=tuple(lap.caveats(case, ring, rows)),
        ring=ring,
    )
