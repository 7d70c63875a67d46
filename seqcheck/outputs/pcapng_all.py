"""All frames of the capture, with the comments of the report pcapng."""

from __future__ import annotations

from typing import BinaryIO

from seqcheck.model.results import Results
from seqcheck.outputs import Page
from seqcheck.outputs.pcapng import annotate


def write_all(results: Results, out: BinaryIO, page: Page) -> None:
    """Every frame."""
    annotate(results, out, everything=True)
