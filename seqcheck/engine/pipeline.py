"""The only way of the data, for files and live: source -> decode -> track, with sinks that observe.

    pipeline = Pipeline(kernel, layouts, sinks)    # no layout: what can be recognized is read
    run(reader, pipeline)                          # until the input ends
    pipeline.chosen                                # the layouts, decoder and tracker: ask them for what was found

It knows no report and no clock: a sink (sink.py) sees the data, and `attend` of `run` sees the time. While the layout
is not known, blocks wait (recognition.py), and the sinks see them once it is. Nothing grows with the input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

from numpy.typing import NDArray

from ..dataclass import dataclass
from ..kernel.border import ROOM, Frames, RecordColumns, Room
from ..kernel.protocols import ContentLike, DecoderLike, Kernel, KernelDecoder
from ..layout import Layout
from ..layout import compile as compile_layout
from ..layout.spread import decoder_of, frames_cut, portions
from ..saved import Saved, known_of, put_known
from ..sink import Block, Sink, Store
from ..track.tracker import Track
from .crowd import STEP, Crowd
from .recognition import Recognised, Recognition

if TYPE_CHECKING:
    from ..decode.several import Several
    from ..kernel.protocols import KernelDecoder


class Source(Protocol):
    """What gives blocks of frames: rows low..high-1 of each, perhaps none."""

    @property
    def store(self) -> Store:
        """Gives single frames again."""

    @property
    def dropped(self) -> int | None:
        """What the capturing side says it has lost so far."""

    def __iter__(self) -> Iterator[tuple[Frames, int, int]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The layouts, and what reads and follows their records. `several`: the decoder, if there are several;
    `content`: where it is one that tells frames apart by their bytes."""

    layouts: tuple[Layout, ...]
    decoder: DecoderLike
    track: Track
    several: Several | None = None
    content: ContentLike | None = None

    def count(self) -> None:
        """If there are several, let each stream count as its own layout does."""
        if self.several is None:
            return
        new = self.several.which[self.track.counted :].tolist()
        self.track.count_by([self.layouts[at].counted for at in new])

    @property
    def cut(self) -> int:
        """Frames of which records may be missing, since they were not captured whole."""
        return frames_cut(self.decoder) if self.several is None else self.several.cut


class Pipeline:
    """`chosen` is None while no layout is known, and `how` says why it was chosen where none was given. `recognition`
    is what chooses, None if one was given. `store` gives single frames again once the input has ended. `crowd` says
    which new streams are followed."""

    def __init__(
        self,
        engine: Kernel,
        layouts: Sequence[Layout],
        sinks: Sequence[Sink] = (),
        *,
        content: ContentLike | None = None,
    ) -> None:
        """`content`: what reads the records where the layout is content, instead of the kernel's own."""
        self.chosen: Chosen | None = None
        self._content = content
        self.how = ""
        self.recognition = None if layouts else Recognition(engine)
        self.store: Store | None = None
        self.engine = engine
        self.crowd = Crowd()
        self._sinks = tuple(sinks)
        self._records = RecordColumns(0)
        self._last: Block | None = None
        if layouts:
            self._choose(tuple(layouts))

    def take(self, frames: Frames, low: int, high: int, store: Store) -> None:
        """Rows low..high-1 of `frames`; `store` gives single frames again."""
        if high <= low:
            return
        if self.chosen is None:
            self._make_room(frames)
            self._recognize(frames, low, high, store)
        else:
            self._read(frames, low, high, store)

    def drops(self, total: int | None) -> None:
        """What the capturing side says it has lost so far."""
        for sink in self._sinks:
            sink.drops(total)

    @property
    def savable(self) -> bool:
        """Whether `save` can be asked: there is one layout, of a record in a frame and with a number."""
        return self.chosen is not None and type(self.chosen.decoder) is self.engine.Decoder

    def save(self, into: Saved) -> None:
        """What is known once all has come, before `finish`."""
        chosen = self.chosen
        assert chosen is not None
        put_known(into.within("decoder"), cast("KernelDecoder", chosen.decoder).save())
        chosen.track.save(into.within("track"))
        self.crowd.save(into.within("crowd"))
        into.note("how", self.how)

    def resume(self, saved: Saved) -> tuple[int, int]:
        """Go on from there, where the layout was given and nothing has come yet; how many streams there are, and the
        last frame of theirs. ValueError if nobody saved that."""
        assert self.chosen is not None
        layouts = self.chosen.layouts
        decoder = self.engine.Decoder(compile_layout(layouts[0]), known_of(saved.within("decoder")))
        track = Track.resume(self.engine.Tracker, layouts[0].counted, saved.within("track"))
        streams = track.streams()
        if len(streams) != len(decoder.keys()) or track.counted:
            raise ValueError("streams of another decoder")
        self.chosen = Chosen(layouts=layouts, decoder=decoder, track=track)
        self.crowd.load(saved.within("crowd"))
        decoder.admit(self.crowd.admission)
        self.how = saved.value("how", str)
        return len(streams), int(streams["last_frame"].max(initial=0))

    def came(self, store: Store) -> None:
        """All has come: where the layout was not known, it is now, or there is none."""
        self.store = store
        if self.recognition is not None and self.chosen is None:
            known = self.recognition.end()
            self._take_waited(known, self.recognition.release(), store)

    def finish(self, store: Store) -> None:
        """The input has ended: what was left open is decided."""
        self.came(store)
        if self.chosen is None:
            return
        last = self._last or Block(frames=Frames(0), low=0, high=0, records=self._records, store=store)
        self.chosen.track.finish(lambda rows: self._found(rows, last), self._kept)
        for sink in self._sinks:
            sink.settle(last)

    def _read(self, frames: Frames, low: int, high: int, store: Store) -> None:
        """A block, where the layout is known: few frames at a time, where each may hold many records; up to where it is
        looked at which streams are taken in, where that may change; else as it is."""
        chosen = self.chosen
        assert chosen is not None
        if any(layout.several for layout in chosen.layouts):
            pieces = list(portions(frames, low, high, chosen.layouts))
            looks = [True] * len(pieces)
        elif self.crowd.near(high - low):
            pieces = list(_steps(frames.first, low, high))
            looks = [(frames.first + end - 1) % STEP == 0 for _, end in pieces]
        else:
            pieces, looks = [(low, high)], [False]
        for (begin, end), look in zip(pieces, looks, strict=True):
            self._follow(frames, begin, end, store, self._decoded(chosen, frames, begin, end))
            if look:
                chosen.decoder.admit(self.crowd.admission)

    def _decoded(self, chosen: Chosen, frames: Frames, low: int, high: int) -> RecordColumns:
        """The records of these rows: those that were decoded ahead, where they are of just these rows and no limit is
        near; else they are decoded now."""
        ahead = frames.decoded
        if ahead is not None:
            records: RecordColumns | None = None
            if (low, high) == (0, frames.count) and not self.crowd.near(high - low):
                records = ahead.take(cast("KernelDecoder", chosen.decoder), self.engine)  # ahead: of one layout
            if records is not None:
                return records
            ahead.leave()
        self._make_room(frames)
        chosen.decoder.decode(frames, low, high, self._records)
        return self._records

    def _follow(self, frames: Frames, low: int, high: int, store: Store, records: RecordColumns) -> None:
        """A block, with what was read of it."""
        block = self._last = Block(frames=frames, low=low, high=high, records=records, store=store)
        for sink in self._sinks:
            sink.take(block)
        chosen = self.chosen
        if chosen is not None and records.count:
            self.crowd.records(records.stream[: records.count])
            chosen.count()
            chosen.track.feed(frames, records, lambda rows: self._found(rows, block), self._kept)
        for sink in self._sinks:
            sink.settle(block)

    def _found(self, rows: NDArray[Any], block: Block) -> None:
        self.crowd.found(rows)
        for sink in self._sinks:
            sink.found(rows, block)

    def _kept(self, duplicates: NDArray[Any]) -> None:
        for sink in self._sinks:
            sink.kept(duplicates)

    def _choose(self, layouts: tuple[Layout, ...], decoder: DecoderLike | None = None) -> None:
        first, several, content, room = layouts[0], None, None, ROOM
        if len(layouts) > 1:
            from ..decode.several import Several  # here, since few runs need it

            decoder = several = Several(self.engine, layouts)
        elif first.content:
            decoder = content = self._content or self.engine.Content()
            room = Room(restarts=False)
        decoder = decoder or decoder_of(self.engine, first)
        track = Track(self.engine.Tracker(first.counted, room), first.counted)
        self.chosen = Chosen(layouts=layouts, decoder=decoder, track=track, several=several, content=content)
        for sink in self._sinks:
            sink.begin(layouts)

    def _recognize(self, frames: Frames, low: int, high: int, store: Store) -> None:
        """A block, while the layout is not known: it waits, or those that waited are taken, and then itself."""
        assert self.recognition is not None
        known = self.recognition.take(frames, low, high)
        self._records.count = 0
        if known is None and self.recognition.waiting:
            return
        waited = self.recognition.release()
        if known is not None and known.records is not None and not waited:
            self._records, self.how = known.records, known.how
            self._choose((known.layout,), known.decoder)
        else:
            self._take_waited(known, waited, store)
            if self.chosen is not None:
                self._read(frames, low, high, store)
                return
        self._follow(frames, low, high, store, self._records)

    def _take_waited(self, known: Recognised | None, waited: Sequence[Frames], store: Store) -> None:
        """The blocks that waited for the layout, or until it was clear that there is none."""
        if known is not None:
            self.how = known.how
            self._choose((known.layout,))
        for part in waited:
            if self.chosen is not None:
                self._make_room(part)
                self._read(part, 0, part.count, store)
            else:
                self._follow(part, 0, part.count, store, self._records)
        self._records.count = 0

    def _make_room(self, frames: Frames) -> None:
        """For as many records as there can be in them."""
        if len(self._records.status) < frames.capacity:
            self._records = RecordColumns(frames.capacity)


def _steps(first: int, low: int, high: int) -> Iterator[tuple[int, int]]:
    """Rows low..high-1, of which row 0 is frame number `first`, cut where the frames so far are a multiple of STEP."""
    while low < high:
        end = min(low + STEP - (first + low - 1) % STEP, high)
        yield low, end
        low = end


def run(
    source: Source,
    pipeline: Pipeline,
    attend: Callable[[], None] = lambda: None,
    came: Callable[[], None] = lambda: None,
) -> None:
    """Take all that comes, to the end. `attend` is called after each block, and live now and then where nothing comes:
    to look at the clock, to show how far it is, to stop the source; `came` when all has come, before what was left open
    is decided."""
    for _ in blocks(source, pipeline):
        attend()
    pipeline.came(source.store)
    came()
    pipeline.finish(source.store)


def steps(source: Source, pipeline: Pipeline) -> Iterator[None]:
    """The same, for callers that drive it block by block."""
    yield from blocks(source, pipeline)
    pipeline.finish(source.store)


def blocks(source: Source, pipeline: Pipeline) -> Iterator[None]:
    """Take all that comes, block by block, and leave open what is open."""
    for frames, low, high in source:
        if frames.within is None:
            pipeline.take(frames, low, high, source.store)
        else:
            frames.within(partial(pipeline.take, frames, low, high, source.store))
        pipeline.drops(source.dropped)
        yield
