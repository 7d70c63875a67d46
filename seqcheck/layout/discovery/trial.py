"""A layout tried on the sample with the real decoder: what it reads, and how well that counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.kernel.border import CUT, MAGIC, RECORD, SHORT, RecordColumns
from seqcheck.layout.discovery.again import hidden, late_copies
from seqcheck.layout.discovery.grouping import before
from seqcheck.layout.discovery.measure import Steps, distance, hasty, steps
from seqcheck.layout.discovery.subject import LINK, Subject
from seqcheck.layout.discovery.ticking import ticking
from seqcheck.layout.model import MOST_COVERED, Digits, Layout, Sets, Word
from seqcheck.layout.program import compile
from seqcheck.layout.spread import counts_of, decoder_of

HIDDEN, TOLD = 0.05, 64  # of the records: fewer copies say nothing; so many of them are looked at
WIDE, VARIED = 12, 16  # bytes that vary, and in how many ways: more than a number and its stream have
LOOK = 512  # pairs of equal numbers whose bytes are compared
BYTES = 256  # of each
LEAST, REGULAR = 8, 0.9  # runs of equal numbers; the share of them that has one length
FEW = 2  # records of a stream, up to which they are strays
DIFFER, UNNAMED = 5, 2  # bytes that may differ between copies, with and without an IP identification that they share
COPIED = 0.6  # of the pairs: more copies than that do not come by copying each frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`row` int64[n] of the frames that are records, with `stream` and `seq` (of several in a frame, the first);
    `before` the index of the record before in the same stream, -1 for the first. `anchored`: frames that reach the
    fields of the layout, records or not. `repeats`: each number is sent this many times, 1 where they are not sent
    equally often. `strays`: the share of records in streams of one or two. `varied`: a field that says how far the
    number moves says different things. `hasty`: it leaves out numbers where no time was left out.
    `tick` in ns of a clock that would have counted the same, 0 without one. `copies`: so many records are the same
    bytes as an earlier one, out of their turn; the steps leave them out. `hidden`: so many are, though by the laps of
    the number nothing came twice."""

    row: NDArray[np.int64]
    stream: NDArray[np.int64]
    seq: NDArray[np.uint64]
    before: NDArray[np.int64]
    anchored: int
    streams: int
    steps: Steps
    repeats: int
    strays: float
    varied: bool
    hasty: bool
    tick: int
    copies: int
    hidden: int


def trial(subject: Subject, layout: Layout) -> Trial:
    """Decode the whole sample."""
    frames = subject.frames
    records = RecordColumns(frames.count)
    decoder = subject.kernel.Decoder(compile(layout)) if layout.covers else decoder_of(subject.kernel, layout)
    decoder.decode(frames, 0, frames.count, records)
    n = records.count
    row, stream = records.row[:n].astype(np.int64), records.stream[:n].astype(np.int64)
    seq = records.seq[:n].copy()
    covered = np.ones(n, np.uint64)
    if layout.covers:
        covered = counts_of(subject.kernel, layout)(frames, row, stream)
    telling = (covered > 0) & (covered <= MOST_COVERED)  # a number that stays where nothing is covered says nothing
    row, stream, seq, covered = row[telling], stream[telling], seq[telling], covered[telling]
    if isinstance(layout.covers, Sets) and layout.covers.last:
        seq -= covered - np.uint64(1)
    last = seq + covered - np.uint64(1)
    last = last % np.uint64(layout.counted) if layout.counted else last
    earlier = before(stream)
    concealed = 0 if layout.covers or layout.each else _concealed(subject, row, stream, seq, earlier, layout.counted)
    fresh = np.ones(len(row), np.bool_)
    if not (layout.covers or layout.each):
        fresh = ~late_copies(stream, seq, subject.digest[row], earlier)
        places = np.flatnonzero(fresh)
        earlier = np.full(len(row), -1, np.int64)
        chained = before(stream[places])
        earlier[places] = np.where(chained >= 0, places[chained], -1)
    later = np.flatnonzero(earlier >= 0)
    new, old = seq[later], last[earlier[later]]
    moved = distance(new, old, layout.counted)
    alike = _copies(subject, row[later], row[earlier[later]], new == seq[earlier[later]])
    repeats = _repeats(seq, stream)
    if repeats == 1 and np.count_nonzero(alike) > COPIED * len(alike):
        alike[:] = False  # a number that hardly moves in frames that hardly differ
    status = records.status[: frames.count]
    first = np.flatnonzero(np.concatenate([[True], row[1:] != row[:-1]])[: len(row)])  # of each frame
    return Trial(
        row=row[first],
        stream=stream[first],
        seq=seq[first],
        before=before(stream[first]) if layout.each else earlier,
        anchored=int((np.isin(status, (RECORD, MAGIC, SHORT, CUT)) & ~subject.empty).sum()),
        streams=int(stream.max()) + 1 if len(row) else 0,
        steps=steps(new, old, layout.counted, alike),
        repeats=repeats,
        strays=_strays(stream),
        hasty=hasty(moved, frames.ns[row[later]] - frames.ns[row[earlier[later]]]),
        hidden=concealed,
        copies=int(np.count_nonzero(~fresh)),
        tick=0 if _counter(layout) else ticking(stream, moved, later, seq, frames.ns[row], _shift(layout)),
        varied=bool((covered != covered[:1]).any()),
    )


def _concealed(
    subject: Subject,
    row: NDArray[np.int64],
    stream: NDArray[np.int64],
    seq: NDArray[np.uint64],
    earlier: NDArray[np.int64],
    modulus: int,
) -> int:
    """How many copies the laps hide; none where the frames hold nothing but the number that could tell laps apart."""
    found = hidden(stream, seq, subject.digest[row], earlier, modulus)
    if len(found) < max(LEAST, HIDDEN * len(row)):
        return 0
    frames = subject.frames
    picked = row[found[np.linspace(0, len(found) - 1, TOLD).astype(np.int64)]]
    begin = np.where(subject.payload[picked, 0] > 0, subject.payload[picked, 0], LINK)
    size = min(int((frames.cap[picked] - begin).min()), BYTES)
    if size <= 0:
        return 0
    table = frames.buf[(frames.off[picked] + begin)[:, None] + np.arange(size)]
    telling = sum(len(np.unique(column)) >= VARIED for column in table.T)
    return len(found) if telling >= WIDE else 0


def _counter(layout: Layout) -> bool:
    """Whether it is a number by its name, or covers several numbers: no clock does."""
    label = layout.seq.label.lower() if isinstance(layout.seq, Digits) else ""
    return bool(layout.name or layout.covers or layout.each or layout.step != 1 or "seq" in label or "count" in label)


def _shift(layout: Layout) -> int:
    """Bits below the number."""
    return layout.seq.shift if isinstance(layout.seq, Word) else 0


def _strays(stream: NDArray[np.int64]) -> float:
    """The share of records whose streams have hardly any others."""
    if not len(stream):
        return 0.0
    counts = np.bincount(stream)
    return float(counts[counts <= FEW].sum()) / len(stream)


def _repeats(seq: NDArray[np.uint64], stream: NDArray[np.int64]) -> int:
    """How many times each number comes in a row, 1 where that differs."""
    order = np.argsort(stream, kind="stable")
    numbers, streams = seq[order], stream[order]
    ends = np.flatnonzero((numbers[1:] != numbers[:-1]) | (streams[1:] != streams[:-1]))
    lengths = np.diff(ends)  # the first and the last run may be cut
    if len(lengths) < LEAST:
        return 1
    times, counts = np.unique(lengths, return_counts=True)
    most = int(np.argmax(counts))
    return int(times[most]) if counts[most] >= REGULAR * len(lengths) else 1


def _copies(
    subject: Subject, later: NDArray[np.int64], earlier: NDArray[np.int64], same: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """bool[n]: pairs with the `same` number that are one packet twice; of many, a sample decides for all."""
    known = subject.identification
    pairs = np.flatnonzero(same & (known[later] == known[earlier]))
    alike = np.zeros(len(same), np.bool_)
    if len(pairs):
        picked = pairs[np.linspace(0, len(pairs) - 1, min(LOOK, len(pairs))).astype(np.int64)]
        share = np.mean([_alike(subject, int(later[at]), int(earlier[at])) for at in picked.tolist()])
        alike[pairs[: round(float(share) * len(pairs))]] = True
    return alike


def _alike(subject: Subject, one: int, other: int) -> bool:
    """Whether two frames hold the same bytes, except a few (addresses, hop counts and their checksums, trailers); no
    way changes a payload of UDP."""
    frames = subject.frames
    size = min(int(frames.cap[one]), int(frames.cap[other]), BYTES)
    first = frames.buf[frames.off[one] : frames.off[one] + size]
    second = frames.buf[frames.off[other] : frames.off[other] + size]
    differ = np.flatnonzero(first != second)
    if subject.identification[one] >= 0:
        return len(differ) <= DIFFER
    begin, end = subject.payload[one].tolist()
    return len(differ) <= UNNAMED and not ((differ >= begin) & (differ < end)).any()
