"""The one loop: source -> Frames -> Records -> Findings -> Report, for files and pipes.

Holds what a run needs beside the tracker: the decoder (or, where no layout was given, one for each that can be
recognised, until one finds a record), and the comparison of the first duplicates' bytes while both copies are at hand.
Nothing here grows with the capture.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from io import FileIO
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from . import assemble, kernel, limited
from .aside import Aside
from .dataclass import dataclass, replace
from .decode import key_texts, tally
from .diagnose import Facts
from .errors import InputError, UsageError
from .examined import Examined, Told
from .examined import Frames as FramesAgain
from .guard import ADVICE, UNLIMITED, Allowance, Budget, UnfinishedError, within
from .judging import judge
from .kernel.border import (
    MAX_STREAMS,
    REASONS,
    STREAMS,
    DecoderLike,
    Frames,
    Kernel,
    RecordColumns,
)  # fmt: skip
from .layout import Layout, resolve
from .layout import compile as compile_layout
from .layout import write as spec_of
from .model import UNREAD, Capture, LayoutInfo, Records, Report, Tool, Verdict
from .recognition import Recognised, Recognition, first_frames
from .results import Keep, Results
from .sources import CaptureReader
from .sources.bytestream import State
from .timeline import Timeline
from .track import Findings, Limit, Track
from .version import VERSION
from .ways import Ways, by_design
from .witness import Witness

if TYPE_CHECKING:
    from . import spool

Source = str | os.PathLike[str] | BinaryIO
LOST = 0.4  # of the records do not follow the one before: then the layout is looked at
INTERVAL_S = 0.1  # between calls of `progress`


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is. `bytes_total` is None where it cannot be known (a pipe)."""

    bytes_done: int
    bytes_total: int | None
    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked of captures.

    layout      a built-in's name, a TOML file or a spec; None tries the built-ins that can be recognised
    ring_sizes  the sender's TX ring, if known
    listed      how many duplicates and gaps the report lists one by one
    allowance   what reading may take (guard.Allowance); beyond it the rest is left unread, which the report says
    keep        how much is kept beside the report, for outputs without a cap (results.Keep)
    """

    layout: str | None = None
    ring_sizes: Sequence[int] = ()
    listed: int = 1000
    keep: Keep = "report"
    allowance: Allowance = UNLIMITED


def analyze(
    captures: Source | Iterable[Source],
    layout: str | None = None,
    ring_sizes: Sequence[int] = (),
    *,
    listed: int = 1000,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Read captures and say what their duplicates point at.

    captures    a path, an open binary stream, or several: several are one capture in order of time
    layout, ring_sizes, listed  as in Query
    progress    called about ten times a second

    Raises UsageError (layout), InputError (nothing could be read, or no frame carries the header).
    """
    query = Query(layout=layout, ring_sizes=tuple(ring_sizes), listed=listed)
    with examine(captures, query, progress) as results:
        return results.report


@contextmanager
def examine(
    captures: Source | Iterable[Source],
    query: Query,
    progress: Callable[[Progress], None] | None = None,
    ready: Callable[[], None] | None = None,
) -> Iterator[Results]:
    """As `analyze`, but with all findings and the frames at hand until the context is left, as `query.keep` asks.
    `ready` is called when all that is needed is open, and nothing but the inputs' first bytes was looked at."""
    sources = _several(captures)
    engine = kernel.load()
    begin, allowed, stopped = time.monotonic(), query.allowance, False
    until = None if allowed.seconds is None else begin + allowed.seconds
    with CaptureReader(sources, kernel=engine, until=until) as reader, ExitStack() as stack:
        session = stack.enter_context(closing(Session(engine, query.layout)))
        rows = kept = None
        if query.keep != "report":
            from . import spool  # here, since few runs need it

            rows = stack.enter_context(closing(spool.Rows()))
        if query.keep == "frames" and not _can_read_again(sources, reader):
            kept = stack.enter_context(closing(spool.Frames()))
        if query.keep == "all-frames" and not _can_read_again(sources, reader):
            raise UsageError(
                "all frames of a pipe cannot be written: they are gone when the findings are known",
                hint="Save the capture to a file first, or ask for the report pcapng.",
            )
        session.set_aside(rows, kept)
        again = FramesAgain(kept, *_open_again(sources, query, reader, stack), engine)
        if ready is not None:
            ready()
        due = time.monotonic() + INTERVAL_S
        for frames, low, high in reader:
            session.take(frames, low, high, reader.store)
            session.drops(reader.dropped)
            if progress is not None and time.monotonic() >= due:
                progress(Progress(bytes_done=reader.bytes_done, bytes_total=reader.bytes_total, frames=reader.frames))
                due = time.monotonic() + INTERVAL_S
            if not stopped and (why := allowed.spent(time.monotonic() - begin)):
                reader.stop(f"{UNREAD}: {why}")
                stopped = True
        session.budget = allowed.budget()
        capture = Capture(
            inputs=reader.inputs,
            frames=reader.frames,
            bytes=reader.wire_bytes,
            first_ns=reader.first_ns,
            last_ns=reader.last_ns,
            dropped=reader.dropped,
            cut_frames=reader.cut_frames,
            damage=reader.damage,
        )
        session.finish(reader.store)
        told = session.tell(capture, query.ring_sizes, query.listed)
        yield Examined(told, rows, again)


def _can_read_again(sources: Sequence[Source], reader: CaptureReader) -> bool:
    """Whether all sources are files that have a name."""
    return reader.again and all(isinstance(source, str | os.PathLike) and source != "-" for source in sources)


def _open_again(
    sources: Sequence[Source], query: Query, reader: CaptureReader, stack: ExitStack
) -> tuple[list[FileIO], Sequence[State | None]]:
    """The files once more, for outputs that read frames again, and the states that they must be in: opened now, since
    later that may not be allowed."""
    if query.keep not in ("frames", "all-frames") or not _can_read_again(sources, reader):
        return [], ()
    return [stack.enter_context(FileIO(os.fspath(cast("str", source)))) for source in sources], reader.states


def _several(captures: Source | Iterable[Source]) -> list[Source]:
    """A path and a stream can both be iterated over, but stand for themselves."""
    if isinstance(captures, (str, os.PathLike)) or hasattr(captures, "read"):
        return [cast("Source", captures)]
    return list(captures)


class Session:
    """One run over one capture. `budget` is what judging may take."""

    budget = Budget()

    def __init__(self, engine: Kernel, layout: str | Layout | None) -> None:
        self._engine = engine
        self._records = RecordColumns(0)
        self._recognition: Recognition | None = None
        self._chosen: tuple[Layout, DecoderLike, Track, Witness] | None = None
        self._store: Any = None  # once the input has ended
        self._ways: Ways | None = None
        self._how = ""  # why this layout, where none was given
        if layout is not None:
            self._choose(resolve(layout) if isinstance(layout, str) else layout)
        else:
            self._recognition = Recognition(engine)
        self._timeline = Timeline()
        self._block: Frames | None = None  # the one being taken
        self._aside: Aside | None = None

    def set_aside(self, rows: spool.Rows | None, frames: spool.Frames | None) -> None:
        """From now on, put all findings there, and the frames that they are about."""
        self._aside = Aside(rows, frames) if rows is not None else None

    def take(self, frames: Frames, low: int, high: int, store: Any) -> None:
        """Rows low..high-1 of `frames`; `store` gives single frames again."""
        if len(self._records.row) < frames.capacity:
            self._records = RecordColumns(frames.capacity)
        if self._chosen is None:
            self._recognise(frames, low, high, store)
        else:
            self._chosen[1].decode(frames, low, high, self._records)
            self._follow(frames, low, high, store)

    def _follow(self, frames: Frames, low: int, high: int, store: Any) -> None:
        """The same, with what was read of them in `_records`."""
        self._block = frames
        self._timeline.take(frames, low, high, self._records)
        if self._chosen is None:
            return
        _, _, track, witness = self._chosen
        witness.pass_by(frames, low, high, self._records.status, self._records.count)
        if self._records.count:
            new = track.feed(frames, self._records)
            if self._ways is not None:
                self._ways.take(frames, self._records)
            if len(new):
                witness.look(new, store)
            if self._aside is not None:
                self._aside.keep(store)

    def drops(self, total: int | None) -> None:
        """What the capturing side says it has lost so far."""
        self._timeline.drops(total)

    def finish(self, store: Any) -> None:
        """The input has ended."""
        self._store = store
        if self._recognition is not None and self._chosen is None:
            known = self._recognition.end()
            self._take_waited(known, self._recognition.release(), store)
        if self._chosen is not None:
            _, _, track, witness = self._chosen
            witness.look(track.finish(), store)
            if self._aside is not None:
                self._aside.keep(store)

    def _doubt(self, chosen: Layout, findings: Findings) -> str:
        """What is wrong with a layout whose numbers hardly ever follow one another, if that can be told."""
        streams = findings.streams
        lost = sum(int(streams[name].sum()) for name in ("gaps", "restarts", "outliers", "late", "duplicates"))
        if max(lost, len(streams)) < LOST * int(streams["received"].sum()):
            return ""
        return " ".join(self._advice(chosen))

    def _advice(self, chosen: Layout) -> tuple[str, ...]:
        """What is wrong with a layout that no frame fits, as far as the first frames tell."""
        if self._store is None:
            return ()
        from .layout.discovery import check  # here, since few runs need it

        store = self._store
        try:
            return within(ADVICE, lambda: check(first_frames(store), chosen, self._engine))
        except UnfinishedError:  # advice is worth a moment, and no report
            return ()

    def close(self) -> None:
        """Let go of the tracker and of what it found: it holds this session too, and a program that reads many captures
        must not wait for the garbage collector."""
        self._chosen, self._block, self._store = None, None, None
        self._recognition = None

    def report(self, capture: Capture, ring_sizes: Sequence[int], listed: int) -> Report:
        """As things stand."""
        return self.tell(capture, ring_sizes, listed).report

    def tell(self, capture: Capture, ring_sizes: Sequence[int], listed: int) -> Told:
        """As things stand, and what that rests on."""
        if self._chosen is None:
            raise _unknown_layout(self._recognition, capture)
        chosen, decoder, track, witness = self._chosen
        foreign, skipped = tally(decoder.sources())
        findings, keys = _with_streams(track.findings(), skipped), decoder.keys()
        if not len(findings.streams):
            raise _no_record(chosen, skipped, capture, self._advice(chosen))
        facts = Facts(
            ring_sizes=tuple(ring_sizes),
            evidence=witness.evidence,
            kinds=dict(witness.foreign.most_common()),
            foreign=foreign,
            skipped=skipped,
            redundant=chosen.redundant or by_design(chosen),
            ways=self._ways.counts if self._ways else None,
            dropped=capture.dropped,
            cut_frames=capture.cut_frames,
            frames=capture.frames,
        )
        judged = judge(findings, facts, self._timeline, listed=listed, budget=self.budget)
        report = Report(
            seqcheck=Tool(version=VERSION, kernel=self._engine.NAME),
            capture=capture,
            layout=LayoutInfo(
                name=chosen.name or "discovered", spec=spec_of(chosen), how=self._how or self._doubt(chosen, findings)
            ),
            records=Records(sequenced=int(findings.streams["received"].sum()), foreign=foreign, skipped=skipped),
            streams=assemble.streams(findings, key_texts(keys, chosen)),
            duplicates=judged.duplicates,
            gaps=assemble.gaps(findings, listed),
            verdict=limited.judged(_as_far_as_read(judged.verdict, capture), findings.limits, MAX_STREAMS),
            also=judged.also,
            overview=judged.overview,
            redundancy=judged.redundancy,
        )
        return Told(report=report, findings=findings, diagnosis=judged.diagnosis, facts=facts, fault=judged.fault)

    def _choose(self, one: Layout, decoder: DecoderLike | None = None) -> None:
        modulus = one.modulus
        decoder = decoder or self._engine.Decoder(compile_layout(one))
        self._ways = Ways(one)
        self._chosen = (one, decoder, Track(self._engine.Tracker(modulus), modulus, self._found), Witness(one))

    def _recognise(self, frames: Frames, low: int, high: int, store: Any) -> None:
        """A block, while the layout is not known: it waits, or those that waited are taken, and then itself."""
        assert self._recognition is not None
        known = self._recognition.take(frames, low, high)
        self._records.count = 0
        if known is None and self._recognition.waiting:
            return
        waited = self._recognition.release()
        if known is not None and known.records is not None and not waited:
            self._records, self._how = known.records, known.how
            self._choose(known.layout, known.decoder)
        else:
            self._take_waited(known, waited, store)
            if self._chosen is not None:
                self._chosen[1].decode(frames, low, high, self._records)
        self._follow(frames, low, high, store)

    def _take_waited(self, known: Recognised | None, waited: Sequence[Frames], store: Any) -> None:
        """The blocks that waited for the layout, or until it was clear that there is none."""
        if known is not None:
            self._how = known.how
            self._choose(known.layout)
        for part in waited:
            if self._chosen is not None:
                if len(self._records.row) < part.capacity:
                    self._records = RecordColumns(part.capacity)
                self._chosen[1].decode(part, 0, part.count, self._records)
            self._follow(part, 0, part.count, store)
        self._records.count = 0

    def _found(self, events: Any) -> None:
        """Every row as the tracker gives it."""
        self._timeline.found(events)
        if self._aside is not None:
            self._aside.found(events, self._block, self._records)


def _with_streams(findings: Findings, skipped: Mapping[str, int]) -> Findings:
    """With the limit on streams, which is the decoder's, where it was reached."""
    count = skipped.get(REASONS[STREAMS], 0)
    more = (Limit(name="streams", stream=None, count=count),) if count else ()
    return replace(findings, limits=(*more, *findings.limits))


def _as_far_as_read(verdict: Verdict, capture: Capture) -> Verdict:
    """With a caveat where something was left unread."""
    if not capture.unread:
        return verdict
    return replace(
        verdict, caveats=(*verdict.caveats, f"All of this is about a part of the capture: {capture.unread}.")
    )


def _unknown_layout(recognition: Recognition | None, capture: Capture) -> InputError:
    if not capture.frames or recognition is None:
        return InputError(f"{', '.join(capture.inputs)}: no frame in it", hint=_damage(capture))
    return recognition.error(capture)


def _no_record(chosen: Layout, skipped: dict[str, int], capture: Capture, advice: Sequence[str]) -> InputError:
    if not capture.frames:
        return InputError(f"{', '.join(capture.inputs)}: no frame in it", hint=_damage(capture))
    order = [reason for reason in REASONS if reason in skipped]
    why = ", ".join(f"{reason} {skipped[reason]:,}" for reason in order)
    return InputError(
        f"none of the {capture.frames:,} frames fits the layout {chosen.name} (skipped: {why})",
        hint="\n".join([f"It reads: {spec_of(chosen)}", *advice]),
    )


def _damage(capture: Capture) -> str:
    return "; ".join(f"at byte {damage.offset:,}: {damage.what}" for damage in capture.damage)
