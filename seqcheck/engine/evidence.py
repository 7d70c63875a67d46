"""What the bytes say about a sample of the duplicates, looked up while both copies are available.

For some duplicates of each order of magnitude of distance: are the copies the same (diagnose.evidence), did the copy
take a turn of its own in the sender's rhythm, does it come from the slot that its stamp names, and what were the
foreign frames between the copies?

The sample covers the whole capture: a hash of stream and record decides, and if an order of magnitude has more than its
share, the hash has to be lower, also for duplicates examined before. So the choice depends neither on how the capture
was cut into blocks nor on which duplicate came first. Costs nothing if there are no duplicates; bounded whatever their
number.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import names, replace
from ..decode.decoder import Reader
from ..diagnose import Evidence
from ..diagnose.evidence import compare
from ..diagnose.facts import evidence_of
from ..diagnose.naming import name
from ..kernel.border import DUPLICATE, EVENT, RECORD
from ..layout import Layout
from ..model import Pair
from ..saved import Saved
from ..sink import Block, Sink, Store, StoredFrame
from ..track.hashing import of_records
from ..track.tracker import checked

# Of each order of magnitude, so that thousands of mirror copies do not keep the forty that matter from being looked at.
COMPARED = 300
NAMED = 5  # pairs of each order between which frames are named
ORDERS = 20  # bits of a distance
SAMPLE = 24  # foreign frames named between two copies
REMEMBERED = 1 << 20  # last frames among which the places of foreign ones are known
SHOWN, SHOWN_BYTES = 4, 256  # pairs of each order whose first bytes are kept to be shown
BACK = 6  # frames before a copy among which the record before it, and the rhythm, are sought


class EvidenceSink(Sink):
    """`evidence` by the later copy's frame number; `foreign` counts the kinds of frames seen between copies;
    `pairs` are some that were compared, to be shown."""

    def __init__(self) -> None:
        self.evidence: dict[int, Evidence] = {}
        self.foreign: Counter[str] = Counter()
        self._reader: Reader | None = None
        self._stamped = False
        self._several = False  # records may share a frame, or a record give no number
        self._below = [1 << 64] * ORDERS  # hashes that are still wanted, of each order
        self._taken: list[list[tuple[int, int]]] = [[] for _ in range(ORDERS)]  # (hash, frame)
        self._named = [0] * ORDERS
        self.pairs: list[Pair] = []
        self._shown = [0] * ORDERS
        self._strangers: deque[NDArray[np.int64]] = deque()
        self._block: Block | None = None  # that is being tracked
        self._last: Block | None = None  # that was settled
        self._waiting: list[NDArray[Any]] = []  # duplicates whose next frame is not there yet

    def begin(self, layouts: Sequence[Layout]) -> None:
        """Records of these layouts will come."""
        self._reader = Reader(*layouts)
        self._stamped = any(layout.slot is not None for layout in layouts)
        self._several = any(layout.several for layout in layouts)

    def take(self, block: Block) -> None:
        """Look at what waited for it, and remember which of its rows are not records."""
        self._look_at_waiting(block.store)
        self._block = block
        low, high = block.low, block.high
        if self._reader is not None and (self._several or block.records.count < high - low):
            foreign = np.flatnonzero(block.records.status[low:high] != RECORD)
            if len(foreign):
                self._strangers.append(foreign + (block.frames.first + low))
        while self._strangers and self._strangers[0][-1] < block.frames.first + high - REMEMBERED:
            self._strangers.popleft()

    def kept(self, duplicates: NDArray[Any]) -> None:
        """Look at them, all but those that begin with the last frame of their block: they wait for the next one, so
        that it does not matter where blocks end."""
        block = self._block
        if not len(duplicates) or block is None:
            return
        _, hashes, limit = self._drawn(duplicates)
        rows = duplicates[(hashes <= limit) & (duplicates["e_record"] >= 0)]
        at = 0
        if not self._waiting and block is not self._last:
            last = np.flatnonzero(rows["frame"] >= block.frames.first + block.high - 1)[:1]
            at = int(last[0]) if len(last) else len(rows)
        self._look(rows[:at], block.store)
        if at < len(rows):
            self._waiting.append(rows[at:])

    def settle(self, block: Block) -> None:
        """Where nothing comes any more, look at what waited."""
        if block is self._last or block.low == block.high:
            self._look_at_waiting(block.store)
        self._last = block

    def _look_at_waiting(self, store: Store) -> None:
        waiting, self._waiting = self._waiting, []
        for rows in waiting:
            self._look(rows, store)

    def _look(self, rows: NDArray[Any], store: Store) -> None:
        """Look at those of the rows that are in the sample."""
        if not len(rows):
            return
        orders, hashes, limit = self._drawn(rows)
        for at in np.flatnonzero(hashes <= limit).tolist():
            order, own = int(orders[at]), int(hashes[at])
            if own < self._below[order]:
                self._judge(rows[at], order, store)
                self._taken[order].append((own, int(rows["frame"][at])))
                if len(self._taken[order]) > COMPARED:
                    self._thin(order)

    def _drawn(self, rows: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint64]]:
        """The order of magnitude of each row, its hash, and up to which one is wanted for now."""
        distances = rows["record"] - rows["e_record"]
        orders = np.minimum(np.frexp(distances)[1], ORDERS - 1)  # bits of each, exact below 2**53
        limit = np.array([min(below, (1 << 64) - 1) for below in self._below], np.uint64)
        return orders, of_records(rows["stream"], rows["record"]), limit[orders]

    def save(self, into: Saved) -> None:
        """What was seen, and what is still wanted."""
        into.put("strangers", np.concatenate([np.zeros(0, np.int64), *self._strangers]))
        into.put("waiting", np.concatenate([np.zeros(0, EVENT), *self._waiting]))
        into.note("evidence", [[frame, _fields(each)] for frame, each in self.evidence.items()])
        into.note("foreign", [[name, count] for name, count in self.foreign.items()])
        into.note("pairs", [{**_fields(pair), **_hex(pair)} for pair in self.pairs])
        into.note("taken", self._taken)
        for figure in ("below", "named", "shown"):
            into.note(figure, getattr(self, f"_{figure}"))

    def load(self, saved: Saved, streams: int, frames: int) -> None:
        """What was saved, of that many streams and frames; ValueError if that cannot be."""
        self._strangers.append(saved.rows("strangers", np.int64, REMEMBERED + (1 << 16)))
        if not len(self._strangers[0]):
            self._strangers.clear()
        waiting = saved.rows("waiting", EVENT, 1 << 17)
        checked(waiting, streams, frames, DUPLICATE)
        self._waiting = [waiting] if len(waiting) else []
        self.evidence = {_int(frame): evidence_of(each) for frame, each in saved.value("evidence", list)}
        self.foreign = Counter({str(name): _int(count) for name, count in saved.value("foreign", list)})
        self.pairs = [_pair_of(each) for each in saved.value("pairs", list)]
        taken = saved.value("taken", list)
        self._taken = [[(_int(own), _int(frame)) for own, frame in each] for each in taken]
        self._below, self._named, self._shown = (
            [_int(each) for each in saved.value(figure, list)] for figure in ("below", "named", "shown")
        )
        if {len(each) for each in (self._taken, self._below, self._named, self._shown)} != {ORDERS}:
            raise ValueError("orders of distances")

    def _thin(self, order: int) -> None:
        """Halve what is wanted of this order, and forget what no longer is."""
        taken = sorted(self._taken[order])
        self._below[order] = taken[COMPARED // 2][0]
        for _, frame in taken[COMPARED // 2 :]:
            self.evidence.pop(frame, None)
        self._taken[order] = taken[: COMPARED // 2]

    def _judge(self, row: Any, order: int, store: Store) -> None:
        first, frame = int(row["e_frame"]), int(row["frame"])
        earlier, later = store.get(first), store.get(frame)
        if earlier is None or later is None:
            return
        if self._shown[order] < SHOWN:
            self._shown[order] += 1
            self.pairs.append(_pair(first, frame, earlier, later))
        near = [(back, found) for back in range(1, BACK + 1) if (found := store.get(frame - back)) is not None]
        assert self._reader is not None
        read = self._reader.read
        mine = read(later.data, later.wire, later.link) or {}
        before: tuple[int, StoredFrame, dict[str, int]] | None = None
        for back, found in near:
            values = read(found.data, found.wire, found.link) if frame - back != first else None
            if values is not None and values["seq"] != mine.get("seq"):
                before = back, found, values
                break
        evidence = compare(
            earlier.data, later.data, wire=(earlier.wire, later.wire), link=later.link,
            between=before[1].data if before else None,
        )  # fmt: skip
        evidence = _placed(evidence, later, [found for _, found in near], store.get(frame + 1))
        if self._stamped and before and "slot" in before[2]:
            evidence = replace(evidence, slot=mine.get("slot"), due=before[2]["slot"] + before[0])
        if self._named[order] < NAMED:
            self._named[order] += 1
            self._name(first, frame, later, store)
        self.evidence[frame] = evidence

    def _name(self, first: int, frame: int, later: StoredFrame, store: Store) -> None:
        low = max(first, frame - REMEMBERED)
        between = [numbers[(numbers > low) & (numbers < frame)] for numbers in self._strangers]
        numbers = np.concatenate(between) if between else np.zeros(0, np.int64)
        for number in numbers[:: max(1, len(numbers) // SAMPLE)][:SAMPLE].tolist():
            found = store.get(number)
            if found is not None and (found.link != 1 or found.data[6:12] == later.data[6:12]):
                self.foreign[name(found.data, found.link)] += 1


def _int(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} where a number stands")
    return value


def _fields(value: Evidence | Pair) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names(value)}


def _hex(pair: Pair) -> dict[str, str]:
    return {"data": pair.data.hex(), "earlier_data": pair.earlier_data.hex()}


def _pair_of(row: dict[str, Any]) -> Pair:
    data, earlier = (bytes.fromhex(row[name])[:SHOWN_BYTES] for name in ("data", "earlier_data"))
    numbers = {name: _int(row[name]) for name in ("frame", "earlier_frame", "wire", "earlier_wire")}
    return Pair(data=data, earlier_data=earlier, **numbers)


def _pair(first: int, frame: int, earlier: StoredFrame, later: StoredFrame) -> Pair:
    return Pair(
        frame=frame,
        earlier_frame=first,
        data=later.data[:SHOWN_BYTES],
        earlier_data=earlier.data[:SHOWN_BYTES],
        wire=later.wire,
        earlier_wire=earlier.wire,
    )


def _placed(evidence: Evidence, later: StoredFrame, near: list[StoredFrame], after: StoredFrame | None) -> Evidence:
    """With the times around the copy, counting only frames of its own link-layer source."""
    mine = [found.ns for found in near if found.link == later.link and _source(found) == _source(later)]
    if after is None or after.link != later.link or _source(after) != _source(later) or len(mine) < 4:
        return evidence
    single, double = (_median(later - sooner for later, sooner in zip(mine, mine[by:], strict=False)) for by in (1, 2))
    around = after.ns - mine[0]
    if not (around > 0 and single > 0):
        return evidence
    return replace(evidence, around=around, single=single, double=double)


def _source(frame: StoredFrame) -> bytes:
    return frame.data[6:12] if frame.link == 1 else b""


def _median(numbers: Iterable[int]) -> float:
    """Of a few, at least one: NumPy's takes ten times as long."""
    ordered = sorted(numbers)
    return (ordered[len(ordered) // 2] + ordered[(len(ordered) - 1) // 2]) / 2
