"""What a live capture's picture needs of the snapshots before: rates, and figures over time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from seqcheck.model.snapshot import Snapshot
from seqcheck.outputs.history import History

SECOND = 1_000_000_000  # ns
LEAST_NS = SECOND  # a rate is over so long at least: snapshots come in quick succession, frames in blocks


class Past:
    """Of the figures `names` of snapshots, each of which it is told once, by `note`."""

    def __init__(self, names: Sequence[str]) -> None:
        self.history = History(names)
        self._noted: deque[tuple[int, int, int]] = deque([(0, 0, 0)])  # elapsed_ns, frames, bytes

    def note(self, now: Snapshot) -> None:
        """Its figures are part of the past from now on."""
        self.history.add(now.elapsed_ns, {name: getattr(now, name) for name in self.history.values})
        self._noted.append((now.elapsed_ns, now.frames, now.bytes))
        while len(self._noted) > 1 and self._noted[1][0] <= now.elapsed_ns - LEAST_NS:
            self._noted.popleft()

    def rates(self, now: Snapshot) -> tuple[int, int]:
        """Frames and bits a second, up to that snapshot, which is the last one that was noted, or came after it."""
        at, frames, octets = self._noted[0]
        elapsed = max(now.elapsed_ns - at, 1)
        return (now.frames - frames) * SECOND // elapsed, (now.bytes - octets) * 8 * SECOND // elapsed
