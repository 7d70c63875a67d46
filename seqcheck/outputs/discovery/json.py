"""Candidates as JSON, `seqcheck.discovery/1`."""

from __future__ import annotations

from typing import BinaryIO

from seqcheck.layout import write as spec_of
from seqcheck.outputs import Page
from seqcheck.outputs.discovery import Discovery
from seqcheck.outputs.json import text

SCHEMA = "seqcheck.discovery/1"
DIGITS = 4  # of a score


def write(discovery: Discovery, out: BinaryIO, page: Page) -> None:
    """One JSON object and a newline. `layout` is the name of a built-in, or null."""
    document = {
        "schema": SCHEMA,
        "frames": discovery.frames,
        "candidates": [
            {
                "spec": spec_of(each.layout),
                "layout": each.layout.name or None,
                "records": each.records,
                "streams": each.streams,
                "score": round(each.score, DIGITS),
                "because": list(each.because),
                "values": [list(stream) for stream in each.values],
            }
            for each in discovery.candidates
        ],
    }
    out.write((text(document) + "\n").encode("ascii"))
