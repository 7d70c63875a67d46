"""What the bytes say of a sample of the duplicates, looked up while both copies are still at hand.

For some duplicates of each order of magnitude of distance: are the copies the same (diagnose.evidence), did the copy
take a place of its own in the sender's rhythm, does it come out of the slot that its own stamp names, and what were the
foreign frames between the copies?

The sample is drawn over the whole capture: a hash of stream and record decides, and where an order of magnitude has
more than its share, the hash has to be lower, for what was looked at before too. So which duplicates are in it depends
neither on how the capture was cut into blocks nor on which came first. Costs nothing where there are no duplicates;
bounded whatever their number.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dataclass import replace
from .decode import Reader
from .diagnose import Evidence
from .diagnose.evidence import compare
from .diagnose.naming import name
from .hashing import of_records
from .kernel.border import RECORD
from .layout import Layout
from .model import Pair
from .sink import Block, Sink, Store, StoredFrame

# Of each order of magnitude, so that thousands of mirror copies do not keep the forty that matter from being looked at.
COMPARED = 300
NAMED = 5  # pairs of each order between which frames are named
ORDERS = 20  # bits of a distance
SAMPLE = 24  # foreign frames named between two copies
REMEMBERED = 64  # blocks in which the places of foreign frames are known
SHOWN, SHOWN_BYTES = 4, 256  # pairs of each order whose first bytes are kept to be shown
BACK = 6  # frames before a copy among which the record before it, and the rhythm, are sought


class Witness(Sink):
    """`evidence` by the later copy's frame number; `foreign` counts the kinds of frames seen between copies;
    `pairs` are some that were compared, to be shown."""

    def __init__(self) -> None:
        self.evidence: dict[int, Evidence] = {}
        self.foreign: Counter[str] = Counter()
        self._reader: Reader | None = None
        self._stamped = False
        self._below = [1 << 64] * ORDERS  # hashes that are still wanted, of each order
        self._taken: list[list[tuple[int, int]]] = [[] for _ in range(ORDERS)]  # (hash, frame)
        self._named = [0] * ORDERS
        self.pairs: list[Pair] = []
        self._shown = [0] * ORDERS
        self._strangers: deque[NDArray[np.int64]] = deque(maxlen=REMEMBERED)

    def begin(self, layouts: Sequence[Layout]) -> None:
        """Records of these layouts will come."""
        self._reader = Reader(*layouts)
        self._stamped = any(layout.slot is not None for layout in layouts)

    def take(self, block: Block) -> None:
        """Remember which of its rows are not records."""
        low, high = block.low, block.high
        if self._reader is not None and block.records.count < high - low:
            foreign = np.flatnonzero(block.records.status[low:high] != RECORD)
            self._strangers.append(foreign + (block.frames.first + low))

    def settle(self, block: Block, duplicates: NDArray[Any]) -> None:
        """Look at the duplicates of the block."""
        rows, store = duplicates[duplicates["e_record"] >= 0], block.store
        if not len(rows):
            return
        distances = rows["record"] - rows["e_record"]
        orders = np.minimum(np.frexp(distances)[1], ORDERS - 1)  # bits of each, exact below 2**53
        hashes = of_records(rows["stream"], rows["record"])
        limit = np.array([min(below, (1 << 64) - 1) for below in self._below], np.uint64)[orders]
        for at in np.flatnonzero(hashes <= limit).tolist():
            order, own = int(orders[at]), int(hashes[at])
            if own < self._below[order]:
                self._judge(rows[at], order, store)
                self._taken[order].append((own, int(rows["frame"][at])))
                if len(self._taken[order]) > COMPARED:
                    self._thin(order)

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
        between = [numbers[(numbers > first) & (numbers < frame)] for numbers in self._strangers]
        numbers = np.concatenate(between) if between else np.zeros(0, np.int64)
        for number in numbers[:: max(1, len(numbers) // SAMPLE)][:SAMPLE].tolist():
            found = store.get(number)
            if found is not None and (found.link != 1 or found.data[6:12] == later.data[6:12]):
                self.foreign[name(found.data, found.link)] += 1


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
    times = np.array(mine[::-1], np.int64)
    single, double = float(np.median(times[1:] - times[:-1])), float(np.median(times[2:] - times[:-2]))
    around = after.ns - mine[0]
    if not (around > 0 and single > 0 and double > 0):
        return evidence
    return replace(evidence, around=around, single=single, double=double)


def _source(frame: StoredFrame) -> bytes:
    return frame.data[6:12] if frame.link == 1 else b""
