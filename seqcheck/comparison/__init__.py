"""What got better or worse from one report to another. Reads what `--report json` wrote, and trusts none of it."""

from __future__ import annotations

from .difference import SCHEMA, Comparison, Fact, Figure, StreamChange, compare
from .summary import Count, Summary, load

__all__ = ["SCHEMA", "Comparison", "Count", "Fact", "Figure", "StreamChange", "Summary", "compare", "load"]
