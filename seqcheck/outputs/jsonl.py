"""All findings as JSON lines, `seqcheck.findings/1`, without a cap: first the report without its lists, then an object
for each finding, with the keys of the JSON report (docs/json.md; `seqcheck schema jsonl`). ASCII.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from seqcheck.model.results import Batch, Results
from seqcheck.outputs import Page
from seqcheck.outputs.columns import summary
from seqcheck.outputs.json import document

SCHEMA = "seqcheck.findings/1"


def write_all(results: Results, out: BinaryIO, page: Page) -> None:
    """A line for the report, and one for each finding."""
    head = {"type": "report", **document(summary(results.report)), "schema": SCHEMA}
    out.write(json.dumps(head, allow_nan=False).encode("ascii") + b"\n")
    for batch in results.findings():
        found = "".join(lines(batch))
        out.write(found.encode("ascii"))


def lines(batch: Batch) -> Iterator[str]:
    """An object for each finding."""
    names = ("type", *batch.columns)
    dumps = json.JSONEncoder(allow_nan=False).encode
    for row in zip(*batch.columns.values(), strict=True):
        yield dumps(dict(zip(names, (batch.kind, *row), strict=True))) + "\n"
