"""The report and related values: what every output arranges and every script may rely on."""

from __future__ import annotations

from seqcheck.model.captured import UNREAD, Capture, Damage, LayoutInfo, Reached, Records, Redundancy, Stream, Tool
from seqcheck.model.findings import (
    Bin,
    Duplicate,
    Duplicates,
    Gap,
    Gaps,
    Late,
    OtherCopy,
    OtherTraffic,
    Pair,
    Place,
    Restart,
)
from seqcheck.model.overview import Cell, Moment, Overview, Point, SlotMap, Stray
from seqcheck.model.report import SCHEMA, Report
from seqcheck.model.verdict import RING_CAUSES, Also, Cause, Rival, Strength, Verdict

__all__ = [
    "Also",
    "Bin",
    "Capture",
    "Cause",
    "Cell",
    "Damage",
    "Duplicate",
    "Duplicates",
    "Gap",
    "Gaps",
    "Late",
    "LayoutInfo",
    "Moment",
    "OtherCopy",
    "OtherTraffic",
    "Overview",
    "Pair",
    "Place",
    "Point",
    "RING_CAUSES",
    "Reached",
    "Records",
    "Redundancy",
    "Report",
    "Restart",
    "Rival",
    "SCHEMA",
    "SlotMap",
    "Stray",
    "Stream",
    "Strength",
    "Tool",
    "UNREAD",
    "Verdict",
]
