"""Findings and their diagnosis -> the Report. The one place where columns become dataclasses.

Everything that a reporter shows is computed here or below; reporters only arrange. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .diagnose import Diagnosis, Facts
from .metrics import metrics
from .model import Bin, Cause, Duplicate, Duplicates, Gap, Gaps, Stream, Verdict
from .serial import span, wraps
from .track import DISTANCES, Findings

BARS = 32  # of the histogram of distances


def streams(findings: Findings, keys: Iterable[Mapping[str, str | int]]) -> tuple[Stream, ...]:
    """One Stream for each row of the tracker's table; `keys` by stream id."""
    before = np.zeros(len(findings.streams), np.int64)  # wraps of epochs that are over
    for row in findings.restarts:
        before[row["stream"]] += wraps(int(row["a"]) % (1 << 64), max(0, int(row["next"]) - 1), findings.modulus)
    return tuple(
        _stream(number, s, dict(key), int(before[number]), findings.modulus)
        for number, (s, key) in enumerate(zip(findings.streams, keys, strict=True))
    )


def _stream(number: int, s: Any, key: dict[str, str | int], before: int, modulus: int) -> Stream:
    base, last = int(s["base"]), max(0, int(s["next"]) - 1)
    received, duplicates = int(s["received"]), int(s["duplicates"])
    return Stream(
        id=number,
        key=key,
        received=received,
        unique=received - duplicates,
        duplicates=duplicates,
        missing=int(s["missing"]),
        late=int(s["late"]),
        restarts=int(s["restarts"]),
        wraps=before + wraps(base, last, modulus),
        first_seq=int(s["first_seq"]),
        last_seq=(base + last) % span(modulus),
        metrics=metrics(s),
    )


def duplicates(findings: Findings, diagnosis: Diagnosis, facts: Facts, listed: int) -> Duplicates:
    """All duplicates counted by cause, and the first `listed` of them one by one."""
    total = int(findings.streams["duplicates"].sum())
    causes = _causes(diagnosis)
    shown = min(listed, len(causes))
    return Duplicates(
        total=total,
        by_cause=_by_cause(findings, diagnosis, causes, total),
        distances=_bins(findings.distances),
        listed=tuple(_duplicate(at, causes[at], diagnosis, facts) for at in range(shown)),
        complete=shown == total,
    )


def _causes(diagnosis: Diagnosis) -> list[Cause]:
    causes: list[Cause] = ["unexplained"] * len(diagnosis.table)
    for claim in diagnosis.claims:
        for at in np.flatnonzero(claim.rows).tolist():
            causes[at] = claim.cause
    return causes


def _duplicate(at: int, cause: Cause, diagnosis: Diagnosis, facts: Facts) -> Duplicate:
    table = diagnosis.table
    row = table.rows[at]
    evidence = facts.evidence.get(int(row["frame"]))
    ring = next((claim.ring for claim in diagnosis.claims if claim.ring and claim.rows[at]), None)
    known = bool(table.known[at])
    return Duplicate(
        stream=int(row["stream"]),
        seq=int(row["seq"]),
        frame=int(row["frame"]),
        earlier_frame=int(row["e_frame"]) if known else None,
        ns=int(row["ns"]),
        distance=int(table.distance[at]) if known else None,
        frame_distance=int(table.frame_distance[at]) if table.frame_distance[at] >= 0 else None,
        lag=int(table.lag[at]),
        time_lag_ns=int(table.time_lag[at]) if known else None,
        copies=int(row["copies"]) + 1 if row["copies"] else None,
        identical=evidence.identical if evidence else None,
        same_length=evidence.same_length if evidence else None,
        differs=evidence.differs if evidence else (),
        place="substitute" if table.substitute[at] else "extra",
        cause=cause,
        laps=int(ring.laps[at]) if ring and known else None,
        shortfall=int(ring.shortfall[at]) if ring and known else None,
    )


def _by_cause(findings: Findings, diagnosis: Diagnosis, causes: list[Cause], total: int) -> dict[str, int]:
    """Counts by cause. Duplicates beyond those kept go to the cause of the kept ones at the same distance, or to
    `unexplained`."""
    counts: dict[str, int] = {}
    for cause in causes:
        counts[cause] = counts.get(cause, 0) + 1
    beyond = total - len(causes)
    if beyond > 0:
        table = diagnosis.table
        left = findings.distances.copy()
        np.subtract.at(left, np.where(table.known, np.minimum(table.distance, DISTANCES), 0), 1)
        at_distance = dict(zip(table.distance.tolist(), causes, strict=True))
        for distance in np.flatnonzero(left > 0).tolist():
            cause = at_distance.get(distance, "unexplained") if distance else "unexplained"
            counts[cause] = counts.get(cause, 0) + int(left[distance])
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _bins(distances: NDArray[np.int64]) -> tuple[Bin, ...]:
    """A histogram of at most BARS bars over the distances there are: one bar a value where these are few, else bars
    of equal width."""
    values = np.flatnonzero(distances)
    values = values[values > 0]
    if not len(values):
        return ()
    low, high = int(values[0]), int(values[-1])
    if len(values) <= BARS:
        return tuple(Bin(low=v, high=v, count=int(distances[v])) for v in values.tolist())
    width = -(-(high - low + 1) // BARS)
    edges = range(low, high + 1, width)
    return tuple(
        Bin(low=edge, high=edge + width - 1, count=int(distances[edge : edge + width].sum())) for edge in edges
    )


def gaps(findings: Findings, listed: int) -> Gaps:
    """The stretches that never came, the first `listed` of them one by one."""
    total = int(findings.streams["gaps"].sum())
    found: list[Gap] = []
    for row in findings.gaps:
        if len(found) >= listed:
            break
        found += _gap(row, findings)
    return Gaps(
        total=total,
        missing=int(findings.streams["missing"].sum()),
        listed=tuple(found[:listed]),
        complete=len(found) == total and total <= listed,
    )


def _gap(row: Any, findings: Findings) -> list[Gap]:
    """What is left of one gap: late records may have filled it, or split it."""
    x = int(row["x"])
    return [
        Gap(
            stream=int(row["stream"]),
            first_seq=(int(row["seq"]) + start - x) % span(findings.modulus),
            count=count,
            frame=int(row["frame"]),
            ns=int(row["ns"]),
        )
        for start, count in findings.missing(int(row["stream"]), int(row["epoch"]), x, x + int(row["a"]))
    ]


def verdict(diagnosis: Diagnosis, counts: Mapping[str, int]) -> Verdict:
    """The verdict, with the duplicates beyond the kept ones counted in."""
    from dataclasses import replace

    judged = diagnosis.judgement.verdict
    return replace(judged, explained=counts.get(judged.cause, 0))
