"""What the copies that appear first at one place point to: the same diagnosis, for these copies alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import replace
from ..diagnose import Facts, diagnose
from ..engine.guard import Budget, UnfinishedError, within
from ..engine.observation import SEVERAL
from ..kernel.border import DISTANCES, DUPLICATE
from ..model import Verdict
from ..report import assemble, unjudged
from ..report.verdict import verdict
from ..track.tracker import Findings
from .compared import Compared
from .copies import NOWHERE
from .points import Observed
from .sums import Pair


def judge(
    compared: Compared, pair: Pair, numbers: NDArray[np.int64], new: NDArray[np.int64]
) -> tuple[Mapping[str, int], Verdict | None]:
    """By cause, and the verdict, of the `new` last copies of each of these `numbers` (rows of Numbers) at the second
    point of a pair, which the first one saw fewer times; no verdict where judging fails."""
    after, at = pair
    point = compared.points[at]
    rows = _rows(compared, at, numbers, new)
    if after == NOWHERE and point.numbered is None and len(rows) == point.report.duplicates.total:
        return point.report.duplicates.by_cause, point.report.verdict
    part, facts = _part(point, rows), replace(point.facts, behind=after != NOWHERE)
    if point.several:
        return {unjudged.UNJUDGED: len(rows)}, unjudged.verdict(part, facts, SEVERAL)
    try:
        return within(Budget(), lambda: _judged(part, facts))
    except UnfinishedError:
        return {unjudged.UNJUDGED: len(rows)}, None


def _judged(part: Findings, facts: Facts) -> tuple[Mapping[str, int], Verdict]:
    diagnosis = assemble.in_full(part, diagnose(part, facts))
    by_cause = assemble.duplicates(part, diagnosis, facts, 0).by_cause
    return by_cause, verdict(part, facts, diagnosis, by_cause)


def _rows(compared: Compared, at: int, numbers: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[Any]:
    """The anomalies of the point that are those copies."""
    anomalies, owner = compared.points[at].anomalies, compared.owners[at]
    mine = np.flatnonzero((anomalies["kind"] == DUPLICATE) & (owner >= 0))
    wanted = np.zeros(len(compared.numbers.x), np.int64)
    wanted[numbers] = new
    # From behind, the how-manieth copy of its number each one is.
    order = mine[np.argsort(owner[mine], kind="stable")][::-1]
    first = np.flatnonzero(np.diff(owner[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(first, np.diff([*first.tolist(), len(order)]))
    found: NDArray[Any] = anomalies[np.sort(order[place < wanted[owner[order]]])]
    return found


def _part(point: Observed, rows: NDArray[Any]) -> Findings:
    """The findings as they would be, had only these copies come."""
    whole = point.findings
    kept = whole.duplicates[np.isin(_named(whole.duplicates), _named(rows))]
    streams = whole.streams.copy()
    gone = streams["duplicates"].copy()
    streams["duplicates"] = np.bincount(rows["stream"], minlength=len(streams))
    gone -= streams["duplicates"]
    streams["received"] -= gone
    distances = np.bincount(np.minimum(rows["distance"], DISTANCES), minlength=DISTANCES + 1).astype(np.int64)
    return replace(whole, streams=streams, duplicates=kept, distances=distances)


def _named(rows: NDArray[Any]) -> NDArray[np.int64]:
    """One number for each record."""
    named: NDArray[np.int64] = rows["stream"].astype(np.int64) << 40 | rows["record"]
    return named
