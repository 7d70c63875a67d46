"""Captures of streams that misbehave, drawn from a seed; and what must hold of any report, whatever was captured.

A capture mixes senders that fail over, restarts, wraps, jumps of any width, copies at any distance, late numbers,
foreign frames, cut ones and clocks that step. Its layout is drawn beside it: any width, modulus and key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from random import Random
from typing import Any

from containers import START_NS, Packet, pcap_file
from packets import ethernet, ipv4, udp

WIDTHS = ("u8", "u16be", "u24be", "u32be", "u48be", "u64be")
JUMPS = (1, 2, 100, 1 << 20, 1 << 33, 1 << 62)
MOST = 400  # records of a stream
SEVERAL = ("each=", "step=u", "step=ipfix")  # what makes a frame hold several numbers, or none
SIGNED = (
    "ns",
    "first_ns",
    "last_ns",
    "time_lag_ns",
    "shortfall",
)  # times before 1970, clocks that step back, laps that were guessed


def draw(seed: int, *, jumps: Sequence[int] = JUMPS, most: int = MOST) -> tuple[str, bytes]:
    """A spec and a capture in pcap; `jumps` are the widths of its gaps, `most` the records of a stream."""
    random = Random(seed)
    width = random.choice(WIDTHS)
    size = int(width[1:].removesuffix("be")) // 8
    modulus = random.choice((0, 0, 0, random.randint(2, 5000))) if size > 1 else random.choice((0, 200, 7))
    modulus = modulus if 0 < modulus < 256**size else 0
    field = f"seq={width}@1" + (f"%{modulus}" if modulus else "")
    anchor = random.choice(("udp:5000", "eth:0x88b5", "eth"))
    key = random.choice(("", "stream=u8@0 ", "stream=u8@0 key=hosts "))
    made = list(_mixed(random, anchor, (size, modulus or 256**size), (jumps, most)))
    return f"{anchor} {key}{field}", pcap_file(made)


def numbers(seed: int, *, most: int) -> tuple[int, list[int], list[int]]:
    """A modulus (0: 2**64), the stream of each record, and its number: what `draw` puts into frames."""
    random = Random(seed)
    modulus = random.choice((2, 7, 200, 256, 1000, 1 << 16, 1 << 32, 1 << 48, 1 << 64, 1 << 64))
    left = [_numbers(random, modulus, JUMPS, most) for _ in range(random.choice((1, 1, 1, 2, 3)))]
    streams, seqs = list[int](), list[int]()
    order = dict[int, int]()  # streams are numbered in order of first appearance
    while any(left):
        which = random.choice([n for n, each in enumerate(left) if each])
        some = left[which][: random.choice((1, 2, 50))]
        del left[which][: len(some)]
        seqs += some
        streams += [order.setdefault(which, len(order))] * len(some)
    return modulus % (1 << 64), streams, seqs


def _mixed(random: Random, anchor: str, counter: tuple[int, int], sent: tuple[Sequence[int], int]) -> Iterator[Packet]:
    (size, modulus), (jumps, most) = counter, sent
    streams = [
        [(stream, number) for number in _numbers(random, modulus, jumps, most)]
        for stream in range(random.choice((1, 1, 2, 5)))
    ]
    macs = [bytes((2, 0, 0, 0, 0, 1 + n)) for n in range(random.choice((1, 1, 2, 3)))]
    ns = random.choice((0, 1, START_NS, START_NS))
    fail_over, strangers = random.random() < 0.3, random.choice((0.0, 0.1, 0.6))
    pace = random.choice((0, 10, 1000, 1_000_000))
    while streams:
        each = random.choice(streams)
        for _ in range(random.choice((1, 1, 3, 50))):
            if not each:
                break
            stream, number = each.pop(0)
            mac = random.choice(macs) if fail_over and random.random() < 0.1 else macs[stream % len(macs)]
            ns = max(0, ns + random.randint(-pace // 4, 2 * pace))
            payload = bytes((stream,)) + number.to_bytes(size, "big") + random.randbytes(random.choice((0, 0, 9)))
            yield _frame(anchor, payload, mac, ns, cut=random.random() < 0.005)
            if random.random() < strangers:
                yield _frame("arp", random.randbytes(30), random.choice(macs), ns, cut=False)
        if not each:
            streams.remove(each)
    for _ in range(random.choice((0, 0, 0, 100 * most)) if random.random() < 0.03 else 0):
        yield _frame("arp", bytes(4), macs[0], ns, cut=False)


def _frame(anchor: str, payload: bytes, mac: bytes, ns: int, *, cut: bool) -> Packet:
    if anchor.startswith("udp"):
        data = ethernet(ipv4(udp(payload)), source=mac)
    else:
        data = ethernet(payload, kind=0x88B5 if anchor.startswith("eth") else 0x0806, source=mac)
    return Packet(data=data[:20] if cut else data, ns=ns, wire=len(data))


def _numbers(random: Random, modulus: int, jumps: Sequence[int], most: int) -> list[int]:
    """What one stream sends, as it arrives."""
    position = random.choice((0, 0, modulus - 3, random.randrange(modulus)))
    sent: list[int] = []
    count = random.randint(1, most)
    ring = random.choice((4, 32, 64, 100))
    while len(sent) < count:
        if sent and random.random() < 0.1:
            position += min(random.choice(jumps), modulus // 2 - 1)
        position += _act(random, sent, position, modulus, ring)
    return sent


def _act(random: Random, sent: list[int], position: int, modulus: int, ring: int) -> int:
    """Append what happens next to `sent`; by how much the count moves."""
    what, some = random.random(), random.choice((1, 2, 3, 17, 70))
    if what < 0.6 or not sent:
        sent += [(position + n) % modulus for n in range(some)]
        return some
    if what < 0.7:  # a copy of what came before
        sent.append(sent[-min(len(sent), random.choice((1, 2, ring, ring, 2 * ring)))])
    elif what < 0.84:  # a stretch again
        sent += sent[-min(len(sent), some) :]
    elif what < 0.88:  # one number comes late
        sent += [(position + 1 + n) % modulus for n in range(some)] + [position % modulus]
        return some + 1
    elif what < 0.92:  # one alone far ahead, or behind
        sent.append((position + random.choice((-1, 1)) * random.choice((5, 1000, 1 << 31, 1 << 40))) % modulus)
    elif what < 0.95:  # restart
        return random.choice((-position, -(position // 2), random.randrange(modulus)))
    elif what < 0.97:  # each twice
        sent += [(position + n // 2) % modulus for n in range(2 * some)]
        return some
    elif what < 0.99:  # noise
        sent += [random.randrange(modulus) for _ in range(some)]
    else:  # one number, or one step, again and again
        step = random.choice((0, 0, 3, modulus // 2, modulus - 1))
        sent += [(position + step * n) % modulus for n in range(some * random.choice((1, 20)))]
    return 0


def faults(report: dict[str, Any]) -> list[str]:
    """What is wrong with a report of `seqcheck.report/1`: sums that disagree, negative numbers."""
    records, duplicates, gaps, streams = (report[name] for name in ("records", "duplicates", "gaps", "streams"))
    placed = records["sequenced"] + records["foreign"] + sum(records["skipped"].values())
    received = sum(each["received"] for each in streams)
    equal = {
        "frames": (report["capture"]["frames"], placed),
        "unique": (sum(each["unique"] for each in streams), received - duplicates["total"]),
        "duplicates": (duplicates["total"], sum(each["duplicates"] for each in streams)),
        "by cause": (duplicates["total"], sum(duplicates["by_cause"].values())),
        "verdict": (duplicates["total"], report["verdict"]["of"]),
        "missing": (gaps["missing"], sum(each["missing"] for each in streams)),
        "complete": (duplicates["complete"], len(duplicates["listed"]) == duplicates["total"]),
    }
    if not any(word.startswith(SEVERAL) for word in report["layout"]["spec"].split()):
        equal["received"] = (records["sequenced"], received)
    if gaps["complete"]:
        equal["gaps"] = (gaps["total"], len(gaps["listed"]))
        equal["missing, listed"] = (gaps["missing"], sum(each["count"] for each in gaps["listed"]))
    if report["overview"]:
        moments = report["overview"]["timeline"]
        equal["moments"] = (report["capture"]["frames"], sum(each["frames"] for each in moments))
        equal["records in moments"] = (received, sum(each["records"] for each in moments))
        if duplicates["complete"]:
            equal["duplicates in moments"] = (duplicates["total"], sum(each["duplicates"] for each in moments))
    wrong = [f"{name}: {one} and {other}" for name, (one, other) in equal.items() if one != other]
    return wrong + [f"negative: {where} {value}" for where, value in negative(report, "")]


def negative(value: Any, where: str, signed: Collection[str] = SIGNED) -> Iterator[tuple[str, float]]:
    """The negative numbers in a document, with their places; what is `signed` by name may be."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name not in signed:
                yield from negative(each, f"{where}.{name}" if where else name, signed)
    elif isinstance(value, list):
        for each in value:
            yield from negative(each, f"{where}[]", signed)
    elif isinstance(value, int | float) and value < 0:
        yield where, value
