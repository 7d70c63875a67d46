"""Streams as a snapshot found them: the keys are those of its last report, the figures its own."""

from __future__ import annotations

from typing import Any

from seqcheck.dataclass import replace
from seqcheck.model import Stream
from seqcheck.model.snapshot import Snapshot


def foremost(now: Snapshot, most: int) -> list[Stream]:
    """At most so many streams of the report, those with most findings first, with the snapshot's figures."""
    streams = now.report.streams if now.report else ()
    table = now.figures
    if table is None:
        return sorted(streams, key=lambda each: (-(each.duplicates + each.missing), each.id))[:most]
    found = table["duplicates"][: len(streams)] + table["missing"][: len(streams)]
    return [_as_of_now(streams[number], table[number]) for number in (-found).argsort(kind="stable")[:most].tolist()]


def _as_of_now(stream: Stream, row: Any) -> Stream:
    received, duplicates = int(row["received"]), int(row["duplicates"])
    return replace(
        stream,
        received=received,
        unique=received - duplicates,
        duplicates=duplicates,
        missing=int(row["missing"]),
        late=int(row["late"]),
    )
