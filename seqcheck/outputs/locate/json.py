"""The report about several points as JSON: `seqcheck.locate/1`, the fields of located.Way."""

from __future__ import annotations

from typing import BinaryIO

from seqcheck.model.located import SCHEMA, Way
from seqcheck.outputs import Page
from seqcheck.outputs.json import plain, text


def write(way: Way, out: BinaryIO, page: Page) -> None:
    """One JSON object and a newline."""
    out.write((text({"schema": SCHEMA, **plain(way)}) + "\n").encode("ascii"))
