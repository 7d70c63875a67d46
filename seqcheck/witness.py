"""What the bytes say of the first duplicates, looked up while both copies are still at hand.

For so many duplicates of each order of magnitude of distance: are the copies the same (diagnose.evidence), did the copy
take a place of its own in the sender's rhythm, does it come out of the slot that its own stamp names, and what were the
foreign frames between the copies? Costs nothing where there are no duplicates; bounded whatever their number.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .dataclass import replace
from .decode import Reader
from .diagnose import Evidence
from .diagnose.evidence import compare
from .diagnose.naming import name
from .kernel.border import RECORD, Frames
from .layout import Layout

# So many of each order of magnitude, so that thousands of mirror copies do not keep the forty that matter from being
# looked at: compared, placed in time, and with the frames in between named.
COMPARED, PLACED, NAMED = 300, 60, 5
ORDERS = 20  # bits of a distance
SAMPLE = 24  # foreign frames named between two copies
REMEMBERED = 64  # blocks in which the places of foreign frames are known
BACK = 4  # frames before a copy among which the record before it is sought


class Found(Protocol):
    """A frame once more."""

    @property
    def data(self) -> bytes: ...
    @property
    def wire(self) -> int: ...
    @property
    def ns(self) -> int: ...
    @property
    def link(self) -> int: ...


class Store(Protocol):
    """Gives single frames once more, by number."""

    def get(self, number: int) -> Found | None: ...


class Witness:
    """`evidence` by the later copy's frame number; `foreign` counts the kinds of frames seen between copies."""

    def __init__(self, layout: Layout) -> None:
        self.evidence: dict[int, Evidence] = {}
        self.foreign: Counter[str] = Counter()
        self._reader = Reader(layout)
        self._stamped = layout.slot is not None
        self._wanted = [COMPARED] * ORDERS
        self._strangers: deque[NDArray[np.int64]] = deque(maxlen=REMEMBERED)

    def pass_by(self, frames: Frames, low: int, high: int, status: NDArray[np.uint8], records: int) -> None:
        """Remember which of the rows low..high-1 are no records."""
        if records < high - low:
            self._strangers.append(np.flatnonzero(status[low:high] != RECORD) + (frames.first + low))

    def look(self, rows: NDArray[Any], store: Store) -> None:
        """The DUPLICATE rows of the last block."""
        if not len(rows) or not any(self._wanted):
            return
        at = np.flatnonzero(rows["e_record"] >= 0)
        distances = rows["record"][at] - rows["e_record"][at]
        orders = np.minimum(np.frexp(distances)[1], ORDERS - 1)  # bits of each, exact below 2**53
        first = [at[orders == order][:wanted] for order, wanted in enumerate(self._wanted) if wanted]
        for row in rows[np.sort(np.concatenate(first))]:
            order = min(int(row["record"] - row["e_record"]).bit_length(), ORDERS - 1)
            self._wanted[order] -= 1
            self._judge(int(row["e_frame"]), int(row["frame"]), COMPARED - self._wanted[order], store)

    def _judge(self, first: int, frame: int, turn: int, store: Store) -> None:
        earlier, later = store.get(first), store.get(frame)
        if earlier is None or later is None:
            return
        evidence = compare(earlier.data, later.data, wire=(earlier.wire, later.wire), link=later.link)
        if turn <= PLACED:
            room, middle = _place(store, frame)
            evidence = replace(evidence, room=room, middle=middle)
            if self._stamped:
                slot, due = self._slots(later, frame, store)
                evidence = replace(evidence, slot=slot, due=due)
        if turn <= NAMED:
            self._name(first, frame, later, store)
        self.evidence[frame] = evidence

    def _slots(self, later: Found, frame: int, store: Store) -> tuple[int | None, int | None]:
        """The slot that the copy's stamp names, and the one it is due to come from, going by the record before it."""
        mine = self._reader.read(later.data, later.wire, later.link)
        for back in range(1, BACK + 1):
            before = store.get(frame - back)
            values = self._reader.read(before.data, before.wire, before.link) if before is not None else None
            if values is not None and "slot" in values:
                return (mine or {}).get("slot"), values["slot"] + back
        return None, None

    def _name(self, first: int, frame: int, later: Found, store: Store) -> None:
        between = [numbers[(numbers > first) & (numbers < frame)] for numbers in self._strangers]
        numbers = np.concatenate(between) if between else np.zeros(0, np.int64)
        for number in numbers[:: max(1, len(numbers) // SAMPLE)][:SAMPLE].tolist():
            found = store.get(number)
            if found is not None and (found.link != 1 or found.data[6:12] == later.data[6:12]):
                self.foreign[name(found.data, found.link)] += 1


def _place(store: Store, frame: int) -> tuple[float | None, float | None]:
    """See Evidence.room and Evidence.middle."""
    near = [found.ns for at in (-3, -1, 0, 1) if (found := store.get(frame + at)) is not None]
    if len(near) < 4:
        return None, None
    first, before, here, after = near
    if not first < before < after:
        return None, None
    return 2 * (after - before) / (before - first), (here - before) / (after - before)
