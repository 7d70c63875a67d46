"""Senders drawn much wider than those of `senders`: any header of `wide_header`, numbers that count by flow, by pair of
hosts, by source, by a field or over all; 40 to 20,000 frames, lost, repeated, out of order, answered by copies, among
other traffic; numbers in text, BCD and varints, with a step, and sent several times each.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from benchmarks.discovery.frames import Flow, carried
from benchmarks.discovery.senders import BEGIN, Case
from benchmarks.discovery.wide_header import Head, Packet, head

SCOPES = ("flow",) * 8 + ("flows",) * 4 + ("hosts", "source", "none", "field", "field", "field-flows")
SHAPES = ("struct",) * 24 + ("tail",) * 3 + ("text",) * 2 + ("bcd", "varint", "varint", "step", "step", "repeated")
WAYS = ("udp",) * 12 + ("vlan", "eth", "eth", "ip", "ipip", "vxlan", "tcp")
LABELS = ("seq=", '{{"t": {t}, "seq": ', "id={s} n=", "#", "{t} pkt ", "GET /probe?x=1&seq=", "msg:")
Payload = Callable[[Packet], bytes]


def wide(seed: int) -> Case:
    """A capture of a sender that numbers its packets."""
    rng = random.Random(seed)
    scope, shape, way = rng.choice(SCOPES), rng.choice(SHAPES), rng.choice(WAYS)
    if shape in ("text", "bcd", "varint") and scope.startswith("field"):
        scope = "flow"
    flows = _flows(rng, scope, way)
    named = scope.startswith("field")
    streams = {"flow": 1, "flows": len(flows), "field": rng.randint(2, 7), "field-flows": rng.randint(2, 3)}.get(scope)
    owner = {"hosts": lambda flow: (flow.source, flow.target), "source": lambda flow: flow.source}.get(scope)
    owners = {owner(flow): at for at, flow in enumerate(flows)} if owner else {}
    number_of = list(dict.fromkeys(owners))
    streams = streams or max(len(number_of), 1)
    made = head(rng, stream=named, streams=streams)
    step = rng.choice((2, 4, 8, 16, 32, 30, 100, 160, 1000)) if shape == "step" else 1
    times = rng.randint(2, 5) if shape == "repeated" else 1
    payload, modulus = _payload(rng, made, shape)
    case = Case(name=f"{way}/{scope}/{shape}", modulus=modulus // math.gcd(modulus, step))
    keys = len(flows) * streams if scope == "field-flows" else streams
    starts = [rng.choice((0, 0, 1, rng.randrange(modulus), rng.randrange(min(modulus, 3000)))) for _ in range(keys)]
    sent, octets = [0] * keys, [0] * keys
    body = _body(rng, shape)
    count = int(40 * 2 ** rng.uniform(0, 9))
    loss, repeat, late = rng.choice((0, 0.002, 0.01, 0.08)), rng.choice((0, 0, 0.003, 0.01)), rng.choice((0, 0, 0.01))
    answered = rng.random() < 0.15 and way in ("udp", "vlan", "tcp") and scope in ("flow", "flows")
    strangers = rng.choice((0, 0, 0, 0.02, 0.3))
    gap, pace = rng.choice((5_000, 50_000, 1_000_000, 20_000_000)), rng.choice(("steady", "random", "bursts"))
    ns, identification = BEGIN, rng.randrange(65536)
    out: list[tuple[int, bytes, tuple[int, int] | None]] = []
    while len(out) < count:
        ns += _gap(rng, gap, pace)
        at = rng.randrange(len(flows))
        flow = flows[at]
        stream = _stream(rng, scope, at, streams, number_of.index(owner(flow)) if owner else 0)
        key = at * streams + stream if scope == "field-flows" else stream
        true = starts[key] + sent[key] // times
        data = body()
        octets[key] += len(data)
        known = Packet(
            number=true * step % modulus, count=sent[key], stream=stream, ns=ns, body=data, octets=octets[key]
        )
        sent[key] += 1
        identification += 1
        filled = payload(known)
        frame = carried(filled, way, flow, identification)
        if rng.random() < strangers:
            out.append((ns - 1, _stranger(rng), None))
        if rng.random() < loss:
            continue
        moment = ns + rng.choice((2, 3, 5)) * gap if rng.random() < late else ns
        out.append((moment, frame, (key, true)))
        if rng.random() < repeat:
            out.append((ns + rng.choice((3, 33, 300) if case.modulus > 4096 else (1, 2)) * gap, frame, (key, true)))
        if answered:
            back = Flow(source=flow.target, target=flow.source, sport=flow.dport, dport=flow.sport)
            out.append((ns + 1 + gap // 9, carried(filled, way, back, identification), (keys + key, true)))
    out.sort(key=lambda each: each[0])
    case.ns, case.frames = [each[0] for each in out], [each[1] for each in out]
    case.truth = [each[2] for each in out]
    return case


def _flows(rng: random.Random, scope: str, way: str) -> list[Flow]:
    if scope in ("flow", "field"):
        return [Flow(sport=rng.randrange(30000, 60000))]
    count, ports = rng.randint(2, 6), way not in ("eth", "ip")
    return [
        Flow(
            source=1 + (rng.randrange(3) if scope in ("source", "none", "hosts") else 0),
            target=10 + (at % 2 if scope == "hosts" else at if scope != "flows" or not ports else 0),
            sport=rng.randrange(30000, 60000),
        )
        for at in range(count)
    ]


def _stream(rng: random.Random, scope: str, at: int, streams: int, owner: int) -> int:
    if scope.startswith("field"):
        return rng.randrange(streams)
    return at if scope == "flows" else owner if scope in ("hosts", "source") else 0


def _gap(rng: random.Random, gap: int, pace: str) -> int:
    """Nanoseconds to the next packet."""
    if pace == "steady":
        return gap + int(abs(rng.gauss(0, 0.02 * gap)))
    return int(rng.expovariate(1 / gap)) if pace == "random" else gap // 20 if rng.random() < 0.9 else 10 * gap


def _body(rng: random.Random, shape: str) -> Callable[[], bytes]:
    """What follows the header."""
    size, kind = rng.choice((0, 8, 24, 100, 400, 1200)), rng.choice(("noise", "constant", "varied", "pattern"))
    if shape == "tail":
        size, kind = max(size, 24), "varied"
    if kind == "noise":
        return lambda: rng.randbytes(size)
    if kind == "varied":
        return lambda: rng.randbytes(rng.randint(0, size))
    fixed = bytes(size) if kind == "constant" else bytes(at % 251 for at in range(size))
    return lambda: fixed


def _payload(rng: random.Random, made: Head, shape: str) -> tuple[Payload, int]:
    """How a packet becomes its payload, and how many values its number has."""
    if shape == "text":
        label, width, names = rng.choice(LABELS), rng.choice((0, 0, 8)), rng.randint(1, 9)

        def text(packet: Packet) -> bytes:
            before = label.format(t=packet.ns / 1e9, s=names)
            return f"{before}{packet.number:0{width}} load={rng.randint(0, 99)}".encode() + b"x" * (
                len(packet.body) % 50
            )

        return text, 10**8 if width else 1 << 64
    if shape == "bcd":
        size = rng.choice((2, 3, 4))
        return lambda packet: b"\x81\x02" + bytes.fromhex(f"{packet.number:0{2 * size}}") + packet.body, 100**size
    if shape == "varint":
        front = bytes([rng.getrandbits(7), 0x08])
        return lambda packet: front + _varint(packet.number) + b"\x12" + packet.body, 1 << 32
    modulus = 1 << (made.bits or 8 * made.seq.size)
    if rng.random() < 0.06 and shape == "struct":
        modulus = min(modulus, rng.choice((100, 250, 600, 1000, 1500, 10_000)))
    if shape == "tail":
        return lambda packet: packet.body + made.build(packet, rng), modulus
    return lambda packet: made.build(packet, rng) + packet.body, modulus


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _stranger(rng: random.Random) -> bytes:
    """A query of somebody else."""
    payload = rng.randbytes(2) + bytes.fromhex("0100000100000000000003777777") + b"\0\0\1\0\1"
    flow = Flow(source=77, target=78, sport=rng.randrange(1024, 65536), dport=53)
    return carried(payload, "udp", flow, rng.randrange(65536))
