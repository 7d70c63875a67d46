"""When each slot is sent. Nanoseconds."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.spaces import Params

START = 1_700_000_000_000_000_000


def times(params: Params, count: int, rng: np.random.Generator) -> np.ndarray:
    """-> int64[count], rising by at least 1."""
    width = params["rate_width"]
    place = np.linspace(0, 1, count)
    match params["rate"]:
        case "steady":
            gaps = np.ones(count)
        case "jitter":
            gaps = 1 + width * rng.uniform(-1, 1, count)
        case "random":
            gaps = rng.exponential(1, count)
        case "varying":
            every = max(2, int(count / 10 ** rng.uniform(0.5, 3)))
            levels = 10 ** (max(width, 0.1) * rng.uniform(-1, 1, count // every + 1))
            gaps = np.repeat(levels, every)[:count] * (1 + 0.2 * rng.uniform(-1, 1, count))
        case "bursts":
            burst = int(2 ** rng.integers(2, 9))
            gaps = np.where(np.arange(count) % burst == 0, burst, 0.02) * (1 + width * rng.uniform(-0.5, 0.5, count))
        case "ramp":
            gaps = 10 ** (2 * width * place)
        case _:
            gaps = 10 ** (width * np.sin(2 * np.pi * place * rng.uniform(1, 40)))
    steps = np.maximum(1, gaps * params["gap"]).astype(np.int64)
    return START + int(rng.integers(0, 10**9)) + np.cumsum(steps)
