"""What goes wrong in the sender's ring. Each fault is a dataclass of what a scenario may say, and edits the plan.

A fault takes hold only where it shows and stays what it is named: not in the first lap, not across a restart, not on a
slot that another fault needs. Sources of each: docs/simulate.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import UsageError
from seqcheck.simulate.draw import Draw
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
class Where:
    """Where a fault strikes: exactly at the advances `at`; or `count` times, evenly at random; or each advance that can
    with probability `rate`. `slots` keeps it to these slots, negative ones counted from the ring's end."""

    at: tuple[int, ...] = ()
    count: int = 0
    rate: float = 0.0
    slots: tuple[int, ...] = ()


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
    """The head runs on over `run` slots (all but one) that nobody filled: the old content goes out once more."""

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


def _choose(plan: Plan, where: Where, can: NDArray[np.bool_], draw: Draw) -> NDArray[np.int64]:
    """The advances that `where` names, among those that `can`."""
    if where.slots:
        slot = (np.arange(len(can)) + plan.first_slot) % plan.ring_size
        can = can & np.isin(slot, np.array(where.slots) % plan.ring_size)
    if where.at:
        return _exactly(where.at, can)
    candidates = np.flatnonzero(can)
    if where.rate:
        return candidates[draw.hits(where.rate, len(candidates))]
    if where.count > len(candidates):
        raise UsageError(
            f"{type(where).__name__}: {where.count} asked for, only {len(candidates)} slot advances can show it",
            hint="make [ring] frames larger: the first lap has no old content",
        )
    return draw.pick(candidates, where.count)


def _exactly(at: tuple[int, ...], can: NDArray[np.bool_]) -> NDArray[np.int64]:
    for place in at:
        if not 0 <= place < len(can) or not can[place]:
            raise UsageError(f"a fault at slot advance {place} would not show: no old content of the stream there")
    return np.array(at, np.int64)


def _apart(chosen: NDArray[np.int64], distance: int) -> NDArray[np.int64]:
    """Those that are at least `distance` behind the last one kept."""
    kept, free = [], -1
    for place in chosen.tolist():
        if place >= free:
            kept.append(place)
            free = place + distance
    return np.array(kept, np.int64)


def _swaps(plan: Plan, where: Where, can: NDArray[np.bool_], draw: Draw) -> NDArray[np.int64]:
    """Host swaps that fail: among the host's own where a rate is given, else wherever it shows."""
    free = ~plan.taken & can
    return _choose(plan, where, free & (plan.kind == HOST) if where.rate else free, draw)


def _stale_slot(plan: Plan, fault: StaleSlot, draw: Draw) -> None:
    # A rate strikes whatever the slot held; where that was a host frame, the stale copy is there but has no number.
    can = _old(plan) if fault.rate else plan.lap_before() & _mortal(plan)
    plan.claim(_swaps(plan, fault, can, draw), HOST, STALE)


def _stale_length(plan: Plan, fault: StaleLength, draw: Draw) -> None:
    if not fault.lengths:
        raise UsageError("stale-length: no lengths to choose from")
    chosen = _swaps(plan, fault, plan.lap_before() & _mortal(plan), draw)
    plan.claim(chosen, HOST, LENGTH)
    plan.length[chosen] = np.array(fault.lengths, np.int32)[draw.integers(0, len(fault.lengths), len(chosen))]


def _stale_own(plan: Plan, fault: StaleOwn, draw: Draw) -> None:
    can = plan.lap_before() & ~plan.taken & (plan.kind == OWN)
    plan.claim(_choose(plan, fault, can, draw), OWN, OWN_STALE)


def _stuck_slot(plan: Plan, fault: StuckSlot, draw: Draw) -> None:
    size, frames = plan.ring_size, len(plan.kind)
    can = plan.lap_before() & _mortal(plan) & ~plan.taken
    for lap in range(1, fault.laps):
        ahead = np.zeros(frames, np.bool_)
        ahead[: max(frames - lap * size, 0)] = (_mortal(plan) & ~plan.taken)[lap * size :]
        ahead[: max(frames - lap * size, 0)] &= plan.epoch[: max(frames - lap * size, 0)] == plan.epoch[lap * size :]
        can &= ahead
    chosen = _choose(plan, fault, can, draw)
    for lap in range(fault.laps):
        still = chosen + lap * size
        plan.claim(still[~plan.taken[still]], HOST, STUCK)


def _replay(plan: Plan, fault: RingReplay, draw: Draw) -> None:
    size, frames = plan.ring_size, len(plan.kind)
    run = fault.run or size - 1
    if run >= size:
        raise UsageError(f"ring-replay: a run of {run} does not fit a ring of {size}", hint=f"at most {size - 1}")
    whole = _windows(_old(plan) & ~plan.taken, run)
    starts = _apart(_choose(plan, fault, whole, draw), 2 * size)
    members = (starts[:, None] + np.arange(run)[None, :]).ravel()
    plan.claim(members[members < frames], IDLE, REPLAY)


def _early(plan: Plan, fault: EarlyOverwrite, draw: Draw) -> None:
    size = plan.ring_size
    healthy = (plan.kind == OWN) & plan.written & ~plan.taken
    can = _windows(_paired(healthy, plan, size), fault.run)
    starts = _apart(_choose(plan, fault, can, draw), fault.run)
    members = (starts[:, None] + np.arange(fault.run)[None, :]).ravel()
    members = members[~plan.taken[members] & ~plan.taken[members + size]]
    _look_ahead(plan, members, np.full(len(members), size), EARLY)


def _early_buffer(plan: Plan, fault: EarlyBuffer, draw: Draw) -> None:
    healthy = (plan.kind == OWN) & plan.written & ~plan.taken
    margin = np.zeros(len(healthy), np.bool_)
    margin[: max(len(healthy) - fault.flight, 0)] = True
    chosen = _apart(_choose(plan, fault, healthy & margin, draw), 2 * fault.flight)
    ahead = draw.integers(2, fault.flight + 1, len(chosen))
    good = healthy[chosen + ahead] & (plan.epoch[chosen] == plan.epoch[chosen + ahead])
    _look_ahead(plan, chosen[good], ahead[good], BUFFER)


def _look_ahead(plan: Plan, members: NDArray[np.int64], ahead: NDArray[Any], label: int) -> None:
    plan.look[members] = ahead
    plan.label[members] = label
    plan.taken[members] = True
    plan.taken[members + ahead] = True


def _partial(plan: Plan, fault: PartialStale, draw: Draw) -> None:
    can = plan.lap_before() & ~plan.taken & (plan.kind == OWN)
    chosen = _choose(plan, fault, can, draw)
    plan.look[chosen] = -plan.ring_size
    plan.cut[chosen] = fault.head
    plan.label[chosen] = PARTIAL
    plan.taken[chosen] = True


def _pool(plan: Plan, fault: PoolReuse, draw: Draw) -> None:
    if fault.blur >= fault.buffers:
        raise UsageError(f"pool-reuse: a blur of {fault.blur} reaches ahead", hint="it must be less than the buffers")
    healthy = (plan.kind == OWN) & plan.written & ~plan.taken
    can = ~plan.taken & _mortal(plan)
    can[: fault.buffers + fault.blur] = False
    chosen = _choose(plan, fault, can, draw)
    back = draw.integers(fault.buffers - fault.blur, fault.buffers + fault.blur + 1, len(chosen))
    good = healthy[chosen - back] & (plan.epoch[chosen] == plan.epoch[chosen - back])
    chosen, back = chosen[good], back[good]
    plan.claim(chosen, IDLE, POOL)
    plan.look[chosen] = -back
    plan.taken[chosen - back] = True
    # One that was itself chosen as somebody's old content is not an idle buffer any more.
    clash = np.isin(chosen - back, chosen)
    plan.look[chosen[clash]] = 0


def _tail(plan: Plan, fault: TailRepeat, draw: Draw) -> None:
    last = np.arange(fault.burst, len(plan.kind), fault.burst + 1)
    good = (plan.kind[last - 1] == OWN) & ~plan.taken[last - 1] & ~plan.taken[last]
    last = last[good & (plan.epoch[last] == plan.epoch[last - 1])]
    plan.claim(last, IDLE, TAIL)
    plan.look[last] = -1


def _nic_reset(plan: Plan, fault: NicReset, draw: Draw) -> None:
    pending = min(fault.pending or plan.ring_size - 1, plan.ring_size - 1)
    can = _windows(~plan.taken, pending)
    for start in _apart(_choose(plan, fault, can, draw), 2 * plan.ring_size).tolist():
        plan.gone[start : start + pending] = True
        plan.taken[start : start + pending] = True
        plan.pause[start + pending : start + pending + 1] += fault.pause_ns


def _old(plan: Plan) -> NDArray[np.bool_]:
    """bool[T]: there is a lap before, since the last restart."""
    size = plan.ring_size
    out = np.zeros(len(plan.kind), np.bool_)
    out[size:] = plan.epoch[size:] == plan.epoch[: len(plan.kind) - size] if len(plan.kind) > size else False
    return out


def _mortal(plan: Plan) -> NDArray[np.bool_]:
    """bool[T]: a whole frame of one slot is due, whose place another may take."""
    due: NDArray[np.bool_] = (plan.kind == OWN) | (plan.kind == HOST)
    return due


def _windows(good: NDArray[np.bool_], run: int) -> NDArray[np.bool_]:
    """bool[T]: this advance and the run - 1 behind it are all good."""
    total = np.concatenate([[0], np.cumsum(good)])
    out = np.zeros(len(good), np.bool_)
    if len(good) >= run:
        out[: len(good) - run + 1] = total[run:] - total[: len(total) - run] == run
    return out


def _paired(good: NDArray[np.bool_], plan: Plan, ahead: int) -> NDArray[np.bool_]:
    """bool[T]: this advance and the one `ahead` are good, and of one epoch."""
    out = np.zeros(len(good), np.bool_)
    rest = len(good) - ahead
    if rest > 0:
        out[:rest] = good[:rest] & good[ahead:] & (plan.epoch[:rest] == plan.epoch[ahead:])
    return out


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
