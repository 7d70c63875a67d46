"""What two redundant paths delivered: on one, on both, on neither, and how far they are apart. Pure.

A copy that came twice by the same way counts as one more record of that way.
"""

from __future__ import annotations

import numpy as np

from ..kernel.border import total
from ..model import Redundancy
from ..track.tracker import Findings
from .facts import Facts
from .result import Account
from .table import Table


def redundancy(
    findings: Findings, facts: Facts, table: Table, accounts: tuple[Account, ...], both: int
) -> Redundancy | None:
    """The figures, None if no duplicate is redundancy's and the frames name no way. `both` duplicates are, kept or
    not; the skew is that of the kept ones."""
    mine = [one for one in accounts if one.cause == "redundancy"]
    if not mine and facts.ways is None:
        return None
    rows = np.zeros(len(table), np.bool_)
    for one in mine:
        rows |= one.rows
    skew = np.sort(table.time_lag[rows & table.known])
    streams = findings.streams
    only_a = only_b = None
    if facts.ways is not None:
        only_a, only_b = (max(0, count - both) for count in facts.ways)
    return Redundancy(
        only_a=only_a,
        only_b=only_b,
        only_one=max(0, int(streams["received"].sum()) - int(streams["duplicates"].sum()) - both),
        both=both,
        neither=total(streams["missing"]),
        skew_ns=int(skew[(len(skew) - 1) // 2]) if len(skew) else None,
        skew_99_ns=int(skew[min(len(skew) - 1, int(0.99 * len(skew)))]) if len(skew) else None,
        first=_first(facts, table, rows),
    )


def _first(facts: Facts, table: Table, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str | None:
    """The way whose frame comes first more often, of the pairs that were compared."""
    ways = [facts.evidence[frame].way for frame in table.rows["frame"][rows].tolist() if frame in facts.evidence]
    later_b, later_a = ways.count("B"), ways.count("A")
    return None if later_a == later_b else "A" if later_b > later_a else "B"
