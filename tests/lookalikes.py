"""Captures that look like a ring's fault in one respect and contradict it in another: old numbers in the place of new
ones, at another length, in a turn of their own, or by the receiver's ring. Made as those of kinds.py."""

from __future__ import annotations

import io
from collections import deque

from kinds import BEGIN, STEP, Wire, datagram, foreign

C = b"\2\0\0\0\0\x0c"


def padded_by_the_mirror(delay: int = 80 * STEP, multiple: int = 64, copies: int = 60) -> io.BytesIO:
    """Frames of any length; a mirror sends some of them after a constant delay, filled up to a multiple of bytes. The
    sender's rate varies."""
    wire = Wire(51)
    struck = set(wire.random.sample(range(400, 5_600), copies))
    for number in range(6_000):
        at = wire.step(STEP // 2 << number // 700 % 3, 2 * STEP << number // 700 % 3)
        data = datagram(number, ident=0, rest=bytes(wire.random.randint(20, 900)))
        wire.put(data, at)
        if number in struck:
            wire.put(data.ljust(-(-len(data) // multiple) * multiple, b"\0"), at + delay)
    return wire.capture()


def with_a_trailer(delay: int = 90 * STEP, trailer: int = 12, copies: int = 60) -> io.BytesIO:
    """A tap sends some frames again after about a constant delay, each with as many bytes behind it."""
    wire = Wire(58)
    struck = set(wire.random.sample(range(400, 5_600), copies))
    for number in range(6_000):
        at = wire.step(STEP // 2 << number // 700 % 3, 2 * STEP << number // 700 % 3)
        data = datagram(number, ident=0, rest=bytes(200))
        wire.put(data, at)
        if number in struck:
            wire.put(data + wire.random.randbytes(trailer), at + delay + wire.random.randint(0, delay // 20))
    return wire.capture()


def a_loop_that_stamps(times: int = 40, turns: int = 5, turn: int = 60 * STEP) -> io.BytesIO:
    """Some frames go round between routers, of which one writes its time into the payload each time."""
    wire = Wire(59)
    struck = set(wire.random.sample(range(100, 3_000), times))
    for number in range(4_000):
        first = wire.step()
        for again in range(turns if number in struck else 1):
            at = first + again * turn
            stamp = at.to_bytes(8, "big") + bytes(12)
            wire.put(datagram(number, ident=0, ttl=64 - again, rest=stamp), at)
    return wire.capture()


def of_an_age_instead(age: int = 150 * STEP, times: float = 0.02, *, varying: bool = True) -> io.BytesIO:
    """Now and then a program sends the record of a while ago instead of the new one, whose number is lost: always as
    old, though its rate varies."""
    wire = Wire(52)
    sent: list[tuple[int, bytes]] = []
    for number in range(7_000):
        slow = (1, 5, 2)[number // 500 % 3] if varying else 1
        at = wire.step(slow * STEP, slow * STEP)
        old = next((data for ns, data in reversed(sent) if ns <= at - age), None)
        data = datagram(number, ident=0)
        if old is not None and wire.random.random() < times:
            data = old
        else:
            sent.append((at, data))
        wire.put(data, at)
    return wire.capture()


def pushed_out_of_a_queue(delay: int = 300 * STEP, copies: int = 60, room: int = 8) -> io.BytesIO:
    """Some frames come again by a way that is longer by a constant time, and share a link that is full: each copy
    pushes a new frame out of its queue."""
    wire = Wire(53)
    arrivals: list[tuple[int, int]] = []
    now = BEGIN
    struck = set(wire.random.sample(range(400, 7_000), copies))
    for number in range(8_000):
        now += STEP * wire.random.randint(70, 130) // 100
        arrivals += [(now, number), *([(now + delay, number)] if number in struck else [])]
    queue: deque[int] = deque()
    free = BEGIN
    for at, number in sorted(arrivals):
        while queue and queue[0] <= at:
            queue.popleft()
        if len(queue) >= room:
            continue
        free = max(free, at) + STEP
        queue.append(free)
        wire.put(datagram(number, ident=0), free)
    return wire.capture()


def repaired_in_a_turn(places: int = 117, copies: int = 40) -> io.BytesIO:
    """A sender that keeps time sends some records again after a constant round trip, each in a turn of its own; nothing
    in them is new."""
    wire = Wire(54)
    due: deque[tuple[int, bytes]] = deque()
    number = 0
    for turn in range(9_000):
        if due and due[0][0] <= turn:
            data = due.popleft()[1]
        else:
            data = datagram(number, ident=0)
            number += 1
            if wire.random.random() < copies / 9_000:
                due.append((turn + places, data))
        wire.put(data, BEGIN + turn * STEP)
    return wire.capture()


def of_the_receivers_ring(size: int = 512, share: float = 0.4, copies: int = 60) -> io.BytesIO:
    """Slots of the receiver's own RX ring are read before they are filled: frames of two senders go through it, at
    rates that vary."""
    wire = Wire(55)
    ring: list[bytes] = []
    number = other = 0
    while copies:
        if wire.random.random() < share:
            due = datagram(other, source=C, sport=7000)
            other += 1
        else:
            due = datagram(number)
            number += 1
        old = ring[-size] if len(ring) >= size else None
        if old is not None and old[6:12] != C and wire.random.random() < 1 / 60:
            due = old
            copies -= 1
        ring.append(due)
        wire.put(due, wire.step(STEP << len(ring) // 900 % 3, 2 * STEP << len(ring) // 900 % 3))
    return wire.capture()


def the_one_before_instead(streams: int = 8, copies: int = 40) -> io.BytesIO:
    """Streams take turns, and now and then a program sends its last record again instead of the new one, whose number
    is lost."""
    wire = Wire(61)
    struck = set(wire.random.sample(range(1_000, 9_000), copies))
    for at in range(9_600):
        number, stream = divmod(at, streams)
        wire.put(datagram(number - (at in struck), ident=0, sport=7000 + stream))
    return wire.capture()


def threads_swap_items(batch: int = 16, times: float = 0.01) -> io.BytesIO:
    """Two threads fill batches, and now and then an item is that of a later place: its number comes twice, and that of
    the place never."""
    wire = Wire(62)
    items = list(range(8_000))
    for place in range(len(items)):
        left = batch - place % batch - 1
        if left and wire.random.random() < times:
            items[place] = place + wire.random.randint(1, left)
    for number in items:
        wire.put(datagram(number, ident=0))
    return wire.capture()


def when_the_window_is_full(window: int = 256, timeout: int = 300 * STEP, times: int = 30) -> io.BytesIO:
    """Acknowledgements stay away now and then: the sender stops when its window is full, and after a timeout sends the
    oldest of it again."""
    wire = Wire(63)
    struck = set(wire.random.sample(range(400, 8_000), times))
    for number in range(8_400):
        wire.put(datagram(number, ident=0))
        if number in struck:
            wire.now += timeout * wire.random.randint(80, 120) // 100
            wire.put(datagram(number - window + 1, ident=0))
    return wire.capture()


def by_count(every: int = 1000, records: int = 20_000) -> io.BytesIO:
    """A record that describes the others comes again after every so many of them; the rate varies."""
    wire = Wire(64)
    for number in range(records):
        slow = (1, 5, 2)[number // 700 % 3]
        wire.put(datagram(number, ident=0), wire.step(slow * STEP // 2, slow * 2 * STEP))
        if number >= 700 and number % every == 700:
            wire.put(datagram(700, ident=0), wire.step())
    return wire.capture()


def some_again_after_so_many(behind: int = 64, every: int | None = 209, records: int = 12_000) -> io.BytesIO:
    """A program sends every so many-th record once more, or some, when it has sent so many others; the rate varies."""
    wire = Wire(65)
    for number in range(records):
        slow = (1, 5, 2)[number // 500 % 3]
        wire.put(datagram(number, ident=0), wire.step(slow * STEP // 2, slow * 2 * STEP))
        old = number - behind + 1
        if old > 0 and (old % every == 0 if every else wire.random.random() < 0.008):
            wire.put(datagram(old, ident=0), wire.step(slow * STEP // 2, slow * 2 * STEP))
    return wire.capture()


def retried_in_place(mean: int = 768, spread: float = 0.028, times: float = 0.02) -> io.BytesIO:
    """A program sends a record again some time later, in the place of a new one; other frames lie between."""
    wire = Wire(66)
    due: dict[int, int] = {}
    for number in range(6_000):
        if wire.random.random() < 0.006:
            wire.put(foreign())
        old = next((each for each in due if number >= each), None)
        if old is None:
            wire.put(datagram(number, ident=0))
            if wire.random.random() < times:
                due[number + int(wire.random.gauss(mean, spread * mean))] = number
            continue
        wire.put(datagram(due.pop(old), ident=0))
    return wire.capture()


def held_by_a_sampler(every: int = 128, exported: float = 1.0) -> io.BytesIO:
    """A mirror takes one frame in so many and puts it out when it takes the next one; some never come through."""
    wire, held = Wire(11), None
    for number in range(150 * every):
        if number % every == 0:
            if held is not None and wire.random.random() < exported:
                wire.put(held)
            held = datagram(number)
        wire.put(datagram(number))
    return wire.capture()


def first_of_a_batch_again(batch: int = 64) -> io.BytesIO:
    """Where the answer to a batch is late, its first frame goes out again before the next batch, as a probe."""
    wire = Wire(12)
    for number in range(200 * batch):
        if number % batch == 0 and number and wire.random.random() < 0.15:
            wire.put(datagram(number - batch, ident=0))
        wire.put(datagram(number, ident=0))
    return wire.capture()


def from_a_history(back: int = 1025, copies: int = 45) -> io.BytesIO:
    """A program sends the record of so many numbers ago once more, at any time; its rate varies."""
    wire = Wire(60)
    number, again = 0, 0
    while again < copies:
        wire.put(datagram(number, ident=0), wire.step(STEP // 2 << number // 700 % 3, 2 * STEP << number // 700 % 3))
        if number >= back and wire.random.random() < 0.01:
            wire.put(datagram(number - back + 1, ident=0))
            again += 1
        number += 1
    return wire.capture()


def starts_over(first: int = 900, second: int = 500) -> io.BytesIO:
    """A sender starts over at once, and the capture ends before it has passed its old count; its first eight packets
    were lost. Each packet has an IP identification of its own."""
    wire = Wire(62)
    for place, number in enumerate([*range(first), *range(8, second)]):
        wire.put(datagram(number, ident=place))
    return wire.capture()


def stamped_by_a_clock(count: int = 3_000) -> io.BytesIO:
    """The field is a clock of some ticks a packet, which come at any time; some bear the same tick."""
    wire = Wire(63)
    tick = 0
    for place in range(count):
        wire.put(datagram(tick, ident=place))
        tick += int(wire.random.expovariate(1 / 14))
    return wire.capture()


def pushes_the_next_out(places: float = 169.3, copies: int = 55, jitter: float = 0.6, count: int = 7_000) -> io.BytesIO:
    """A sender that keeps time, but for some jitter. Some frames come again after a constant delay, and each pushes the
    next new one out. A few frames are others'."""
    wire = Wire(61)
    struck = set(wire.random.sample(range(100, count - 400), copies))
    sent = [number * STEP + int(wire.random.gauss(0, jitter) * STEP / 2) for number in range(count)]
    arrivals = [(at, 1, number) for number, at in enumerate(sorted(sent))]
    arrivals += [(sent[number] + int(places * STEP), 0, number) for number in struck]
    arrivals += [(number * STEP + STEP // 3, 2, 0) for number in wire.random.sample(range(count), count // 25)]
    pushing = 0
    for at, kind, number in sorted(arrivals):
        if kind == 1 and pushing:
            pushing -= 1
            continue
        pushing += kind == 0
        wire.put(foreign() if kind == 2 else datagram(number, ident=0), BEGIN + at)
    return wire.capture()
