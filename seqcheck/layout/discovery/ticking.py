"""Numbers that keep pace with the time: a clock whose tick is as long as the packets are apart counts by one as well.

A sender that sleeps between its packets drifts off any round interval. Where number and arrival time stay together, to
a part of a tick over the whole sample, at a tick that clocks have, both explanations are as good.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TICKS = (10**3, 10**4, 10**5, 10**6, 4 * 10**6, 10**7, 10**8, 10**9)  # ns
FEWEST = 12  # records of a stream
STREAMS = 8  # that are looked at
START = 1  # a number that begins with this or less is one that the sender counts
NEARLY, MOST = 0.05, 0.004  # of a tick, how far the pace may be off; of the records, by how many ticks the ends may be
LITTLE, WHOLE = 0.3, 1.0  # ticks: the least and the most of that
OUTSIDE, WITHIN = 0.02, 1.5  # of the records (copies, late ones) are further off than so many ticks
Ints = NDArray[np.int64]


def ticking(stream: Ints, step: NDArray[np.uint64], later: Ints, seq: NDArray[np.uint64], ns: Ints, shift: int) -> int:
    """The tick in ns, 0 if the numbers do not keep pace with any; the streams all have to. `step` of the records
    `later`; `stream`, `seq` and `ns` of all; `shift`: bits below the number, which the clock may have, too."""
    moved = np.zeros(len(stream), np.int64)
    moved[later] = np.where(step < np.uint64(1 << 31), step, np.uint64(0)).astype(np.int64)
    ticks: set[int] = set()
    numbers, counts = np.unique(stream, return_counts=True)
    for number in numbers[np.argsort(-counts, kind="stable")][:STREAMS].tolist():
        rows = np.flatnonzero(stream == number)
        if len(rows) < FEWEST:
            break
        ticks.add(0 if int(seq[rows[0]]) <= START else _tick(np.cumsum(moved[rows]), ns[rows] - ns[rows[0]], shift))
    return ticks.pop() if len(ticks) == 1 else 0


def _tick(number: Ints, passed: Ints, shift: int) -> int:
    """The tick of one stream."""
    number = number - number[0]
    if number[-1] <= 0 or passed[-1] <= 0:
        return 0
    pace = float(passed[-1]) / float(number[-1])
    for tick in TICKS:
        if abs(pace - (tick << shift)) > NEARLY * (tick << shift):  # a mask may hide the lowest bits of a clock
            continue
        away = number - passed / float(tick << shift)
        away -= np.median(away)
        quarter = max(len(away) // 4, 1)
        drift = abs(float(np.median(away[-quarter:]) - np.median(away[:quarter])))
        together = drift <= min(max(LITTLE, MOST * len(away)), WHOLE)
        if together and np.count_nonzero(np.abs(away) > WITHIN) <= OUTSIDE * len(away):
            return tick
    return 0
