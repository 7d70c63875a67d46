"""The columns of the formats that hold all findings: one table for all kinds, a cell empty if a kind has no such
field. Times are integer ns, and `time` the same as a time stamp; numbers as on the wire; `key` says in words who sends
to whom.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from seqcheck.model import Report
from seqcheck.model.results import Batch, Results
from seqcheck.outputs.wording import key

Type = Literal["text", "integer", "number", "boolean", "time"]  # number: a sequence number, 64 bits without a sign
COLUMNS: dict[str, Type] = {
    "finding": "text",
    "stream": "integer",
    "key": "text",
    "seq": "number",
    "count": "number",
    "frame": "integer",
    "earlier_frame": "integer",
    "ns": "integer",
    "time": "time",
    "distance": "integer",
    "frame_distance": "integer",
    "lag": "integer",
    "time_lag_ns": "integer",
    "copies": "integer",
    "identical": "boolean",
    "same_length": "boolean",
    "differs": "text",
    "place": "text",
    "cause": "text",
    "laps": "integer",
    "shortfall": "integer",
    "extent": "integer",
    "degree": "integer",
    "positions_before": "integer",
}
_RENAMED = {"seq": "first_seq", "time": "ns"}  # what it is called in gaps; where it comes from


def tables(results: Results) -> Iterator[dict[str, list[Any]]]:
    """All findings, every batch with all of COLUMNS."""
    keys = [key(stream) for stream in results.report.streams]
    for batch in results.findings():
        yield table(batch, keys)


def table(batch: Batch, keys: list[str]) -> dict[str, list[Any]]:
    """One batch with all of COLUMNS; `keys` by stream."""
    streams = batch.columns["stream"]
    made: dict[str, list[Any]] = {"finding": [batch.kind] * len(streams), "key": [keys[stream] for stream in streams]}
    for name in COLUMNS:
        if name not in made:
            made[name] = batch.columns.get(name) or batch.columns.get(_RENAMED.get(name, name)) or [None] * len(streams)
    if batch.kind == "duplicate":
        made["differs"] = [" ".join(names) for names in made["differs"]]
    return {name: made[name] for name in COLUMNS}


def summary(report: Report) -> Report:
    """The report without the lists that the findings repeat."""
    from dataclasses import replace

    return replace(
        report,
        duplicates=replace(report.duplicates, listed=(), complete=not report.duplicates.total),
        gaps=replace(report.gaps, listed=(), complete=not report.gaps.total),
        overview=None,
    )
