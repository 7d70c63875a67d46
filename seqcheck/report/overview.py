"""The overview of a report: time line, numbers over time, and where duplicates sat in the ring. Pure.

Counts are exact wherever all rows of a kind were kept; beyond that they are those of timeline.py, as they came.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..diagnose import Diagnosis
from ..diagnose.result import NO_SLOT
from ..kernel.border import total
from ..model import Cause, Cell, Moment, Overview, Point, SlotMap, Stray
from ..track.tracker import Findings
from .timeline import HALF, Timeline, added

MOMENTS = 256
FIELDS = 64  # of the slot map, each way
STRAYS = 512


def overview(findings: Findings, diagnosis: Diagnosis, causes: list[Cause], timeline: Timeline) -> Overview:
    """All of it; `causes` are those of the kept duplicates."""
    gaps = findings.missing.left(findings.gaps)
    return Overview(
        timeline=_moments(findings, gaps, timeline),
        course=_course(findings, timeline),
        strays=_strays(findings, diagnosis, causes, timeline),
        slots=_slots(findings, diagnosis, gaps),
    )


def plain(findings: Findings, timeline: Timeline) -> Overview:
    """What of it needs no diagnosis: the time line, with gaps counted as they came, and the numbers over time."""
    return Overview(
        timeline=_moments(findings, None, timeline), course=_course(findings, timeline), strays=(), slots=None
    )


def _moments(findings: Findings, gaps: NDArray[np.int64] | None, timeline: Timeline) -> tuple[Moment, ...]:
    bins, stride = timeline.bins(), timeline.stride
    for name, rows in (("duplicates", findings.duplicates), ("late", findings.late)):
        if len(rows) == int(findings.streams[name].sum()):
            bins[name] = 0
            np.add.at(bins[name], (rows["frame"] - 1) // stride, 1)
    if gaps is not None and total(gaps) == total(findings.streams["missing"]):
        bins["missing"] = bins["missing_high"] = 0
        places = (findings.gaps["frame"] - 1) // stride
        np.add.at(bins["missing_high"], places, gaps >> HALF)
        np.add.at(bins["missing"], places, gaps & ((1 << HALF) - 1))
    while len(bins) > MOMENTS:
        merged = np.zeros(-(-len(bins) // 2), bins.dtype)
        for name in bins.dtype.names or ():
            merged[name] = bins[name][::2]
            if name != "ns":
                half = len(bins) // 2
                merged[name][:half] = added(merged[name][:half], bins[name][1::2])
        bins, stride = merged, 2 * stride
    starts = [*bins["ns"].tolist(), timeline.last_ns]
    return tuple(
        Moment(
            frame=at * stride + 1,
            ns=start,
            span_ns=end - start if end > start else None,
            frames=frames,
            records=records,
            duplicates=duplicates,
            missing=missing + (high << HALF),
            late=late,
            dropped=dropped,
        )
        for at, (start, end, (_, records, duplicates, missing, late, dropped, high, passed_over)) in enumerate(
            zip(starts[:-1], starts[1:], bins.tolist(), strict=True)
        )
        if (frames := min(stride, timeline.frames - at * stride) - passed_over)
    )


def _course(findings: Findings, timeline: Timeline) -> tuple[Point, ...]:
    """Records that are no duplicates, as far as these are known."""
    points = timeline.points()[["stream", "frame", "ns", "seq"]]
    # Each frame is in either once; were that not assumed, numpy.ma would be loaded to make sure.
    points = points[~np.isin(points["frame"], findings.duplicates["frame"], assume_unique=True)]
    return tuple(Point(stream=stream, frame=frame, ns=ns, seq=seq) for stream, frame, ns, seq in points.tolist())


def _strays(findings: Findings, diagnosis: Diagnosis, causes: list[Cause], timeline: Timeline) -> tuple[Stray, ...]:
    """Of the kept rows where these are all there is, else of the sample."""
    kept = findings.duplicates
    if len(kept) == int(findings.streams["duplicates"].sum()):
        rows = kept[:: max(1, -(-len(kept) // STRAYS))]
    else:
        rows = timeline.strays()
    of_frame = dict(zip(kept["frame"].tolist(), causes, strict=True))
    of_distance = dict(zip(diagnosis.table.distance.tolist(), causes, strict=True))
    return tuple(
        Stray(
            stream=stream,
            frame=frame,
            ns=ns,
            seq=seq,
            lag=expected - x,
            distance=(distance := record - earlier if earlier >= 0 else None),
            cause=of_frame.get(frame) or (of_distance.get(distance, "unexplained") if distance else "unexplained"),
        )
        for stream, frame, ns, seq, expected, x, record, earlier in zip(
            *(rows[name].tolist() for name in ("stream", "frame", "ns", "seq", "next", "x", "record", "e_record")),
            strict=True,
        )
    )


def _slots(findings: Findings, diagnosis: Diagnosis, gaps: NDArray[np.int64]) -> SlotMap | None:
    """Of the first account that rests on a ring, the source with most of its duplicates."""
    claim = next((one for one in diagnosis.accounts if one.ring is not None and one.rows.any()), None)
    if claim is None or claim.ring is None or diagnosis.counter is not None:
        return None
    table, size = diagnosis.table, claim.ring.best
    sources = table.rows["source"]
    source = np.bincount(sources[claim.rows]).argmax()
    at = np.flatnonzero(claim.rows & (sources == source))
    rows = table.rows[at]
    apart = np.zeros(len(table), np.bool_)  # what took no slot of its own: copies made elsewhere, ...
    for other in diagnosis.accounts:
        if other.cause in NO_SLOT:
            apart |= other.rows
    apart |= table.substitute & ~apart  # ... and what took that of a missing number, which is counted as lost
    less = np.sort(table.rows["frame"][apart & (sources == source)])
    lost = _lost_before(findings, gaps, int(source), rows["frame"])
    place = rows["ordinal"] + lost - np.searchsorted(less, rows["frame"], "left")
    slot, lap = place % size, place // size
    lap -= int(lap.min())
    slots, laps = -(-size // FIELDS), -(-(int(lap.max()) + 1) // FIELDS)
    fields, first, counts = np.unique((lap // laps) * FIELDS + slot // slots, return_index=True, return_counts=True)
    return SlotMap(
        ring=size,
        stream=int(rows["stream"][0]),
        slots=slots,
        laps=laps,
        of=len(at),
        cells=tuple(
            Cell(slot=field % FIELDS * slots, lap=field // FIELDS * laps, count=count, frame=frame)
            for field, count, frame in zip(fields.tolist(), counts.tolist(), rows["frame"][first].tolist(), strict=True)
        ),
    )


def _lost_before(
    findings: Findings, gaps: NDArray[np.int64], source: int, frames: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Numbers of the source's streams that never came, before each of these frames."""
    mine = findings.gaps["source"] == source
    places, counts = findings.gaps["frame"][mine], gaps[mine]
    order = np.argsort(places, kind="stable")
    lost = np.concatenate(([0], np.cumsum(counts[order])))
    return lost[np.searchsorted(places[order], frames, "right")]
