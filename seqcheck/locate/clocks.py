"""Two points' clocks and the delays between them, from times at which both saw the same records. Pure.

Of one-way traffic only the sum of offset and delay can be seen. The fastest frames lie on a line: the clocks' offset
with the least delay, and their drift. It is the line that lies below all points, and nearest to them (Moon, Skelly and
Towsley, "Estimation and removal of clock skew from network delay measurements", INFOCOM 1999): an edge of their convex
hull, the one over the mean time. How far the fastest frames of each stretch of time stay above it is how uncertain all
of it is.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass
from ..model.located import Delay

STEEPEST = 200e-6  # drift of clocks; crystals are within 100 millionths. What is steeper is a queue.
STRETCHES = 8
FEW = 16  # records that tell no drift
STAMPS = (1_000_000, 1_000, 100, 10)  # ns: resolutions that are looked for
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The fastest frames: `least` ns at the time `origin`, and `slope` more for each ns; `above` is how far each record
    lies over that line, in ns. `wobble` is how far the fastest ones of a stretch stay above it, with the resolution of
    the stamps, and `spread` what that leaves open of the slope. `last` is the most that a record took over the line."""

    origin: int
    least: float
    slope: float
    above: NDArray[np.float64]
    wobble: int
    spread: float

    @property
    def most(self) -> int:
        """ns: the longest delay above the line, with what is uncertain."""
        return int(self.above.max(initial=0.0)) + self.wobble

    def there(self, ns: int) -> float:
        """When a frame that is at the first point at `ns` comes to the second one at the earliest."""
        return ns + self.least + self.slope * (ns - self.origin)


def fit(before: Ints, after: Ints) -> Fit | None:
    """int64[n] each: when records were at the first point and at the second one. None if there is none."""
    if not len(before):
        return None
    order = np.argsort(before, kind="stable")
    before, taken = before[order], (after - before)[order]
    origin, floor = int(before[0]), int(taken.min())
    time, over = (before - origin).astype(np.float64), (taken - floor).astype(np.float64)
    stamp = resolution(np.concatenate([before, after]))
    level, slope = (0.0, 0.0)
    if len(time) >= FEW and time[-1] > 0:
        level, slope = lowest_line(time, over)
    found = _fit(time, over, (level, slope), stamp)
    if abs(slope) <= found.spread or abs(slope) > STEEPEST:
        found = _fit(time, over, (0.0, 0.0), stamp)
    return Fit(
        origin=origin, least=found.least + floor, slope=found.slope, above=found.above, wobble=found.wobble,
        spread=found.spread,
    )  # fmt: skip


def _fit(time: NDArray[np.float64], over: NDArray[np.float64], line: tuple[float, float], stamp: int) -> Fit:
    level, slope = line
    above = np.maximum(over - (level + slope * time), 0.0)
    whole = float(time[-1])
    wobble = 0.0
    if whole > 0:
        stretch = np.minimum((time * (STRETCHES / whole)).astype(np.int64), STRETCHES - 1)
        lows = np.full(STRETCHES, np.inf)
        np.minimum.at(lows, stretch, above)
        wobble = float(lows[np.isfinite(lows)].max())
    spread = 2 * (wobble + stamp) / whole if whole > 0 and len(time) >= FEW else STEEPEST
    return Fit(
        origin=0, least=level, slope=slope, above=above, wobble=round(wobble) + stamp, spread=min(spread, STEEPEST)
    )


def lowest_line(time: NDArray[np.float64], over: NDArray[np.float64]) -> tuple[float, float]:
    """Its height at time 0, and its slope: below all points (in time order), with the least sum of distances."""
    hull: list[tuple[float, float]] = []
    for x, y in zip(time.tolist(), over.tolist(), strict=True):
        if hull and hull[-1][0] == x:
            if hull[-1][1] <= y:
                continue
            hull.pop()
        while len(hull) > 1 and _turns_down(hull[-2], hull[-1], (x, y)):
            hull.pop()
        hull.append((x, y))
    middle = float(time.mean())
    for (x0, y0), (x1, y1) in pairwise(hull):
        if x0 <= middle <= x1:
            slope = (y1 - y0) / (x1 - x0)
            return y0 - slope * x0, slope
    return min(y for _, y in hull), 0.0


def _turns_down(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Whether b lies on or above the line from a to c."""
    return (b[1] - a[1]) * (c[0] - a[0]) >= (c[1] - a[1]) * (b[0] - a[0])


def resolution(times: Ints) -> int:
    """ns: of the time stamps; 1 where they are as fine as can be."""
    return next((each for each in STAMPS if not (times % each).any()), 1)


def delay(found: Fit, *, absolute: bool) -> Delay:
    """In the words of the report. `absolute`: the clocks are known to agree."""
    above = found.above
    middle = float(np.median(above))
    return Delay(
        samples=len(above),
        least_ns=round(found.least),
        median_ns=round(middle),
        p99_ns=round(float(np.quantile(above, 0.99, method="higher"))),
        jitter_ns=round(float(np.abs(above - middle).mean())),
        uncertain_ns=found.wobble,
        absolute=absolute,
    )
