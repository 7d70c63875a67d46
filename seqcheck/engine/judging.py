"""What a report says of its duplicates: judged, or, if judging fails or exceeds its budget, only counted.

This is the last guard: nothing else in a report depends on the diagnosis. Pure except for the budget's clock.
"""

from __future__ import annotations

from ..dataclass import dataclass, replace
from ..diagnose import Diagnosis, Facts, diagnose
from ..model import Also, Duplicates, Overview, Redundancy, Verdict
from ..report import assemble, unjudged
from ..report.overview import overview, plain
from ..report.timeline import Timeline
from ..report.verdict import also, verdict
from ..track.tracker import Findings
from .guard import Budget, UnfinishedError, within

FAULT = "a fault in seqcheck, please report it with what -v adds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The parts of a report that a diagnosis takes part in. `diagnosis` is None if there is none, `fault` the
    exception that it failed with, if any."""

    diagnosis: Diagnosis | None
    duplicates: Duplicates
    verdict: Verdict
    also: tuple[Also, ...]
    overview: Overview | None
    redundancy: Redundancy | None = None
    fault: Exception | None = None


def judge(findings: Findings, facts: Facts, timeline: Timeline, *, listed: int, budget: Budget) -> Judged:
    """All of it. Raises nothing but KeyboardInterrupt."""
    try:
        return within(budget, lambda: _judged(findings, facts, timeline, listed))
    except UnfinishedError as error:
        why, fault = error.why, error.fault
    why = f"{why}: {FAULT}" if fault is not None and not isinstance(fault, MemoryError) else why
    return replace(counted(findings, facts, timeline, listed=listed, why=why), fault=fault)


def counted(findings: Findings, facts: Facts, timeline: Timeline, *, listed: int, why: str) -> Judged:
    """All of it but what the duplicates point at; `why` not."""
    return Judged(
        diagnosis=None,
        duplicates=unjudged.duplicates(findings, facts, listed),
        verdict=unjudged.verdict(findings, facts, why),
        also=(),
        overview=plain(findings, timeline),
    )


def _judged(findings: Findings, facts: Facts, timeline: Timeline, listed: int) -> Judged:
    diagnosis = assemble.in_full(findings, diagnose(findings, facts))
    found = assemble.duplicates(findings, diagnosis, facts, listed)
    ways = _redundancy(findings, facts, diagnosis, found)
    return Judged(
        diagnosis=diagnosis,
        duplicates=found,
        verdict=verdict(findings, facts, diagnosis, found.by_cause, ways),
        also=also(diagnosis, found.total),
        overview=overview(findings, diagnosis, assemble.causes(diagnosis), timeline),
        redundancy=ways,
    )


def _redundancy(findings: Findings, facts: Facts, diagnosis: Diagnosis, found: Duplicates) -> Redundancy | None:
    both = found.by_cause.get("redundancy", 0)
    if diagnosis.counter is not None or not (both or facts.ways):
        return None
    from ..diagnose.redundancy import redundancy  # here, since few captures have any

    return redundancy(findings, facts, diagnosis.table, diagnosis.accounts, both)
