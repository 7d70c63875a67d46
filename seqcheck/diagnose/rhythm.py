"""Do the copies keep a distance in frames, or in time?

A ring counts: its copies lie a lap apart however fast the sender is. A way round takes its time: its copies lie so many
nanoseconds apart however much is sent meanwhile. Only a rate that varies tells the two apart; where it does not, a
copy that took a place of its own in the sender's rhythm (Evidence.room) was sent, and one squeezed in between was not.
Pure.
"""

from __future__ import annotations

import numpy as np

from ..dataclass import dataclass
from .case import Case
from .table import Bools, Ints

WIDTH, WIDE = 0.02, 0.25  # of the value: how far apart values lie that are "the same", that are "alike"
SQUEEZED = 1.4  # room below which a copy took no place of its own
FEWEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """`in_time` and `in_frames`: the share of duplicates that lie within WIDTH of one time lag, of one frame count;
    `alike` those within WIDE of one frame count: frames of other queues scatter the count a little, the rate a lot.
    `steady` marks those of that time lag. `room` as in Case.room."""

    in_time: float
    in_frames: float
    alike: float
    steady: Bools
    room: float | None

    @property
    def of_a_way(self) -> bool:
        """The copies were made on the way: one delay, whatever was sent meanwhile."""
        if self.in_time < 0.85:
            return False
        if self.room is not None and self.room < SQUEEZED:
            return True
        return self.alike < min(0.75, self.in_time - 0.15)

    @property
    def undecided(self) -> bool:
        """The rate hardly varied, so time and count moved together, and nothing else tells."""
        return self.in_time >= 0.85 and self.alike >= 0.75 and self.room is None


def rhythm(case: Case, rows: Bools) -> Rhythm | None:
    """Of the duplicates `rows`; None where they are too few to have one."""
    rows = rows & case.table.known
    at = np.flatnonzero(rows)
    if len(at) < FEWEST:
        return None
    lag = case.table.time_lag[at]
    frames = case.brackets().high[at]
    in_time, low, high = _densest(lag, WIDTH)
    steady = np.zeros(len(rows), np.bool_)
    steady[at[(lag >= low) & (lag <= high)]] = True
    return Rhythm(
        in_time=in_time,
        in_frames=_densest(frames, WIDTH)[0],
        alike=_densest(frames, WIDE)[0],
        steady=steady,
        room=case.room(rows),
    )


def _densest(values: Ints, width: float) -> tuple[float, int, int]:
    """The largest share of the values that lies within one `width`, and where."""
    ordered = np.sort(values)
    top = np.searchsorted(ordered, ordered * (1 + width) + 1, "right")
    counts = top - np.arange(len(ordered))
    best = int(np.argmax(counts))
    return float(counts[best] / len(ordered)), int(ordered[best]), int(ordered[top[best] - 1])
