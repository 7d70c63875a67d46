"""The histogram of distances, as bars that can be drawn. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..model import Bin

# Up to SINGLES values each get a bar; beyond that the HEAVY commonest do, and the rest share CELLS bins.
SINGLES, HEAVY, CELLS = 64, 32, 64


def bars(distances: NDArray[np.int64], ring: int | None) -> tuple[Bin, ...]:
    """A histogram over the distances there are: a bar for each value where these are few. Else those that count most
    keep a bar of their own, and the others share cells of equal width, counted down from the ends of the laps where a
    ring is known, so that no bar reaches across one. A bar reaches from the first to the last value in it."""
    values = np.flatnonzero(distances)
    values = values[values > 0]
    if not len(values):
        return ()
    counts = distances[values]
    bounds = np.ones(len(values), np.bool_)
    if len(values) > SINGLES:
        heavy = np.zeros(len(values), np.bool_)
        heavy[np.argsort(-counts, kind="stable")[:HEAVY]] = True
        cells = _cells(values, ring)
        bounds[1:] = (cells[1:] != cells[:-1]) | heavy[1:] | heavy[:-1]
    first = np.flatnonzero(bounds)
    last = np.append(first[1:], len(values)) - 1
    sums = np.add.reduceat(counts, first)
    return tuple(
        Bin(low=low, high=high, count=count)
        for low, high, count in zip(values[first].tolist(), values[last].tolist(), sums.tolist(), strict=True)
    )


def _cells(values: NDArray[np.int64], ring: int | None) -> NDArray[np.int64]:
    """The cell of each value, ascending; about CELLS of them, of whole laps where a cell holds more than one."""
    width = -(-int(values[-1] - values[0] + 1) // CELLS)
    if ring is None:
        cells: NDArray[np.int64] = (values - values[0]) // width
    elif width >= ring:
        cells = (values - 1) // (-(-width // ring) * ring)
    else:
        lap, most = (values - 1) // ring, (ring - 1) // width
        cells = lap * (most + 1) + most - ((lap + 1) * ring - values) // width
    return cells
