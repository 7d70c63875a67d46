"""Inputs to begin with, in the form that index.c, decode.c and track.c take apart: valid traffic, from which
a fuzzer finds its way to invalid traffic.

    python -m fuzz.seeds TARGET DIR
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.shapes import frame

FRAMES = [frame(60), frame(60, version=6), frame(60, tagged=True), frame(90, version=6, tagged=True)]
IPV4, RAW = 1, 7  # places in decode.c's LINKS


def pcap(order: str, header: int) -> bytes:
    """The records of a classic pcap."""
    rows = [struct.pack(f"{order}IIII", 1_700_000_000, n, len(data), len(data)) + bytes(header - 16) + data
            for n, data in enumerate(FRAMES * 3)]  # fmt: skip
    return b"".join(rows)


def pcapng(order: str, kind: int) -> bytes:
    """Enhanced (6), obsolete (2) or simple (3) packet blocks."""
    blocks = []
    for n, data in enumerate(FRAMES * 3):
        body = data + bytes(-len(data) % 4)
        if kind == 3:
            head = struct.pack(f"{order}I", len(data))
        else:
            first = struct.pack(f"{order}I", 0) if kind == 6 else struct.pack(f"{order}HH", 0, 0)
            head = first + struct.pack(f"{order}IIII", 1, n, len(data), len(data))
        length = 12 + len(head) + len(body)
        blocks.append(struct.pack(f"{order}II", kind, length) + head + body + struct.pack(f"{order}I", length))
    return b"".join(blocks)


def tpacket() -> bytes:
    """Packets of a TPACKET_V3 block, one of them with a VLAN tag aside."""
    packets = []
    for n, data in enumerate(FRAMES):
        size = 68 + len(data) + -len(data) % 8
        status = 0x51 if n == 1 else 1
        words = struct.pack("=IIIIIIHHIIHH", size, 1, n, len(data), len(data), status, 68, 82, 0, 7, 0x8100, 0)
        packets.append((words.ljust(68, b"\0") + data).ljust(size, b"\0"))
    return b"".join(packets)


def index() -> Iterator[bytes]:
    """flags, capacity, link, interfaces, bytes: see index.c."""
    interface = struct.pack("<HBHqq", 1, 0, 0, 1, 0)
    for big in (0, 4):
        order = ">" if big else "<"
        for flags, header in ((0, 16), (8, 16), (16, 16), (32, 24)):
            yield bytes([flags | big, 3]) + struct.pack("<H", 1) + pcap(order, header)
        for kind in (2, 3, 6):
            yield bytes([0x41 | big, 5]) + struct.pack("<H", 1) + interface + pcapng(order, kind)
    yield bytes([2, 2]) + struct.pack("<H", 1) + tpacket()


def decode() -> Iterator[bytes]:
    """program, cut, frames, steps: see decode.c. The counter of `frame` stands 8 bytes into UDP's payload."""
    counter = bytes([0, 7 | 8, 8, 0])  # kind, width and order and mask, offset, value
    stream = bytes([0, 3 | 8, 4, 0])
    high, low = bytes([18, 1 | 8, 8, 16]), bytes([0x80, 1 | 8, 10, 16])  # the same one in two pieces
    ending = bytes([0, 1 | 8, 0xFE, 0])  # two bytes that count from the end
    place = bytes([0, 3 | 8, 0, 0])  # four bytes, of which the last one says how far it is to the next
    onward = bytes([0x40 | 0x10 | 0x20 | 1, 0 | 8, 3, 1])
    plain, least, ports = 0, 3 | 8, 0x80
    programs = [
        (3, plain, [counter]), (3, plain, [counter, stream]), (3, plain, [ending]), (1, plain, [counter]),
        (2, plain, [counter]), (0, plain, [ending]), (3, plain, [high, low]), (3, least, [counter]),
        (3, ports, [counter]), (3, plain, [place, onward]), (2, plain, [counter, place, onward]),
    ]  # fmt: skip
    steps = {
        "runs": bytes([0x80, 200, 0x80, 100]),
        "in turn": bytes([0, 1, 2, 3] * 40),
        "edited": b"".join(bytes([0x10 | n % 4, 45, n, 0x20 | n % 4, 26, n % 5, 45, n]) for n in range(60)),
        "cut": b"".join(bytes([0x40 | n % 4, n, 0, 0]) for n in range(40)),
    }
    for anchor, rule, fields in programs:
        program = bytes([anchor, len(fields) - 1, 0, rule]) + b"".join(fields)
        models = b"".join(bytes([IPV4, len(data)]) + data for data in FRAMES)
        for some in steps.values():
            for last in (0, 1):
                yield program + bytes([9, len(FRAMES) - 1]) + models + some + bytes([last])


BACK, AHEAD, FAR_BACK, FAR_AHEAD, TO, PAUSE, ON = 0, 1, 2, 3, 4, 7, 9  # kinds of step in track.c


def step(kind: int, count: int = 1, *, by: int = 0, stream: int = 0) -> bytes:
    """`count` records of a stream, the first of them moved by so much."""
    size = {BACK: 1, AHEAD: 1, FAR_BACK: 2, FAR_AHEAD: 2, TO: 1, PAUSE: 2, ON: 0}[kind]
    head = bytes([stream | kind << 2 | (0xC0 if count > 1 else 0)]) + (bytes([count - 1]) if count > 1 else b"")
    return head + by.to_bytes(size, "little")


def track() -> Iterator[bytes]:
    """modulus, cut, steps: see track.c. A run, something odd, and on."""
    run = step(ON, 200)
    odd = {
        "stale slots": b"".join(step(BACK, by=32) + step(AHEAD, 20, by=31) for _ in range(12)),
        "a replay": step(FAR_BACK, 150, by=150) + run,
        "a restart": step(TO, 256, by=0) + run + run,
        "a restart after a pause": step(PAUSE, by=200) + step(TO, 256, by=0) + run,
        "gaps and late ones": b"".join(
            step(AHEAD, 3, by=2) + step(BACK, 2, by=5) + step(AHEAD, 5, by=3) for _ in range(20)
        ),
        "early ones": b"".join(step(AHEAD, by=100) + step(BACK, 30, by=101) for _ in range(10)),
        "each twice": b"".join(step(ON) + step(BACK, by=1) for _ in range(100)),
        "a jump far ahead": step(FAR_AHEAD, by=60_000)
        + step(FAR_BACK, 50, by=60_001)
        + step(FAR_AHEAD, 100, by=50_000),
    }
    turns = b"".join(
        step(kind, 3, by=by, stream=n % 3) for n, (kind, by) in enumerate([(ON, 0), (BACK, 4), (AHEAD, 2)] * 30)
    )
    for modulus in (0, 4, 5):
        for some in (*odd.values(), turns):
            yield bytes([modulus, 6]) + run + some + run


ALL: dict[str, Callable[[], Iterator[bytes]]] = {"index": index, "decode": decode, "track": track}


def write(target: str, folder: Path) -> None:
    """Each as a file."""
    for n, seed in enumerate(ALL[target]()):
        (folder / f"seed-{n}").write_bytes(seed)


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
