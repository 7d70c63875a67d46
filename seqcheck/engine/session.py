"""Captures that are files or pipes: read, and reported on.

    report = analyze("run.pcap")
    with examine(captures, Query(keep="findings")) as results: ...

Opens what is needed, adds what was asked for to the pipeline (rows and frames set aside, progress, limits), and returns
the results.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from io import BytesIO, FileIO, TextIOBase
from typing import TYPE_CHECKING, BinaryIO, cast

from .. import arguments, kernel
from ..capture import CaptureReader
from ..capture.bytestream import Input, State
from ..capture.plan import Plan
from ..capture.selection import Selection
from ..dataclass import dataclass
from ..errors import UsageError
from ..layout import Layout, Layouts, resolve_all
from ..layout import compile as compile_layout
from ..model import UNREAD, Capture, Report
from ..model.results import Keep
from ..sink import Sink
from .aside import Aside
from .crowd import Crowd
from .examined import Examined
from .examined import Frames as FramesAgain
from .guard import UNLIMITED, Allowance, UnfinishedError
from .observation import ONCE, Conclusion, Observation, Question, may_tell_more, not_compared
from .pipeline import Pipeline, run
from .ways import mark_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from ..capture.selected import Selected
    from ..capture.tasks import Tasks
    from . import spool
    from .rotation import Going, Rotation

Source = str | os.PathLike[str] | BinaryIO | bytes | bytearray | memoryview
_BYTES = (bytes, bytearray, memoryview)
INTERVAL_S = 0.1  # between calls of `progress`


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is. `bytes_total` is None if it cannot be known (a pipe). `again`: files are being read a second time,
    for their other traffic; then all figures begin anew."""

    bytes_done: int
    bytes_total: int | None
    frames: int
    again: bool = False


OF_STATES = "a state keeps nothing of it. Without --state, all captures at once show whether it holds stale slots, too"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked of captures.

    layout      a built-in's name, a TOML file, a spec, or a Layout; or several, of which a frame goes to the first that
                it fits; None tries the built-ins that can be recognized
    ring_sizes  the sender's TX ring, if known
    listed      how many duplicates and gaps the report lists one by one
    allowance   what reading may take (guard.Allowance); beyond it the rest is left unread, which the report says
    keep        how much is kept beside the report, for outputs without a cap (results.Keep)
    selection   which frames are read; None is all
    sinks       who else sees the data while it is read (sink.py)
    rotation    the state to continue from, and where the new one goes; not with a selection, nor where more than the
                report is kept
    jobs        how many threads read plain captures. The report never depends on it
    also_content  foreign frames are told apart by their bytes; not with a rotation, nor with the layout content. None:
                if the verdict is a ring's, and the inputs are files, they are read again for that (second_look.py)
    executor    whose workers read the captures, instead of threads here; not with a selection or a rotation, nor where
                more than the report is kept
    """

    layout: Layouts = None
    ring_sizes: Sequence[int] = ()
    listed: int = 1000
    keep: Keep = "report"
    allowance: Allowance = UNLIMITED
    selection: Selection | None = None
    sinks: Sequence[Sink] = ()
    rotation: Rotation | None = None
    jobs: int = 1
    also_content: bool | None = False
    executor: Executor | None = None


def analyze(
    captures: Source | Iterable[Source],
    layout: Layouts = None,
    ring_sizes: Sequence[int] | int = (),
    *,
    listed: int = arguments.LISTED,
    select: Selection | None = None,
    jobs: int = 1,
    also_content: bool | None = None,
    executor: Executor | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Read captures and say what their duplicates point at.

    Args:
        captures: A path, an open binary stream, the bytes of a capture, or several of these, merged by time.
        layout: A built-in's name, a TOML file, a spec, or a Layout; or several, of which a frame goes to the first that
            it fits. Without it, a header that is recognized, or a counter found beyond doubt.
        ring_sizes: Slots of the sender's TX ring, if known.
        listed: How many duplicates and gaps the report lists individually.
        select: Which frames are read; without it, all.
        jobs: How many threads read plain captures. The report never depends on it.
        also_content: Tell foreign frames apart by their bytes, and report which of them came before: True always, False
            never. None: if the verdict is a ring's, and all captures are files, which are then read a second time.
        executor: Whose workers read the captures, which are then paths or URLs that these see: a ProcessPoolExecutor,
            Dask's `client.get_executor()`, or any other. The report never depends on it.
        progress: Called about ten times a second.

    Raises:
        UsageError: An argument that cannot be.
        InputError: Nothing could be read, or no frame carries the header.
    """
    if not (select is None or isinstance(select, Selection)):
        raise UsageError(f"select: {select!r} is no Selection")
    if not (progress is None or callable(progress)):
        raise UsageError(f"progress: {progress!r} cannot be called")
    query = Query(
        layout=layout, ring_sizes=arguments.ring_sizes(ring_sizes), listed=arguments.listed(listed), selection=select,
        jobs=arguments.whole("jobs", jobs, 1, arguments.JOBS_MOST), executor=executor,
        also_content=arguments.perhaps("also_content", also_content),
    )  # fmt: skip
    with examine(captures, query, progress) as results:
        return results.report


@contextmanager
def examine(
    captures: Source | Iterable[Source],
    query: Query,
    progress: Callable[[Progress], None] | None = None,
    ready: Callable[[], None] | None = None,
) -> Iterator[Examined]:
    """As `analyze`, but with all findings and the frames at hand until the context is left, as `query.keep` asks.
    `ready` is called when all that is needed is open, and nothing but the inputs' first bytes was looked at."""
    with opened(captures, query) as them:
        if ready is not None:
            ready()
        yield them.examine(them.layouts, progress)


@contextmanager
def opened(captures: Source | Iterable[Source], query: Query) -> Iterator[Opened]:
    """Open captures, and all that is needed to examine them, until the context is left."""
    with ExitStack() as stack:
        yield Opened(_several(captures), query, stack)


class Opened:
    """Captures that are open, of which nothing but the first bytes was looked at; `layouts` are those of the query."""

    def __init__(self, sources: Sequence[Input], query: Query, stack: ExitStack) -> None:
        self._begin, self._query, allowed = time.monotonic(), query, query.allowance
        self._engine = engine = kernel.load()
        self._tasks = _tasks(query)
        if self._tasks is not None:
            from ..capture.elsewhere import opened as opened_elsewhere

            opened = opened_elsewhere(sources, self._tasks)
            sources, self._places = [*opened], [each.place for each in opened]
        until = None if allowed.seconds is None else self._begin + allowed.seconds
        self._reader = reader = stack.enter_context(CaptureReader(sources, kernel=engine, until=until))
        self.layouts = resolve_all(query.layout)
        self._named = _can_read_again(sources, reader)
        self._rows, self._kept = _set_aside(query, again=self._named, stack=stack)
        self._again = FramesAgain(self._kept, *_open_again(sources, query, reader, stack), engine)
        self._selected = _selected(reader, query.selection)

    def examine(self, layouts: Sequence[Layout], progress: Callable[[Progress], None] | None = None) -> Examined:
        """Read them: once, or a second time if other traffic may tell more."""
        conclusion, layouts = self._read(layouts, progress)
        if self._query.also_content is None and may_tell_more(conclusion.report):
            why = self._only_once()
            conclusion = not_compared(conclusion, why) if why else self._again_for_others(conclusion, layouts, progress)
        return Examined(conclusion, self._rows, self._again)

    def _again_for_others(
        self, conclusion: Conclusion, layouts: Sequence[Layout], progress: Callable[[Progress], None] | None
    ) -> Conclusion:
        """With what other traffic shows, in a second reading."""
        from .second_look import Again, Workers, looked_again  # here, since few runs need it

        reader, allowed, begin = self._reader, self._query.allowance, self._begin
        workers = None
        if self._tasks is not None:
            workers = Workers(tasks=self._tasks, places=self._places, allowance=allowed, begin=begin)
        again = Again(
            engine=self._engine, layouts=layouts, crowd=Crowd(allowed.memory), source=self._selected or reader,
            reader=reader, attend=_attendant(reader, progress, allowed, begin, again=True), workers=workers,
        )  # fmt: skip
        return looked_again(conclusion, self._question(), again)

    def _read(
        self, layouts: Sequence[Layout], progress: Callable[[Progress], None] | None
    ) -> tuple[Conclusion, Sequence[Layout]]:
        """Once; what was found, and by which layouts. All that it took is let go."""
        reader, query, selected = self._reader, self._query, self._selected
        aside = [Aside(self._rows, self._kept)] if self._rows is not None else []
        going = _going(query.rotation, layouts)
        kept = [going.sink] if going else []
        layouts = going.layouts if going else layouts
        seen = Observation(self._engine, layouts, [*aside, *query.sinks, *kept], also_content=bool(query.also_content))
        seen.pipeline.crowd = Crowd(query.allowance.memory)
        attend = _attendant(reader, progress, query.allowance, self._begin)
        if going:
            going.resume(seen)
            source = going.source(reader, list(zip(reader.inputs, reader.states, strict=True)))
            run(source, seen.pipeline, attend, lambda: going.save(seen, _captured(reader), reader.states))
        else:
            with ExitStack() as stack:
                # Who looks at single blocks, or at the bytes of all frames, has them read in order.
                one = selected or query.sinks or aside or query.also_content
                hasten = _hastened(reader, seen.pipeline, (1 if one else query.jobs, self._tasks), stack)

                def both() -> None:
                    attend()
                    hasten()

                hasten()
                run(selected or reader, seen.pipeline, both)
        if selected and (refusal := selected.refusal()):
            raise refusal
        capture = selected.capture() if selected else _captured(reader)
        capture = going.capture(capture) if going else capture
        conclusion = seen.conclude(capture, self._question())
        assert seen.pipeline.chosen is not None  # else there is no conclusion
        return conclusion, seen.pipeline.chosen.layouts

    def _question(self) -> Question:
        query = self._query
        budget = query.allowance.budget()
        return Question(ring_sizes=query.ring_sizes, listed=query.listed, budget=budget, last=True)

    def _only_once(self) -> str:
        """Why nothing can be read a second time; empty if it can."""
        if self._query.rotation is not None:
            return OF_STATES
        return "" if self._named or self._tasks is not None else ONCE


def _going(rotation: Rotation | None, layouts: Sequence[Layout]) -> Going | None:
    if rotation is None:
        return None
    from .rotation import Going  # here, since few runs need it

    return Going(rotation, layouts)


def _captured(reader: CaptureReader) -> Capture:
    """All that was read."""
    return Capture(
        inputs=reader.inputs,
        frames=reader.frames,
        bytes=reader.wire_bytes,
        first_ns=reader.first_ns,
        last_ns=reader.last_ns,
        dropped=reader.dropped,
        cut_frames=reader.cut_frames,
        damage=reader.damage,
    )


def _selected(reader: CaptureReader, selection: Selection | None) -> Selected | None:
    """What gives the frames that are asked for, None if that is all of them."""
    if selection is None or selection == Selection():
        return None
    from ..capture.selected import Selected  # here, since few runs need it

    return Selected(reader, selection)


def _attendant(
    reader: CaptureReader, progress: Callable[[Progress], None] | None, allowed: Allowance, begin: float, *,
    again: bool = False,
) -> Callable[[], None]:  # fmt: skip
    """What is done after each block: progress is told, and reading ended if what is allowed was used up, by an
    UnfinishedError if the reader reads `again`."""
    due, stopped = time.monotonic() + INTERVAL_S, False

    def attend() -> None:
        nonlocal due, stopped
        now = time.monotonic()
        if progress is not None and now >= due:
            done, total = reader.bytes_done, reader.bytes_total
            progress(Progress(bytes_done=done, bytes_total=total, frames=reader.frames, again=again))
            due = time.monotonic() + INTERVAL_S
        if not stopped and (why := allowed.spent(now - begin)):
            if again:
                raise UnfinishedError(why)
            reader.stop(f"{UNREAD}: {why}")
            stopped = True

    return attend


def _tasks(query: Query) -> Tasks | None:
    """What an executor is given, if there is one."""
    if query.executor is None:
        return None
    if query.selection or query.rotation or query.sinks or query.also_content or query.keep != "report":
        raise UsageError(
            "workers read whole captures: they select no frames, keep no state, and give no reports of all findings",
            hint="Leave these out, or read the captures here.",
        )
    from ..capture.tasks import Tasks

    return Tasks(query.executor)


def _hastened(
    reader: CaptureReader, pipeline: Pipeline, by: tuple[int, Tasks | None], stack: ExitStack
) -> Callable[[], None]:
    """What lets threads or workers read, too, as soon as the layout is known. They end with the stack."""
    jobs, tasks = by
    begun = jobs < 2 and tasks is None

    def hasten() -> None:
        nonlocal begun
        if begun or pipeline.chosen is None:
            return
        begun, chosen = True, pipeline.chosen
        alone = chosen.several is None and chosen.content is None and not chosen.layouts[0].several
        if alone and mark_of(chosen.layouts[0]) is None:  # a mark: the frames' bytes are looked at, too
            plan = Plan(pipeline.engine, compile_layout(chosen.layouts[0]), jobs, tasks)
            stack.callback(plan.close)
            reader.hasten(plan)

    return hasten


def _set_aside(query: Query, *, again: bool, stack: ExitStack) -> tuple[spool.Rows | None, spool.Frames | None]:
    """Where rows and frames go that outputs ask for; `again` says that the inputs can be read a second time."""
    if query.keep == "report":
        return None, None
    if query.keep == "all-frames" and not again:
        raise UsageError(
            "pcapng-all cannot be written from a pipe: its frames are gone by the time the findings are known",
            hint="Save the capture to a file first, or ask for the report pcapng.",
        )
    from . import spool  # here, since few runs need it

    rows = stack.enter_context(closing(spool.Rows()))
    return rows, stack.enter_context(closing(spool.Frames())) if query.keep == "frames" and not again else None


def _can_read_again(sources: Sequence[Input], reader: CaptureReader) -> bool:
    """Whether all sources are files that have a name."""
    return reader.again and all(isinstance(source, str | os.PathLike) and source != "-" for source in sources)


def _open_again(
    sources: Sequence[Input], query: Query, reader: CaptureReader, stack: ExitStack
) -> tuple[list[FileIO], Sequence[State | None]]:
    """The files again, for outputs that read frames again, and the states that they must be in: opened now, since
    later that may not be allowed."""
    if query.keep not in ("frames", "all-frames") or not _can_read_again(sources, reader):
        return [], ()
    return [stack.enter_context(FileIO(os.fspath(cast("str", source)))) for source in sources], reader.states


def _several(captures: Source | Iterable[Source]) -> list[Input]:
    """A path, bytes and a stream can be iterated over, but stand for themselves. Bytes become a stream. UsageError for
    what is none of them."""
    if isinstance(captures, (str, os.PathLike, *_BYTES)) or hasattr(captures, "read"):
        captures = [cast("Source", captures)]
    given = list(captures) if isinstance(captures, Iterable) else [captures]
    for each in given:
        stream = hasattr(each, "read") and not isinstance(each, TextIOBase)
        if not (stream or isinstance(each, (str, os.PathLike, *_BYTES))):
            raise UsageError(f"captures: {each!r} is no capture", hint="A path, bytes, or an open binary stream.")
    return [BytesIO(each) if isinstance(each, _BYTES) else each for each in given]
