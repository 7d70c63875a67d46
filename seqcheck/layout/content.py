"""The layout without a header: frames are told apart by their bytes, and nothing in them counts as a number."""

from __future__ import annotations

from seqcheck.layout.model import Layout, Word

CONTENT = Layout(
    anchor="frame",
    seq=Word(bits=64, offset=0),  # which nobody reads
    content=True,
    name="content",
    description="no number: frames told apart by their bytes (docs/content.md)",
)
