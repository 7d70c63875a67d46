"""What a parameter may be: a space to draw from, and to take a step in (the search for counter-examples does)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Params = dict[str, Any]  # plain numbers, words and booleans, so that a case can be written down as JSON


class Space(Protocol):
    def draw(self, rng: np.random.Generator) -> Any: ...
    def near(self, value: Any, rng: np.random.Generator) -> Any: ...


Spaces = Mapping[str, Space]


@dataclass(frozen=True, slots=True)
class Log:
    """Every factor is as likely: between `low` and `high`, both above 0."""

    low: float
    high: float

    def draw(self, rng: np.random.Generator) -> float:
        return math.exp(rng.uniform(math.log(self.low), math.log(self.high)))

    def near(self, value: float, rng: np.random.Generator) -> float:
        step = 0.15 * math.log(self.high / self.low)
        return min(self.high, max(self.low, value * math.exp(rng.normal(0, step))))


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer, every factor as likely."""

    low: int
    high: int

    def draw(self, rng: np.random.Generator) -> int:
        return min(self.high, int(Log(self.low, self.high + 1).draw(rng)))

    def near(self, value: int, rng: np.random.Generator) -> int:
        return round(Log(self.low, self.high).near(float(value), rng))


@dataclass(frozen=True, slots=True)
class Flat:
    """Every value is as likely."""

    low: float
    high: float

    def draw(self, rng: np.random.Generator) -> float:
        return float(rng.uniform(self.low, self.high))

    def near(self, value: float, rng: np.random.Generator) -> float:
        return min(self.high, max(self.low, value + rng.normal(0, 0.15 * (self.high - self.low))))


class Pick:
    """One of several. A choice that stands twice is twice as likely."""

    def __init__(self, *choices: Any) -> None:
        self.choices = choices

    def draw(self, rng: np.random.Generator) -> Any:
        return self.choices[int(rng.integers(len(self.choices)))]

    def near(self, value: Any, rng: np.random.Generator) -> Any:
        return value if rng.random() < 0.7 else self.draw(rng)


@dataclass(frozen=True, slots=True)
class Mostly:
    """`usual`, but with the chance `other` something out of `space`."""

    usual: Any
    other: float
    space: Space

    def draw(self, rng: np.random.Generator) -> Any:
        return self.space.draw(rng) if rng.random() < self.other else self.usual

    def near(self, value: Any, rng: np.random.Generator) -> Any:
        if rng.random() < 0.15:
            return self.draw(rng)
        return value if value == self.usual else self.space.near(value, rng)


SEED = Whole(1, 1 << 30)


def draw(spaces: Spaces, rng: np.random.Generator) -> Params:
    return {name: space.draw(rng) for name, space in spaces.items()}


def near(spaces: Spaces, params: Params, rng: np.random.Generator, *, share: float = 0.3) -> Params:
    """A neighbour of `params`: each parameter moves with the chance `share`."""
    moved = dict(params)
    for name, space in spaces.items():
        if rng.random() < share:
            moved[name] = space.near(params[name], rng)
    return moved
