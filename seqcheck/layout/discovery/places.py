"""Where a counter may lie: the payloads below each anchor, sorted by port, protocol or ethertype.

A place is an anchor with its selector and the rows of the sample that it fits, as the portable decoder walks to them.
Largest first; places with fewer than FEWEST rows are left out, since nothing can be told of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass, replace
from seqcheck.kernel.border import A_ETH, A_FRAME, A_IP, A_TCP, A_UDP, Frames
from seqcheck.kernel.portable.frame import Place as Located
from seqcheck.kernel.portable.frame import locate
from seqcheck.kernel.portable.inside import storeys
from seqcheck.kernel.portable.tunnelled import tunnelled
from seqcheck.kernel.portable.walk import Walk

Ints = NDArray[np.int64]
FEWEST = 12  # rows
INSIDE = 4096  # frames that are looked into for tunnels
MOST = 10  # places of one anchor
LEFT = 0.2  # share of rows that no port holds, from which on the anchor without a port is a place as well
ICMP_ERRORS = {1: (3, 4, 5, 11, 12), 58: (1, 2, 3, 4)}  # types (RFC 792; RFC 4443)
ARP = 0x0806  # holds addresses, which a scan counts up
TRAILER, MOST_TRAILER = 5, 64  # bytes; a frame check sequence alone has 4
OVER_ETH, OVER_IP = (0x0800, 0x86DD), {6: "tcp", 17: "udp"}  # what has an anchor of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`rows` of the sample (int64[n]), in order of arrival; `start` of the payload in each frame, `length` as the
    headers state it, `seen` bytes of it captured; `key` STREAM_KEY[n]. `trailer`: so many bytes, behind what
    the IP header states, are what counts here; only `frame` can reach them, from the end. `inside`: in a tunnel."""

    anchor: str
    selector: int | None
    rows: Ints
    start: Ints
    length: Ints
    seen: Ints
    key: NDArray[Any]
    trailer: int = 0
    inside: bool = False

    def __len__(self) -> int:
        return len(self.rows)


def places(frames: Frames) -> list[Place]:
    """All places of the sample, the largest first."""
    found: list[Place] = []
    covered = np.zeros(frames.count, np.bool_)
    for anchor, code in (("udp", A_UDP), ("tcp", A_TCP)):
        walk = _walked(frames, code)
        rows = np.flatnonzero(walk.status == 0)
        covered[rows] = True
        found += _by_port(walk, anchor, rows)
    walk = _walked(frames, A_IP)
    rows = np.flatnonzero(walk.status == 0)
    protocols = walk.key["protocol"][rows].astype(np.int64)
    for protocol in _frequent(protocols):
        if protocol not in OVER_IP:
            mine = rows[protocols == protocol]
            found += _place(walk, "ip", protocol, mine[~_errors(frames, walk, mine, protocol)])
    if len(rows):
        found += _trailers(frames, walk, rows)
    covered[rows] = True
    walk = _walked(frames, A_ETH)
    rest = np.flatnonzero((walk.status == 0) & ~covered)
    kinds = _ethertypes(frames, walk)[rest]
    for kind in _frequent(kinds):
        if kind >= 0x0600 and kind != ARP:
            found += _place(walk, "eth", kind, rest[kinds == kind])
    lengths = rest[kinds < 0x0600]  # 802.3: there is no such ethertype to select
    if len(lengths) > LEFT * frames.count:
        found += _place(walk, "eth", None, lengths)
    covered[rest] = True
    if (left := np.flatnonzero(~covered)).size > LEFT * frames.count:
        found += _place(_walked(frames, A_FRAME), "frame", None, left)
    found += (replace(each, inside=True) for each in _inside(frames))
    return sorted(found, key=lambda place: -len(place))


def headers(frames: Frames) -> list[Place]:
    """The places of last resort: IP headers (their identification), and the ports of TCP and UDP."""
    found: list[Place] = []
    walk = _walked(frames, A_ETH)
    rows = np.flatnonzero(walk.status == 0)
    kinds = _ethertypes(frames, walk)[rows]
    found += _place(walk, "eth", 0x0800, rows[kinds == 0x0800])
    walk = _walked(frames, A_IP)
    rows = np.flatnonzero(walk.status == 0)
    for protocol in OVER_IP:
        found += _place(walk, "ip", protocol, rows[walk.key["protocol"][rows] == protocol])
    return found


def _inside(frames: Frames) -> Iterator[Place]:
    """The innermost payloads inside tunnels."""
    walk = Walk(frames, 0, frames.count)
    rows: dict[int, list[int]] = {A_UDP: [], A_TCP: [], A_IP: [], A_ETH: []}
    every = np.flatnonzero(tunnelled(frames, np.arange(frames.count)))[:INSIDE]
    for row in every.tolist():
        anchor, place = _innermost(frames, row)
        if place is None:
            continue
        rows[anchor].append(row)
        walk.start[row], walk.end[row], walk.stated[row] = place.start, place.end, place.stated
        for name in ("version", "protocol", "sport", "dport", "tunnel"):
            walk.key[name][row] = getattr(place, name)
        for name in ("source", "target"):
            walk.key[name][row] = np.frombuffer(getattr(place, name).ljust(16, b"\0"), np.uint8)
    for anchor, name in ((A_UDP, "udp"), (A_TCP, "tcp")):
        found = _by_port(walk, name, np.array(rows[anchor], np.int64))
        yield from (place for place in found if place.selector is not None)
    mine = np.array(rows[A_IP], np.int64)
    protocols = walk.key["protocol"][mine].astype(np.int64)
    for protocol in _frequent(protocols):
        yield from _place(walk, "ip", protocol, mine[protocols == protocol])
    mine = np.array(rows[A_ETH], np.int64)
    kinds = _ethertypes(frames, walk)[mine]
    for kind in _frequent(kinds):
        if kind >= 0x0600 and kind not in (ARP, *OVER_ETH):
            yield from _place(walk, "eth", kind, mine[kinds == kind])


def _innermost(frames: Frames, row: int) -> tuple[int, Located | None]:
    """The payload of the innermost storey of one frame, by the anchor that goes furthest; None if there is none."""
    data, wire, link = frames.one(row)
    last = None
    for last in storeys(data, wire, link):  # noqa: B007  the last one is wanted
        pass
    for anchor in (A_UDP, A_TCP, A_IP, A_ETH) if last else ():
        place = locate(data, wire, link, (anchor, -1, ()), last)
        if place.status == 0:
            return anchor, place
    return A_IP, None


def _walked(frames: Frames, anchor: int) -> Walk:
    walk = Walk(frames, 0, frames.count)
    if anchor in (A_ETH, A_FRAME):
        walk.link_addresses(into_key=True)
    walk.to_payload((anchor, -1, ()))
    return walk


def _place(walk: Walk, anchor: str, selector: int | None, rows: Ints, *, trailer: int = 0) -> Iterator[Place]:
    """The place of these rows, if there are enough."""
    if len(rows) < FEWEST:
        return
    start = walk.start[rows]
    yield Place(
        anchor=anchor,
        selector=selector,
        rows=rows,
        start=start,
        length=walk.stated[rows] - start,
        seen=np.minimum(walk.end[rows], walk.cap[rows]) - start,
        key=walk.key[rows],
        trailer=trailer,
    )


def _errors(frames: Frames, walk: Walk, rows: Ints, protocol: int) -> NDArray[np.bool_]:
    """Which of these packets are ICMP errors: they quote the packets of others, with their numbers."""
    first = frames.buf[np.minimum(frames.off[rows] + walk.start[rows], len(frames.buf) - 1)]
    there = walk.start[rows] < walk.cap[rows]
    return there & np.isin(first, ICMP_ERRORS.get(protocol, ()))


def _frequent(values: Ints) -> list[int]:
    """The values that come FEWEST times or more, the most frequent first."""
    numbers, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST]
    return [int(numbers[at]) for at in order if counts[at] >= FEWEST]


def _by_port(walk: Walk, anchor: str, rows: Ints) -> Iterator[Place]:
    """For each port the rows that have it at either end, each row once: with the port that most rows share."""
    sport, dport = (walk.key[name][rows].astype(np.int64) for name in ("sport", "dport"))
    left = np.ones(len(rows), np.bool_)
    for _ in range(MOST):
        ports = np.concatenate([dport[left], sport[left & (sport != dport)]])  # dport first: of equals, the target
        numbers, first, counts = np.unique(ports, return_index=True, return_counts=True)
        if not len(numbers) or counts.max() < FEWEST:
            break
        best = np.flatnonzero(counts == counts.max())
        port = int(numbers[best[np.argmin(first[best])]])
        mine = left & ((sport == port) | (dport == port))
        if port:
            yield from _place(walk, anchor, port, rows[mine])
        left &= ~mine
    if np.count_nonzero(left) > LEFT * len(rows):
        yield from _place(walk, anchor, None, rows)


def _ethertypes(frames: Frames, walk: Walk) -> Ints:
    """The two bytes before each payload of the `eth` anchor, on Ethernet; for cooked frames likewise where they are."""
    at = frames.off[: frames.count] + walk.start - 2
    at[walk.start < 2] = 0
    at[frames.link[: frames.count] == 276] = frames.off[: frames.count][frames.link[: frames.count] == 276]
    if len(frames.buf) < 2:
        return np.zeros(frames.count, np.int64)
    at = np.clip(at, 0, len(frames.buf) - 2)  # of frames that hold less, which are not asked for
    kinds: Ints = (frames.buf[at].astype(np.int64) << 8) | frames.buf[at + 1]
    return kinds


def _trailers(frames: Frames, walk: Walk, rows: Ints) -> Iterator[Place]:
    """Frames with bytes behind their IP packet that are no padding of short frames."""
    wire = frames.wire[: frames.count].astype(np.int64)[rows]
    cap = frames.cap[: frames.count].astype(np.int64)[rows]
    extra = wire - walk.stated[rows]
    mine = (extra >= TRAILER) & (cap == wire)
    if np.count_nonzero(mine) > LEFT * frames.count:
        trailer = min(int(np.median(extra[mine])), MOST_TRAILER)
        yield from _place(_walked(frames, A_FRAME), "frame", None, rows[mine], trailer=trailer)
