"""A given layout, compared with the frames: why nothing fits it, or why its number never counts, and what would.

    check(frames, layout, kernel)  -> sentences, the most useful first; none where there is nothing to say

It never says that a layout is right. Where the number nearly always counts, it says what would make it count always.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import MAGIC, PORT, PROTOCOL, RECORD, SHORT, Frames, RecordColumns, Sought
from seqcheck.kernel.portable.frame import locate, position
from seqcheck.kernel.protocols import Kernel
from seqcheck.layout.discovery.amend import amended, by_steps
from seqcheck.layout.discovery.because import named, percent, place
from seqcheck.layout.discovery.candidate import LIKELY, Candidate
from seqcheck.layout.discovery.ranking import discover
from seqcheck.layout.discovery.subject import Subject
from seqcheck.layout.discovery.survey import survey
from seqcheck.layout.discovery.trial import trial
from seqcheck.layout.discovery.written import labels
from seqcheck.layout.model import HERE, Digits, Layout, Match, Word
from seqcheck.layout.program import compile
from seqcheck.layout.spread import decoder_of
from seqcheck.layout.written import write, write_seq, write_word

COUNTS = 0.75  # of the steps: a number that goes up by one, or by little, as often counts
BETTER = 0.2  # by how much another one has to be better, to be worth a word
ALONE = 0.5  # streams for each record
FEWEST = 8  # records, of which that can be said
FEW = 0.1  # of the frames at the place: chance finds so many records
LOOK = 64  # frames whose bytes are read one by one
POSSIBLE = 0.4  # score of a number that goes up by a constant
MOST = 3  # values in the place of a magic


def check(frames: Frames, layout: Layout, kernel: Kernel) -> tuple[str, ...]:
    """What is wrong with the layout, as far as these frames tell."""
    if not frames.count:
        return ()
    subject = Subject(frames, kernel)
    tried = trial(subject, layout)
    if not len(tried.row):
        return (*_why(frames, layout, kernel), *_would(discover(frames, kernel), layout))
    seq = f"seq={write_seq(layout)}"
    if layout.streams and len(tried.row) >= FEWEST and tried.streams >= ALONE * len(tried.row):
        said = f"{len(tried.row):,} records make {tried.streams:,} streams: a stream field changes with the number."
        return (said, *_would(discover(frames, kernel), layout))
    if tried.repeats > 1:
        return ()
    if len(tried.row) <= FEWEST and len(tried.row) < FEW * tried.anchored:
        said = f"Only {len(tried.row):,} of {tried.anchored:,} frames there fit."
        return (said, *_would(discover(frames, kernel), layout))
    if tried.steps.pairs < FEWEST or tried.steps.share >= COUNTS:
        return tuple(amended(subject, layout, tried))
    candidates = discover(frames, kernel)
    would = tuple(_would(candidates, layout, tried.steps.share + BETTER)) or tuple(by_steps(tried, layout))
    if tried.steps.forward >= COUNTS and not would:
        return ()  # it counts, and frames are lost
    would = would or tuple(_might(candidates, layout))
    share = f"counts by one in only {percent(tried.steps.share)} of {len(tried.row):,} records"
    return (f"{seq} {share if tried.steps.up else 'never counts'}.", *would)


def _would(found: list[Candidate], layout: Layout, least: float = LIKELY) -> Iterator[str]:
    """What counts instead: at the same place, if anything does."""
    likely = [each for each in found if each.score > max(least, LIKELY)]
    near = [each for each in likely if (each.layout.anchor, each.layout.selector) == (layout.anchor, layout.selector)]
    for each in (near or likely)[:1]:
        yield f"{write(each.layout)} would: it {_said(each)}."


def _might(found: list[Candidate], layout: Layout) -> Iterator[str]:
    """A number at the same place that goes up by a constant, which is never likely."""
    for each in found:
        here = (each.layout.anchor, each.layout.selector) == (layout.anchor, layout.selector)
        if here and each.layout.step != 1 and each.score > POSSIBLE:
            yield f"{write(each.layout)} might: it {_said(each)}, as time stamps also do."
            return


def _said(found: Candidate) -> str:
    """What its first reason says of the number."""
    return found.because[0].removeprefix(f"{named(found.layout)}: ")


def _why(frames: Frames, layout: Layout, kernel: Kernel) -> Iterator[str]:
    """Why no frame is a record: what is in the place where the layout expects something else."""
    records = RecordColumns(frames.count)
    decoder_of(kernel, layout).decode(frames, 0, frames.count, records)
    status = records.status[: frames.count]
    if (status == MAGIC).any():
        rows = np.flatnonzero(status == MAGIC)
        yield from _magic(frames, layout, rows)
        if isinstance(layout.seq, Digits) and layout.seq.label:
            yield from _label(frames, layout, layout.seq.label, rows)
    elif (status == SHORT).any():
        yield from _short(frames, layout, np.flatnonzero(status == SHORT))
    elif ((status == PORT) | (status == PROTOCOL)).any() and (layout.selector is not None or layout.ports):
        there = "; ".join(survey(frames))
        first = "first frame holds" if frames.count == 1 else f"first {frames.count:,} frames hold"
        yield f"No frame has {place(layout)}." + (f" The {first} {there}." if there else "")


def _magic(frames: Frames, layout: Layout, rows: NDArray[np.int64]) -> Iterator[str]:
    """The values in the place of the first magic that differs."""
    rows = rows[np.linspace(0, len(rows) - 1, min(LOOK, len(rows))).astype(np.int64)]
    anchor = _anchor(layout)
    for match in layout.matches:
        if match.value is None or not match.equal:
            continue
        values = [value for row in rows.tolist() if (value := _value(frames, row, anchor, match.word)) is not None]
        numbers, counts = np.unique(np.array(values, np.uint64), return_counts=True)
        if not len(numbers) or int(numbers[int(np.argmax(counts))]) == match.value:
            continue
        order = np.argsort(-counts, kind="stable")[:MOST]
        said = ", ".join(f"{int(numbers[at]):#x} in {percent(counts[at] / counts.sum())}" for at in order)
        hint = " The bytes are in reverse order." if _turned(match) in map(int, numbers) else ""
        yield f"{write_word(match.word)} is {said} of the frames, not {match.value:#x}.{hint}"
        return


def _label(frames: Frames, layout: Layout, label: str, rows: NDArray[np.int64]) -> Iterator[str]:
    """Whether the label is there, and what is instead."""
    texts, sought = [], _anchor(layout)
    for row in rows[:LOOK].tolist():
        data, wire, link = frames.one(row)
        found = locate(data, wire, link, sought)
        texts.append(data[found.start : min(found.end, len(data))])
    if any(label.encode("ascii") in text for text in texts):
        yield f"There is no number after {label!r}."
        return
    others = Counter(other for text in texts for other in labels(text)).most_common(MOST)
    there = f"; numbers come after {', '.join(repr(other) for other, _ in others)}" if others else ""
    yield f"{label!r} is in none of the frames{there}."


def _turned(match: Match) -> int:
    """The value with its bytes the other way round."""
    return int.from_bytes((match.value or 0).to_bytes(match.word.width, "big"), "little")


def _short(frames: Frames, layout: Layout, rows: NDArray[np.int64]) -> Iterator[str]:
    """How long the payloads are, and how long they would have to be."""
    lengths, anchor = [], _anchor(layout)
    for row in rows[:LOOK].tolist():
        found = locate(*frames.one(row), anchor)
        lengths.append(max(min(found.end, found.stated) - found.start, 0))
    words = [word for word in layout.words() if word.offset < HERE]
    need = max((word.offset + word.width if word.offset >= 0 else -word.offset for word in words), default=0)
    if not need or need <= max(lengths):
        yield f"The layout's offsets are beyond the end of the payload, which has at most {max(lengths)} bytes."
        return
    yield f"The layout needs {need} bytes of payload; these frames have {max(lengths)} at most."


def _value(frames: Frames, row: int, anchor: Sought, word: Word) -> int | None:
    data, wire, link = frames.one(row)
    found = locate(data, wire, link, anchor)
    at = position(found, word.offset)
    if found.status != RECORD or at < found.start or at + word.width > min(found.end, len(data)):
        return None
    return int.from_bytes(data[at : at + word.width], "big" if word.big else "little") & word.mask


def _anchor(layout: Layout) -> Sought:
    return compile(layout).sought
