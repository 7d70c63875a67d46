"""Records: a frame for any layout, crafted by scapy once per size, with the layout's magic and places put in.

Which of a layout's parts are written: everything that makes a frame a record, the number, the stream (in the first
stream field, else in the port or the address that tells streams apart), its times where the frame is long enough, and
the slot on request. Room that is left behind them carries a serial, so that the payloads of two frames differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import UsageError
from seqcheck.layout import Layout, Stamp, Word
from seqcheck.layout.model import DIGITS, MOST_COVERED, NTP, UNITS, Digits, Sets
from seqcheck.simulate import scenario
from seqcheck.simulate.chained import chain
from seqcheck.simulate.moved import settled
from seqcheck.simulate.template import (
    HOPS,
    MINIMUM,
    RECEIVER,
    RECEIVER4,
    RECEIVER6,
    SENDER4,
    SENDER6,
    V_NTP,
    V_SEQ,
    V_SERIAL,
    V_SLOT,
    V_STREAM,
    V_TIME,
    Fill,
    Template,
    finish,
    framed,
)  # fmt: skip

SOURCE_PORT, PORT, PROTOCOL, ETHERTYPE = 10_000, 5_000, 253, 0x88B5
SERIAL = 8  # bytes
# An IPFIX template, of the number 256 and with one field of 8 bytes (RFC 7011 section 3.4.1).
TEMPLATE, SET, FIELD = bytes.fromhex("0002000c 0100000100010008"), 256, 8
MAX_HEADERS = 256  # bytes


def record(layout: Layout, how: scenario.Layout, size: int) -> Template:
    """The shape of a record of `size` bytes. UsageError if the layout does not fit into it."""
    if not isinstance(layout.seq, Digits) and not layout.seq.solid:
        raise UsageError("the simulator cannot write a sequence number whose bits are scattered")
    if layout.each:
        return _chained(layout, how, size)
    raw, start, transport = _carrier(layout, how, size)
    base = 14 + 4 * len(how.vlan)
    if layout.anchor == "frame":
        start = 0
    if layout.moves or any(isinstance(one, Digits) and one.kind == "ber" for one in (*layout.streams, layout.seq)):
        layout, front = settled(layout, size - start)
        raw[start:] |= np.frombuffer(front, np.uint8)
    last = isinstance(layout.covers, Sets) and layout.covers.last  # the number is that of the last one
    number = [replace(fill, ahead=how.records - 1) if last else fill for fill in _number(layout, raw, start)]
    stream = _stream(layout, start, size, base)
    fills = [*number, stream]
    for stamp, fill in _stamps(layout, how, start, size):
        fills.append(fill)
        if stamp.when:
            _put(raw, stamp.when, start, stamp.when.mask & -stamp.when.mask | _get(raw, stamp.when, start))
    _cover(layout, how.records, raw, start)
    _match(layout, raw, start, fills)
    fills += _serial(layout, start, size, max(fill.at + fill.width for fill in number))
    return _finished(layout, (raw, base, transport), fills, stream)


def fitting(layout: Layout, how: scenario.Layout, size: int) -> int:
    """How long a frame of several records is, where `size` bytes were asked for."""
    start = _start(layout, how)
    needed = start + len(chain(layout, size - start, how.records).front)
    if needed < MINIMUM and layout.anchor in ("eth", "frame"):  # whose payload has no length of its own
        raise UsageError(
            f"the records of a frame end at byte {needed}, and what pads it to {MINIMUM} would be read as more of them",
            hint="[layout] records: more of them",
        )
    return max(needed, MINIMUM)


def _start(layout: Layout, how: scenario.Layout) -> int:
    """Where the payload begins."""
    return 0 if layout.anchor == "frame" else _carrier(layout, how, MAX_HEADERS)[1]


def _chained(layout: Layout, how: scenario.Layout, size: int) -> Template:
    """The shape of a frame of several records."""
    start, base = _start(layout, how), 14 + 4 * len(how.vlan)
    made = chain(layout, size - start, how.records)
    raw, _, transport = _carrier(layout, how, start + len(made.front))
    raw[start : start + len(made.front)] |= np.frombuffer(made.front, np.uint8)
    stream = _stream(made.layouts[0], start, size, base)
    fills: list[Fill] = []
    for place, (one, end) in enumerate(zip(made.layouts, made.ends, strict=True)):
        number = replace(_number(one, raw, start)[0], ahead=place * how.step)
        mine = [number, _stream(one, start, size, base)]
        _match(one, raw, start, mine)
        fills += mine + _serial(one, start, start + end, number.at + number.width)
    return _finished(layout, (raw, base, transport), list(dict.fromkeys(fills)), stream)


def _finished(layout: Layout, crafted: tuple[NDArray[np.uint8], int, int], fills: list[Fill], stream: Fill) -> Template:
    """The template of crafted bytes, their network header and their transport header."""
    raw, base, transport = crafted
    if not layout.streams:  # an address or a port: crafted, but to be filled in
        raw[stream.at : stream.at + 2] = 0
    return finish(raw, base, fills, transport)


def _carrier(layout: Layout, how: scenario.Layout, size: int) -> tuple[NDArray[np.uint8], int, int]:
    """An empty frame of `size` bytes for the layout's anchor, where its payload begins, and its transport header."""
    from scapy.layers.inet import IP, TCP, UDP
    from scapy.layers.inet6 import IPv6
    from scapy.packet import NoPayload, Raw

    def network() -> Any:
        if how.ip == 6:
            return IPv6(src=SENDER6, dst=RECEIVER6, hlim=HOPS)
        return IP(src=SENDER4, dst=RECEIVER4, id=0, ttl=HOPS)

    def other() -> Any:
        made, protocol = network(), PROTOCOL if layout.selector is None else layout.selector
        setattr(made, "nh" if how.ip == 6 else "proto", protocol)
        return made

    port = layout.ports[0][0] if layout.ports else layout.selector or PORT
    udp = UDP(sport=SOURCE_PORT, dport=port)
    tcp = TCP(sport=SOURCE_PORT, dport=port, seq=1, ack=1, flags="PA")
    heads: dict[str, Callable[[], Any]] = {
        "frame": lambda: network() / udp,
        "eth": NoPayload,
        "ip": other,
        "udp": lambda: network() / udp,
        "tcp": lambda: network() / tcp,
    }
    head = heads[layout.anchor]()
    base = 14 + 4 * len(how.vlan)
    start = base + len(head)
    if size < start:
        raise UsageError(f"frames of {size} bytes: the headers alone take {start}")
    body = Raw(bytes(size - start))
    if layout.anchor == "eth":
        return framed(body, how.vlan, RECEIVER, ETHERTYPE if layout.selector is None else layout.selector), start, -1
    transport = -1 if layout.anchor == "ip" else base + (40 if how.ip == 6 else 20)
    return framed(head / body, how.vlan, RECEIVER, None), start, transport


def _stream(layout: Layout, start: int, size: int, base: int) -> Fill:
    """Where the stream's number goes, counted from 1."""
    if layout.streams and isinstance(layout.streams[0], Word):
        return _fill(V_STREAM, layout.streams[0], start, size, plus=1)
    if layout.anchor in ("udp", "tcp"):
        return Fill(what=V_STREAM, at=start - (8 if layout.anchor == "udp" else 20), width=2, plus=SOURCE_PORT)
    if layout.anchor == "ip":
        return Fill(what=V_STREAM, at=start - 2, width=2, plus=1)  # the end of the target address
    return Fill(what=V_STREAM, at=4, width=2, plus=2)  # the end of the target's link-layer address


def _number(layout: Layout, raw: NDArray[np.uint8], start: int) -> list[Fill]:
    """Where the number goes, and how it is written."""
    size, seq = len(raw), layout.seq
    how: dict[str, int] = {"step": layout.step, "least": layout.least, "round": layout.modulus if layout.least else 0}
    if isinstance(seq, Word):
        wrap = layout.modulus if layout.step != 1 else 0
        return [_fill(V_SEQ, seq, start, size, wrap=wrap, **how)]
    if isinstance(seq, Digits):
        return [_digits(layout, seq, raw, start)]
    fills, below = [], 0
    for word in reversed(seq.words):
        bits = word.top.bit_length()
        wrap = 1 << (below + bits) if below + bits < 64 else 0
        fills.append(_fill(V_SEQ, word, start, size, wrap=wrap, unit=1 << below, **how))
        below += bits
    return fills


def _digits(layout: Layout, seq: Digits, raw: NDArray[np.uint8], start: int) -> Fill:
    """A number in digits, at its place or after its label, which is put behind all words."""
    size, width = len(raw), seq.size or DIGITS[seq.kind]
    at = start + seq.offset if seq.offset >= 0 else size + seq.offset
    if seq.label:
        at = max((start + word.offset + word.width for word in layout.words() if word.offset >= 0), default=start)
    label = np.frombuffer(seq.label.encode("ascii"), np.uint8)
    end = at + len(label) + width
    if not start <= at <= end <= size:
        raise UsageError(
            f"frames of {size} bytes are too short for the layout", hint=f"[traffic] sizes: at least {end}"
        )
    raw[at : at + len(label)] = label
    return Fill(
        what=V_SEQ, at=at + len(label), width=width, digits=seq.kind, step=layout.step, least=layout.least,
        round=layout.modulus if layout.least else 0, wrap=layout.modulus,
    )  # fmt: skip


def _serial(layout: Layout, start: int, size: int, behind: int) -> list[Fill]:
    """A serial after the header, where there is room and no trailer."""
    if any(word.offset < 0 for word in layout.words()):
        return []
    if isinstance(layout.covers, Sets) or (isinstance(layout.seq, Digits) and layout.seq.offset < 0):
        return []
    ends = [_at(word, start, size) + word.width for word in layout.words() if _fits(word, start, size)]
    end = max([behind, *ends]) + isinstance(layout.seq, Digits)  # a serial is no digit of the number
    return [Fill(what=V_SERIAL, at=end, width=SERIAL)] if end + SERIAL <= size else []


def stream_limit(layout: Layout) -> int:
    """How many streams the place for their number can tell apart."""
    return min(layout.streams[0].top, 1 << 16) if layout.streams else 50_000


def _stamps(layout: Layout, how: scenario.Layout, start: int, size: int) -> list[tuple[Stamp, Fill]]:
    """The times that fit, coarsest unit first, since they add up; and the slot on request."""
    out: list[tuple[Stamp, Fill]] = []
    wrap = 0
    for stamp in sorted(layout.times, key=lambda stamp: -UNITS.get(stamp.unit, 0)):
        if not _fits(stamp.word, start, size):
            continue
        unit = UNITS.get(stamp.unit, 1)
        what = V_NTP if stamp.unit == NTP else V_TIME
        out.append((stamp, _fill(what, stamp.word, start, size, unit=unit, wrap=wrap)))
        wrap = unit
    if how.slot_stamp:
        if layout.slot is None or not _fits(layout.slot.word, start, size):
            raise UsageError(
                f"slot_stamp: the layout {layout.name} has no place for it in frames of {size} bytes",
                hint="give larger [traffic] sizes, or a layout with a slot field",
            )
        out.append((layout.slot, _fill(V_SLOT, layout.slot.word, start, size)))
    return out


def _match(layout: Layout, raw: NDArray[np.uint8], start: int, fills: list[Fill]) -> None:
    """Put the magic in."""
    size = len(raw)
    for match in layout.matches:
        if not _fits(match.word, start, size):
            raise _no_room(layout, size)
        want = size - start if match.value is None else match.value
        if match.equal:
            _put(raw, match.word, start, want)
            continue
        at = _at(match.word, start, size)
        filled = any(at < fill.at + fill.width and fill.at < at + match.word.width for fill in fills)
        if not filled and _get(raw, match.word, start) == want:
            _put(raw, match.word, start, want ^ (match.word.mask & -match.word.mask))


def _cover(layout: Layout, count: int, raw: NDArray[np.uint8], start: int) -> None:
    """Say that the frame covers so many numbers."""
    if isinstance(layout.covers, Sets):
        sets = TEMPLATE + SET.to_bytes(2, "big") + (4 + FIELD * count).to_bytes(2, "big") + bytes(FIELD * count)
        at = start + layout.covers.offset
        if at + len(sets) > len(raw):
            raise _no_room(layout, len(raw))
        raw[at : at + len(sets)] = np.frombuffer(sets, np.uint8)
    elif layout.covers:
        most = min(layout.covers.top, MOST_COVERED)
        if count > most:
            raise UsageError(f"[layout] records: a frame of this layout covers at most {most} numbers")
        _put(raw, layout.covers, start, count << layout.covers.shift)


def _fill(what: int, word: Word, start: int, size: int, **more: Any) -> Fill:
    if not _fits(word, start, size):
        raise UsageError(
            f"frames of {size} bytes are too short for the layout",
            hint=f"[traffic] sizes: at least {start + word.offset + word.width}" if word.offset >= 0 else "",
        )
    return Fill(what=what, at=_at(word, start, size), width=word.width, big=word.big, shift=word.shift, **more)


def _no_room(layout: Layout, size: int) -> UsageError:
    return UsageError(f"frames of {size} bytes are too short for the layout {layout.name}")


def _at(word: Word, start: int, size: int) -> int:
    return start + word.offset if word.offset >= 0 else size + word.offset


def _fits(word: Word, start: int, size: int) -> bool:
    return start <= _at(word, start, size) <= size - word.width


def _get(raw: NDArray[np.uint8], word: Word, start: int) -> int:
    at = _at(word, start, len(raw))
    return int.from_bytes(raw[at : at + word.width].tobytes(), "big" if word.big else "little") & word.mask


def _put(raw: NDArray[np.uint8], word: Word, start: int, value: int) -> None:
    """Set the masked bits of a word to `value` (not shifted), leave the others."""
    if not _fits(word, start, len(raw)):
        raise UsageError(f"frames of {len(raw)} bytes are too short for the layout")
    at, order = _at(word, start, len(raw)), "big" if word.big else "little"
    old = int.from_bytes(raw[at : at + word.width].tobytes(), order)  # type: ignore[arg-type]
    new = old & ~word.mask | value & word.mask
    raw[at : at + word.width] = np.frombuffer(new.to_bytes(word.width, order), np.uint8)  # type: ignore[arg-type]
