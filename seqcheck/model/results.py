"""What a run leaves for the outputs: the report, and for those that need more, all findings and single frames.

The nouns that do not go into the JSON report, and the protocol between what ran (session) and what writes
(outputs). Frame numbers count from 1 over the whole input; times are integer ns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Protocol

from ..dataclass import dataclass
from . import Report

Kind = Literal["duplicate", "gap", "late", "restart"]
Keep = Literal["report", "findings", "frames", "all-frames"]  # how much must be kept, each with what comes before


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Findings of one kind, column by column: the fields of model.Duplicate, Gap, Late or Restart, a list of plain
    values each, all equally long. Gaps have `earlier_frame` too, the record before the gap (None if it is not
    known)."""

    kind: Kind
    columns: dict[str, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedFrame:
    """Frame `number` as captured: `data`, its length on the `wire`, its LINKTYPE."""

    number: int
    ns: int
    link: int
    wire: int
    data: bytes


class Results(Protocol):
    """Valid until the capture is closed."""

    @property
    def report(self) -> Report:
        """The report, the same one every time."""

    @property
    def fault(self) -> Exception | None:
        """Why nothing was judged, where that was an exception."""

    def findings(self) -> Iterator[Batch]:
        """Every finding, as it was settled within its kind. Needs Keep "findings"."""

    def at_hand(self, numbers: Any) -> Any:
        """Those of these numbers (ascending int64[n]) that `frames` will give."""

    def frames(self, numbers: Any) -> Iterator[CapturedFrame]:
        """The frames with these numbers (ascending int64[n]), in order, except for those no longer at hand; None is all
        frames, which needs Keep "all-frames"."""
