"""The report: the values that all outputs show and scripts may rely on.

Frozen dataclasses with plain Python values; the field names and their order are the keys of the JSON report
`seqcheck.report/1`. Times are integer nanoseconds, sequence numbers are as on the wire, frames are counted from 1 over
the whole input as in Wireshark, and unknown values are None. No NumPy and no I/O here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqcheck import arguments
from seqcheck.dataclass import dataclass, field
from seqcheck.model.captured import Capture, LayoutInfo, Reached, Records, Redundancy, Stream, Tool
from seqcheck.model.findings import Duplicates, Gaps, OtherTraffic, Pair
from seqcheck.model.overview import Overview
from seqcheck.model.verdict import Also, Verdict

if TYPE_CHECKING:
    import os

SCHEMA = "seqcheck.report/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole report. `exit_code` is 0 if there is nothing to complain about, 1 if there is, 2 if nothing counts or
    something may be hidden. `layouts` are all that were read by, in their order: `layout` is the first, and where
    there are several, the keys of streams name theirs. `pair` is a duplicate of the verdict's cause; None if none
    was compared. `looked_again`: `other_traffic` is from a second reading that nobody asked for, so no limit counts it
    (in no JSON)."""

    seqcheck: Tool
    capture: Capture
    layout: LayoutInfo
    records: Records
    streams: Sequence[Stream]
    duplicates: Duplicates
    gaps: Gaps
    verdict: Verdict
    also: tuple[Also, ...] = field(default=())
    overview: Overview | None = None
    redundancy: Redundancy | None = None
    limits: tuple[Reached, ...] = field(default=())
    layouts: tuple[LayoutInfo, ...] = field(default=())
    pair: Pair | None = None
    other_traffic: OtherTraffic | None = None
    looked_again: bool = False

    @property
    def read_by(self) -> tuple[LayoutInfo, ...]:
        """The layouts, one at least."""
        return self.layouts or (self.layout,)

    @property
    def numbered(self) -> bool:
        """Whether frames carry numbers; else they were told apart by their bytes (the layout content)."""
        return self.layout.spec != "content"

    @property
    def missing(self) -> int:
        """Numbers that never came, over all streams."""
        return self.gaps.missing

    @property
    def asked_beside(self) -> OtherTraffic | None:
        """The other traffic, where it was asked for: only then do limits count it."""
        return None if self.looked_again else self.other_traffic

    @property
    def on_duplicates(self) -> Verdict | None:
        """The verdict, if it is one on duplicates: None while there were none."""
        return self.verdict if self.duplicates.total else None

    @property
    def exit_code(self) -> int:
        """0 if no number is missing and none came twice but over redundant paths, and no foreign frame points at a
        ring, where that was asked; else 1. 2 where the field does not count, so that nothing was judged; or where
        nothing was found, and a limit may have hidden something."""
        if self.verdict.cause == "no-counter":
            return 2
        twice = self.duplicates.total - self.duplicates.by_cause.get("redundancy", 0)
        if twice or self.gaps.missing or (self.asked_beside and self.asked_beside.stale):
            return 1
        return 2 if any(each.hides for each in self.limits) else 0

    def to_json(self) -> str:
        """As `--report json` writes it: seqcheck.report/1."""
        from ..outputs import alone

        return alone("json", self).decode()

    def write(self, name: str, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the report of that name (html, json, markdown, junit, ...) to a file. UsageError if there is no such
        report, or where it needs what only a second look at the capture has; OutputError if it cannot be written, or
        the file exists, unless `force`."""
        from ..outputs import save

        save(name, self, arguments.path("path", path), force=force)

    def __repr__(self) -> str:
        from ..outputs.glance import text

        return text(self)

    def _repr_html_(self) -> str:
        """For notebooks."""
        from ..outputs.glance import html

        return html(self)
