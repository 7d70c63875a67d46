"""A counter that stands still: what was taken for a sequence number is none.

Some senders write a constant (ERSPAN devices that send 0: suricata bug 5437), or the layout points at the wrong bytes.
Then every frame repeats the number, and no distance means anything. The cause stays `unexplained`; the reason does not.
"""

from __future__ import annotations

import numpy as np

from ..case import Case, Claim, plural

FEWEST, NUMBERS = 8, 3  # duplicates, and different numbers among them


def claim(case: Case) -> Claim | None:
    """All duplicates of streams whose number hardly ever changes."""
    streams = case.findings.streams
    unique = streams["received"] - streams["duplicates"]
    still = (unique <= NUMBERS) & (streams["duplicates"] >= FEWEST)
    rows = case.open & still[case.table.rows["stream"]] if len(case.table) else case.open
    if not rows.any():
        return None
    number = int(case.table.rows["seq"][rows][0])
    return Claim(
        cause="unexplained",
        rows=rows,
        strength="none",
        statement=f"The counter of {plural(int(still.sum()), 'stream')} stands still, for instance at {number}: "
        "that is no sequence number.",
        because=(f"{plural(int(np.count_nonzero(rows)), 'record')} repeat it.",),
        caveats=("Check the layout's offset and width (`seqcheck layouts`), or whether the sender counts at all.",),
    )
