"""results.Results of a report made by hand: what it lists is all there is, and every frame is at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from seqcheck.model import Report
from seqcheck.model.results import Batch, CapturedFrame


class Found:
    """The results of `report`."""

    def __init__(self, report: Report) -> None:
        self.report, self.fault = report, None

    def findings(self) -> Iterator[Batch]:
        """What the report lists."""
        if self.report.duplicates.listed:
            yield Batch(kind="duplicate", columns=columns(self.report.duplicates.listed))
        if self.report.gaps.listed:
            found = columns(self.report.gaps.listed)
            yield Batch(kind="gap", columns={**found, "earlier_frame": [frame - 1 for frame in found["frame"]]})

    def at_hand(self, numbers: Any) -> Any:
        """All of them."""
        return numbers

    def frames(self, numbers: Any) -> Iterator[CapturedFrame]:
        """Frames of 60 bytes that carry their number."""
        for number in range(1, 1 + min(self.report.capture.frames, 200)) if numbers is None else numbers.tolist():
            yield CapturedFrame(
                number=number, ns=1_511_557_884 * 10**9, link=1, wire=60, data=number.to_bytes(60, "big")
            )


def columns(found: tuple[Any, ...]) -> dict[str, list[Any]]:
    """Dataclasses, column by column."""
    return {field.name: [getattr(each, field.name) for each in found] for field in fields(found[0])}
