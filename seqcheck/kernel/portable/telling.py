"""Where the reference tracker puts what it finds: rows in order of decision, the histogram of distances, the window.

While it is open whether a chain is a restart, the state that takes its records as a new epoch keeps its rows and counts
to itself (`Track.rows`, `Track.counted`); what the stream itself counts meanwhile is remembered, to be taken back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...serial import span
from ..border import DISTANCES, DUPLICATE, EVENT, OUTLIER, Room
from .memory import Memory
from .stream import Arrival, Track


class Telling(Memory):
    """Of one tracker."""

    def __init__(self, modulus: int, room: Room) -> None:
        super().__init__(room)
        self._modulus = modulus  # of the stream that is being dealt with
        self._moduli: list[int] = []  # by stream, empty if all have the same
        self._out: list[tuple[int, ...]] = []
        self._distances = [0] * (DISTANCES + 1)

    def count_by(self, moduli: NDArray[np.uint64]) -> None:
        """See protocols.TrackerLike."""
        self._moduli += moduli.tolist()

    def _turn_to(self, stream: int) -> int:
        """From now on the counter is that of this stream; the number of its values."""
        if stream < len(self._moduli):
            self._modulus = self._moduli[stream]
        return span(self._modulus)

    def _distance(self, track: Track, seq: int) -> int:
        """From the expectation to `seq`, by the shorter way round. Half the range counts as ahead, as everywhere, but
        as behind for 2**64, whose half is no positive 64-bit number."""
        whole = span(self._modulus)
        ahead: int = (seq - track.s["base"] - track.s["next"]) % whole
        if self._modulus == 0:
            return ahead if ahead < whole // 2 else ahead - whole
        return ahead if ahead <= whole // 2 else ahead - whole

    def _emit(self, track: Track, kind: int, at: Arrival, /, **rest: int) -> None:
        row = {
            "kind": kind, "stream": track.id, "epoch": track.s["epoch"], "source": at.source, "seq": at.seq,
            "record": at.record, "frame": at.frame, "ns": at.ns, "ordinal": at.ordinal, "e_record": 0, "e_frame": 0,
            "e_ns": 0, "e_ordinal": 0, "copies": 0, "a": 0, "b": 0, **rest,
        }  # fmt: skip
        if kind == DUPLICATE and row["e_record"] < 0:
            row["e_ordinal"] = -1
        (track.rows if track.depth else self._out).append(tuple(row[name] for name in EVENT.names or ()))

    def _outlier(self, track: Track, a: Arrival, x: int) -> None:
        track.s["outliers"] += 1
        self._emit(track, OUTLIER, a, x=x, next=track.s["next"])

    def _count(self, track: Track, distance: int, count: int) -> None:
        """Duplicates at a distance; taken back, where count is negative."""
        if track.depth:
            track.counted[distance] += count
        else:
            self._distances[distance] += count
        if track.chain is not None:
            track.chain.counted[distance] += count

    def _keep(self, track: Track, x: int, a: Arrival, past: int | None = None) -> None:
        """Into the window. `past` is the expectation, if it is not yet set."""
        track.keep(x, a, track.s["next"] if past is None else past)

    def _drain(self, events: NDArray[Any]) -> int:
        count = len(self._out)
        if count:
            events[:count] = self._out
            self._out = []
        return count
