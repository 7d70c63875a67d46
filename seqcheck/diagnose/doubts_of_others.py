"""What weakens a verdict that blames no ring: copies in the place of others, a count of frames, one block. As in
doubts.py. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..kernel.border import CHAIN_EAGER
from . import timekeeping
from .case import Case
from .keys import Bools
from .result import AGREE, Doubt
from .table import stretch
from .timekeeping import AT_ONCE
from .units import Brackets

AS_MANY = 0.7  # missing numbers by copies: enough for most of these to have gone out in their place
MOSTLY, HEAVY_LOSS = 0.8, 0.7  # of the copies; of the numbers: then any copy is next to some missing number
ALIKE, ENOUGH = 0.05, 100  # missing numbers and copies differ by that little; copies from which on that means something
OFTEN = 0.4  # of the numbers, before which others are missing
TICKS, ON_TIME, UNEVEN = 32, 1.5, 0.2  # different numbers; how far off the time; numbers with more or fewer copies
DENSE = 2.0  # frames for each copy, from the first to the last: then they are one block


def of_faster_way(case: Case, rows: Bools) -> Iterator[Doubt]:
    """For copies of which the earlier one came ahead of its time, by a faster way it seems."""
    if case.context.missing >= AS_MANY * case.all_of(rows):
        yield "as-many"


def of_other_than_a_ring(case: Case, rows: Bools, spans: Brackets) -> Iterator[Doubt]:
    """For copies in the place of other numbers, each of its own: a sender put one for another, whatever
    time they keep. Copies at once are a generator's, whose count goes on meanwhile. And for copies that keep to a
    count of frames much better than to a time."""
    yield from in_place_of_others(case, rows)
    if timekeeping.to_a_count(case, rows, spans):
        yield "keeps-count"


def of_repeats(case: Case, rows: Bools, spans: Brackets) -> Iterator[Doubt]:
    """For a sender that repeats single frames by a count of frames. If all lie in one stretch no longer than that
    count, they are a block, which a ring or a queue sends again, too."""
    yield from in_place_of_others(case, rows)
    count = int(rows.sum())
    if count >= AGREE and stretch(case.table, rows) <= DENSE * min(count, float(np.median(spans.high[rows]))):
        yield "one-stretch"


def of_new_packets(case: Case, rows: Bools) -> Iterator[Doubt]:
    """For new packets with old numbers: a sender that starts over counts up from the first number, and a clock passes
    over numbers and repeats others."""
    table = case.table
    first = rows & ((table.rows["x"] < CHAIN_EAGER) | (table.rows["seq"] < CHAIN_EAGER))
    from_first = rows & np.isin(table.run, table.run[first & (table.run_length >= CHAIN_EAGER)])
    if from_first.sum() > MOSTLY * rows.sum():
        yield "over-again"
    if case.context.jumps > OFTEN:
        yield "clock-like"
    if _by_the_clock(case, rows):
        yield "by-the-clock"


def _by_the_clock(case: Case, rows: Bools) -> bool:
    """Whether numbers go on with the time, to a number or two, however many records have the same one: a clock's do.
    The copies that a generator sends of each number are as many each time."""
    table = case.table.rows[rows]
    streams, often = np.unique(table["stream"], return_counts=True)
    mine = np.sort(table[table["stream"] == streams[int(np.argmax(often))]], order=("ns", "record"))
    x, ns = (mine[name].astype(np.float64) for name in ("x", "ns"))
    values, copies = np.unique(x, return_counts=True)
    if len(values) < TICKS or np.ptp(ns) <= 0:
        return False
    since = ns - ns.mean()
    off = np.abs(x - x.mean() - since * float(x @ since) / float(since @ since))
    uneven = float(np.mean(np.abs(copies - np.median(copies)) >= 1)) >= UNEVEN
    return uneven and float(np.mean(off <= ON_TIME)) >= MOSTLY and float(np.ptp(values)) > TICKS * ON_TIME


def in_place_of_others(case: Case, rows: Bools) -> Iterator[Doubt]:
    """For copies that no ring is blamed for. With a heavy loss any copy is next to some missing number, and among many
    streams none is known to be; but hardly ever are as many missing as there are copies."""
    instead = float(np.mean(case.table.stands_in[rows])) > MOSTLY and case.context.loss < HEAVY_LOSS
    apart = np.maximum(case.table.distance, case.table.frame_distance)[rows]
    if (instead or _as_many_missing(case, rows)) and float(np.median(apart)) > AT_ONCE:
        yield "in-place"


def _as_many_missing(case: Case, rows: Bools) -> bool:
    """As these duplicates, or as there are in all."""
    counts = np.array([case.all_of(rows), case.all_of(np.ones(len(rows), np.bool_))])
    near = np.abs(case.context.missing - counts) <= ALIKE * counts
    return bool((near & (counts >= ENOUGH)).any())
