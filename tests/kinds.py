"""Captures of kinds that a verdict must not get wrong, made frame by frame: neither the simulator nor anything of
seqcheck takes part, except for the pcap's own framing.

Each function gives a capture. Numbers are 32 bits, big endian, in UDP to port 5000 unless it says otherwise.
"""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable, Iterable

from seqcheck.wire import pcap

LAYOUT = "udp:5000 seq=u32be@0"
PRP_LAYOUT = "frame magic=u16be@-2==0x88fb seq=u16be@-6"
BEGIN, STEP = 1_700_000_000 * 10**9, 10_000  # ns
A, B = b"\2\0\0\0\0\x0a", b"\2\0\0\0\0\x0b"


class Wire:
    """Frames on a wire, in any order; `capture` puts them into that of time."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.now = BEGIN
        self.frames: list[tuple[int, bytes]] = []

    def step(self, low: int = STEP // 2, high: int = 2 * STEP) -> int:
        """A while later; a sender's rate varies."""
        self.now += self.random.randint(low, high)
        return self.now

    def put(self, data: bytes, ns: int | None = None) -> None:
        self.frames.append((self.step() if ns is None else ns, data))

    def capture(self) -> io.BytesIO:
        ordered = sorted(self.frames, key=lambda each: each[0])
        parts = [pcap.file_header(link=1), *(pcap.record(ns, data) for ns, data in ordered)]
        return io.BytesIO(b"".join(parts))


def datagram(
    number: int, *, ident: int | None = None, ttl: int = 64, source: bytes = A, sport: int = 6000, rest: bytes = b"",
    version: int = 4,
) -> bytes:  # fmt: skip
    """A UDP datagram with a number in front; the IP identification follows it unless given."""
    payload = struct.pack(">I", number & 0xFFFFFFFF) + (rest or bytes(20))
    udp = struct.pack(">HHHH", sport, 5000, 8 + len(payload), 0) + payload
    head = b"\2\0\0\0\0\x0f" + source
    if version == 6:
        ends = bytes.fromhex("20010db800000000000000000000000120010db8000000000000000000000002")
        return head + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(udp), 17, ttl) + ends + udp
    named = number if ident is None else ident
    ends = bytes([192, 0, 2, 1, 192, 0, 2, 2])
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), named & 0xFFFF, 0, ttl, 17, 0) + ends
    return head + b"\x08\x00" + ip + udp


def foreign(source: bytes = A) -> bytes:
    """A frame of the sender without a number."""
    return b"\xff" * 6 + source + b"\x08\x06" + bytes(46)


def numbers(sequence: Iterable[int], make: Callable[[int], bytes] = datagram) -> io.BytesIO:
    """These numbers, one after the other."""
    wire = Wire()
    for number in sequence:
        wire.put(make(number))
    return wire.capture()


def failover(count: int = 1200) -> io.BytesIO:
    """Half way the sender continues from another link-layer address; some frames come twice, 3 ms later."""
    wire = Wire(2)
    for number in range(count):
        at = wire.step()
        data = datagram(number, source=A if number < count // 2 else B)
        wire.put(data, at)
        if number % 190 == 100:
            wire.put(data, at + 3_000_000 + wire.random.randint(0, 200_000))
    return wire.capture()


def go_back(window: int = 40, count: int = 2000, version: int = 6) -> io.BytesIO:
    """A window sent again for no need, then on."""
    again = count // 2
    order = [*range(again), *range(again - window, again), *range(again, count)]
    return numbers(order, lambda number: datagram(number, ident=0, version=version))


def delayed(mean: int, jitter: float, share: float, *, seed: int = 3, count: int = 3000) -> io.BytesIO:
    """Some frames come again after a delay that varies by `jitter` of itself."""
    wire = Wire(seed)
    for number in range(count):
        at = wire.step()
        wire.put(datagram(number, ident=0), at)
        if wire.random.random() < share:
            wire.put(datagram(number, ident=0), at + max(1000, int(mean * wire.random.gauss(1, jitter))))
    return wire.capture()


def prp(count: int = 1000, *, lost_a: float = 0.02, lost_b: float = 0.05, both: tuple[int, ...] = ()) -> io.BytesIO:
    """Each frame on LAN A and, 2 ms later or so, on LAN B; some are lost on either, those of `both` on both."""
    wire = Wire(4)
    for number in range(count):
        at = wire.step()
        for lan, lost, later in ((0xA, lost_a, 0), (0xB, lost_b, 2_000_000 + wire.random.randint(0, 200_000))):
            if number not in both and wire.random.random() >= lost:
                trailer = struct.pack(">HHH", number & 0xFFFF, lan << 12 | 52, 0x88FB)
                wire.put(b"\2\0\0\0\0\x0f" + A + b"\x88\xba" + bytes(46) + trailer, at + later)
    return wire.capture()


def hsr(count: int = 600) -> io.BytesIO:
    """Each frame with an HSR tag, by both paths of the ring."""
    wire = Wire(5)
    for number in range(count):
        at = wire.step()
        for path, later in ((1, 0), (0, 300_000)):
            tag = b"\x89\x2f" + struct.pack(">HH", path << 12 | 52, number)
            wire.put(b"\2\0\0\0\0\x0f" + A + tag + b"\x88\xba" + bytes(46), at + later)
    return wire.capture()


def shared_counter(count: int = 1500, share: float = 0.05) -> io.BytesIO:
    """One counter over several flows, and a mirror that copies some frames."""
    wire = Wire(6)
    for number in range(count):
        at = wire.step()
        data = datagram(number, sport=6000 + wire.random.randrange(4))
        wire.put(data, at)
        if wire.random.random() < share:
            wire.put(data, at + 20_000 + wire.random.randint(0, 2000))
    return wire.capture()


def shared_by_turns(count: int = 3000) -> io.BytesIO:
    """One counter over two flows that take turns, so each lacks every other number; a mirror copies all at once."""
    wire = Wire(18)
    for number in range(count):
        at = wire.step()
        for late in (0, 1500):
            wire.put(datagram(number, sport=6000 + number % 2), at + late)
    return wire.capture()


def block_twice(length: int = 32, count: int = 600) -> io.BytesIO:
    """Two ports hand over the last block again, interleaved."""
    wire = Wire(7)
    half = count // 2
    for number in range(half):
        wire.put(datagram(number))
    for number in range(half - length, half):
        for _ in range(2):
            wire.put(datagram(number), wire.step(200, 900))
    for number in range(half, count):
        wire.put(datagram(number))
    return wire.capture()


def last_in_first_out(buffers: int = 170, count: int = 120) -> io.BytesIO:
    """Buffers that were filled once go round through a last-in-first-out cache."""
    wire = Wire(8)
    cache, order = list(range(buffers)), []
    for _ in range(count):
        taken = [cache.pop() for _ in range(wire.random.randint(1, 24)) if cache]
        order += taken
        cache += wire.random.sample(taken, len(taken))
    return numbers([*range(buffers), *order])


def router_loop(count: int = 400, rounds: int = 12) -> io.BytesIO:
    """Every tenth frame goes round between two routers; its hop count falls."""
    wire = Wire(9)
    for number in range(count):
        at = wire.step(5_000_000, 9_000_000)
        for turn in range(rounds if number % 10 == 5 else 1):
            wire.put(datagram(number, ttl=60 - 2 * turn), at + turn * 700_000)
    return wire.capture()


def segments(count: int = 1500) -> io.BytesIO:
    """Some messages take two frames, both with the message's number."""
    wire = Wire(10)
    for number in range(count):
        wire.put(datagram(number, ident=2 * number, rest=wire.random.randbytes(60)))
        if number % 15 == 7:
            wire.put(datagram(number, ident=2 * number + 1, rest=wire.random.randbytes(60)))
    return wire.capture()


def jittered(count: int = 4000, share: float = 0.015) -> io.BytesIO:
    """Every frame has a delay of its own, of many frames; some come twice, the copy with its own, too. The sender
    counts its packets in the IP identification."""
    wire = Wire(22)
    for number in range(count):
        at = wire.step()
        for _ in range(1 + (wire.random.random() < share)):
            wire.put(datagram(number, ident=number), at + 10_000_000 + int(2_000_000 * wire.random.gauss(0, 1)))
    return wire.capture()


def windows_sent_again(window: int = 160, times: int = 9, streams: int = 4) -> io.BytesIO:
    """Now and then all that one of several flows sent of the last so many frames is sent again, up to its newest."""
    wire = Wire(19)
    sent: list[tuple[int, int]] = []
    numbers = [0] * streams
    for turn in range(times * 900):
        flow = wire.random.choice((0, 0, 0, wire.random.randrange(streams)))
        sent.append((flow, numbers[flow]))
        wire.put(datagram(numbers[flow], ident=0, sport=6000 + flow))
        numbers[flow] += 1
        if turn % 900 == 899:
            for other, number in sent[-window:]:
                if other == 0:
                    wire.put(datagram(number, ident=0, sport=6000))
    return wire.capture()


def mirrored(capture: io.BytesIO) -> io.BytesIO:
    """Each frame of a capture twice, the copy 1.5 µs later."""
    wire = Wire()
    data = capture.getvalue()
    at = 24
    while at < len(data):
        seconds, rest, length, _ = struct.unpack("<IIII", data[at : at + 16])
        ns = seconds * 10**9 + rest
        for late in (0, 1500):
            wire.put(data[at + 16 : at + 16 + length], ns + late)
        at += 16 + length
    return wire.capture()


def mirrored_with_losses(count: int = 6000, lost: float = 0.01) -> io.BytesIO:
    """A mirror sends every frame once more, straight behind it; now and then frames are lost before it, in runs."""
    wire = Wire(21)
    gone = 0
    for number in range(count):
        at = wire.step(200, 4_000)
        gone = max(gone - 1, wire.random.randint(1, 3) if wire.random.random() < lost / 2 else 0)
        data = datagram(number, ident=0)
        wire.frames += [(at + later, data) for later in (0, 12) if not gone]
    return wire.capture()


def first_of_each_group_again(group: int = 35, first: int = 7, later: int = 152, count: int = 2900) -> io.BytesIO:
    """The first packets of each group are sent again, so many packets later: against loss, on purpose."""
    wire = Wire(15)
    for number in range(count):
        wire.put(datagram(number, ident=wire.random.randrange(1 << 16)))
        if number >= later and (number - later) % group < first:
            wire.put(datagram(number - later, ident=wire.random.randrange(1 << 16)))
    return wire.capture()


def repairs(group: int = 68, places: tuple[int, ...] = (12, 40), count: int = 12_000) -> io.BytesIO:
    """After each group some of its packets come again, the same ones each time."""
    wire = Wire(16)
    for number in range(count):
        wire.put(datagram(number, ident=0))
        if number % group == group - 1:
            for place in places:
                wire.put(datagram(number - group + 1 + place, ident=0))
    return wire.capture()


def delayed_at_a_constant_rate(places: int = 64, copies: int = 12) -> io.BytesIO:
    """A sender that keeps time, and a way on which some frames come again after as long as so many frames take."""
    wire = Wire(17)
    struck = set(wire.random.sample(range(100, 9_000), copies))
    for number in range(9_200):
        at = BEGIN + number * STEP
        wire.put(datagram(number, ident=0), at)
        if number in struck:
            wire.put(datagram(number, ident=0), at + places * STEP + wire.random.randrange(1, STEP // 2))
    return wire.capture()


def block_among_others(length: int = 59, distance: int = 700, share: float = 0.15) -> io.BytesIO:
    """A switch hands its last frames over once more, while new ones go on; none of them came twice but these."""
    wire = Wire(31)
    frames = [datagram(n // 3, ident=n, sport=6000 + n % 3) for n in range(4000)]
    block = iter(frames[1500 : 1500 + length])
    for at, data in enumerate(frames):
        wire.put(data)
        if 1500 + distance <= at and (wire.random.random() > share):
            again = next(block, None)
            if again is not None:
                wire.put(again)
    return wire.capture()


def one_flow_repeats(flows: int = 40, every: int = 61, count: int = 24_000) -> io.BytesIO:
    """Flows take turns; one of them sends the record of a while ago again now and then: by its own count, and as all
    take turns, by that of all frames."""
    wire = Wire(36)
    sent: list[bytes] = []
    numbers = [0] * flows
    while len(sent) < count:
        place, flow = len(sent), len(sent) % flows
        if flow == 3 and place > every * flows and wire.random.random() < 0.1:
            data = sent[place - every * flows]
        else:
            data = datagram(numbers[flow], ident=place, sport=6000 + flow)
            numbers[flow] += 1
        sent.append(data)
        wire.put(data)
    return wire.capture()
