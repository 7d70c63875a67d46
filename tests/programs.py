"""Captures of programs that send old packets again by a count or a timer of their own. Made as those of kinds.py."""

from __future__ import annotations

import heapq
import io

from kinds import STEP, Wire, datagram


def batches_again(
    batch: int = 128, back: int = 2, share: float = 0.03, count: int = 300, *, others: float = 0.0
) -> io.BytesIO:
    """Now and then an unacknowledged batch is sent again, after `back` further ones; `others` are lost on the way."""
    wire = Wire(91)
    due: list[int] = []
    for number in range(count):
        again = [due.pop(0)] if due and due[0] == number - back else []
        for one in (*[number], *again):
            for each in range(batch):
                if wire.random.random() >= others:
                    wire.put(datagram(one * batch + each, ident=0))
        if wire.random.random() < share:
            due.append(number)
    return wire.capture()


def a_history_again(length: int = 512, every: int = 2048, count: int = 9_000) -> io.BytesIO:
    """After every so many the last ones are sent once more."""
    wire = Wire(92)
    for number in range(1, count):
        wire.put(datagram(number, ident=0))
        if number % every == 0:
            for old in range(number - length + 1, number + 1):
                wire.put(datagram(old, ident=0))
    return wire.capture()


def repeats_by_a_timer(
    timer: int = 1270, on: int = 7000, off: int = 1750, *, count: int = 40_000, lost: float = 0.008, seed: int = 93
) -> io.BytesIO:
    """A steady sender that pauses; what is not acknowledged goes out again in the sender's own turns, so many steps
    later, or as soon as it goes on after a pause."""
    wire = Wire(seed)
    waiting: list[tuple[int, int]] = []
    number = step = 0
    while number < count:
        step += 1
        if step % (on + off) >= on:
            continue
        if waiting and waiting[0][0] <= step:
            old = heapq.heappop(waiting)[1]
        else:
            old, number = number, number + 1
            if wire.random.random() < lost:
                heapq.heappush(waiting, (step + timer + wire.random.randint(-3, 3), old))
        wire.put(datagram(old), wire.now + step * STEP + wire.random.randint(0, STEP // 8))
    return wire.capture()
