"""A second reading of files, for the foreign frames alone: what `--also-content` finds in one pass, if nobody asked for
it and the verdict is a ring's.

It costs less than the first reading, and a run without such a verdict costs nothing more. The frames are decoded and
tracked again, so that the same ones are foreign, and OtherTraffic observes them; what the report says of the records
stays. If a second reading cannot be finished (a file was replaced or written to, time or memory is used up), it is left
out, and a caveat says so.

Captures that workers read are read again by one of them, whole (`read_by_worker`): it returns Others, a value. If the
workers are lost, it is done here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from .. import kernel
from ..capture import CaptureReader
from ..dataclass import dataclass, replace
from ..errors import InputError
from ..kernel.protocols import Kernel
from ..layout import Layout
from .crowd import Crowd
from .examined import altered, replaced
from .guard import Allowance, UnfinishedError
from .observation import Conclusion, Question, not_compared
from .other_traffic import Others, OtherTraffic
from .pipeline import Pipeline, Source, run
from .same_ring import Numbered, beside

if TYPE_CHECKING:
    from ..capture.on_workers import Place
    from ..capture.tasks import Tasks

THREADS = 4  # that get the bytes of a URL for one worker


class Rewound(Source, Protocol):
    """A source that can be read again."""

    def rewind(self) -> None:
        """Go back to the first frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Who reads the captures, and where those are. `begin`: when the run did, of the monotonic clock, for what is left
    of what it is allowed."""

    tasks: Tasks
    places: Sequence[Place]
    allowance: Allowance
    begin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What there is to read again.

    engine   the kernel, as in the first reading
    layouts  by which the records were read, known or found by then
    crowd    as it was when the first reading began
    source   gives the frames again, of `reader`
    attend   called after each block, or while a worker reads; it raises UnfinishedError if no more may be read
    workers  who reads instead of `reader`, None if nobody does
    """

    engine: Kernel
    layouts: Sequence[Layout]
    crowd: Crowd
    source: Rewound
    reader: CaptureReader
    attend: Callable[[], None]
    workers: Workers | None = None


def looked_again(conclusion: Conclusion, question: Question, again: Again) -> Conclusion:
    """The conclusion of the first reading, whose records were judged, with what other traffic shows, or a caveat."""
    report = conclusion.report
    try:
        others = _others(again)
    except (UnfinishedError, InputError, MemoryError) as error:
        return not_compared(conclusion, _why(error))
    numbered = Numbered(findings=conclusion.findings, facts=conclusion.facts, diagnosis=conclusion.diagnosis)
    report = beside(report, others, numbered, listed=question.listed, budget=question.budget)
    return replace(conclusion, report=replace(report, looked_again=True))


def _others(again: Again) -> Others:
    """Those of the senders. UnfinishedError or InputError if they cannot be had any more."""
    _refuse(again.reader)
    again.source.rewind()
    found = _by_worker(again, again.workers) if again.workers else None
    if found is None:
        found = _read(again.engine, again.layouts, again.crowd, again.source, again.attend)
    _refuse(again.reader)
    if isinstance(found, str):
        raise UnfinishedError(found)
    return found


def _read(
    engine: Kernel, layouts: Sequence[Layout], crowd: Crowd, source: Source, attend: Callable[[], None]
) -> Others:
    others = OtherTraffic(engine)
    pipeline = Pipeline(engine, layouts, (others,))
    pipeline.crowd = crowd
    run(source, pipeline, attend)
    assert pipeline.chosen is not None
    return others.others(pipeline.chosen.decoder.sources(), last=True)


def _by_worker(again: Again, workers: Workers) -> Others | str | None:
    """What a worker's `read_by_worker` returns; None if the workers are lost."""
    spent = time.monotonic() - workers.begin
    task = workers.tasks.submit(
        read_by_worker, workers.places, again.layouts, workers.allowance, spent, about=workers.places[0].name
    )
    return task.watch(again.attend)


def read_by_worker(
    places: Sequence[Place], layouts: Sequence[Layout], allowance: Allowance, spent: float
) -> Others | str:
    """The senders' foreign frames in these captures, merged by time; or why they cannot be had. `allowance` is that of
    the whole run, which began `spent` seconds ago; its memory is that of the process that asks."""
    begin, limit = time.monotonic() - spent, replace(allowance, memory=None)

    def attend() -> None:
        if why := limit.spent(time.monotonic() - begin):
            raise UnfinishedError(why)

    try:
        with ExitStack() as stack:
            return _read_places(places, layouts, Crowd(allowance.memory), attend, stack)
    except (UnfinishedError, InputError, MemoryError) as error:
        return _why(error)


def _read_places(
    places: Sequence[Place], layouts: Sequence[Layout], crowd: Crowd, attend: Callable[[], None], stack: ExitStack
) -> Others:
    from concurrent.futures import ThreadPoolExecutor  # here, since only workers need them

    from ..capture.elsewhere import placed
    from ..capture.on_workers import state
    from ..capture.tasks import Tasks

    engine, before = kernel.load(), [state(place) for place in places]
    threads = Tasks(stack.enter_context(ThreadPoolExecutor(THREADS)))
    reader = stack.enter_context(CaptureReader(placed(places, threads), kernel=engine))
    found = _read(engine, layouts, crowd, reader, attend)
    for place, known in zip(places, before, strict=True):
        if state(place) != known:
            raise UnfinishedError(altered(place.name))
    return found


def _why(error: Exception) -> str:
    """In words, without a hint."""
    if isinstance(error, MemoryError):
        return "there was not enough memory for it"
    return error.message if isinstance(error, InputError) else str(error)


def _refuse(reader: CaptureReader) -> None:
    if name := reader.changed or replaced(reader):
        raise UnfinishedError(altered(name))
