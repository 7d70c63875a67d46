"""From frames to the anchor's payload, a block at a time: `frame.locate`, in columns.

Every method takes the rows that are still undecided and returns those that go on; the others have their status. No
byte at or behind off + cap is read. Positions count from the first byte of each frame.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import (
    A_ETH,
    A_FRAME,
    A_IP,
    A_UDP,
    CUT,
    FRAGMENT,
    LINK,
    MALFORMED,
    PORT,
    PROTOCOL,
    SHORT,
    STREAM_KEY,
    Frames,
    Sought,
)
from seqcheck.kernel.portable.frame import (
    AH,
    EXTENSIONS,
    FRAGMENT_HEADER,
    MAX_EXTENSIONS,
    TRANSPORT,
)
from seqcheck.wire.link import COOKED, ETHERNET, FAMILIES, IP_TYPES, LOOPBACK, RAW_IP, TAGS, TYPE_AT

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Walk:
    """Rows low..high-1 of a block, on their way. `status` is RECORD (0) for rows that are not decided; `start`, `end`
    and `stated` mean what they mean in frame.Place."""

    __slots__ = ("_buf", "address", "cap", "end", "key", "kind", "length", "link", "off", "start", "stated", "status")

    def __init__(self, frames: Frames, low: int, high: int) -> None:
        n = high - low
        self._buf = frames.buf
        self.off = frames.off[low:high]
        self.link = frames.link[low:high]
        self.cap = frames.cap[low:high].astype(np.int64)
        self.end = frames.wire[low:high].astype(np.int64)
        self.stated = self.end.copy()
        self.start = np.zeros(n, np.int64)
        self.status = np.zeros(n, np.uint8)
        self.key = np.zeros(n, STREAM_KEY)
        self.address = np.zeros((n, 8), np.uint8)  # link-layer source
        self.length = np.zeros(n, np.int64)  # of the address
        self.kind = np.full(n, -1, np.int64)  # the ethertype, where there is one

    def part(self, rows: Ints, start: Ints) -> Walk:
        """These rows, none of them decided, from other places on; what is done with it leaves this one as it is."""
        part = Walk.__new__(Walk)
        part._buf, part.start, part.status = self._buf, start, np.zeros(len(rows), np.uint8)
        for name in ("address", "cap", "end", "key", "kind", "length", "link", "off", "stated"):
            setattr(part, name, getattr(self, name)[rows])
        return part

    def gather(self, rows: Ints, at: Ints, width: int) -> Bytes:
        """uint8[rows, width]: the bytes from `at` on. The caller has checked that they were captured."""
        if not len(rows):
            return np.zeros((0, width), np.uint8)
        windows = np.ndarray((len(self._buf) - width + 1, width), np.uint8, self._buf, strides=(1, 1))
        picked: Bytes = windows[self.off[rows] + at]
        return picked

    def bytes_of(self, row: int) -> bytes:
        """What was captured of one frame."""
        begin = int(self.off[row])
        return self._buf[begin : begin + int(self.cap[row])].tobytes()

    def rule_out(self, rows: Ints, *rules: tuple[Bools, int]) -> Bools:
        """Give `rows` the status of the first rule that holds; which of them none holds for."""
        stay = np.ones(len(rows), np.bool_)
        for holds, status in rules:
            if holds.any():
                self.status[rows[holds & stay]] = status
                stay &= ~holds
        return stay

    def need(self, rows: Ints, length: int) -> Ints:
        """The rows that have `length` captured bytes of header at `start`."""
        stop = self.start[rows] + length
        return rows[self.rule_out(rows, (stop > self.end[rows], SHORT), (stop > self.cap[rows], CUT))]

    def header(self, rows: Ints, length: int) -> tuple[Ints, Bytes]:
        """The rows that have them, and these bytes."""
        rows = self.need(rows, length)
        return rows, self.gather(rows, self.start[rows], length)

    def link_addresses(self, into_key: bool) -> None:
        """Fill `address` and `length`, and the key's addresses where they are the link layer's."""
        for link, (_, size) in TYPE_AT.items():
            rows = np.flatnonzero((self.link == link) & (self.cap >= size))
            if not len(rows):
                continue
            data = self.gather(rows, np.zeros(len(rows), np.int64), size)
            if link == ETHERNET:
                self.address[rows, :6] = data[:, 6:12]
                self.length[rows] = 6
                if into_key:
                    self.key["target"][rows, :6] = data[:, :6]
            else:
                at, told = (6, word(data, 4)) if link == COOKED else (12, data[:, 11].astype(np.int64))
                length = np.minimum(told, 8)
                self.address[rows] = data[:, at : at + 8] * (np.arange(8) < length[:, None])
                self.length[rows] = length
        if into_key:
            self.key["source"][:, :8] = self.address

    def to_payload(self, sought: Sought) -> None:
        """Move every row's `start` to the payload that is sought, or decide its status."""
        anchor, selector, _ = sought
        rows = np.arange(len(self.off))
        if anchor == A_ETH:
            rows = self._to_ethertype(rows, selector)
        elif anchor != A_FRAME:
            rows = self._to_network(rows)
            rows = self._through_extensions(self._through_ip(rows), selector if anchor == A_IP else -1)
            if anchor == A_IP:
                foreign = (self.key["protocol"][rows] != selector) & (selector != -1)
                rows = rows[self.rule_out(rows, (foreign, PROTOCOL))]
            else:
                rows = self._through_transport(rows, sought)
        self.rule_out(rows, (self.start[rows] > self.stated[rows], MALFORMED))

    def _to_ethertype(self, rows: Ints, selector: int) -> Ints:
        link = self.link[rows]
        typed = np.isin(link, list(TYPE_AT))
        known = typed | np.isin(link, [*RAW_IP, *LOOPBACK])
        rows = rows[self.rule_out(rows, (~known, LINK), (~typed, PROTOCOL))]
        rows, kind = self._ethertype(rows)
        return rows[self.rule_out(rows, ((kind != selector) & (selector != -1), PROTOCOL))]

    def _ethertype(self, rows: Ints) -> tuple[Ints, Ints]:
        """Rows of link types that have one: after the link header and all VLAN tags, and the ethertype there."""
        kinds = np.zeros(len(self.off), np.int64)
        for link, (at, length) in TYPE_AT.items():
            mine, data = self.header(rows[self.link[rows] == link], length)
            kinds[mine] = word(data, at)
            self.start[mine] = length
        rows = rows[self.status[rows] == 0]
        tagged = rows[np.isin(kinds[rows], TAGS)]
        while len(tagged):
            tagged, data = self.header(tagged, 4)
            kinds[tagged] = word(data, 2)
            self.start[tagged] += 4
            tagged = tagged[np.isin(kinds[tagged], TAGS)]
        rows = rows[self.status[rows] == 0]
        self.kind[rows] = kinds[rows]
        return rows, kinds[rows]

    def _to_network(self, rows: Ints) -> Ints:
        """To the first byte of the IP header, the version in the key."""
        announced = np.zeros(len(self.off), np.int64)  # 4, 6, or 0 for either
        link = self.link[rows]
        typed, looped = rows[np.isin(link, list(TYPE_AT))], rows[np.isin(link, LOOPBACK)]
        self.rule_out(rows, (~np.isin(link, [*TYPE_AT, *LOOPBACK, *RAW_IP]), LINK))
        if len(typed):
            typed, kinds = self._ethertype(typed)
            for kind, version in IP_TYPES.items():
                announced[typed[kinds == kind]] = version
            self.rule_out(typed, (announced[typed] == 0, PROTOCOL))
        if len(looped):
            looped, data = self.header(looped, 4)
            for view in ("<u4", ">u4"):  # big endian last: it wins
                family = data.copy().view(view)[:, 0]
                for number, version in FAMILIES.items():
                    announced[looped[family == number]] = version
            self.rule_out(looped, (announced[looped] == 0, PROTOCOL))
            self.start[looped] = 4
        for raw, versions in RAW_IP.items():
            if len(versions) == 1:
                announced[rows[link == raw]] = versions[0]
        rows, first = self.header(rows[self.status[rows] == 0], 1)
        found: Ints = first[:, 0].astype(np.int64) >> 4
        self.key["version"][rows] = found
        told = announced[rows]
        odd: Bools = np.where(told == 0, (found != 4) & (found != 6), found != told)
        return rows[self.rule_out(rows, (odd, MALFORMED))]

    def _through_ip(self, rows: Ints) -> Ints:
        version = self.key["version"][rows]
        self._through_ipv4(rows[version == 4])
        self._through_ipv6(rows[version == 6])
        rows = rows[self.status[rows] == 0]
        self.end[rows] = np.minimum(self.end[rows], self.stated[rows])
        return rows

    def _through_ipv4(self, rows: Ints) -> None:
        rows, data = self.header(rows, 20)
        header, total = (data[:, 0].astype(np.int64) & 15) * 4, word(data, 2)
        self.rule_out(
            rows,
            ((header < 20) | ((total != 0) & (total < header)), MALFORMED),
            (word(data, 6) & 0x1FFF != 0, FRAGMENT),
        )
        self.stated[rows] = np.where(total == 0, self.stated[rows], self.start[rows] + total)
        self.start[rows] += header
        self.key["protocol"][rows] = data[:, 9]
        self.key["source"][rows, :4] = data[:, 12:16]
        self.key["target"][rows, :4] = data[:, 16:20]

    def _through_ipv6(self, rows: Ints) -> None:
        rows, data = self.header(rows, 40)
        length = word(data, 4)
        self.stated[rows] = np.where(length == 0, self.stated[rows], self.start[rows] + 40 + length)
        self.start[rows] += 40
        self.key["protocol"][rows] = data[:, 6]
        self.key["source"][rows] = data[:, 8:24]
        self.key["target"][rows] = data[:, 24:40]

    def _through_extensions(self, rows: Ints, selector: int) -> Ints:
        inside, count = self._at_extension(rows, selector), 0
        while len(inside):
            if count == MAX_EXTENSIONS:
                self.status[inside] = MALFORMED
                break
            inside, data = self.header(inside, 8)
            kind, units = self.key["protocol"][inside], data[:, 1].astype(np.int64)
            later = (kind == FRAGMENT_HEADER) & (word(data, 2) & 0xFFF8 != 0)
            stay = self.rule_out(inside, (later, FRAGMENT))
            length = np.where(kind == FRAGMENT_HEADER, 8, np.where(kind == AH, (units + 2) * 4, (units + 1) * 8))
            self.key["protocol"][inside] = data[:, 0]
            self.start[inside] += length
            inside = self._at_extension(inside[stay], selector)
            count += 1
        through: Ints = rows[self.status[rows] == 0]
        return through

    def _at_extension(self, rows: Ints, selector: int) -> Ints:
        protocol: Bytes = self.key["protocol"][rows]
        version: Bytes = self.key["version"][rows]
        at: Bools = protocol != selector
        at &= np.where(version == 4, np.isin(protocol, EXTENSIONS[4]), np.isin(protocol, EXTENSIONS[6]))
        there: Ints = rows[at]
        return there

    def _through_transport(self, rows: Ints, sought: Sought) -> Ints:
        anchor, selector, ports = sought
        protocol, length = TRANSPORT[anchor]
        rows = rows[self.rule_out(rows, (self.key["protocol"][rows] != protocol, PROTOCOL))]
        rows, data = self.header(rows, length)
        sport, dport = word(data, 0), word(data, 2)
        self.key["sport"][rows], self.key["dport"][rows] = sport, dport
        foreign = (sport != selector) & (dport != selector) & (selector != -1)
        if ports:
            within = [(low <= port) & (port <= high) for low, high in ports for port in (sport, dport)]
            foreign |= ~np.logical_or.reduce(within)
        at = self.start[rows]
        if anchor == A_UDP:
            stated = word(data, 4)
            header: Ints = np.full(len(rows), 8)
            bad = (stated != 0) & (stated < 8)
            self.stated[rows] = np.where(stated == 0, self.stated[rows], at + stated)
            self.end[rows] = np.minimum(self.end[rows], self.stated[rows])
        else:
            header = (data[:, 12].astype(np.int64) >> 4) * 4
            bad = header < 20
        self.start[rows] = at + header
        return rows[self.rule_out(rows, (foreign, PORT), (bad, MALFORMED))]


def word(data: Bytes, at: int) -> Ints:
    """The big-endian 16-bit column at `at`."""
    return (data[:, at].astype(np.int64) << 8) | data[:, at + 1]


def word_in(walk: Walk, rows: Ints, at: Ints, field: Any) -> NDArray[np.uint64]:
    """The field's whole word in each row."""
    width = int(field["width"])
    wide = np.zeros((len(rows), 8), np.uint8)
    if field["big"]:
        wide[:, 8 - width :] = walk.gather(rows, at, width)
        return wide.view(">u8")[:, 0].astype(np.uint64)
    wide[:, :width] = walk.gather(rows, at, width)
    return wide.view("<u8")[:, 0].astype(np.uint64)
