"""Traffic without a counter: what discovery must not find one in."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable, Iterator

from benchmarks.discovery.frames import Flow, carried
from benchmarks.discovery.senders import BEGIN, Case

Maker = Callable[[random.Random], Iterator[tuple[int, bytes]]]


def queries(rng: random.Random) -> Iterator[tuple[int, bytes]]:
    names = [bytes(rng.choices(b"abcdefghijk", k=rng.randint(3, 9))) for _ in range(rng.randint(1, 8))]
    while True:
        name = rng.choice(names)
        yield (
            int(rng.expovariate(1e-7)),
            rng.randbytes(2) + bytes.fromhex("01000001000000000000") + bytes([len(name)]) + name + b"\0\0\1\0\1",
        )


def encrypted(rng: random.Random) -> Iterator[tuple[int, bytes]]:
    head, low, high = rng.randbytes(rng.randint(0, 8)), 40, rng.choice((40, 400))
    while True:
        yield int(rng.expovariate(1e-6)), head + rng.randbytes(rng.randint(low, high))


def clocks(rng: random.Random) -> Iterator[tuple[int, bytes]]:
    """A clock whose tick is about as long as the packets are apart."""
    tick = rng.choice((1_000, 100_000, 1_000_000, 10_000_000, 1_000_000_000))
    jitter = rng.uniform(0.05, 0.6)
    epoch, size = rng.random() < 0.5, rng.choice((4, 8))
    boot, order = rng.getrandbits(30), rng.choice("<>")
    ideal, last = 0.0, 0
    more = rng.choice((0, 12))
    while True:
        ideal += tick
        now = max(int(ideal + rng.gauss(0, jitter * tick)), last)
        value = ((BEGIN + now) if epoch else boot * tick + now) // tick
        yield (
            now - last,
            struct.pack(order + "HH", 7, 40)
            + (value & ((1 << 8 * size) - 1)).to_bytes(size, "big" if order == ">" else "little")
            + rng.randbytes(more),
        )
        last = now


def readings(rng: random.Random) -> Iterator[tuple[int, bytes]]:
    period, size, order = rng.uniform(20, 900), rng.choice(("h", "i")), rng.choice("<>")
    at = 0
    walk = 1000.0
    while True:
        at += 1
        walk += rng.gauss(0, 2)
        yield (
            100_000,
            struct.pack(order + size * 3, int(1000 * math.sin(at / period)), int(walk), int(rng.gauss(0, 9)))
            + bytes(8),
        )


def audio(rng: random.Random) -> Iterator[tuple[int, bytes]]:
    step, at, ssrc = rng.choice((160, 320, 960, 3000, 90)), rng.getrandbits(31), rng.randbytes(4)
    while True:
        at += step
        yield 20_000_000, ssrc + struct.pack(">I", at & 0xFFFFFFFF) + rng.randbytes(rng.choice((20, 20, 160)))


def constant(rng: random.Random) -> Iterator[tuple[int, bytes]]:
    body = rng.randbytes(rng.randint(4, 60))
    while True:
        yield 1_000_000, body


def game(rng: random.Random) -> Iterator[tuple[int, bytes]]:
    """Positions and angles of players, as floats."""
    players = [[rng.uniform(-90, 90) for _ in range(3)] for _ in range(rng.randint(1, 6))]
    while True:
        which = rng.randrange(len(players))
        players[which] = [value + rng.gauss(0, 0.1) for value in players[which]]
        yield 16_000_000, struct.pack("<BB3f", 4, which, *players[which]) + rng.randbytes(4)


def logs(rng: random.Random) -> Iterator[tuple[int, bytes]]:
    now = 0
    while True:
        gap = int(rng.expovariate(1e-8))
        now += gap
        seconds = now // 10**9
        clock = f"{10 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        text = f"<134>Jun 15 {clock} host app[{rng.choice((411, 99))}]: "
        yield gap, text.encode() + bytes(rng.choices(b"abcdefgh ", k=rng.randint(5, 60)))


def statistics(rng: random.Random) -> Iterator[tuple[int, bytes]]:
    """Totals of bytes and packets, which grow by other amounts each time."""
    octets = packets = 0
    while True:
        packets += rng.randint(3, 900)
        octets += rng.randint(300, 90_000)
        yield 10**9, struct.pack(">HHQQ", 1, 24, octets, packets) + rng.randbytes(4)


def chunks(rng: random.Random) -> Iterator[tuple[int, bytes]]:
    """A file sent in pieces: offsets in bytes."""
    at, size = 0, rng.choice((512, 1000, 1400))
    ident = rng.randbytes(4)
    while True:
        yield 50_000, ident + struct.pack(">I", at) + rng.randbytes(60)
        at += size


MAKERS: tuple[Maker, ...] = (queries, encrypted, clocks, clocks, readings, audio, constant, game, logs, statistics)


def quiet(seed: int) -> Case:
    """A capture without a counter, except for the identification of its IP headers."""
    rng = random.Random(seed)
    maker = rng.choice(MAKERS)
    case = Case(name=maker.__name__)
    count = int(40 * 2 ** rng.uniform(0, 6))
    flows = [Flow(sport=rng.randrange(20000, 60000)) for _ in range(rng.choice((1, 1, 3)))]
    identification, ns = rng.randrange(65536), BEGIN
    for number, (gap, payload) in enumerate(maker(rng)):
        if number == count:
            break
        ns += gap
        identification += 1
        flow = rng.choice(flows)
        case.frames.append(carried(payload, "udp", flow, identification))
        case.ns.append(ns)
        case.truth.append(None)
    return case
