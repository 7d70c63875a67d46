"""Captures in which parts of a TX ring go out again, several times; made as those of rings.py."""

from __future__ import annotations

import io

from kinds import STEP, Wire, datagram, foreign
from rings import Ring

QUICK = 700  # ns


def parts_again(
    size: int = 700, runs: int = 8, *, part: int = 250, others: float = 0.0, pace: tuple[int, int] = (STEP, STEP),
    quick: bool = False, apart: int = 0,
) -> io.BytesIO:  # fmt: skip
    """The oldest slots go out again, straight behind one another, in runs of up to `part`. `others` of the slots hold
    frames without a number; `pace` is the time from one frame to the next, but `quick` copies come at once. `apart`
    frames lie between runs at least; else it is a lap, and what chance adds."""
    wire = Wire(91)
    ring = Ring(wire, size)
    number = 0
    for run in range(runs + 1):
        for _ in range((apart if run and apart else size) + wire.random.randint(0, size)):
            alien = wire.random.random() < others
            ring.send(foreign() if alien else datagram(number, ident=0), wire.step(*pace))
            number += not alien
        if run < runs:
            for _ in range(wire.random.randint(part // 2, part)):
                ring.send(ring.slots[-size], wire.step(QUICK, QUICK) if quick else wire.step(*pace))
    return wire.capture()


def history_again(kept: int = 500, times: int = 5, *, late: float = 0.004, streams: int = 3) -> io.BytesIO:
    """A program that sends the last so many messages again, of which some are overtaken by others."""
    wire = Wire(92)
    sent: list[bytes] = []
    numbers = [0] * streams
    for turn in range(times + 1):
        for _ in range(3 * kept + wire.random.randint(0, kept)):
            flow = wire.random.randrange(streams)
            sent.append(datagram(numbers[flow], ident=0, sport=6000 + flow))
            numbers[flow] += 1
            wire.put(sent[-1])
        for old in sent[-kept:] if turn < times else ():
            wire.put(old, (40 * STEP if wire.random.random() < late else 0) + wire.step())
    return wire.capture()
