"""Which layout a capture has, if none was given: decided from its first blocks, or at its end.

First come the built-ins with a strict magic, on every block: a record of one decides immediately, unless records are so
few among the frames of their kind that they may be chance. Then discovery looks at the first frames together (and tries
the other built-ins, too): a candidate beyond doubt decides, unless another candidate beyond doubt reads as much.

    known = recognition.take(frames, low, high)   # a block; None: not decided, and it waits if `waiting`
    known = recognition.end()                     # the input has ended
    recognition.release()                         # the blocks that waited, copied, to be taken now

Nothing is kept after the decision, or after the first frames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ..dataclass import dataclass
from ..errors import InputError
from ..kernel.border import MAGIC, RECORD, SHORT, Frames, RecordColumns
from ..kernel.protocols import DecoderLike, Kernel
from ..layout import Layout, candidates, compile
from ..layout import write as spec_of
from .guard import ADVICE, UnfinishedError, within

if TYPE_CHECKING:
    from ..layout.discovery import Candidate, Sample
    from ..model import Capture
    from ..sink import Store

T = TypeVar("T")
CHANCE = 0.01  # of the frames of its kind: fewer records than that are no recognition, unless they are
ENOUGH = 8  # or more
LOOKS = (500, 4000)  # frames after which discovery looks, beside when it has all it looks at; for live captures
RIVAL = (
    0.25  # other frames that another candidate beyond doubt reads, for each record of the first, that make it a rival
)
AGAIN, AGAIN_BYTES = 2000, 1 << 19  # frames, and about so many bytes, read again to say what is wrong with a layout
NAMED = 3  # candidates that an error names


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A layout, with the decoder and its records of the block where it was recognized. `how` says why, for people; it
    is empty if the layout's magic says all."""

    layout: Layout
    decoder: DecoderLike | None
    records: RecordColumns | None
    how: str = ""


class Recognition:
    """One for each capture whose layout is not given."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._trials = [(one, kernel.Decoder(compile(one))) for one in candidates()]
        self._spare = (RecordColumns(0), RecordColumns(0))
        self._sample: Sample | None = None
        self._found: list[Candidate] | None = None
        self._there: tuple[str, ...] = ()
        self._looked = 0  # frames in which discovery looked
        self._looks = [*LOOKS]
        self._current = False  # whether the last block of the sample is the one being taken
        self.waiting = True

    def release(self) -> list[Frames]:
        """The blocks that waited, in order, without the one being taken; nothing waits any longer."""
        sample, self._sample = self._sample, None
        self.waiting = False
        parts = sample.parts if sample else []
        return parts[:-1] if self._current else parts

    def take(self, frames: Frames, low: int, high: int) -> Recognised | None:
        """Rows low..high-1 of `frames`. They wait if they do not decide, and `waiting` is still true."""
        self._current = False
        if (known := self._strict(frames, low, high)) is not None:
            return known
        if not self.waiting:
            return None
        if self._sample is None:
            from ..layout.discovery import Sample  # here, since few runs need it

            self._sample = Sample()
        self._sample.take(frames, low, high)
        self._current = True
        self.waiting = not self._sample.full
        if self.waiting and not (self._looks and self._sample.count >= self._looks[0]):
            return None
        self._looks = [count for count in self._looks if count > self._sample.count]
        return self._discovered()

    def end(self) -> Recognised | None:
        """The input has ended."""
        self._current = False
        return self._discovered() if self._sample is not None and self._sample.count else None

    def error(self, capture: Capture) -> InputError:
        """What to say where nothing was recognized."""
        tried = ", ".join(one.name for one, _ in self._trials)
        found = self._found or []
        advice = [f"The first {self._looked:,} hold: {'; '.join(self._there)}."] if self._there else []
        if found:
            advice += ["What counts there, best first (seqcheck discover says why):"]
            advice += [f"  --layout '{spec_of(each.layout)}'   score {each.score:.2f}" for each in found[:NAMED]]
        else:
            advice += [
                "Say where the sequence number is: --layout NAME (see `seqcheck layouts`), or a spec such as",
                '--layout "udp:5000 seq=u32be@0": UDP port 5000, 32 bits, big endian, at byte 0 of the payload.',
            ]
        return InputError(
            f"none of the {capture.frames:,} frames carries a header that seqcheck recognizes (tried: {tried}; then "
            "discovery)",
            hint="\n".join(advice),
        )

    def _strict(self, frames: Frames, low: int, high: int) -> Recognised | None:
        """By a strict magic; the most records win."""
        if len(self._spare[0].row) < frames.capacity:
            self._spare = (RecordColumns(frames.capacity), RecordColumns(frames.capacity))
        best: tuple[Layout, DecoderLike] | None = None
        counts: dict[str, int] = {}
        mine, spare = self._spare
        for one, decoder in self._trials:
            decoder.decode(frames, low, high, spare)
            if not spare.count or not _believed(spare, low, high):
                continue
            counts[one.name] = spare.count
            if best is None or spare.count > mine.count:
                best, mine, spare = (one, decoder), spare, mine
        if best is None:
            return None
        others = {name: count for name, count in counts.items() if name != best[0].name}
        return Recognised(layout=best[0], decoder=best[1], records=mine, how=_beside(others, best[0].name))

    def _discovered(self) -> Recognised | None:
        from ..layout.discovery import DOUBTLESS, discover, survey

        assert self._sample is not None
        frames = self._sample.frames()
        self._looked = frames.count
        nothing: list[Candidate] = []
        found = _finished(lambda: discover(frames, self._kernel), nothing)
        self._there = _finished(lambda: tuple(survey(frames)), ())
        self._found = found
        if not found or found[0].score <= DOUBTLESS:
            return None
        first = found[0]
        if any(each.score > DOUBTLESS and each.apart >= RIVAL * first.records for each in found[1:]):
            return None
        return Recognised(layout=first.layout, decoder=None, records=None, how=_how(first))


def _finished(work: Callable[[], T], otherwise: T) -> T:
    """What `work` gives; `otherwise` where it took too much, or failed: then there is nothing to go by, which the error
    will say."""
    try:
        return within(ADVICE, work)
    except UnfinishedError:
        return otherwise


def first_frames(store: Store) -> Frames:
    """The first frames of a capture again, as many as are still at hand, up to AGAIN and AGAIN_BYTES."""
    found, size = [], 0
    for number in range(1, AGAIN + 1):
        if (frame := store.get(number)) is None or size > AGAIN_BYTES:
            break
        found.append(frame)
        size += len(frame.data)
    frames = Frames(len(found))
    frames.count = len(found)
    frames.cap[:] = [len(frame.data) for frame in found]
    frames.off[:] = np.cumsum(frames.cap, dtype=np.int64) - frames.cap
    for name in ("wire", "ns", "link"):
        getattr(frames, name)[:] = [getattr(frame, name) for frame in found]
    frames.buf = np.frombuffer(b"".join(frame.data for frame in found), np.uint8)
    return frames


def _beside(others: dict[str, int], name: str) -> str:
    """That other layouts were recognized as well, and are not read."""
    if not others:
        return ""
    said = ", ".join(f"{other} ({count:,} frames in the first block)" for other, count in others.items())
    both = " ".join(f"--layout {each}" for each in (name, *others))
    return f"No layout was given: {name} is read; there is also {said}. To read them together: {both}"


def _how(one: Candidate) -> str:
    """Why, in a sentence."""
    named = f"the built-in {one.layout.name}" if one.layout.name else f"'{spec_of(one.layout)}'"
    return f"No layout was given: {named} was found by discovery ({one.because[0]}; score {one.score:.2f})."


def _believed(records: RecordColumns, low: int, high: int) -> bool:
    """Whether that many records among the frames of their kind are more than chance."""
    status = records.status[low:high]
    alike = int(np.count_nonzero((status == RECORD) | (status == MAGIC) | (status == SHORT)))
    return records.count >= min(ENOUGH, CHANCE * alike)
