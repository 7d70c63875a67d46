"""A comparison as JSON, `seqcheck.diff/1`: the fields of comparison.Comparison, and the judgement as `trend`."""

from __future__ import annotations

from typing import BinaryIO

from seqcheck.comparison import SCHEMA, Comparison
from seqcheck.outputs import Page
from seqcheck.outputs.json import plain, text


def write(comparison: Comparison, out: BinaryIO, page: Page) -> None:
    """One JSON object and a newline."""
    document = {"schema": SCHEMA, "trend": comparison.trend, **plain(comparison)}
    out.write((text(document) + "\n").encode("ascii"))
