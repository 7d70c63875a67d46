"""Faults of a TX ring."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.accuracy.case import Kind, Making, either, some
from benchmarks.accuracy.ring import Faults, Turns, count_of, meant, sent
from benchmarks.accuracy.spaces import Log, Mostly, Pick, Spaces, Whole
from benchmarks.accuracy.wire import Wire

WANT: Spaces = {
    "want": Whole(1, 10_000),
    "when": Pick("any", "any", "any", "from then on", "for a while", "few slots"),
}
HOSTS = Mostly(0.01, 0.95, Log(0.001, 0.4))


def where(making: Making, turns: Turns, good: np.ndarray) -> np.ndarray:
    """Which of the `good` turns go wrong: `want` of them, wherever, in a part of the time, or in a few slots only."""
    rng, count = making.rng, len(turns.packet)
    place = np.flatnonzero(good)
    place = place[place >= turns.size + 20]
    match making["when"]:
        case "from then on":
            place = place[place > rng.uniform(0, 0.7) * count]
        case "for a while":
            begin = rng.uniform(0, 0.8)
            place = place[(place > begin * count) & (place < (begin + 0.15) * count)]
        case "few slots" if len(place):
            slots = np.unique(place % turns.size)
            bad = rng.choice(slots, min(len(slots), int(rng.integers(1, 4))), replace=False)
            place = place[np.isin(place % turns.size, bad)]
        case _:
            pass
    return some(rng, place, making["want"]) if len(place) else place


def a_lap_before(turns: Turns, good: np.ndarray) -> np.ndarray:
    """bool[turns]: is it so of the turn one lap before?"""
    return np.concatenate([np.zeros(turns.size, np.bool_), good[: -turns.size]])


def a_lap_later(turns: Turns, good: np.ndarray) -> np.ndarray:
    return np.concatenate([good[turns.size :], np.zeros(turns.size, np.bool_)])


def play(making: Making, plan: Callable[[Making, Turns], Faults]) -> Wire:
    params = making.params
    turns = meant(params, np.zeros(count_of(params), np.bool_), making.rng)
    return sent(params, turns, plan(making, turns), making.rng)


def guilty(making: Making, *right: str) -> None:
    making.ring_fault, making.right = True, right
    making.force["ring"] = True


def extra(making: Making) -> Wire:
    """A slot that was meant for a frame of the host goes out with the number it held before."""
    guilty(making, "stale-slot")

    def plan(making: Making, turns: Turns) -> Faults:
        return Faults(stale=where(making, turns, turns.single & turns.host & a_lap_before(turns, turns.numbered())))

    return play(making, plan)


def whatever(making: Making) -> Wire:
    """Slots go out stale, whoever they were meant for and whatever they held."""
    guilty(making, "stale-slot")

    def plan(making: Making, turns: Turns) -> Faults:
        return Faults(stale=where(making, turns, turns.single & a_lap_before(turns, turns.single)))

    return play(making, plan)


def substitute(making: Making) -> Wire:
    """A slot of the stream's own goes out stale: the number that it should carry never comes."""
    guilty(making, "stale-slot")

    def plan(making: Making, turns: Turns) -> Faults:
        good = turns.numbered()
        return Faults(stale=where(making, turns, good & a_lap_before(turns, good)))

    return play(making, plan)


def other_length(making: Making) -> Wire:
    """The old bytes leave with the length of the packet that was meant: only the address was stale."""
    guilty(making, "stale-slot")
    making.force["no_end"] = True

    def plan(making: Making, turns: Turns) -> Faults:
        good = turns.single & turns.host & a_lap_before(turns, turns.numbered())
        return Faults(stale=where(making, turns, good), other_length=True)

    return play(making, plan)


def stuck(making: Making) -> Wire:
    """A slot sends the same for several laps."""
    guilty(making, "stale-slot")

    def plan(making: Making, turns: Turns) -> Faults:
        good = turns.numbered()
        begin = where(making, turns, (good if making["own"] else turns.single & turns.host) & a_lap_before(turns, good))
        begin = begin[: max(1, making["want"] // making["stuck_for"])]
        laps = begin[:, None] + turns.size * np.arange(making["stuck_for"])[None, :]
        bad = np.unique(laps[laps < len(turns.packet)])
        bad = bad[turns.single[bad]]
        # only laps that follow one another: behind a wide packet the slot holds something else
        return Faults(stale=bad)

    return play(making, plan)


def overwritten(making: Making) -> Wire:
    """A slot is filled again before it was sent: the number of the next lap comes early, and then in its place."""
    guilty(making, "early-overwrite")

    def plan(making: Making, turns: Turns) -> Faults:
        good = turns.numbered()
        begin = where(making, turns, good & a_lap_later(turns, good))
        begin = begin[: max(1, making["want"] // making["batch"])]
        runs = np.unique((begin[:, None] + np.arange(making["batch"])[None, :]).ravel())
        runs = runs[runs < len(turns.packet) - turns.size]
        runs = runs[turns.single[runs] & good[runs + turns.size]]
        runs = runs[~np.isin(runs - turns.size, runs)]  # a slot is not early twice in a row
        return Faults(early=runs)

    return play(making, plan)


def next_packet(making: Making) -> Wire:
    """The buffer is rewritten before it left: what comes next goes out in its place, and then in its own."""
    guilty(making, "early-overwrite", "unexplained")
    making.any_size = True
    params = making.params

    def plan(making: Making, turns: Turns) -> Faults:
        good = turns.numbered()
        place = where(making, turns, good)
        by = making.rng.integers(1, making["ahead"] + 1, len(place))
        inside = place + by < len(turns.packet)
        place, by = place[inside], by[inside]
        fine = good[place + by] & ~np.isin(place + by, place)
        return Faults(soon=place[fine], soon_by=by[fine])

    turns = meant(params, np.zeros(count_of(params), np.bool_), making.rng)
    return sent(params, turns, plan(making, turns), making.rng)


def replay(making: Making) -> Wire:
    """Turns are handed over without a packet: what the slots held goes out again, in its order.

    A whole lap of them cannot be told from any block of that length that is sent again, so nobody is asked to name it,
    and what would send such a block again is not wrong.
    """
    params, rng = making.params, making.rng
    size = params["ring"]
    count = count_of(params)
    unfilled = np.zeros(count, np.bool_)
    whole = making["part"] >= 0.98
    guilty(
        making,
        "ring-replay",
        "stale-slot",
        *(("unexplained", "sender-repeat", "retransmission", "path-copy") if whole else ()),
    )
    run = size * making["rounds"] if whole else max(2, int(size * making["part"]))
    at = size + 40
    left = making["episodes"]
    while left and at + run + 40 < count:
        slack = max(1, (count - at) // left - run)
        at += int(rng.integers(0, slack)) if slack > 1 else 0
        length = run if whole or making["same"] else int(rng.integers(max(1, run // 2), run + 1))
        unfilled[at : at + length] = True
        at += length + (size if not whole else int(rng.integers(40, size + 41)))
        left -= 1
    turns = meant(params, unfilled, rng)
    if np.diff(unfilled, prepend=False).sum() < 4:  # one block, which may be any that came again after a while
        making.right = either(making.right, "unexplained")
    wire = sent(params, turns, Faults(stale=np.flatnonzero(unfilled[:count])), rng)
    if making["fast"]:  # what lies in the ring needs no application: it leaves at once
        again = np.flatnonzero(wire.resend)
        if len(again):
            steps = np.diff(wire.t, prepend=wire.t[0])
            steps[again] = np.minimum(steps[again], max(1, int(np.median(steps)) // 5))
            wire.t = wire.t[0] + np.cumsum(steps)
    return wire


KINDS: dict[str, Kind] = {
    "stale slot": Kind(build=extra, spaces=WANT, scene={"host": HOSTS}, innocent=False, weight=5),
    "stale slot, any": Kind(build=whatever, spaces=WANT, innocent=False, weight=2),
    "stale slot, own": Kind(build=substitute, spaces=WANT, innocent=False, weight=3),
    "stale slot, other length": Kind(build=other_length, spaces=WANT, scene={"host": HOSTS}, innocent=False, weight=2),
    "stuck slot": Kind(
        build=stuck,
        spaces={**WANT, "stuck_for": Whole(2, 6), "own": Pick(True, False)},
        scene={"host": HOSTS},
        innocent=False,
        weight=2,
    ),
    "ring replay": Kind(
        build=replay,
        spaces={
            "part": Log(0.99, 1.0),
            "episodes": Whole(1, 4),
            "rounds": Pick(1, 1, 1, 2, 4),
            "same": Pick(True),
            "fast": Pick(True, False),
        },
        innocent=False,
        weight=2,
    ),
    "ring replay, part": Kind(
        build=replay,
        spaces={"part": Log(0.01, 0.8), "episodes": Whole(1, 60), "same": Pick(True, False), "fast": Pick(True, False)},
        innocent=False,
        weight=3,
    ),
    "early by a lap": Kind(
        build=overwritten,
        spaces={**WANT, "batch": Pick(1, 1, 2, 8)},
        innocent=False,
        weight=3,
    ),
    "early by a packet": Kind(
        build=next_packet,
        spaces={**WANT, "ahead": Pick(1, 1, 1, 2, 5)},
        innocent=False,
        weight=2,
    ),
}
