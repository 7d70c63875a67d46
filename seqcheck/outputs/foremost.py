"""Streams with findings first: of a report, or as a snapshot found them, whose figures are newer than its report's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seqcheck.dataclass import replace
from seqcheck.model import Stream
from seqcheck.model.snapshot import Snapshot


def by_findings(streams: Iterable[Stream]) -> list[Stream]:
    """Those with most findings first."""
    return sorted(streams, key=lambda each: (-(each.duplicates + each.missing), each.id))


def foremost(now: Snapshot, most: int) -> list[Stream]:
    """At most that many streams of the report, with the snapshot's figures, those with most findings first."""
    streams = now.report.streams if now.report else ()
    table = now.figures
    if table is None:
        return by_findings(streams)[:most]
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
