"""Index, in plain Python: where each frame of a capture lies, how long it is, when it came.

The two functions are the specification of the native ones, which must give the same columns, totals, position and
reason for any bytes. Both append rows from `frames.count` on, and look at one record after the other, in this order:

    1. the columns are full                                   -> FULL
    2. the record's header is not whole before `stop`         -> MORE
    3. pcapng: it is no packet block                          -> BLOCK
    4. what the header says cannot be (see each function)     -> BAD
    5. the record is not whole before `stop`                  -> MORE
    6. pcapng: what the body says cannot be                   -> BAD

The position returned is that of the record on which they stopped. Common to both: a captured length above MAX_FRAME
or a wire length above MAX_WIRE cannot be; a wire length below the captured one is taken to be equal to it. Totals are
added to only for rows appended; T_BYTES wraps as int64 does. Nothing is read outside buf[start:stop].
"""

from __future__ import annotations

from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import (
    BAD,
    BLOCK,
    FULL,
    MAX_BLOCK,
    MAX_FRAME,
    MAX_WIRE,
    MORE,
    OVER,
    T_BYTES,
    T_CUT,
    T_FIRST,
    T_LAST,
    T_ODD,
    T_ODD_AT,
    TIMES,
    Frames,
    PcapRule,
)  # fmt: skip

_LOW, _HIGH = -(1 << 63), (1 << 63) - 1
_EPB, _SPB, _PB = 6, 3, 2
_LEAST = {_EPB: 32, _SPB: 16, _PB: 32}  # bytes of a packet block without data and options

_Row = tuple[int, int, int, int, int]  # off, cap, wire, ns, link


def index_pcap(buf: NDArray[np.uint8], start: int, stop: int, rule: PcapRule, frames: Frames) -> tuple[int, int]:
    """Append the whole records in buf[start:stop] to `frames`; the position reached and why it stopped there.

    A record: u32 seconds, u32 fraction, u32 captured, u32 wire, in `rule.big` order, then rule.header - 16 bytes that
    are not read, then the frame. With `rule.swapped`, captured is the smaller of the two lengths and wire the larger.
    Time is seconds * 10**9 + fraction (* 1000 unless `rule.nano`); a fraction of a second or more is odd, and is
    added all the same.
    """
    words = Struct(">4I" if rule.big else "<4I").unpack_from
    scale, second = (1, 1_000_000_000) if rule.nano else (1000, 1_000_000)
    header, link, view = rule.header, rule.link, memoryview(buf)
    room, rows, odd = frames.capacity - frames.count, list[_Row](), list[int]()
    pos, why = start, FULL
    while len(rows) < room:
        if stop - pos < header:
            why = MORE
            break
        seconds, fraction, cap, wire = words(view, pos)
        if rule.swapped and cap > wire:
            cap, wire = wire, cap
        if cap > MAX_FRAME or wire > MAX_WIRE:
            why = BAD
            break
        end = pos + header + cap
        if end > stop:
            why = MORE
            break
        if fraction >= second:
            odd.append(pos)
        rows.append((pos + header, cap, wire, seconds * 1_000_000_000 + fraction * scale, link))
        pos = end
    _append(frames, rows, odd)
    _span(frames, [row[3] for row in rows])
    return pos, why


def index_pcapng(
    buf: NDArray[np.uint8], start: int, stop: int, big: bool, interfaces: NDArray[Any], frames: Frames
) -> tuple[int, int]:
    """The same for the packet blocks of a pcapng section; `interfaces` is INTERFACE[n].

    A block: u32 type, u32 length, body, u32 length again. EPB (6) and obsolete PB (2): u32 interface (PB: u16, and a
    drop count that is not read), u32 time high, u32 time low, u32 captured, u32 wire, data. SPB (3): u32 wire, data;
    interface 0, captured = min(wire, its snap length unless that is 0), and ns = 0, since it has no time: it is left
    out of T_FIRST and T_LAST.

    By the header (8 bytes), it cannot be that the length is no multiple of 4, below the least of its type (32, SPB 16)
    or above MAX_BLOCK. By the body, that the second length differs, the interface is unknown, or the captured length
    exceeds what the block has room for. Time is exact, without overflow (see border.TIMES); a result outside int64 is
    the nearest int64, and odd.
    """
    order = ">" if big else "<"
    head, word = Struct(order + "II").unpack_from, Struct(order + "I").unpack_from
    enhanced, obsolete = Struct(order + "5I").unpack_from, Struct(order + "HH4I").unpack_from
    view, count, known = memoryview(buf), len(interfaces), dict[int, tuple[int, ...]]()
    room, rows, odd, times = frames.capacity - frames.count, list[_Row](), list[int](), list[int]()
    pos, why = start, FULL
    while len(rows) < room:
        if stop - pos < 8:
            why = MORE
            break
        kind, length = head(view, pos)
        least = _LEAST.get(kind)
        if least is None:
            why = BLOCK
            break
        if length < least or length > MAX_BLOCK or length & 3:
            why = BAD
            break
        end = pos + length
        if end > stop:
            why = MORE
            break
        if kind == _EPB:
            number, high, low, cap, wire = enhanced(view, pos + 8)
        elif kind == _PB:
            number, _, high, low, cap, wire = obsolete(view, pos + 8)
        else:
            number, (wire,) = 0, word(view, pos + 8)
        why = BAD
        if word(view, end - 4)[0] != length or number >= count:
            break
        if number not in known:
            known[number] = interfaces[number].item()
        link, rule, snap, value, offset = known[number]
        if kind == _SPB:
            cap = min(wire, snap or wire)
        if cap > MAX_FRAME or wire > MAX_WIRE or cap > length - least:
            break
        why = FULL
        ns = 0
        if kind != _SPB:
            ticks = high << 32 | low
            exact = offset + (
                ticks * value
                if rule == TIMES
                else (ticks // value if value else 1 << 64)
                if rule == OVER
                else ticks * 1_000_000_000 >> value
            )
            ns = exact if _LOW <= exact <= _HIGH else _LOW if exact < 0 else _HIGH
            times.append(ns)
            if ns != exact:
                odd.append(pos)
        rows.append((pos + least - 4, cap, wire, ns, link))
        pos = end
    _append(frames, rows, odd)
    _span(frames, times)
    return pos, why


def _append(frames: Frames, rows: list[_Row], odd: list[int]) -> None:
    """Add the rows, a wire length below the captured one raised to it, and what they add to T_BYTES to T_ODD_AT."""
    low, high = frames.count, frames.count + len(rows)
    columns: tuple[NDArray[Any], ...] = (frames.off, frames.cap, frames.wire, frames.ns, frames.link)
    for column, values in zip(columns, zip(*rows)):  # noqa: B905  (no columns if there are no rows)
        column[low:high] = values
    frames.count = high
    totals, cap, wire = frames.totals, frames.cap[low:high], frames.wire[low:high]
    np.maximum(cap, wire, out=wire)
    totals[T_BYTES] += wire.sum(dtype=np.int64)
    totals[T_CUT] += np.count_nonzero(cap < wire)
    totals[T_ODD] += len(odd)
    if odd and totals[T_ODD_AT] < 0:
        totals[T_ODD_AT] = odd[0]


def _span(frames: Frames, times: list[int]) -> None:
    """Widen T_FIRST and T_LAST by these times."""
    if times:
        frames.totals[T_FIRST] = min(int(frames.totals[T_FIRST]), min(times))
        frames.totals[T_LAST] = max(int(frames.totals[T_LAST]), max(times))
