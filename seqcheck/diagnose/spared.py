"""Streams that share a lap and never came again: a slot knows no stream, but a program does, and a queue. Pure."""

from __future__ import annotations

import math

import numpy as np

from ..dataclass import dataclass
from .arrays import at_one_count, distinct
from .case import Case
from .keys import Bools, Floats
from .result import Ring
from .units import Units

# Chance that streams are spared as these were, below which a program is behind it; or a queue may be.
PROGRAM, QUEUE = math.log(1e-6), math.log(0.02)
EXACT, AGREEING, OWN = 0.8, 0.3, 0.5  # share of the copies at whole laps; of these, that agree in their own frames
MOSTLY = 0.8  # of the copies, between which frames of other streams lie


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """part    of the frames that count for the lap, those of streams with duplicates
    chance  natural log, that no more streams were hit than were
    exact   share of the copies at whole laps, counting the frames of all streams; `own` at one count of their own
    """

    part: float = 1.0
    chance: float = 0.0
    exact: float = 0.0
    own: float = 0.0

    @property
    def by_a_program(self) -> bool:
        return self.chance < PROGRAM and self.exact >= EXACT

    @property
    def by_a_queue(self) -> bool:
        """A queue of their own is possible: their own frames agree as well, or those of all streams do not either."""
        return self.chance < QUEUE and (self.exact < AGREEING or self.own >= OWN * self.exact)


def spared(case: Case, rows: Bools, sample: Units, share: Floats, ring: Ring) -> Spared:
    """For `rows` that a lap took; `share` is how much of each unit of `sample` is the lap's."""
    mine = share > 0.5
    if not mine.any() or float(np.mean(sample.low[mine] < sample.end[mine])) < MOSTLY:
        return Spared()
    table, streams = case.table.rows[rows], case.findings.streams
    beside = case.beside(rows)
    hit = distinct(table["stream"].astype(np.int64))
    part = min(float(streams["received"][hit].sum()) / max(float(streams["received"][beside].sum()), 1.0), 1.0)
    slots = len(distinct(table["ordinal"].astype(np.int64) % ring.best))
    several, all_of_them = len(hit), max(int(beside.sum()), len(hit))
    ways = math.lgamma(all_of_them + 1) - math.lgamma(several + 1) - math.lgamma(all_of_them - several + 1)
    return Spared(
        part=part,
        chance=ways + slots * math.log(part),
        exact=float(np.mean(sample.end[mine] % ring.best == 0)),
        own=at_one_count(sample.low[mine]),
    )
