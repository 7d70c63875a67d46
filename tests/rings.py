"""Captures of senders whose TX ring sends old slots again, or fills them too early; made as those of kinds.py."""

from __future__ import annotations

import io
import random

from kinds import BEGIN, STEP, B, Wire, datagram, foreign, numbers


class Ring:
    """A TX ring on a wire. What is sent takes the next slot; None is a frame that is not in the capture."""

    def __init__(self, wire: Wire, size: int) -> None:
        self.wire, self.size, self.stale = wire, size, 0
        self.slots: list[bytes | None] = []

    def old(self, chance: float) -> bytes | None:
        """With that chance, what the next slot held a lap ago, which is to go out once more."""
        if len(self.slots) < self.size or self.wire.random.random() >= chance:
            return None
        old = self.slots[-self.size]
        self.stale += old is not None
        return old

    def send(self, data: bytes | None, ns: int | None = None) -> None:
        self.slots.append(data)
        if data is None:
            self.wire.step()
        else:
            self.wire.put(data, ns)


class Flows:
    """Flows of one address, each with a count of its own; the IP identification counts all frames."""

    def __init__(self, count: int = 1) -> None:
        self.numbers = [0] * count
        self.sent = 0

    def next(self, flow: int = 0) -> bytes:
        data = datagram(self.numbers[flow], ident=self.sent, sport=6000 + flow)
        self.numbers[flow] += 1
        self.sent += 1
        return data

    def by_turns(self) -> bytes:
        return self.next(self.sent % len(self.numbers))


def stale_slots(size: int, stale: int, *, seed: int = 1, others: float = 0.0, between: int = 150) -> io.BytesIO:
    """Slots of a ring that are sent again, a lap late. `others` of the slots hold frames without a number."""
    wire = Wire(seed)
    ring, flow = Ring(wire, size), Flows()
    while ring.stale < stale:
        old = ring.old(1 / between)
        if old is not None and old[12:14] != b"\x08\x00":
            ring.stale -= 1
            old = None
        ring.send(old or (foreign() if wire.random.random() < others else flow.next()))
    for _ in range(size):
        wire.put(flow.next())
    return wire.capture()


def streams_on_one_ring(streams: int = 8, size: int = 512, stale: int = 60) -> io.BytesIO:
    """Several flows take turns on one ring; no frame is without a number."""
    wire = Wire(11)
    ring, flows = Ring(wire, size), Flows(streams)
    while ring.stale < stale:
        ring.send(ring.old(1 / 97) or flows.by_turns())
    for _ in range(size):
        wire.put(flows.by_turns())
    return wire.capture()


def mirror_and_ring(mirrored: int, stale: int, *, size: int = 512, first: str = "mirror") -> io.BytesIO:
    """A stretch in which a mirror copies every frame at once, and one with stale slots of a ring."""
    wire = Wire(12)
    flow = Flows()

    def mirror() -> None:
        for _ in range(mirrored):
            at, data = wire.step(), flow.next()
            wire.put(data, at)
            wire.put(data, at + 1500)

    def rings() -> None:
        ring = Ring(wire, size)
        while ring.stale < stale:
            ring.send(ring.old(1 / 61) or flow.next())

    for part in (mirror, rings) if first == "mirror" else (rings, mirror):
        part()
    return wire.capture()


def instead(
    size: int = 128, stale: int = 150, *, streams: int = 2, seen_from: int = 0, lost: float = 0.0, steady: bool = False
) -> io.BytesIO:
    """Slots of several flows on one ring go out with what they held a lap before; the number that was due never comes.
    The capture begins with frame `seen_from`; some frames are lost, also of those that go out again."""
    wire = Wire(13)
    ring, flows = Ring(wire, size), Flows(streams)
    while ring.stale < stale:
        due = flows.by_turns()
        ring.send(ring.old(1 / 20) or due)
    for _ in range(size):
        ring.send(flows.by_turns())
    wire = Wire(14)
    for place, data in enumerate(ring.slots[seen_from:]):
        assert data is not None
        if wire.random.random() >= lost:
            wire.put(data, BEGIN + place * STEP if steady else None)
    return wire.capture()


def replaced_at_two_sizes(first: int = 300, second: int = 470, stale: int = 40) -> io.BytesIO:
    """Slots go out stale instead of what was due; half-way the sender's ring is set to another size."""
    wire = Wire(39)
    flow = Flows()
    for size in (first, second):
        ring = Ring(wire, size)
        while ring.stale < stale:
            due = flow.next()
            ring.send(ring.old(1 / 50) or due)
    return wire.capture()


def instead_of_few(size: int = 400, stale: int = 12, others: float = 0.3) -> io.BytesIO:
    """Some slots go out stale instead of what was due; a share of the slots is a host's, whose frames are not here."""
    wire = Wire(34)
    ring, flow = Ring(wire, size), Flows()
    while ring.stale < stale:
        if wire.random.random() < others * (1 + len(ring.slots) // 100 % 3) / 3:
            ring.send(None)
            continue
        due = flow.next()
        ring.send(ring.old(1 / 300) or due)
    for _ in range(size):
        wire.put(flow.next())
    return wire.capture()


def within_one_lap(size: int = 512, stale: int = 12, hidden: int = 9) -> io.BytesIO:
    """Some slots go out stale instead of what was due, all within a few frames. A burst of the host, which is not in
    the capture, took slots of each one's lap."""
    wire = Wire(41)
    ring, flow = Ring(wire, size), Flows()
    while ring.stale < stale:
        if len(ring.slots) == size // 2:
            for _ in range(hidden):
                ring.send(None)
        due = flow.next()
        ring.send(ring.old(1 / 10) or due)
    for _ in range(2 * size):
        wire.put(flow.next())
    return wire.capture()


def in_bursts_of_the_host(size: int = 101, stale: int = 25) -> io.BytesIO:
    """Two flows share a ring with a host whose frames come in bursts and are not in the capture; slots of the host's go
    out stale. The sender slows down all the time."""
    wire = Wire(42)
    ring, flows = Ring(wire, size), Flows(2)
    while ring.stale < stale:
        if wire.random.random() < 0.006:
            for _ in range(wire.random.randint(1, 40)):
                wire.step(STEP + 20 * len(ring.slots), STEP + 20 * len(ring.slots))
                ring.send(ring.old(0.05))
        wire.step(STEP + 20 * len(ring.slots), STEP + 20 * len(ring.slots))
        ring.send(flows.next(wire.random.randrange(2)))
    for _ in range(size):
        wire.put(flows.by_turns())
    return wire.capture()


def instead_of_many(size: int = 48, stale: int = 4000, share: float = 0.4) -> io.BytesIO:
    """Many slots go out stale instead of what was due, through a capture whose clock is too coarse for them."""
    wire = Wire(35)
    ring, flow = Ring(wire, size), Flows()
    while ring.stale < stale:
        due = flow.next()
        ring.send(ring.old(share) or due, BEGIN + len(ring.slots) // 200 * 1_000_000)
    return wire.capture()


def of_other_lengths(size: int = 300, stale: int = 30, tap: int = 0) -> io.BytesIO:
    """The slots of the host's own frames go out with an old record at the length of the frame that was meant; a host's
    frames come in bursts, and none is in the capture. With `tap`, the copies lengthen all alike instead."""
    wire = Wire(32)
    ring = Ring(wire, size)
    number = 0
    while ring.stale < stale:
        if wire.random.random() < len(ring.slots) // 900 % 2 * 0.25:
            old = ring.old(0.1)
            if old is not None:
                length = tap + len(old) if tap else wire.random.randint(100, 900)
                wire.put(old[:length] + bytes(max(0, length - len(old))))
            ring.send(None)
            continue
        ring.send(datagram(number, rest=bytes(wire.random.randint(60, 500))))
        number += 1
    return wire.capture()


def beside_another_queue(
    size: int = 400, stale: int = 120, share: float = 0.2, flows: int = 1, *, turns: bool = True
) -> io.BytesIO:
    """A ring of so many flows, whose slots go out again, and one more flow of the same address that leaves by another
    queue, at random."""
    wire = Wire(21)
    ring, own, other = Ring(wire, size), Flows(flows), 0
    while ring.stale < stale:
        if wire.random.random() < share:
            wire.put(datagram(other, ident=other, sport=7000))
            other += 1
            continue
        due = own.by_turns() if turns else own.next(wire.random.randrange(flows))
        ring.send(ring.old(1 / 60) or due)
    return wire.capture()


def queues_of_their_own(size: int = 192, stale: int = 60) -> io.BytesIO:
    """Two flows of one address leave by a queue and a ring each, at rates that vary; slots of one go out stale instead
    of frames without a number, which are not in the capture."""
    wire = Wire(33)
    ring, flow, other = Ring(wire, size), Flows(), 0
    while ring.stale < stale:
        if wire.random.random() < (0.7 if len(wire.frames) // 700 % 2 else 0.1):
            other += 1
            wire.put(datagram(other, ident=other + 30_000, sport=7000))
        else:
            ring.send(ring.old(1 / 60) or flow.next())
    return wire.capture()


def queues_by_turns(queues: int = 3, size: int = 256, stale: int = 60) -> io.BytesIO:
    """Streams of one address, each with a queue and a ring of its own, take turns; slots go out again instead of frames
    without a number."""
    wire = Wire(38)
    rings, flows = [Ring(wire, size) for _ in range(queues)], Flows(queues)
    turn = 0
    while sum(each.stale for each in rings) < stale:
        queue, turn = turn % queues, turn + 1
        rings[queue].send(rings[queue].old(0.005) or flows.next(queue))
    return wire.capture()


def one_of_two_queues(flows: int = 4, size: int = 100, stale: int = 50) -> io.BytesIO:
    """Flows of one address take turns and leave by two queues; slots of one of these go out stale instead of what was
    due."""
    wire = Wire(43)
    rings, sent = [Ring(wire, size) for _ in range(2)], Flows(flows)
    turn = 0
    while rings[0].stale < stale:
        flow, turn = turn % flows, turn + 1
        due = sent.next(flow)
        ring = rings[flow % 2]
        ring.send((ring.old(0.02) if ring is rings[0] else None) or due)
    return wire.capture()


def queues_at_random(queues: int, flows: int, size: int = 256, stale: int = 120) -> io.BytesIO:
    """Flows of one address, each on one of several queues; slots go out again instead of what was due."""
    wire = Wire(40)
    rings, sent = [Ring(wire, size) for _ in range(queues)], Flows(flows)
    while sum(each.stale for each in rings) < stale:
        flow = wire.random.randrange(flows)
        due = sent.next(flow)
        rings[flow % queues].send(rings[flow % queues].old(0.005) or due)
    return wire.capture()


def a_part_replayed(size: int = 512, part: int = 170, count: int = 6000) -> io.BytesIO:
    """The oldest slots of a ring go out again, back to back; then the count goes on where it stood."""
    wire = Wire(18)
    for number in range(count):
        wire.put(datagram(number, ident=0))
        if number == count // 2:
            for old in range(number + 1 - size, number + 1 - size + part):
                wire.put(datagram(old, ident=0), wire.step(700, 700))
    return wire.capture()


def too_early(size: int = 301, times: int = 40, others: float = 0.06, between: int = 200) -> io.BytesIO:
    """A slot is filled again before it was sent: what is due a lap later goes out in its place, and in its own."""
    wire = Wire(20)
    slots: list[bytes] = []
    number = 0
    for _ in range(times * between + 2 * size):
        if wire.random.random() < others:
            slots.append(foreign())
        else:
            slots.append(datagram(number))
            number += 1
    ours = [place for place, data in enumerate(slots) if data[12:14] == b"\x08\x00" and place + size < len(slots)]
    struck = {place for place in wire.random.sample(ours, times) if slots[place + size] != foreign()}
    for place, data in enumerate(slots):
        wire.put(slots[place + size] if place in struck and place - size not in struck else data)
    return wire.capture()


def from_a_pool(size: int = 1830, times: int = 60, count: int = 40_000) -> io.BytesIO:
    """A buffer is used again before it was sent: what goes out in its place is due so much later, or any time before
    that. The ring is another."""
    wire = Wire(21)
    later = {
        place: size if wire.random.random() < 0.45 else wire.random.randint(20, size - 1)
        for place in sorted(wire.random.sample(range(0, count - size, 16), times))
    }
    for number in range(count):
        wire.put(datagram(number + later.get(number, 0)))
    return wire.capture()


def beside_the_ring(size: int = 512, count: int = 20_000) -> io.BytesIO:
    """What goes out again does so beside the ring and takes no slot: numbers are a lap apart, frames are not."""
    wire = Wire(14)
    for number in range(count):
        wire.put(datagram(number))
        if number > size and wire.random.random() < 1 / 97:
            wire.put(datagram(number - size))
    return wire.capture()


def next_overwrites(count: int = 3000) -> io.BytesIO:
    """A waiting buffer is overwritten by the next frame: number s never comes, s + 1 comes twice in a row."""
    struck = set(random.Random(13).sample(range(1, count - 1, 2), 30))
    return numbers(number + 1 if number in struck else number for number in range(count))


def by_a_coarse_clock(size: int = 400, stale: int = 150, tick: int = 1_000_000, others: float = 0.01) -> io.BytesIO:
    """Slots go out stale instead of what was due; a few of the slots are a host's, whose frames are not here. The
    sender's rate swells and ebbs, and the capture's clock tells no frame from the next hundred."""
    wire = Wire(43)
    ring, flow = Ring(wire, size), Flows()
    while ring.stale < stale:
        if wire.random.random() < others:
            ring.send(None)
            continue
        due = flow.next()
        at = wire.step(STEP, STEP + STEP * (len(ring.slots) // 900 % 3) // 20)
        ring.send(ring.old(1 / 30) or due, at - at % tick)
    for _ in range(size):
        wire.put(flow.next(), wire.step() // tick * tick)
    return wire.capture()


def one_lost_in_the_lap(size: int = 512, stale: int = 12, others: float = 0.05) -> io.BytesIO:
    """Slots that go out again close behind one another; in the lap of all of them one frame of the host was lost, of
    which no trace is left. Elsewhere a few numbers were lost."""
    wire = Wire(45)
    ring, flow = Ring(wire, size), Flows()
    lost = {900, 2100, 3000, 3900}
    for place in range(4000):
        old = ring.old(1 / 5) if 1000 <= place < 1200 and ring.stale < stale else None
        if old is not None and old[12:14] != b"\x08\x00":
            ring.stale -= 1
            old = None
        data = old or (foreign() if place == 900 or wire.random.random() < others else flow.next())
        ring.slots.append(data)
        if place in lost:
            wire.step()
        else:
            wire.put(data)
    return wire.capture()


def after_stalls(size: int = 512, stale: int = 24, every: int = 8) -> io.BytesIO:
    """The sender stops for a while now and then; the slot that goes out next was not filled. Every eighth frame is a
    host's."""
    wire = Wire(46)
    ring, flow = Ring(wire, size), Flows()
    while ring.stale < stale:
        if wire.random.random() < 1 / 200:
            wire.step(2000 * STEP, 9000 * STEP)
            old = ring.old(1.0)
            if old is not None and old[12:14] != b"\x08\x00":
                ring.stale -= 1
                old = None
            ring.send(old or flow.next())
        ring.send(foreign() if len(ring.slots) % every == 0 else flow.next())
    for _ in range(size):
        wire.put(flow.next())
    return wire.capture()


def at_a_pace_that_wanders(size: int = 95, *, seed: int = 1) -> io.BytesIO:
    """Slots go out stale in two groups, far apart; the sender's pace changes every other lap. Another host sends
    now and then."""
    wire = Wire(seed)
    ring, flow, pace = Ring(wire, size), Flows(), STEP
    due = {lap * size + 20 * wire.random.randrange(size // 20) for lap in (2, 3, 4, 30, 31)}
    for place in range(33 * size):
        if place % (2 * size) == 0:
            pace = int(STEP * 2 ** wire.random.uniform(-2, 2))
        if wire.random.random() < 0.01:
            wire.put(foreign(source=B), wire.step(1, 2))
        host = place % size % 20 == 7
        old = ring.old(1.0) if place in due and not host else None
        ring.send(old or (foreign() if host else flow.next()), wire.step(pace, pace + pace // 3))
    return wire.capture()


def beside_hidden_frames(size: int, every: int, stale: int = 60) -> io.BytesIO:
    """Slots go out stale instead of what was due; each `every`-th slot holds a frame that a filter hides."""
    wire = Wire(41)
    ring, flow = Ring(wire, size), Flows()
    while ring.stale < stale:
        if len(ring.slots) % every == 0:
            ring.send(None)
            continue
        due = flow.next()
        ring.send(ring.old(1 / 200) or due)
    return wire.capture()
