"""Where a record begins, in bytes from the middle of a capture; what native/seek.c must equal.

The rules
=========
A record begins at the first position from which CHAIN records follow one another, fewer where the bytes known end
before the header of the next one.
    pcap    the fraction is less than a second; captured <= on the wire <= MAX_FRAME (`swapped`: in either order); the
            seconds of two neighbours are at most APART_S apart; the first one holds a byte at least
    pcapng  the type is a packet's (EPB, SPB, obsolete PB); the length is what the type has at least, MAX_BLOCK at most
            and a multiple of 4, and is at the block's end as well, if that is known. Only every fourth position is
            looked at
It is a guess: its user proves it by what comes before. A guess that is wrong costs time.
"""

from __future__ import annotations

from struct import Struct

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import MAX_BLOCK, MAX_FRAME, PcapRule

CHAIN, APART_S = 6, 3600
_LEAST = {6: 32, 3: 16, 2: 32}
_RECORD = {order: Struct(order + "IIII").unpack_from for order in "<>"}
_NUMBERS = {order: Struct(order + "II").unpack_from for order in "<>"}
_NUMBER = {order: Struct(order + "I").unpack_from for order in "<>"}


def seek_pcap(buf: NDArray[np.uint8], start: int, stop: int, end: int, rule: PcapRule) -> int:
    """protocols.Kernel.seek_pcap."""
    view = memoryview(buf)
    return next((pos for pos in range(start, stop) if _chained_pcap(view, pos, end, rule)), -1)


def seek_pcapng(buf: NDArray[np.uint8], start: int, stop: int, end: int, big: bool) -> int:
    """protocols.Kernel.seek_pcapng."""
    view, order = memoryview(buf), ">" if big else "<"
    return next((pos for pos in range(start, stop, 4) if _chained_pcapng(view, pos, end, order)), -1)


def _chained_pcap(buf: memoryview, pos: int, end: int, rule: PcapRule) -> bool:
    read, most, last = _RECORD[">" if rule.big else "<"], 10**9 if rule.nano else 10**6, -1
    for step in range(CHAIN):
        if end - pos < rule.header:
            break
        second, fraction, cap, wire = read(buf, pos)
        if rule.swapped and cap > wire:
            cap, wire = wire, cap
        if fraction >= most or not cap <= wire <= MAX_FRAME:
            return False
        if (abs(second - last) > APART_S) if step else not cap:
            return False
        pos, last = pos + rule.header + cap, second
    return last >= 0


def _chained_pcapng(buf: memoryview, pos: int, end: int, order: str) -> bool:
    read, seen = _NUMBERS[order], 0
    while seen < CHAIN and end - pos >= 8:
        kind, length = read(buf, pos)
        if kind not in _LEAST or not _LEAST[kind] <= length <= MAX_BLOCK or length & 3:
            return False
        if end - pos >= length and _NUMBER[order](buf, pos + length - 4)[0] != length:
            return False
        pos, seen = pos + length, seen + 1
    return seen > 0
