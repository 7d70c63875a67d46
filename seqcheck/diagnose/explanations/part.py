"""What an explanation says of a population: a log-density for each unit, and what its parameters cost. Data, and the
little arithmetic that all explanations share. Natural logs; densities are per place (see units.py)."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from ...dataclass import dataclass
from ..keys import Floats, Ints

Shape = Literal["lap", "delay", "block", "at-once", "spread"]
FLOOR = -60.0  # log-density below which nothing more is learnt


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """density   log-probability of each unit's place
    prior     log-probability of the parameters that were fitted, their freedom counted in
    center    ring size, ns of the delay, or places
    spread    relative standard deviation around it
    family    of a lap: "exact", "short", "long"
    laps      of a lap: how many each unit lies apart
    more      of a lap: (mean, burstiness) of the frames by which ends fall short or go beyond
    """

    shape: Shape
    density: Floats
    prior: float
    center: float = 0.0
    spread: float = 0.0
    family: str = ""
    laps: Ints | None = None
    more: tuple[float, float] = (0.0, 1.0)


def normal(off: Any, scale: Any) -> Any:
    """Log-density of the normal law."""
    return -0.5 * (off / scale) ** 2 - np.log(scale) - 0.5 * math.log(2 * math.pi)


def log_gamma(x: Any) -> Any:
    """ln Gamma(x) for x > 0; of an array, by Stirling's series from x + 3 down (abs. error below 1e-6)."""
    if isinstance(x, int | float):
        return math.lgamma(x)
    y = np.asarray(x, np.float64) + 3.0
    series = (y - 0.5) * np.log(y) - y + 0.9189385332046727 + 1 / (12 * y) - 1 / (360 * y**3)
    return series - np.log(np.asarray(x) * (np.asarray(x) + 1) * (np.asarray(x) + 2))


def log_beta(a: Any, b: Any) -> Any:
    """ln of the beta function."""
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b)


def poisson(count: Any, expected: Any) -> Any:
    """Log-probability of counts; -inf below 0."""
    clipped = np.maximum(count, 0)
    value = clipped * np.log(expected) - expected - log_gamma(clipped + 1.0)
    return np.where(np.asarray(count) >= 0, value, -np.inf)


def histogram(logs: Floats, share: Floats, cells: int) -> tuple[Floats, Ints, float, float]:
    """A density of any shape over values (natural logs): a number of cells of equal width between the outermost of the
    units that are its own, with a Dirichlet(1/2) prior. (log-probability of each unit's cell, the cells, their width,
    what the freedom costs.)"""
    mine = share > 0.5
    if mine.sum() < 2:
        return np.full(len(logs), FLOOR), np.zeros(len(logs), np.int64), 1.0, 0.0
    low, high = float(logs[mine].min()), float(logs[mine].max())
    width = max(high - low, 1e-9) / cells
    cell = np.clip(((logs - low) / width).astype(np.int64), 0, cells - 1)
    counts = np.bincount(cell, weights=np.where(mine, share, 0.0), minlength=cells)
    total = float(counts.sum())
    mass = np.log((counts + 0.5) / (total + 0.5 * cells))
    inside = (logs >= low - width / 2) & (logs <= high + width / 2)
    evidence = math.lgamma(0.5 * cells) - math.lgamma(total + 0.5 * cells)
    evidence += sum(math.lgamma(float(count) + 0.5) - math.lgamma(0.5) for count in counts)
    fitted = float((counts * mass).sum())
    return np.where(inside, mass[cell], FLOOR), cell, width, min(evidence - fitted, 0.0)


def windows(values: Floats, width: float, most: int = 2) -> list[tuple[float, float]]:
    """The (low, high) of the fullest stretches of that width among the values, which do not overlap."""
    ordered = np.sort(values)
    found: list[tuple[float, float]] = []
    top = np.searchsorted(ordered, ordered + width, "right")
    counts = top - np.arange(len(ordered))
    free = np.ones(len(ordered), np.bool_)
    for _ in range(most):
        if not free.any():
            break
        best = int(np.argmax(np.where(free, counts, 0)))
        low, high = float(ordered[best]), float(ordered[top[best] - 1])
        found.append((low, high))
        free &= (ordered + width < low) | (ordered > high)
    return found
