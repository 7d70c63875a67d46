"""pcapng: what a reader must know of a section, kept up to date from the blocks that are no packets; and the writing.

A Section is made from a Section Header Block and fed Interface Description and Interface Statistics Blocks; packet
blocks are the kernel's work (`index_pcapng`), every other block is skipped by the walk. Assumes nothing of the
bytes; never does I/O. Times are integer nanoseconds, lengths bytes. Source: draft-ietf-opsawg-pcapng (sections 3, 4).
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct, pack, unpack, unpack_from
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from seqcheck.kernel.border import INTERFACE, MAX_BLOCK, MAX_FRAME, MAX_WIRE, OVER, SHIFT, TIMES

SHB, IDB, PB, SPB, EPB, ISB = 0x0A0D0D0A, 1, 2, 3, 6, 5
PACKETS = frozenset((PB, SPB, EPB))
START = b"\x0a\x0d\x0d\x0a"
MAX_INTERFACES = 65_536  # of one section
MOST_COUNTED = (1 << 64) - 1
_LEAST = {SHB: 28, IDB: 20, ISB: 24, EPB: 32, SPB: 16, PB: 32}  # bytes of a block without data and options
_ORDERS = {b"\x1a\x2b\x3c\x4d": True, b"\x4d\x3c\x2b\x1a": False}
_INT64 = np.iinfo(np.int64)
_IF_TSRESOL, _IF_FCSLEN, _IF_TSOFFSET, _ISB_IFDROP, _ISB_OSDROP = 9, 13, 14, 5, 7
_OF_INTERFACE, _OF_STATISTICS = (_IF_TSRESOL, _IF_FCSLEN, _IF_TSOFFSET), (_ISB_IFDROP, _ISB_OSDROP)
SHORT = 256  # bytes of an IDB that is remembered
LEAST_BITS = 16  # if_fcslen is written in bits, as its standard has it, or in bytes, as many writers do
_OPTION = {order: Struct(order + "HH").unpack_from for order in "<>"}


class Section:
    """Byte order, interfaces and drop counts of one section. Interfaces are only ever added.

    big         the section's numbers are big-endian
    interfaces  INTERFACE[n] for index_pcapng
    known       whether the section's version is one that is read; the blocks of others are to be skipped
    dropped     frames that the capturing side says it lost, None if it says nothing
    fcs         by link type, the bytes of the frame check sequence at the end of each frame, where its interfaces say
                so and agree; and of every link type, as an array, None as long as there are none
    """

    __slots__ = (
        "_count", "_drops", "_lengths", "_table", "big", "dropped", "fcs", "fcs_of", "interfaces", "known", "version",
    )  # fmt: skip

    def __init__(self, block: bytes) -> None:
        self.big = _ORDERS[block[8:12]]
        self.version: tuple[int, int] = unpack_from(">HH" if self.big else "<HH", block, 12)
        self.known = self.version[0] == 1
        self._table: NDArray[Any] = np.zeros(4, INTERFACE)
        self._count = 0
        self.interfaces = self._table[:0]
        self.dropped: int | None = None
        self._drops: dict[int, int] = {}
        self._lengths: dict[int, set[int]] = {}
        self.fcs: dict[int, int] = {}
        self.fcs_of: NDArray[np.uint8] | None = None

    def interface(self, block: bytes) -> str:
        """Add the interface of this IDB. What is wrong with it, or an empty string; with MAX_INTERFACES it is not
        added."""
        if self._count == MAX_INTERFACES:
            return f"more than {MAX_INTERFACES} interfaces in one section"
        row, fcs, trouble = (_known_interface if len(block) <= SHORT else _interface)(block, self.big)
        lengths = self._lengths.setdefault(row[0], set())
        lengths.add(fcs)
        if fcs or row[0] in self.fcs:
            self._check_sequence(row[0], fcs if len(lengths) == 1 else 0)
        if self._count == len(self._table):
            self._table = np.concatenate([self._table, np.zeros_like(self._table)])
        self._table[self._count] = row
        self._count += 1
        self.interfaces = self._table[: self._count]
        return trouble

    def _check_sequence(self, link: int, fcs: int) -> None:
        self.fcs.pop(link, None)
        if fcs:
            self.fcs[link] = fcs
            if self.fcs_of is None:
                self.fcs_of = np.zeros(1 << 16, np.uint8)
        if self.fcs_of is not None:
            self.fcs_of[link] = fcs

    def copy(self) -> Section:
        """Another one that knows the same."""
        other = Section.__new__(Section)
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        other._table, other._drops, other.fcs = self._table.copy(), dict(self._drops), dict(self.fcs)
        other._lengths = {link: set(lengths) for link, lengths in self._lengths.items()}
        other.interfaces = other._table[: other._count]
        other.fcs_of = None if self.fcs_of is None else self.fcs_of.copy()
        return other

    def statistics(self, block: bytes) -> str:
        """Take note of the drop counts of this ISB; they are totals, so the last of an interface counts."""
        order = ">" if self.big else "<"
        (number,) = unpack_from(order + "I", block, 8)
        options, trouble = _options(block[20:-4], order, _OF_STATISTICS)
        drops = [unpack(order + "Q", v)[0] for code, v in options if code in (_ISB_IFDROP, _ISB_OSDROP) and len(v) == 8]
        if number >= self._count:
            return f"statistics for interface {number}, which the section does not have"
        if drops:
            self.dropped = (self.dropped or 0) + sum(drops) - self._drops.get(number, 0)
            self._drops[number] = sum(drops)
        return trouble


def _interface(block: bytes, big: bool) -> tuple[tuple[int, int, int, int, int], int, str]:
    """The row of border.INTERFACE for an IDB, the bytes of its frame check sequences, and what is wrong with it."""
    order = ">" if big else "<"
    link, _, snap = unpack_from(order + "HHI", block, 8)
    kind, value, seconds, fcs = TIMES, 1000, 0, 0
    options, trouble = _options(block[16:-4], order, _OF_INTERFACE)
    for code, body in options:
        if code == _IF_TSRESOL and len(body) == 1:
            kind, value = resolution(body[0])
        elif code == _IF_FCSLEN and len(body) == 1:
            fcs = body[0] // 8 if body[0] >= LEAST_BITS else body[0]
        elif code == _IF_TSOFFSET and len(body) == 8:
            (seconds,) = unpack(order + "q", body)
    offset = min(max(seconds * 1_000_000_000, int(_INT64.min)), int(_INT64.max))
    if offset != seconds * 1_000_000_000:
        trouble = trouble or f"the interface's time offset of {seconds} s is out of range"
    return (link, kind, snap, value, offset), fcs, trouble


_known_interface = lru_cache(maxsize=64)(_interface)  # files with a section for each packet repeat theirs


def resolution(code: int) -> tuple[int, int]:
    """(kind, value) of border.INTERFACE for an if_tsresol: powers of ten, or of two where the top bit is set."""
    power = code & 0x7F
    if code & 0x80:
        return SHIFT, power
    if power <= 9:
        return TIMES, 10 ** (9 - power)
    if power <= 28:
        return OVER, 10 ** (power - 9)
    return SHIFT, 127  # 64 bits of so short ticks are less than a nanosecond: always 0


def block_order(head: bytes, order: str) -> str:
    """The byte order in which the block that starts with these 12 bytes is to be read: a section header brings its
    own, all others have that of their section. Empty where a section header's is neither."""
    if head[:4] != START:
        return order
    big = _ORDERS.get(head[8:12])
    return "" if big is None else ">" if big else "<"


def least(kind: int) -> int:
    """Bytes that a block of that type has at least."""
    return _LEAST.get(kind, 12)


def fault(block: bytes, order: str, interfaces: int) -> str:
    """What is wrong with a packet block on which index_pcapng stopped with BAD; `block` is as much of it as there is,
    8 bytes at least."""
    kind, length = unpack_from(order + "II", block)
    if length < _LEAST[kind] or length & 3 or length > MAX_BLOCK:
        return f"packet block claims a length of {length} bytes ({_LEAST[kind]} to {MAX_BLOCK}, a multiple of 4)"
    (again,) = unpack_from(order + "I", block, length - 4)
    if again != length:
        return f"packet block does not close: its length is {length} in front and {again} behind"
    number = 0 if kind == SPB else unpack_from(order + ("I" if kind == EPB else "H"), block, 8)[0]
    if number >= interfaces:
        return f"packet of interface {number}, but the section has {interfaces}"
    cap, wire = unpack_from(order + "II", block, 20) if kind != SPB else unpack_from(order + "I", block, 8) * 2
    if wire > MAX_WIRE:
        return f"packet block claims {wire} bytes on the wire, more than {MAX_WIRE}"
    return f"packet block claims {cap} captured bytes, more than it holds or than {MAX_FRAME}"


def _options(body: bytes, order: str, wanted: tuple[int, ...]) -> tuple[list[tuple[int, bytes]], str]:
    """(code, value) of each option that is wanted, and what is wrong with them. A block may be full of others."""
    found: list[tuple[int, bytes]] = []
    at, end, unpacker = 0, len(body), _OPTION[order]
    while at + 4 <= end:
        code, length = unpacker(body, at)
        at += 4
        if code == 0:
            return found, ""
        if at + length > end:
            return found, f"option {code} claims {length} bytes, its block has {end - at}"
        if code in wanted:
            found.append((code, body[at : at + length]))
        at += length + (-length & 3)
    return found, ""


# ---- writing: little-endian, nanoseconds -----------------------------------------------------------------------------

_COMMENT, _USERAPPL, _IF_NAME, _IFRECV, _PACKETID = 1, 4, 2, 4, 5
_PACKET = Struct("<7I")
Ints = NDArray[np.int64]


def section_block(*, program: str = "", comment: str = "") -> bytes:
    """A Section Header Block of unknown section length."""
    options = [(_COMMENT, _text(comment))] if comment else []
    options += [(_USERAPPL, _text(program))] if program else []
    return _block(SHB, pack("<IHHq", 0x1A2B3C4D, 1, 0, -1), options)


def interface_block(*, link: int, snap: int = 0, name: str = "") -> bytes:
    """An Interface Description Block with times in nanoseconds; `snap` 0 is no limit."""
    options = [(_IF_NAME, name.encode())] if name else []
    return _block(IDB, pack("<HHI", link, 0, snap), [*options, (_IF_TSRESOL, b"\x09")])


def packet_block(
    ns: int, data: bytes, *, wire: int | None = None, interface: int = 0, comment: str = "", number: int | None = None,
    room: int = 0,
) -> bytes:  # fmt: skip
    """An Enhanced Packet Block. A comment beyond what an option holds is cut; `number` becomes the packet's id. Where
    there are neither, `room` bytes (a multiple of 4) are left for a comment_in() that is put there later."""
    length, options = len(data), bytes(room)
    if comment or number is not None:
        listed = [(_COMMENT, _text(comment))] if comment else []
        options = _pack_options(listed + ([(_PACKETID, pack("<Q", number))] if number is not None else []))
    size = 32 + length + (-length & 3) + len(options)
    high, low = ns >> 32 & 0xFFFFFFFF, ns & 0xFFFFFFFF
    head = _PACKET.pack(EPB, size, interface, high, low, length, wire or length)
    return b"".join((head, data, bytes(-length & 3), options, pack("<I", size)))


def packet_blocks(buf: NDArray[np.uint8], off: Ints, cap: Ints, wire: Ints, ns: Ints, interface: Ints) -> bytes:
    """Enhanced Packet Blocks in bulk, as packet_block makes them one by one: frame i is buf[off[i] : off[i] + cap[i]].
    All columns are int64[n]. Frames of one length are copied together."""
    if not len(cap):
        return b""
    size = 32 + cap + (-cap & 3)
    end = np.cumsum(size)
    made = np.zeros(int(end[-1]), np.uint8)
    words, at = made.view("<u4"), (end - size) // 4
    time = ns.view(np.uint64)
    columns = (np.full(len(cap), EPB), size, interface, time >> np.uint64(32), time & np.uint64(0xFFFFFFFF), cap, wire)
    for place, column in enumerate(columns):
        words[at + place] = column
    words[end // 4 - 1] = size
    order = np.argsort(cap, kind="stable")
    lengths, first = np.unique(cap[order], return_index=True)
    for length, rows in zip(lengths.tolist(), np.split(order, first[1:]), strict=True):
        if length:
            taken = sliding_window_view(buf, length)[off[rows]]
            sliding_window_view(made, length, writeable=True)[4 * at[rows] + 28] = taken
    return made.tobytes()


def comment_in(room: int, comment: str) -> bytes:
    """A comment that fills `room` bytes at a packet_block's end, except for the 4 of its length; what is longer is cut.
    What follows the end of options is not looked at by any reader."""
    text = comment.encode()[: room - 8].decode("utf-8", "ignore").encode()
    return _pack_options([(_COMMENT, text)]).ljust(room, b"\0")


def statistics_block(ns: int, *, received: int, dropped: int, interface: int = 0) -> bytes:
    """An Interface Statistics Block. Counters that were added up may be more than one holds: then it is full."""
    body = pack("<III", interface, ns >> 32 & 0xFFFFFFFF, ns & 0xFFFFFFFF)
    counts = ((_IFRECV, received), (_ISB_IFDROP, dropped))
    return _block(ISB, body, [(code, pack("<Q", min(count, MOST_COUNTED))) for code, count in counts])


def _block(kind: int, body: bytes, options: list[tuple[int, bytes]]) -> bytes:
    body += _pack_options(options)
    size = 12 + len(body)
    return pack("<II", kind, size) + body + pack("<I", size)


def _pack_options(options: list[tuple[int, bytes]]) -> bytes:
    return b"".join(_option(code, value) for code, value in options) + bytes(4) if options else b""


def _text(text: str) -> bytes:
    """As much of it as an option holds."""
    return text.encode("utf-8", "backslashreplace")[:65_532].decode(errors="ignore").encode()


def _option(code: int, value: bytes) -> bytes:
    return pack("<HH", code, len(value)) + value + bytes(-len(value) & 3)
