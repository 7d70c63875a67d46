"""All frames of the capture, with the comments of the report pcapng."""

from __future__ import annotations

from typing import BinaryIO

from seqcheck.reporters import Page
from seqcheck.reporters.pcapng import annotate
from seqcheck.results import Results


def write_all(results: Results, out: BinaryIO, page: Page) -> None:
    """Every frame."""
    annotate(results, out, everything=True)
