"""A report's parts where judging failed: every count and every distance, and no cause. Needs nothing of diagnose.

Pure, and at most n log n in the rows.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from ..kernel.border import total
from ..model import Cause, Duplicate, Duplicates, Verdict
from ..track.tracker import Findings
from .bars import bars
from .seen_columns import by_arrival, seen_columns

UNJUDGED: Cause = "not-judged"


class Facts(Protocol):
    """What is needed of diagnose.Facts."""

    @property
    def ring_sizes(self) -> tuple[int, ...]: ...
    @property
    def evidence(self) -> Any: ...
    @property
    def numbered(self) -> bool: ...


def duplicates(findings: Findings, facts: Facts, listed: int) -> Duplicates:
    """All duplicates counted, and the first `listed` of them one by one."""
    count = int(findings.streams["duplicates"].sum())
    rows = by_arrival(findings.duplicates, listed)
    columns = duplicate_columns(rows, findings, facts)
    return Duplicates(
        total=count,
        by_cause={UNJUDGED: count} if count else {},
        distances=bars(findings.distances, None),
        listed=tuple(Duplicate(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)),
        complete=len(rows) == count,
    )


def duplicate_columns(rows: NDArray[Any], findings: Findings, facts: Facts) -> dict[str, list[Any]]:
    """The fields of model.Duplicate for DUPLICATE rows."""
    due = rows["next"]
    substitute = findings.missing.count(rows["stream"], rows["epoch"], due, due + 1) > 0
    nothing: list[Any] = [None] * len(rows)
    return {
        **seen_columns(rows, facts, substitute),
        "cause": [UNJUDGED] * len(rows),
        "laps": nothing,
        "shortfall": nothing,
    }


def verdict(findings: Findings, facts: Facts, why: str) -> Verdict:
    """That nothing was judged, and why."""
    twice = int(findings.streams["duplicates"].sum())
    records, missing = int(findings.streams["received"].sum()), total(findings.streams["missing"])
    again = f"{twice:,} of {_counted(records, 'record')} carried a number received before" if twice else ""
    lost = f"{_counted(missing, 'number')} never came" if missing else ""
    counts = "; ".join(filter(None, (again, lost))) or f"No number came twice in {_counted(records, 'record')}"
    return Verdict(
        cause=UNJUDGED,
        strength="none",
        ring_size=None,
        ring_given=bool(facts.ring_sizes),
        explained=0,
        of=twice,
        bracket=None,
        statement=f"{counts}. The cause was not judged: {why}.",
        because=(),
        rivals=(),
        caveats=("Counts, streams, gaps and damage are complete: they do not depend on the judgement.",),
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
