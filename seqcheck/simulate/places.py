"""Where a fault of the ring strikes: which slot advances can show it, and which of them it gets.

A fault takes hold only where it shows and stays what it is named. All masks are bool[T], one value for each advance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import UsageError
from seqcheck.simulate.draw import Draw
from seqcheck.simulate.sender import HOST, OWN, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where a fault strikes: exactly at the advances `at`; or `count` times, evenly at random; or each advance that can
    with probability `rate`. `slots` keeps it to these slots, negative ones counted from the ring's end."""

    at: tuple[int, ...] = ()
    count: int = 0
    rate: float = 0.0
    slots: tuple[int, ...] = ()


def choose(plan: Plan, where: Where, can: NDArray[np.bool_], draw: Draw) -> NDArray[np.int64]:
    """The advances that `where` names, among those that `can`, in ascending order."""
    can = _kept_to_slots(plan, where, can)
    if where.at:
        return _exactly(where.at, can)
    candidates = np.flatnonzero(can)
    if where.rate:
        return candidates[draw.hits(where.rate, len(candidates))]
    if where.count > len(candidates):
        raise _too_few(where, len(candidates))
    return draw.pick(candidates, where.count)


def spread(plan: Plan, where: Where, can: NDArray[np.bool_], needs: NDArray[np.int64], draw: Draw) -> NDArray[np.int64]:
    """The same, but so that none gets into another's way: no two need the same advance. `needs` are the advances that
    one strike needs, relative to it: int64[m], or int64[m, T] where that differs from advance to advance."""
    can = _kept_to_slots(plan, where, can)
    if where.at:
        return _exactly(where.at, can)
    candidates = np.flatnonzero(can)
    if where.rate:
        order, most = candidates[draw.hits(where.rate, len(candidates))], len(candidates)
    else:
        order, most = candidates[np.argsort(draw.uniform(len(candidates)), kind="stable")], where.count
    used, needed = np.zeros(len(can), np.bool_), _stretches(needs, len(can))
    single = memoryview(used)  # takes one value at a time faster
    kept: list[int] = []
    for place in order.tolist():
        if len(kept) == most:
            break
        mine = needed(place)
        # Stretches that are equally long and overlap do so at an end, so hardly any is looked through.
        if any(single[begin] or single[end - 1] for begin, end in mine):
            continue
        if any(used[begin:end].any() for begin, end in mine):
            continue
        for begin, end in mine:
            used[begin:end] = True
        kept.append(place)
    if len(kept) < where.count and not where.rate:
        raise _too_few(where, len(kept))
    return np.array(sorted(kept), np.int64)


def _stretches(needs: NDArray[np.int64], frames: int) -> Callable[[int], list[tuple[int, int]]]:
    """What gives the advances that a strike at a place needs: where each stretch of them begins and ends."""
    if needs.ndim > 1:
        return lambda place: [(by, by + 1) for by in (place + needs[:, place]).tolist() if 0 <= by < frames]
    cuts = np.flatnonzero(np.diff(needs) != 1) + 1
    blocks = [(int(block[0]), int(block[-1]) + 1) for block in np.split(needs, cuts)]

    def there(place: int) -> list[tuple[int, int]]:
        found = [(max(place + begin, 0), min(place + end, frames)) for begin, end in blocks]
        return [(begin, end) for begin, end in found if begin < end]

    return there


def _kept_to_slots(plan: Plan, where: Where, can: NDArray[np.bool_]) -> NDArray[np.bool_]:
    if not where.slots:
        return can
    slot = (np.arange(len(can)) + plan.first_slot) % plan.ring_size
    mine: NDArray[np.bool_] = can & np.isin(slot, np.array(where.slots) % plan.ring_size)
    return mine


def _exactly(at: tuple[int, ...], can: NDArray[np.bool_]) -> NDArray[np.int64]:
    for place in at:
        if not 0 <= place < len(can) or not can[place]:
            raise UsageError(
                f"a fault at slot advance {place} would have no effect: the slot holds no old content of the stream"
            )
    return np.array(sorted(set(at)), np.int64)


def _too_few(where: Where, room: int) -> UsageError:
    return UsageError(
        f"{type(where).__name__}: {where.count} asked for, only {room} slot advances can show it",
        hint="make [ring] frames larger: the first lap has no old content",
    )


# ---- what can show a fault -------------------------------------------------------------------------------------------


def healthy(plan: Plan) -> NDArray[np.bool_]:
    """A record that goes out as it should, and that no fault has claimed."""
    own: NDArray[np.bool_] = (plan.kind == OWN) & plan.written & ~plan.taken & ~plan.gone
    return own


def replaceable(plan: Plan) -> NDArray[np.bool_]:
    """A whole frame of one slot is due, in whose place another may go out."""
    due: NDArray[np.bool_] = ((plan.kind == OWN) | (plan.kind == HOST)) & ~plan.taken
    return due


def second_lap(plan: Plan) -> NDArray[np.bool_]:
    """There is a lap before, since the last restart."""
    return shifted(np.ones(len(plan.kind), np.bool_), plan, -plan.ring_size)


def shifted(good: NDArray[np.bool_], plan: Plan, by: int) -> NDArray[np.bool_]:
    """Whether the advance `by` further on is good, and of the same epoch."""
    out = np.zeros(len(good), np.bool_)
    rest = len(good) - abs(by)
    if rest > 0:
        here, there = (slice(rest), slice(by, None)) if by > 0 else (slice(-by, None), slice(rest))
        out[here] = good[there] & (plan.epoch[here] == plan.epoch[there])
    return out


def whole(good: NDArray[np.bool_], run: int) -> NDArray[np.bool_]:
    """This advance and the run - 1 behind it are all good."""
    total = np.concatenate([[0], np.cumsum(good)])
    out = np.zeros(len(good), np.bool_)
    if len(good) >= run:
        out[: len(good) - run + 1] = total[run:] - total[: len(total) - run] == run
    return out
