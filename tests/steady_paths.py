"""Captures of senders whose pace never changes, or who repeat themselves by counting: the copies keep to a number of
frames, and no ring is behind them. Made as those of kinds.py."""

from __future__ import annotations

import io

from kinds import STEP, Wire, datagram, foreign


def cut_by_the_mirror(delay: int = 29 * STEP + STEP // 3, length: int = 205, copies: int = 134) -> io.BytesIO:
    """Frames of any length at a steady pace; a mirror sends some of them after a constant delay, cut to so many
    bytes."""
    wire = Wire(81)
    struck = set(wire.random.sample(range(100, 5_600), copies))
    for number in range(6_000):
        at = wire.step(STEP, STEP)
        data = datagram(number, ident=0, rest=bytes(wire.random.randint(length, 900)))
        wire.put(data, at)
        if number in struck:
            wire.put(data[:length], at + delay)
    return wire.capture()


def through_a_jittery_queue(
    delay: float = 40.3, jitter: float = 0.8, *, share: float = 0.004, count: int = 9_000, tick: int = 1, seed: int = 82
) -> io.BytesIO:
    """A steady sender; some of its frames are copied on the path, a constant delay later in frames. Then all wait in
    one queue for a time of their own, so that times between copies vary, and the order does not. `tick` is the clock's
    resolution in ns."""
    wire = Wire(seed)
    arrivals = []
    for number in range(count):
        at = number * STEP
        arrivals.append((at, number))
        if wire.random.random() < share:
            arrivals.append((at + int(delay * STEP), number))
    out = 0
    for at, number in sorted(arrivals):
        out = max(out + 1000, at + int(abs(wire.random.gauss(0, jitter)) * STEP))
        now = wire.now + out
        wire.put(datagram(number, ident=number & 0xFFFF), now - now % tick)
    return wire.capture()


def every_so_often(every: int = 126, back: int = 128, count: int = 521, *, lost: float = 0.0) -> io.BytesIO:
    """After every so many records a program sends the one of so many ago once more."""
    wire = Wire(83)
    for number in range(1, count):
        if wire.random.random() >= lost:
            wire.put(datagram(number), wire.step(STEP // 2, 2 * STEP))
        if number % every == 0 and number > back and wire.random.random() >= lost:
            wire.put(datagram(number - back), wire.step(STEP // 2, 2 * STEP))
        if number % 50 == 0:
            wire.put(foreign(), wire.step())
    return wire.capture()


def laps_again(size: int = 1024, laps: int = 4) -> io.BytesIO:
    """A whole ring goes out again, and again: old packets, by their IP identification."""
    wire = Wire(84)
    number = 0
    for _ in range(laps):
        sent = range(number, number + size + wire.random.randint(0, size))
        for number in sent:
            wire.put(datagram(number, ident=number & 0xFFFF), wire.step(STEP // 2, 2 * STEP))
        for old in range(number + 1 - size, number + 1):
            wire.put(datagram(old, ident=old & 0xFFFF), wire.step(STEP // 2, 2 * STEP))
        number += 1
    for more in range(number, number + 300):
        wire.put(datagram(more, ident=more & 0xFFFF))
    return wire.capture()


def by_the_clock(tick: int = 4 * STEP, count: int = 2000, *, each: int = 0) -> io.BytesIO:
    """The field holds the time in ticks, and frames come whenever they come; or `each` number is sent so many times."""
    wire = Wire(85)
    begin = wire.now
    for sent in range(count):
        now = wire.step(1, 3 * STEP)
        wire.put(datagram(sent // each if each else (now - begin) // tick, ident=sent & 0xFFFF), now)
    return wire.capture()
