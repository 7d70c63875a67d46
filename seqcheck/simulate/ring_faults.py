"""What goes wrong in the sender's ring. Each fault is a dataclass of what a scenario may say, and edits the plan.

Where it may strike is for `places.py` to say. The sources of each: docs/simulate.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import UsageError
from seqcheck.simulate.draw import Draw
from seqcheck.simulate.places import Where, choose, healthy, replaceable, second_lap, shifted, spread, whole
from seqcheck.simulate.sender import HOST, IDLE, OWN, Plan
from seqcheck.simulate.traffic import (
    BUFFER,
    EARLY,
    LENGTH,
    OWN_STALE,
    PARTIAL,
    POOL,
    REPLAY,
    STALE,
    STUCK,
    TAIL,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleSlot(Where):
    """A host frame's swap does not take: the slot goes out as it was one lap before, and the host frame is lost.
    `rate` is the share of the host's swaps; with `count` and `at` more swaps are made where needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleOwn(Where):
    """The same in a slot that was to carry the stream's own next frame: its number is missing at that place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleLength(Where):
    """Only the address is stale: the old bytes with the length of the host frame that was to go out (`lengths`)."""

    lengths: tuple[int, ...] = (66, 90, 130, 342)


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckSlot(Where):
    """A slot that stays as it is for `laps` laps, each time in place of a host frame."""

    laps: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RingReplay(Where):
    """The head runs on over `run` slots (all but one) that nobody filled: the old content goes out again."""

    run: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyOverwrite(Where):
    """`run` slots are filled for the next lap before they were sent: the later content goes out early, the earlier
    never."""

    run: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyBuffer(Where):
    """A buffer, not a slot, is used again too early: the later content is up to `flight` frames ahead."""

    flight: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialStale(Where):
    """The first `head` bytes are those of one lap before, the rest is new (a cache line, an inlined header)."""

    head: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolReuse(Where):
    """A buffer from a pool of `buffers` goes out unfilled; a last-in-first-out cache blurs the distance by `blur`."""

    buffers: int = 1000
    blur: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class TailRepeat:
    """The last frame of each `burst` is sent twice."""

    burst: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NicReset(Where):
    """The link flaps: `pending` frames (all slots but one) count as sent and never are; then nothing for
    `pause_ns`."""

    pending: int | None = None
    pause_ns: int = 50_000_000


def _swaps(plan: Plan, where: Where, can: NDArray[np.bool_], draw: Draw) -> NDArray[np.int64]:
    """Host swaps that fail: among the host's own where a rate is given, else wherever it shows."""
    return choose(plan, where, can & (plan.kind == HOST) if where.rate else can, draw)


def _stale_slot(plan: Plan, fault: StaleSlot, draw: Draw) -> None:
    # A rate strikes whatever the slot held; where that was a host frame, the stale copy is there but has no number.
    old = second_lap(plan) if fault.rate else plan.lap_before()
    plan.claim(_swaps(plan, fault, old & replaceable(plan), draw), HOST, STALE)


def _stale_length(plan: Plan, fault: StaleLength, draw: Draw) -> None:
    if not fault.lengths:
        raise UsageError("stale-length: no lengths to choose from")
    chosen = _swaps(plan, fault, plan.lap_before() & replaceable(plan), draw)
    plan.claim(chosen, HOST, LENGTH)
    plan.length[chosen] = np.array(fault.lengths, np.int32)[draw.integers(0, len(fault.lengths), len(chosen))]


def _stale_own(plan: Plan, fault: StaleOwn, draw: Draw) -> None:
    plan.claim(choose(plan, fault, plan.lap_before() & healthy(plan), draw), OWN, OWN_STALE)


def _stuck_slot(plan: Plan, fault: StuckSlot, draw: Draw) -> None:
    can, laps = plan.lap_before(), np.arange(fault.laps) * plan.ring_size
    for ahead in laps.tolist():
        can &= shifted(replaceable(plan), plan, ahead) if ahead else replaceable(plan)
    starts = spread(plan, fault, can, laps, draw)
    plan.claim(_members(starts, laps), HOST, STUCK)


def _replay(plan: Plan, fault: RingReplay, draw: Draw) -> None:
    size = plan.ring_size
    run = fault.run or size - 1
    if run >= size:
        raise UsageError(f"ring-replay: a run of {run} does not fit a ring of {size}", hint=f"at most {size - 1}")
    can = whole(second_lap(plan) & ~plan.taken, run)
    starts = spread(plan, fault, can, np.arange(-size, size), draw)
    plan.claim(_members(starts, np.arange(run)), IDLE, REPLAY)


def _early(plan: Plan, fault: EarlyOverwrite, draw: Draw) -> None:
    size, run = plan.ring_size, np.arange(fault.run)
    if fault.run > size:
        raise UsageError(f"early-overwrite: a run of {fault.run} does not fit a ring of {size}")
    good = healthy(plan)
    can = whole(good & shifted(good, plan, size), fault.run)
    members = _members(spread(plan, fault, can, np.concatenate([run, run + size]), draw), run)
    _look(plan, members, np.full(len(members), size), EARLY)


def _early_buffer(plan: Plan, fault: EarlyBuffer, draw: Draw) -> None:
    good, frames = healthy(plan), len(plan.kind)
    ahead = draw.integers(2, fault.flight + 1, frames)
    chosen = spread(plan, fault, good & _same(good, plan, ahead), np.arange(fault.flight + 1), draw)
    _look(plan, chosen, ahead[chosen], BUFFER)


def _partial(plan: Plan, fault: PartialStale, draw: Draw) -> None:
    can = plan.lap_before() & healthy(plan)
    chosen = spread(plan, fault, can, np.array([0, -plan.ring_size]), draw)
    _look(plan, chosen, np.full(len(chosen), -plan.ring_size), PARTIAL)
    plan.cut[chosen] = fault.head


def _pool(plan: Plan, fault: PoolReuse, draw: Draw) -> None:
    if fault.blur >= fault.buffers:
        raise UsageError(f"pool-reuse: a blur of {fault.blur} reaches ahead", hint="it must be less than the buffers")
    frames = len(plan.kind)
    back = draw.integers(fault.buffers - fault.blur, fault.buffers + fault.blur + 1, frames)
    can = replaceable(plan) & _same(healthy(plan), plan, -back)
    chosen = spread(plan, fault, can, np.stack([np.zeros(frames, np.int64), -back]), draw)
    plan.claim(chosen, IDLE, POOL)
    _look(plan, chosen, -back[chosen], POOL)


def _tail(plan: Plan, fault: TailRepeat, draw: Draw) -> None:
    ends = np.zeros(len(plan.kind), np.bool_)
    ends[fault.burst :: fault.burst + 1] = True
    last = np.flatnonzero(ends & replaceable(plan) & shifted(healthy(plan), plan, -1))
    plan.claim(last, IDLE, TAIL)
    _look(plan, last, np.full(len(last), -1), TAIL)


def _nic_reset(plan: Plan, fault: NicReset, draw: Draw) -> None:
    pending = min(fault.pending or plan.ring_size - 1, plan.ring_size - 1)
    can = whole(~plan.taken, pending)
    for start in spread(plan, fault, can, np.arange(2 * plan.ring_size), draw).tolist():
        plan.gone[start : start + pending] = True
        plan.taken[start : start + pending] = True
        plan.pause[start + pending : start + pending + 1] += fault.pause_ns


def _members(starts: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    members: NDArray[np.int64] = (starts[:, None] + offsets[None, :]).ravel()
    return members


def _same(good: NDArray[np.bool_], plan: Plan, by: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool[T]: the advance `by` further on, which differs from advance to advance, is good and of the same epoch."""
    there = np.arange(len(good)) + by
    inside = (there >= 0) & (there < len(good))
    there = np.where(inside, there, 0)
    same: NDArray[np.bool_] = inside & good[there] & (plan.epoch == plan.epoch[there])
    return same


def _look(plan: Plan, members: NDArray[np.int64], by: NDArray[np.int64], label: int) -> None:
    """At `members` the content of the advances `by` further on goes out."""
    plan.look[members] = by
    plan.label[members] = label
    plan.taken[members] = True
    plan.taken[members + by] = True


# The name in a scenario, what it may say, and what does it.
RING_FAULTS: dict[str, tuple[type[Any], Callable[[Plan, Any, Draw], None]]] = {
    "stale-slot": (StaleSlot, _stale_slot),
    "stale-own": (StaleOwn, _stale_own),
    "stale-length": (StaleLength, _stale_length),
    "stuck-slot": (StuckSlot, _stuck_slot),
    "ring-replay": (RingReplay, _replay),
    "early-overwrite": (EarlyOverwrite, _early),
    "early-buffer": (EarlyBuffer, _early_buffer),
    "partial-stale": (PartialStale, _partial),
    "pool-reuse": (PoolReuse, _pool),
    "tail-repeat": (TailRepeat, _tail),
    "nic-reset": (NicReset, _nic_reset),
}
