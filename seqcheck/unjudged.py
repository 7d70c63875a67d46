"""A report's parts where judging failed: every count and every distance, and no cause. Needs nothing of diagnose.

Pure, and at most n log n in the rows.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .assemble import bins
from .kernel.border import total
from .model import Cause, Duplicate, Duplicates, Verdict
from .track import Findings

UNJUDGED: Cause = "not-judged"


class Facts(Protocol):
    """What is needed of diagnose.Facts."""

    @property
    def ring_sizes(self) -> tuple[int, ...]: ...
    @property
    def evidence(self) -> Any: ...


def duplicates(findings: Findings, facts: Facts, listed: int) -> Duplicates:
    """All duplicates counted, and the first `listed` of them one by one."""
    count = int(findings.streams["duplicates"].sum())
    rows = findings.duplicates[:listed]
    columns = duplicate_columns(rows, findings, facts)
    return Duplicates(
        total=count,
        by_cause={UNJUDGED: count} if count else {},
        distances=bins(findings.distances, None),
        listed=tuple(Duplicate(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)),
        complete=len(rows) == count,
    )


def duplicate_columns(rows: NDArray[Any], findings: Findings, facts: Facts) -> dict[str, list[Any]]:
    """The fields of model.Duplicate for DUPLICATE rows."""
    known = rows["e_record"] >= 0
    same_source = known & (rows["e_ordinal"] >= 0)
    evidence = [facts.evidence.get(frame) for frame in rows["frame"].tolist()]
    places = zip(*(rows[name].tolist() for name in ("stream", "epoch", "next")), strict=True)
    return {
        "stream": rows["stream"].tolist(),
        "seq": rows["seq"].tolist(),
        "frame": rows["frame"].tolist(),
        "earlier_frame": _where(rows["e_frame"], known),
        "ns": rows["ns"].tolist(),
        "distance": _where(rows["record"] - rows["e_record"], known),
        "frame_distance": _where(rows["ordinal"] - rows["e_ordinal"], same_source),
        "lag": (rows["next"] - rows["x"]).tolist(),
        "time_lag_ns": _where(rows["ns"] - rows["e_ns"], known),
        "copies": _where(rows["copies"] + 1, rows["copies"] > 0),
        "identical": [each.identical if each else None for each in evidence],
        "same_length": [each.same_length if each else None for each in evidence],
        "differs": [each.differs if each else () for each in evidence],
        "place": [
            "substitute" if findings.missing(stream, epoch, expected, expected + 1) else "extra"
            for stream, epoch, expected in places
        ],
        "cause": [UNJUDGED] * len(rows),
        "laps": [None] * len(rows),
        "shortfall": [None] * len(rows),
    }


def verdict(findings: Findings, facts: Facts, why: str) -> Verdict:
    """That nothing was judged, and why."""
    twice = int(findings.streams["duplicates"].sum())
    records, missing = int(findings.streams["received"].sum()), total(findings.streams["missing"])
    again = f"{twice:,} of {_counted(records, 'record')} carried a number that had come before" if twice else ""
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
        statement=f"{counts}. What that points at was not judged: {why}.",
        because=(),
        rivals=(),
        caveats=("Counts, streams, gaps and damage are complete: they do not depend on the judgement.",),
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _where(values: NDArray[Any], known: NDArray[np.bool_]) -> list[int | None]:
    return [value if it else None for value, it in zip(values.tolist(), known.tolist(), strict=True)]
