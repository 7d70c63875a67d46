"""A capture, in blocks of frames: one input or several, files, compressed files, pipes, streams.

    with CaptureReader(["a.pcap", "b.pcapng.gz"], kernel=kernel) as reader:
        for frames, low, high in reader:
            ...                    # rows low..high-1 of `frames` are next; row r is frame number frames.first + r
            reader.store.get(17)   # a StoredFrame that was read before (or lies in this block), or None
        reader.frames, reader.damage, ...  # what is known of the capture: so far, at any time

`frames` and its rows are valid until the next step of the loop; the same Frames, with the same rows below `low`, may
come again; there are no rows where only the number of lost frames has changed. No more than CaptureReader.rows rows are
new at a time, unless the reading was hastened. An input of which nothing can be read is an InputError: on opening
or, where its first record is damaged and no input has another frame, at the end. Bad data never raises otherwise.
Several inputs are one capture in time order (see `merge`). Offsets are bytes after decompression; times are integer
ns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqcheck.capture.ahead import LEAD
from seqcheck.capture.bytestream import Input, State
from seqcheck.capture.feed import Feed
from seqcheck.capture.form import Indexer
from seqcheck.capture.numbering import Numbering
from seqcheck.capture.slots import MAX_OPEN, ROWS, SHARED_SLOT, SLOT, Pool
from seqcheck.closing import Closing
from seqcheck.errors import InputError, UsageError
from seqcheck.kernel.border import T_BYTES, T_CUT, T_FIRST, T_LAST, Frames
from seqcheck.model import Damage
from seqcheck.sink import StoredFrame

if TYPE_CHECKING:
    from seqcheck.capture.plan import Plan

WINDOW = 32 << 20  # bytes of pipes and compressed inputs that are kept to look back at


class FrameStore:
    """Single frames again, by their number over the whole capture."""

    def __init__(self, feeds: Sequence[Feed], numbering: Numbering) -> None:
        self._feeds, self._numbering = feeds, numbering

    def get(self, number: int) -> StoredFrame | None:
        """A frame that was read; None if it was not yet, or is no longer known."""
        if len(self._feeds) == 1:
            return self._feeds[0].frame(number)
        found = self._numbering.find(number)
        return self._feeds[found[0]].frame(found[1]) if found else None


class CaptureReader(Closing):
    """Iterate once, or again after `rewind`; afterwards the store still answers, until `close`.

    inputs  a list of paths, "-" for standard input, and binary streams; at least one, the same one twice is allowed
    kernel  what indexes
    window  bytes of pipes and compressed inputs to keep for the store
    until   until when to wait for inputs that are no files, of the monotonic clock; None is for ever
    """

    rows = ROWS

    def __init__(
        self, inputs: Sequence[Input], *, kernel: Indexer, window: int = WINDOW, until: float | None = None
    ) -> None:
        if not inputs:
            raise UsageError("no capture given")
        self._feeds: list[Feed] = []
        try:
            for place, each in enumerate(inputs):
                feed = Feed(each, kernel, place=place, until=until)
                self._feeds.append(feed)
                if len(inputs) > 1 and feed.again:
                    feed.suspend()
        except BaseException:
            self.close()
            raise
        self._plan: Plan | None = None
        self._numbering = Numbering()
        self._store = FrameStore(self._feeds, self._numbering)
        eager = any(feed.eager for feed in self._feeds)
        size = SLOT if len(inputs) == 1 else SHARED_SLOT
        slots = self._slots(max(window // size, 1), each=2 if eager else 1)
        self._pool = Pool(slots, size=size, lead=LEAD if eager else 0)

    def __iter__(self) -> Iterator[tuple[Frames, int, int]]:
        yield from self._one(self._feeds[0]) if len(self._feeds) == 1 else self._several()
        if not self.frames and (broken := [feed for feed in self._feeds if feed.broken]):
            *_, last = broken[0].damage()
            raise InputError(f"{last.input}: {last.what} (byte {last.offset})", hint="Nothing of it could be read.")

    def hasten(self, plan: Plan) -> None:
        """From the next block on, read in parts by several threads, as far as that is worth it: blocks then come with
        their records, decoded for the plan's program (Frames.decoded). Frames and all else stay the same."""
        self._plan = plan

    def rewind(self) -> None:
        """Have the next iteration begin at the first byte, as if nothing had been read; only if `again`. It is not
        hastened."""
        self._plan = None
        for feed in self._feeds:
            feed.suspend()
            feed.halt("")
            feed.count = 0
        self._numbering = Numbering()
        self._store = FrameStore(self._feeds, self._numbering)

    def stop(self, why: str) -> None:
        """Read no further: what was read is given out, then the iteration ends; `why` is told among the damage."""
        for feed in self._feeds:
            feed.halt(why)

    @property
    def store(self) -> FrameStore:
        """Single frames again."""
        return self._store

    @property
    def bytes_done(self) -> int:
        """Bytes of the inputs themselves (compressed ones as they are) that were read."""
        return sum(feed.bytes_done for feed in self._feeds)

    @property
    def bytes_total(self) -> int | None:
        """How many there are, None if that is not known."""
        sizes = [feed.bytes_total for feed in self._feeds]
        return None if None in sizes else sum(size or 0 for size in sizes)

    @property
    def again(self) -> bool:
        """Whether all inputs are files, which another reader can read from the first byte on."""
        return all(feed.again for feed in self._feeds)

    @property
    def states(self) -> tuple[State | None, ...]:
        """Which files they were, and in which state, when they were opened; None for what is no file."""
        return tuple(feed.state for feed in self._feeds)

    @property
    def changed(self) -> str:
        """The name of one that was replaced or written to since then, empty if none was."""
        return next((feed.name for feed in self._feeds if feed.changed), "")

    @property
    def inputs(self) -> tuple[str, ...]:
        """Their names, as given."""
        return tuple(feed.name for feed in self._feeds)

    @property
    def frames(self) -> int:
        """Frames that were given out, or are about to be."""
        return sum(feed.count for feed in self._feeds)

    @property
    def wire_bytes(self) -> int:
        """Bytes of these frames on the wire."""
        return sum(int(feed.totals[T_BYTES]) for feed in self._feeds)

    @property
    def first_ns(self) -> int | None:
        """The lowest time stamp; None if no frame has one (pcapng's simple packets have none)."""
        return min((int(feed.totals[T_FIRST]) for feed in self._timed()), default=None)

    @property
    def last_ns(self) -> int | None:
        """The highest time stamp."""
        return max((int(feed.totals[T_LAST]) for feed in self._timed()), default=None)

    @property
    def cut_frames(self) -> int:
        """Frames of which less was captured than was on the wire."""
        return sum(int(feed.totals[T_CUT]) for feed in self._feeds)

    @property
    def dropped(self) -> int | None:
        """Frames that the capturing side says it lost, added up over the inputs that tell; None if none does."""
        drops = [feed.dropped for feed in self._feeds if feed.dropped is not None]
        return sum(drops) if drops else None

    @property
    def damage(self) -> tuple[Damage, ...]:
        """What is wrong with the inputs, as far as they were read; for each by offset, then its time stamps."""
        return tuple(damage for feed in self._feeds for damage in feed.damage())

    def close(self) -> None:
        """Let go of everything that was opened here."""
        for feed in self._feeds:
            feed.close()

    def _one(self, feed: Feed) -> Iterator[tuple[Frames, int, int]]:
        feed.start(self._pool)
        plan = self._plan
        if plan is not None:
            feed.hasten(plan)
        while (rows := feed.fill()) is not None:
            block, low, high = rows
            feed.settle()
            frames = block.frames
            frames.first = block.first
            yield frames, low, high
            if plan is None and (plan := self._plan) is not None:
                feed.hasten(plan)

    def _several(self) -> Iterator[tuple[Frames, int, int]]:
        from seqcheck.capture.merge import in_order  # here, since it is for several inputs only

        numbering = self._numbering
        for each in in_order(self._feeds, self._pool, lambda: self._plan):
            frames, low, high = each.frames, each.low, each.high
            frames.first = numbering.count + 1 - low
            if high > low:
                numbering.add(each.places, each.firsts, high - low)
            yield frames, low, high

    def _timed(self) -> list[Feed]:
        return [feed for feed in self._feeds if feed.totals[T_FIRST] <= feed.totals[T_LAST]]

    def _slots(self, window: int, *, each: int) -> int:
        """What can be in use at once, so many for `each` input, and those of the window."""
        feeds = self._feeds
        pipes = sum(not feed.again for feed in feeds)
        kept = 0 if all(feed.plain for feed in feeds) else 1 + window
        return each * (min(len(feeds) - pipes, MAX_OPEN) + pipes) + kept
