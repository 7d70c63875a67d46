"""What is gathered while reading, for the overview: a time line, and records and duplicates evenly spread over it.

Bounded, and next to free: a few array operations a block, over as many elements as the block has bins. Bins hold
`stride` frames each, which doubles (and neighbours are merged) whenever more than BINS would be needed; samples keep
every so-many-th row in the same way. Counts of findings are as they came: what was taken back later is still in them.
Times are integer ns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernel.border import DUPLICATE, EVENT, GAP, LATE
from ..layout import Layout
from ..saved import Saved
from ..sink import Block, Sink

BINS = 1024
HALF = 32  # bits
STRIDE = 16  # frames in a bin, to begin with
FEW = 4  # bins of a block that are better counted one by one
SAMPLES = 512
MOST = int(np.iinfo(np.int64).max)
# missing: widths of gaps, of which a few can be more than 64 bits hold; their upper halves are counted apart.
# passed_over: frames whose numbers are counted, but that nobody wants to see.
BIN = np.dtype(
    [
        ("ns", "<i8"), ("records", "<i8"), ("duplicates", "<i8"), ("missing", "<i8"), ("late", "<i8"),
        ("dropped", "<i8"), ("missing_high", "<i8"), ("passed_over", "<i8"),
    ]
)  # fmt: skip
Rows = NDArray[np.int32] | None
POINT = np.dtype(
    [("stream", "<i4"), ("source", "<i4"), ("ordinal", "<i8"), ("frame", "<i8"), ("ns", "<i8"), ("seq", "<u8")]
)


class Sample:
    """Every stride-th row of all that were offered, at most `most`."""

    def __init__(self, dtype: np.dtype[Any], most: int = SAMPLES) -> None:
        self._kept = np.zeros(most, dtype)
        self._count = self._seen = 0
        self._stride = 1

    def pick(self, count: int) -> slice:
        """Which of the next `count` rows are wanted; `put` takes them."""
        start = -self._seen % self._stride
        self._seen += count
        return slice(start, count, self._stride)

    def put(self, rows: NDArray[Any]) -> None:
        """What `pick` asked for."""
        while self._count + len(rows) > len(self._kept):
            half = self._kept[: self._count : 2].copy()
            rows = rows[self._count % 2 :: 2]
            self._count = len(half)
            self._kept[: len(half)] = half
            self._stride *= 2
        self._kept[self._count : self._count + len(rows)] = rows
        self._count += len(rows)

    def save(self, into: Saved) -> None:
        """What is kept, and which row is wanted next."""
        into.put("rows", self._kept[: self._count])
        into.note("seen", self._seen)
        into.note("stride", self._stride)

    def load(self, saved: Saved) -> None:
        """What was saved; ValueError if that cannot be."""
        rows = saved.rows("rows", self._kept.dtype, len(self._kept))
        self._kept[: len(rows)], self._count = rows, len(rows)
        self._seen, self._stride = saved.number("seen"), saved.number("stride", 1)

    def rows(self) -> NDArray[Any]:
        """A copy of what is kept, in order."""
        return self._kept[: self._count].copy()


class Timeline(Sink):
    """A sink; `bins()` at any time."""

    def __init__(self) -> None:
        self._bins = np.zeros(BINS, BIN)
        self._dropped = 0
        self._several = False  # records may share a frame
        self._points = Sample(POINT)
        self._strays = Sample(EVENT)
        self.stride = STRIDE
        self.frames = 0
        self.last_ns = 0

    def begin(self, layouts: Sequence[Layout]) -> None:
        """Records of these layouts will come."""
        self._several = any(layout.several for layout in layouts)

    def take(self, block: Block) -> None:
        """A block, and the records in it."""
        frames, low, high, records = block.frames, block.low, block.high, block.records
        before = frames.first + low - 1  # frames that came earlier
        known, self.frames = self.frames, before + high - low
        while self.frames > BINS * self.stride:
            self._halve()
        if before > known:
            self._pass_over(known, before, int(frames.ns[low]))
        first, last = before // self.stride, (self.frames - 1) // self.stride
        self.last_ns = int(frames.ns[high - 1])
        count = records.count
        every = count == high - low and not self._several
        rows = None if every else records.row[:count]  # None: every frame is a record
        (self._few if last - first < FEW else self._many)(frames.ns[low:high], (first, last), before, low, rows)
        wanted = self._points.pick(count)
        if wanted.start < count:
            taken = records.row[:count][wanted]
            points = np.empty(len(taken), POINT)
            for name in ("stream", "source", "ordinal", "seq"):
                points[name] = getattr(records, name)[:count][wanted]
            points["frame"], points["ns"] = taken + np.int64(frames.first), frames.ns[taken]
            self._points.put(points)

    def save(self, into: Saved) -> None:
        """All of it."""
        into.put("bins", self.bins())
        for name in ("stride", "frames", "last_ns"):
            into.note(name, getattr(self, name))
        into.note("dropped", self._dropped)
        self._points.save(into.within("points"))
        self._strays.save(into.within("strays"))

    def load(self, saved: Saved) -> None:
        """What was saved; ValueError if that cannot be."""
        self.stride, self.frames = saved.number("stride", STRIDE), saved.number("frames")
        self.last_ns, self._dropped = saved.number("last_ns", -MOST - 1, MOST), saved.number("dropped", 0, MOST)
        bins = saved.rows("bins", BIN, BINS)
        if len(bins) != -(-self.frames // self.stride):
            raise ValueError("bins of a time line")
        self._bins[: len(bins)] = bins
        self._points.load(saved.within("points"))
        self._strays.load(saved.within("strays"))

    def _pass_over(self, known: int, before: int, ns: int) -> None:
        """Frames known+1..before do not come; the next one comes at `ns`."""
        stride = self.stride
        bins = np.arange(known // stride, (before - 1) // stride + 1)
        ends = np.minimum((bins + 1) * stride, before)
        self._bins["passed_over"][bins] += ends - np.maximum(bins * stride, known)
        self._bins["ns"][bins[bins * stride >= known]] = ns

    def _few(self, ns: NDArray[np.int64], bins: tuple[int, int], before: int, low: int, rows: Rows) -> None:
        """A block that lies in a few bins, as most do: times of its frames, of which `before` came earlier; the rows
        of the records among them, counted from -low."""
        first, last = bins
        if before == first * self.stride:
            self._bins["ns"][first] = ns[0]
        done = 0
        for each in range(first, last):
            at = (each + 1) * self.stride - before  # where the next bin begins
            self._bins["ns"][each + 1] = ns[at]
            upto = at if rows is None else int(rows.searchsorted(np.int32(low + at)))
            self._bins["records"][each] += upto - done
            done = upto
        self._bins["records"][last] += (len(ns) if rows is None else len(rows)) - done

    def _many(self, ns: NDArray[np.int64], bins: tuple[int, int], before: int, low: int, rows: Rows) -> None:
        """The same for a block that lies in many."""
        first, last = bins
        begin = -(-before // self.stride)  # the first bin that begins here
        starts = np.arange(begin, last + 1) * self.stride - before
        self._bins["ns"][begin : last + 1] = ns[starts]
        inner = starts[begin == first :]
        edges = np.empty(len(inner) + 2, np.int64)  # np.diff's prepend and append cost more than all the rest
        edges[0], edges[-1] = 0, len(ns) if rows is None else len(rows)
        edges[1:-1] = inner if rows is None else rows.searchsorted((low + inner).astype(np.int32))
        self._bins["records"][first : last + 1] += edges[1:] - edges[:-1]

    def found(self, rows: NDArray[Any], block: Block) -> None:
        """Rows of EVENT, as the tracker gave them."""
        kinds, frames = np.ascontiguousarray(rows["kind"]), rows["frame"]
        for kind, name in ((DUPLICATE, "duplicates"), (LATE, "late"), (GAP, "missing")):
            at = np.flatnonzero(kinds == kind)
            if len(at):
                if kind == GAP:
                    widths = rows["a"][at]
                    self._count("missing_high", frames[at], widths >> HALF)
                    self._count(name, frames[at], widths & ((1 << HALF) - 1))
                else:
                    self._count(name, frames[at], None)
                if kind == DUPLICATE:
                    self._strays.put(rows[at[self._strays.pick(len(at))]])

    def _count(self, name: str, frames: NDArray[np.int64], each: NDArray[np.int64] | None) -> None:
        """Add `each` (or one) to the bin of each frame number."""
        bins = (frames - 1) // self.stride
        if each is not None:
            np.add.at(self._bins[name], bins, each)
            return
        first = int(bins.min())
        counts = np.bincount(bins - first)
        self._bins[name][first : first + len(counts)] += counts

    def drops(self, total: int | None) -> None:
        """What the capturing side says it has lost so far."""
        if total is not None and total > self._dropped:
            at = max(self.frames - 1, 0) // self.stride
            so_far = int(self._bins["dropped"][at])
            self._bins["dropped"][at] = min(so_far + total - self._dropped, MOST)  # a file can claim any number
            self._dropped = total

    def bins(self) -> NDArray[Any]:
        """A copy of the bins in use: bin i begins with frame i * stride + 1."""
        return self._bins[: -(-self.frames // self.stride)].copy()

    def points(self) -> NDArray[Any]:
        """POINT[n]: records, evenly spread."""
        return self._points.rows()

    def strays(self) -> NDArray[Any]:
        """EVENT[n]: duplicates, evenly spread over all of them."""
        return self._strays.rows()

    def _halve(self) -> None:
        merged = np.zeros(BINS, BIN)
        half = BINS // 2
        for name in BIN.names or ():
            column = self._bins[name]
            merged[name][:half] = column[::2] if name == "ns" else added(column[::2], column[1::2])
        self._bins = merged
        self.stride *= 2


def added(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Their sum, of counts that may be as large as they can be."""
    return one + np.minimum(other, MOST - one)
