"""A second reading of files, for the foreign frames alone: what `--also-content` finds in one pass, if nobody asked for
it and the verdict is a ring's.

It costs less than the first reading, and a run without such a verdict costs nothing more. The frames are decoded and
tracked again, so that the same ones are foreign, and OtherTraffic observes them; what the report says of the records
stays. If a second reading cannot be finished (a file was replaced or written to, time or memory is used up), it is left
out, and a caveat says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ..capture import CaptureReader
from ..dataclass import dataclass, replace
from ..errors import InputError
from ..kernel.protocols import Kernel
from ..layout import Layout
from .crowd import Crowd
from .examined import altered, replaced
from .guard import UnfinishedError
from .observation import Conclusion, Question
from .other_traffic import Others, OtherTraffic
from .pipeline import Pipeline, Source, run
from .same_ring import Numbered, beside


class Rewound(Source, Protocol):
    """A source that can be read again."""

    def rewind(self) -> None:
        """Go back to the first frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What there is to read again.

    engine   the kernel, as in the first reading
    layouts  by which the records were read, known or found by then
    crowd    as it was when the first reading began
    source   gives the frames again, of `reader`
    attend   called after each block; it raises UnfinishedError if no more may be read
    """

    engine: Kernel
    layouts: Sequence[Layout]
    crowd: Crowd
    source: Rewound
    reader: CaptureReader
    attend: Callable[[], None]


def looked_again(conclusion: Conclusion, question: Question, again: Again) -> Conclusion:
    """The conclusion of the first reading, whose records were judged, with what other traffic shows, or a caveat."""
    report = conclusion.report
    try:
        others = _others(again)
    except (UnfinishedError, InputError, MemoryError) as error:
        why = "there was not enough memory for it" if isinstance(error, MemoryError) else str(error)
        caveat = f"Other traffic was not compared by its bytes: {why}."
        verdict = replace(report.verdict, caveats=(*report.verdict.caveats, caveat))
        return replace(conclusion, report=replace(report, verdict=verdict))
    numbered = Numbered(findings=conclusion.findings, facts=conclusion.facts, diagnosis=conclusion.diagnosis)
    report = beside(report, others, numbered, listed=question.listed, budget=question.budget)
    return replace(conclusion, report=replace(report, looked_again=True))


def _others(again: Again) -> Others:
    """Those of the senders. UnfinishedError or InputError if they cannot be had any more."""
    _refuse(again.reader)
    others = OtherTraffic(again.engine)
    pipeline = Pipeline(again.engine, again.layouts, (others,))
    pipeline.crowd = again.crowd
    again.source.rewind()
    run(again.source, pipeline, again.attend)
    _refuse(again.reader)
    assert pipeline.chosen is not None
    return others.told(pipeline.chosen.decoder.sources(), last=True)


def _refuse(reader: CaptureReader) -> None:
    if name := reader.changed or replaced(reader):
        raise UnfinishedError(altered(name))
