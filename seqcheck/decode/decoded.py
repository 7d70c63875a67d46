"""Records that were decoded apart from the others, and what makes them the capture's own.

    apart = Apart(kernel, program)                # one for each thread, or each task
    decoded = apart.decode(frames, records)       # records with ids of its own
    adoption.take(decoded, decoder, kernel, records)    # in order: ids of the capture's decoder, which counts them

Theory of operation
    A decoder gives ids in order of first appearance and counts the frames of each source. Of a block, a Decoded has
    what was new to its decoder: streams in order of first appearance, and how many frames each source sent. Those
    that are new to the capture are among those that were new to whoever decoded, and in the same order. So where all
    that a decoder reads is taken, in the order in which it read it, an id there becomes the id that one decoder for the
    whole capture would have given; ordinals grow by what the source sent elsewhere.

Invariants
    Nothing is taken where a limit is near (`fits`): then single records decide who is taken in, and one decoder has to
    read them in order. After something of a decoder was not taken (`refuse`), nothing of it is: what it knows is more
    than what was taken.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass
from ..kernel.border import MAX_SOURCES, MAX_STREAMS, Frames, Program, RecordColumns
from ..kernel.protocols import Kernel, KernelDecoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What the decoder of a block did not know before.

    known    streams that the decoder knew before
    streams  STREAM_KEY[n]: those that were new to it, whose ids are known, known + 1, ...
    sources  SOURCE[m]: those that sent frames of the block, with the counts of these frames alone
    ids      int32[m]: the decoder's own ids of these sources
    before   int64[m]: how many frames of each the decoder had read before
    full     the decoder has no id left: there may be records that it passed over
    """

    known: int
    streams: NDArray[Any]
    sources: NDArray[Any]
    ids: NDArray[np.int32]
    before: NDArray[np.int64]
    full: bool


class Apart:
    """A decoder with ids of its own, for one thread at a time."""

    def __init__(self, engine: Kernel, program: Program) -> None:
        self._decoder = engine.Decoder(program)
        self._streams = 0
        self._counts = self._decoder.sources()["counts"]

    @property
    def known(self) -> tuple[int, int]:
        """How many streams and sources there are."""
        return self._decoder.known()

    def decode(self, frames: Frames, records: RecordColumns) -> Decoded:
        """All rows of `frames` into `records`."""
        decoder, counts, known = self._decoder, self._counts, self._streams
        decoder.decode(frames, 0, frames.count, records)
        sources = decoder.sources()
        self._streams, _ = decoder.known()
        self._counts = sources["counts"].copy()
        sources["counts"][: len(counts)] -= counts
        sent = sources["counts"].any(axis=1)
        ids = np.flatnonzero(sent)
        before = np.zeros(len(ids), np.int64)
        old = ids < len(counts)
        before[old] = counts[ids[old]].sum(axis=1)
        return Decoded(
            known=known,
            streams=decoder.keys(known),
            sources=sources[sent],
            ids=ids.astype(np.int32),
            before=before,
            full=self._streams >= MAX_STREAMS or len(sources) > MAX_SOURCES,
        )


class Adoption:
    """From the ids of one Apart to those of the capture. `good`: all that it read was taken so far."""

    def __init__(self) -> None:
        self.good = True
        self._streams: NDArray[np.int32] = np.zeros(0, np.int32)
        self._sources: NDArray[np.int32] = np.zeros(0, np.int32)
        self._shift: NDArray[np.int64] = np.zeros(0, np.int64)

    def fits(self, decoded: Decoded, decoder: KernelDecoder) -> bool:
        """Whether it can be taken: everything before was, and there are ids for all that is new."""
        streams, sources = decoder.known()
        return (
            self.good
            and not decoded.full
            and streams + len(decoded.streams) < MAX_STREAMS
            and sources + len(decoded.sources) < MAX_SOURCES
        )

    def refuse(self) -> None:
        """Something was not taken."""
        self.good = False

    def take(self, decoded: Decoded, decoder: KernelDecoder, engine: Kernel, records: RecordColumns) -> None:
        """The next of what this Apart read, which fits: its records get the capture's ids, `decoder` its counts."""
        if len(decoded.streams):
            self._streams = np.concatenate([self._streams[: decoded.known], decoder.adopt_streams(decoded.streams)])
        ids, sent = decoder.adopt_sources(decoded.sources)
        if len(decoded.ids) and int(decoded.ids[-1]) >= len(self._sources):
            more = int(decoded.ids[-1]) + 1 - len(self._sources)
            self._sources = np.concatenate([self._sources, np.full(more, -1, np.int32)])
            self._shift = np.concatenate([self._shift, np.zeros(more, np.int64)])
        self._sources[decoded.ids] = ids
        self._shift[decoded.ids] = sent - decoded.before
        engine.renumber(records, self._streams, self._sources, self._shift)


class Ahead:
    """What Frames.decoded is: the records of all rows, read ahead."""

    def __init__(self, decoded: Decoded, adoption: Adoption, records: RecordColumns) -> None:
        self.decoded, self.adoption, self.records = decoded, adoption, records

    def take(self, decoder: KernelDecoder, engine: Kernel) -> RecordColumns | None:
        """The records as the capture's, if there is no limit near; then `decoder` has counted them."""
        if not self.adoption.fits(self.decoded, decoder):
            return None
        self.adoption.take(self.decoded, decoder, engine, self.records)
        return self.records

    def leave(self) -> None:
        """They are not wanted: the frames will be decoded where they come."""
        self.adoption.refuse()
