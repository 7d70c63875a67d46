"""What home-made senders send: a header drawn at random, flows that share counters or do not, losses and repeats.

A Case has the frames with their times, and the truth: for each frame its stream and number, or none.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from benchmarks.discovery.frames import START, WAYS, Flow, carried
from benchmarks.discovery.structs import Header, draw

BEGIN = 1_780_000_000_000_000_000  # ns
SCOPES = ("one-flow",) * 6 + ("per-flow",) * 3 + ("per-source", "one-counter", "per-field", "per-field")


@dataclass(slots=True)
class Case:
    """`truth`: of each frame (stream, number), None if it carries none. `modulus` of the numbers. `place`: bytes
    from the frame's first to the number's lowest byte, None if that differs."""

    name: str
    frames: list[bytes] = field(default_factory=list)
    ns: list[int] = field(default_factory=list)
    truth: list[tuple[int, int] | None] = field(default_factory=list)
    modulus: int = 0
    expressible: bool = True
    place: set[int] = field(default_factory=set)


def sender(seed: int) -> Case:
    """A capture of a sender that numbers its packets."""
    rng = random.Random(seed)
    scope = rng.choice(SCOPES)
    kinds = rng.random() < 0.15
    header = draw(rng, stream=scope == "per-field", kinds=kinds)
    way = rng.choice(WAYS)
    count = int(40 * 2 ** rng.uniform(0, 6.3))
    flows = [Flow()] if scope in ("one-flow", "per-field") else _flows(rng, scope, way)
    streams = rng.randint(2, 6) if scope == "per-field" else len(flows) if scope in ("per-flow", "per-source") else 1
    if scope == "per-source":
        streams = len({flow.source for flow in flows})
    bits = header.seq.bits or 8 * header.seq.size
    modulus = 1 << bits
    if rng.random() < 0.06:
        modulus = min(modulus, rng.choice((100, 1000, 250, 600, 4000)))
    case = Case(name=f"{way}/{scope}", modulus=modulus)
    starts = [rng.choice((0, 0, 1, rng.randrange(modulus))) for _ in range(streams)]
    sent = [0] * streams
    names = rng.sample(range(1, 250), streams) if header else []
    tail = _payload(rng)
    ns = BEGIN
    gap = rng.choice((20_000, 100_000, 1_000_000, 20_000_000))
    held: list[tuple[bytes, tuple[int, int]]] = []
    loss, repeat = rng.choice((0, 0.003, 0.02, 0.1)), rng.choice((0, 0.005, 0.01))
    pace = rng.choice(("steady", "random", "bursts"))
    identification = rng.randrange(65536)
    kind, other = rng.randrange(1, 100), rng.randrange(100, 250)
    top = rng.randrange(4)
    boot = rng.randrange(1 << 31)
    for _ in range(count):
        ns += {
            "steady": gap,
            "random": int(rng.expovariate(1 / gap)),
            "bursts": gap // 20 if rng.random() < 0.9 else 10 * gap,
        }[pace]
        ns += int(abs(rng.gauss(0, 0.1 * gap)))
        at = rng.randrange(len(flows)) if pace != "bursts" or rng.random() < 0.5 else 0
        flow = flows[at]
        stream = _stream(scope, at, flow, rng, streams)
        values = _values(ns, boot, rng)
        values |= {"kind": kind, "stream": names[stream], "top": top if header.seq.bits else 0}
        identification += 1
        if kinds and rng.random() < 0.15:
            payload = (
                header.build({"magic": 0, "kind": other, "flags": 0, "top": 0, "seq": rng.getrandbits(64)}, rng)
                + tail()
            )
            case.frames.append(carried(payload, way, flow, identification))
            case.ns.append(ns)
            case.truth.append(None)
            continue
        number = (starts[stream] + sent[stream]) % modulus
        sent[stream] += 1
        body = tail()
        values |= {"seq": number, "length": header.size + len(body)}
        frame = carried(header.build(values, rng) + body, way, flow, identification)
        held.append((frame, (stream, number)))
        if rng.random() < loss:
            continue
        case.frames.append(frame)
        case.ns.append(ns)
        case.truth.append((stream, number))
        if rng.random() < repeat and len(held) > 40:
            old, what = held[-rng.choice((32, 33, 40))]
            case.frames.append(old)
            case.ns.append(ns + 1000)
            case.truth.append(what)
    low = START[way] + header.seq.at + (header.seq.size - 1 if header.big else 0)
    case.place = {low + shift for shift in (_shift(header),)}
    return case


def _shift(header: Header) -> int:
    """Bytes from the word's lowest byte to the counter's."""
    return (header.seq.low // 8) * (-1 if header.big else 1)


def _flows(rng: random.Random, scope: str, way: str) -> list[Flow]:
    count = rng.randint(2, 6)
    if scope == "per-flow" and way in ("eth", "ip"):  # no ports: other targets
        return [Flow(target=10 + at) for at in range(count)]
    if scope == "per-flow":
        return [Flow(sport=rng.randrange(30000, 60000), dport=6000) for _ in range(count)]
    sources = rng.randint(1, 3) if scope == "per-source" else 1
    return [Flow(source=1 + at % sources, target=10 + at, sport=40000, dport=6000) for at in range(max(count, sources))]


def _stream(scope: str, at: int, flow: Flow, rng: random.Random, streams: int) -> int:
    if scope == "per-flow":
        return at
    if scope == "per-source":
        return flow.source - 1
    return rng.randrange(streams) if scope == "per-field" else 0


def _values(ns: int, boot: int, rng: random.Random) -> dict[str, int]:
    """What a struct has beside its number."""
    since = ns - BEGIN
    return {
        "version": 3, "zero": 0, "flags": 1 if rng.random() < 0.05 else 0, "sensor": 500 + int(rng.gauss(0, 40)),
        "seconds": ns // 10**9, "micros": ns // 1000, "nanos": ns, "millis": ns // 10**6,
        "ticks": boot + since // 10**6, "fraction": ns // 1000 % 10**6,
    }  # fmt: skip


def _payload(rng: random.Random):  # type: ignore[no-untyped-def]
    """What follows the header, as a function of nothing."""
    size = rng.choice((0, 8, 16, 40, 200, 900))
    shape = rng.choice(("noise", "noise", "constant", "pattern", "varied"))
    if shape == "noise":
        return lambda: rng.randbytes(size)
    if shape == "varied":
        return lambda: rng.randbytes(rng.randint(0, size))
    fixed = bytes(size) if shape == "constant" else bytes(0x30 + at % 10 for at in range(size))
    return lambda: fixed
