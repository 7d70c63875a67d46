"""unexplained: duplicates that no rule claims. Saying so is an answer; a wrong accusation is worse than none."""

from __future__ import annotations

from ..arrays import median
from ..case import Case, Claim, number, plural, span, subject


def claim(case: Case) -> Claim | None:
    """Whatever is left."""
    rows = case.open
    count = int(rows.sum())
    if not count:
        return None
    table = case.table
    known = rows & table.known
    because = []
    if known.any():
        distances = span(table.distance[known])
        because.append(
            f"A distance of {distances} alone points at nothing."
            if int(known.sum()) == 1
            else f"Distances of {distances} do not agree on a ring or on a constant delay."
        )
    beyond = count - int(known.sum())
    if beyond:
        because.append(f"{plural(beyond, 'duplicate')} came so late that the earlier copy's place is no longer known.")
    laggard = int(median(table.lag[rows]))
    because.append(
        f"It lags {number(laggard)} numbers behind."
        if count == 1
        else f"They lag {number(laggard)} numbers behind in the middle."
    )
    return Claim(
        cause="unexplained",
        rows=rows,
        strength="none",
        statement=f"{subject(count, len(table), 'follows', 'follow')} no pattern that seqcheck knows.",
        because=tuple(because),
        caveats=("Pass --ring-size if it is known, and capture everything that the sender sends.",),
    )
