"""Decode, the reference: Frames x Program -> Records. What the native twin must equal bit for bit.

Assumes: 0 <= off[i], off[i] + cap[i] <= len(buf), cap[i] <= wire[i]. Never reads a byte at or behind off + cap, never
raises on data. `examine.examine` says the same for one frame in plain code.

The rules
=========
All positions below count from the frame's first byte; words are big endian unless said; the first rule that fails
decides the status. Two numbers bound the data at every layer, both `wire` at first:

    end     what the frame really holds: no byte at or behind it belongs to the layer
    stated  where the lengths in the headers say that the layer ends; it may lie behind `end`. A stale slot sent with
            another packet's length looks so, and so does a first fragment: neither is an error.

need(n), at position p: p + n > end is SHORT, else p + n > cap is CUT.

Link layer (`link`)
    1           need(14). ethertype at 12, p = 14.              source = bytes 6..11, target = bytes 0..5
    113         need(16). ethertype at 14, p = 16.              source = bytes 6..6+min(word16 at 4, 8), no target
    276         need(20). ethertype at 0, p = 20.               source = bytes 12..12+min(byte 11, 8), no target
                while the ethertype is 0x8100, 0x88a8, 0x9100 or 0x9200: need(4), ethertype = word at p+2, p += 4
    101, 12, 14, 228, 229   raw IP. p = 0. IP version 4 or 6; 228 only 4, 229 only 6
    0, 108      need(4). family = word32 at 0, or the same bytes as little endian where that is no known family: 2 is
                IPv4; 10, 24, 28, 30 are IPv6; else PROTOCOL. p = 4
    others      LINK
Anchors
    FRAME       start = 0, any link type, no header is read
    ETH         LINK for unknown link types, PROTOCOL for those without an ethertype; selector other than the ethertype:
                PROTOCOL. start = p. (A 802.3 length is an ethertype like any other here.)
    IP UDP TCP  ethertype 0x0800 announces version 4, 0x86dd version 6, any other is PROTOCOL. Then IP:
IP: need(1), version = upper nibble at p; not what the link layer announced: MALFORMED.
    4   need(20). header = 4 * lower nibble, total = word at p+2. header < 20, or 0 < total < header: MALFORMED.
        total != 0: stated = p + total, end = min(end, stated). (0: segmentation was left to the NIC.)
        Fragment offset (word at p+6 & 0x1fff) != 0: FRAGMENT. protocol = byte at p+9. p += header
    6   need(40). length = word at p+4, != 0: stated = p + 40 + length, end = min(end, stated). protocol = byte at
        p+6. p += 40
    then while the protocol is an extension header, and is not the selector of an IP anchor:
        for version 4: 51; for version 6: 0, 43, 44, 51, 60, 135, 139, 140. A seventeenth: MALFORMED.
        need(8). 44: word at p+2 & 0xfff8 != 0: FRAGMENT; length 8. 51: length = 4 * (byte at p+1) + 8.
        Others: length = 8 * (byte at p+1) + 8. protocol = byte at p, p += length
    IP anchor: selector other than the protocol: PROTOCOL. start = p. The key has no ports.
UDP: protocol != 17: PROTOCOL. need(8). Neither port is the selector, or in one of the ranges: PORT.
    length = word at p+4, 0 < length < 8: MALFORMED. length != 0: stated = p + length, end = min(end, stated).
    start = p + 8
TCP: protocol != 6: PROTOCOL. need(20). Neither port is the selector, or in one of the ranges: PORT.
    header = 4 * upper nibble at p+12, < 20: MALFORMED. start = p + header
At last, start > stated: MALFORMED.

Fields, in the order of the program, roles other than SEQ, STREAM and MATCH left out:
    at = start + offset for offset >= 0, stated + offset for offset < 0
    at < start or at + width > end: SHORT.  at + width > cap: remember CUT and go on with the next field.
    word of `width` bytes in the field's byte order, & mask.
    MATCH that does not hold (EQ, NE: value; EQ_LENGTH: stated - start): MAGIC.
    SEQ: word >> shift >= modulus (modulus != 0): MAGIC. A SEQ of digits is read as digits.py says: SHORT, CUT
        (remembered, as above) or MAGIC.
    Where the number is made (number.py: of several pieces, or by a rule) the modulus counts after the last field alone:
        then, unless CUT was remembered, a value that means no number is MAGIC.
    After the last field, where CUT was remembered: CUT. So a CUT frame agrees as far as it was captured, and a field
    that was captured and is wrong outweighs one that was cut.

Several records: a program with EACH rows reads records behind one another in a payload, as chain.py says. All of them
    are behind the headers of one storey, and are counted as one frame.

Storeys: the above is the outermost one. Where its status is PROTOCOL, PORT or MAGIC (and the anchor is not FRAME), the
    headers inside the tunnel that it carries are looked at likewise, and so on, up to MAX_STOREYS; ways in are those
    of inside.py. The first that is a RECORD or CUT decides. If there is none (a storey has no way in, or another
    status), the outermost storey's status stands. `end` and `stated` go in with the walk; a storey begins with an
    Ethernet header (14 bytes, then tags as above), with an IP header (version 4 or 6), or with what an ethertype names
    (tags, then as for link types that have one).

Sources: every frame has one, whatever its status and anchor: the link-layer source address above, cut to its length,
if the link header (14, 16, 20 bytes) was captured whole and the length is not 0; else NO_SOURCE. Two are the same if
length and bytes are. Ids 1..MAX_SOURCES in order of the first frame of any status; further ones are NO_SOURCE.
`ordinal` counts the frames of that source id before this one (NO_SOURCE too); `counts[status]` grows by one per frame.

Streams: key = STREAM_KEY. IP, UDP and TCP anchors: version, addresses of the IP header, the protocol reached, ports
for UDP and TCP. FRAME and ETH: version and protocol 0, the link-layer addresses as above (also where a cut header
leaves them empty), or inside a tunnel those of the innermost Ethernet header, if there is one. `tunnel`: the ids of
the two innermost tunnels that have one. fields[i] = value of the i-th STREAM field. The program's key then clears:
HOSTS the ports, SOURCE the target as well, NONE the source and the tunnel as well; version, protocol and fields stay.
Ids in order of first record. A record that would need a stream beyond MAX_STREAMS is STREAMS instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import (
    A_ETH,
    A_FRAME,
    CUT,
    EQ,
    EQ_LENGTH,
    HERE,
    MAGIC,
    MATCH,
    MAX_STREAM_FIELDS,
    MAX_STREAMS,
    RECORD,
    SEQ,
    SHORT,
    STREAM,
    STREAM_KEY,
    STREAMS,
    Frames,
    Known,
    Program,
    RecordColumns,
)
from seqcheck.kernel.portable.chained import in_columns, is_flat
from seqcheck.kernel.portable.digits import is_digits, label_of, read
from seqcheck.kernel.portable.examine import GOES_ON, Seen, examine, fields, following, steps_of
from seqcheck.kernel.portable.frame import FORGOTTEN, Place
from seqcheck.kernel.portable.intern import Interner
from seqcheck.kernel.portable.moves import is_ber, is_move
from seqcheck.kernel.portable.number import is_made, number_of, shift_of
from seqcheck.kernel.portable.sources import Sources, all_known
from seqcheck.kernel.portable.tunnelled import tunnelled
from seqcheck.kernel.portable.walk import Ints, Walk, word_in

NOT_SAVED = "decoder: this is not what a decoder saved"
_KEY_WORDS = STREAM_KEY.itemsize // 8


class Decoder:
    """protocols.DecoderLike."""

    def __init__(self, program: Program, saved: Known | None = None) -> None:
        self._program = program
        self._fields = [row for row in program.fields if row["role"] in (SEQ, STREAM, MATCH)]
        self._made = is_made(program)
        self._each, self._flat = steps_of(program).each, is_flat(program)
        self._one_by_one = (bool(self._each) and not self._flat) or any(
            is_move(row) or is_ber(row) for row in program.fields
        )
        self._seen: dict[int, Seen] = {}  # of a block's rows, where a frame may hold several records: the first
        self._streams = Interner(_KEY_WORDS, MAX_STREAMS)
        self._sources = Sources()
        if saved is not None:
            self._load(saved)

    def decode(self, frames: Frames, low: int, high: int, records: RecordColumns) -> None:
        """protocols.DecoderLike.decode."""
        walk = Walk(frames, low, high)
        anchor = self._program.anchor
        walk.link_addresses(into_key=anchor in (A_FRAME, A_ETH))
        walk.to_payload(self._program.sought)
        for forgotten in FORGOTTEN[self._program.key]:
            walk.key[forgotten] = 0
        seq = np.zeros(high - low, np.uint64)
        outer = in_columns(walk, self._each, self.read_fields) if self._flat else None
        rows = np.zeros(0, np.int64) if outer else self.read_fields(walk, seq)
        rows = self._look_inside(frames, low, walk, seq, rows)
        words = walk.key.view(np.uint64).reshape(-1, _KEY_WORDS)  # before the picking, which may not copy padding
        words, numbers = words[rows], seq[rows]
        if self._each:
            rows, words, numbers = self._with_following(walk, rows, words)
        if outer:
            order = np.argsort(np.concatenate([outer[0], rows]), kind="stable")
            rows, words, numbers = (
                np.concatenate(both)[order] for both in zip(outer, (rows, words, numbers), strict=True)
            )
        streams = self._streams.ids(words)
        walk.status[rows[streams < 0]] = STREAMS
        rows, numbers, streams = rows[streams >= 0], numbers[streams >= 0], streams[streams >= 0]
        walk.status[rows] = RECORD  # also where another record's stream was not taken in
        source, ordinal = self._sources.of(walk)

        n = len(rows)
        records.count = n
        records.row[:n] = rows + low
        records.stream[:n] = streams
        records.seq[:n] = numbers
        records.source[:n] = source[rows]
        records.ordinal[:n] = ordinal[rows]
        records.status[low:high] = walk.status

    def admit(self, which: int) -> None:
        """protocols.DecoderLike.admit."""
        self._streams.admission = which

    def known(self) -> tuple[int, int]:
        """protocols.KernelDecoder.known."""
        return self._streams.count, self._sources.count

    def keys(self, low: int = 0) -> NDArray[Any]:
        """protocols.DecoderLike.keys."""
        return self._streams.keys().view(STREAM_KEY).reshape(-1)[low:]

    def adopt_streams(self, keys: NDArray[Any]) -> NDArray[np.int32]:
        """protocols.KernelDecoder.adopt_streams."""
        return all_known(self._streams.adopt(keys.view(np.uint64).reshape(-1, _KEY_WORDS))).astype(np.int32)

    def adopt_sources(self, rows: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """protocols.KernelDecoder.adopt_sources."""
        return self._sources.adopt(rows)

    def sources(self) -> NDArray[Any]:
        """protocols.DecoderLike.sources."""
        return self._sources.table()

    def save(self) -> Known:
        """protocols.KernelDecoder.save."""
        waiting, older = (words.view(STREAM_KEY).reshape(-1) for words in self._streams.waiting())
        return Known(
            streams=self.keys(), sources=self.sources(), admission=self._streams.admission, waiting=waiting, older=older
        )

    def _load(self, saved: Known) -> None:
        keys = [
            np.ascontiguousarray(rows).view(np.uint64).reshape(-1, _KEY_WORDS)
            for rows in (saved.streams, saved.waiting, saved.older)
        ]
        if not self._streams.load(keys[0], saved.admission, keys[1], keys[2]) or not self._sources.load(saved.sources):
            raise ValueError(NOT_SAVED)

    def read_fields(self, walk: Walk, seq: NDArray[np.uint64]) -> Ints:
        """Run the program; the rows that are records, with `seq` and the key's fields filled in."""
        rows = np.flatnonzero(walk.status == RECORD)
        if self._one_by_one:
            return self._examine(walk, rows, seq)
        cut = np.zeros(len(walk.off), np.bool_)
        streams = 0
        for row in self._fields:
            width, role = int(row["width"]), int(row["role"])
            if is_digits(row):
                self._read_digits(walk, rows, row, seq, cut)
                rows = rows[walk.status[rows] == RECORD]
                continue
            at = (walk.start if row["offset"] >= 0 else walk.stated)[rows] + int(row["offset"])
            if row["offset"] >= HERE:  # no move leads anywhere else
                at -= HERE
            stay = walk.rule_out(rows, ((at < walk.start[rows]) | (at + width > walk.end[rows]), SHORT))
            rows, at = rows[stay], at[stay]
            behind = at + width > walk.cap[rows]
            cut[rows[behind]] = True
            here = rows[~behind]
            value = word_in(walk, here, at[~behind], row) & row["mask"]
            if role == MATCH:
                walk.rule_out(here, (_differs(walk, here, value, row), MAGIC))
            value >>= np.uint64(row["shift"])
            if role == STREAM:
                walk.key["fields"][here, streams] = value
                streams += 1
            elif role == SEQ and self._made:
                seq[here] = seq[here] << np.uint64(shift_of(row)) | value
            elif role == SEQ:
                seq[here] = value
                if self._program.modulus:
                    walk.rule_out(here, (value >= np.uint64(self._program.modulus), MAGIC))
            rows = rows[walk.status[rows] == RECORD]
        rows = rows[walk.rule_out(rows, (cut[rows], CUT))]
        if not self._made:
            return rows
        numbers = [number_of(self._program, value) for value in seq[rows].tolist()]
        wrong = np.array([number is None for number in numbers], np.bool_)
        seq[rows] = np.array([number or 0 for number in numbers], np.uint64)
        return rows[walk.rule_out(rows, (wrong, MAGIC))]

    def _examine(self, walk: Walk, rows: Ints, seq: NDArray[np.uint64]) -> Ints:
        """The same row by row, if places depend on the payload."""
        for row in rows.tolist():
            start, end, stated = int(walk.start[row]), int(walk.end[row]), int(walk.stated[row])
            seen = fields(walk.bytes_of(row), self._program, Place(start=start, end=end, stated=stated, here=start))
            walk.status[row] = seen.status
            self._keep(row, seen)
            walk.key["fields"][row, : len(seen.streams)] = seen.streams
            seq[row] = seen.seq
        records: Ints = rows[walk.status[rows] == RECORD]
        return records

    def _keep(self, row: int, seen: Seen) -> None:
        if self._each:
            self._seen[row] = seen

    def _with_following(self, walk: Walk, rows: Ints, words: NDArray[np.uint64]) -> tuple[Ints, Any, Any]:
        """Rows, keys and numbers of all records, of frames whose first ones have these keys."""
        found: list[int] = []
        keys: list[NDArray[np.uint64]] = []
        numbers: list[int] = []
        for row, key in zip(rows.tolist(), words, strict=True):
            first, data = self._seen[row], walk.bytes_of(row)
            for seen in (first, *following(data, self._program, first)):
                own = key.copy()
                own[-MAX_STREAM_FIELDS:] = (*seen.streams, *[0] * (MAX_STREAM_FIELDS - len(seen.streams)))
                found.append(row)
                keys.append(own)
                numbers.append(seen.seq)
        self._seen = {}
        whole = np.array(keys, np.uint64).reshape(-1, _KEY_WORDS)
        return np.array(found, np.int64), whole, np.array(numbers, np.uint64)

    def _read_digits(self, walk: Walk, rows: Ints, row: Any, seq: NDArray[np.uint64], cut: NDArray[np.bool_]) -> None:
        """The number of each of these rows, where it is written in digits."""
        label, modulus = label_of(self._program), 0 if self._made else self._program.modulus
        for at in rows.tolist():
            place = Place(start=int(walk.start[at]), end=int(walk.end[at]), stated=int(walk.stated[at]))
            status, number = read(walk.bytes_of(at), place, row, label)
            if status == CUT:
                cut[at] = True
            elif status != RECORD or (modulus and number >= modulus):
                walk.status[at] = SHORT if status == SHORT else MAGIC
            else:
                seq[at] = number

    def _look_inside(self, frames: Frames, low: int, walk: Walk, seq: NDArray[np.uint64], rows: Ints) -> Ints:
        """The rows that are records, with those whose header lies in a tunnel, which are looked at one by one."""
        if self._program.anchor == A_FRAME:
            return rows
        out = np.flatnonzero(np.isin(walk.status, GOES_ON))
        added = []
        for row in out[tunnelled(frames, low + out)].tolist():
            seen = examine(walk.bytes_of(row), int(frames.wire[low + row]), int(walk.link[row]), self._program)
            walk.status[row] = seen.status
            if seen.status == RECORD:
                added.append(row)
                self._keep(row, seen)
                _put_key(walk.key, row, seen)
                seq[row] = seen.seq
        return np.sort(np.concatenate([rows, np.array(added, np.int64)]))


def _put_key(keys: NDArray[Any], row: int, seen: Seen) -> None:
    """The stream's key of one frame."""
    place, key = seen.place, np.zeros(1, STREAM_KEY)
    for name in ("protocol", "sport", "dport", "tunnel", "version"):
        key[name] = getattr(place, name)
    for name in ("source", "target"):
        raw = getattr(place, name)
        key[name][0, : len(raw)] = np.frombuffer(raw, np.uint8)
    key["fields"][0, : len(seen.streams)] = seen.streams
    keys[row] = key[0]


def _differs(walk: Walk, rows: Ints, value: NDArray[np.uint64], field: Any) -> NDArray[np.bool_]:
    """Where a MATCH does not hold."""
    if field["op"] == EQ_LENGTH:
        length = (walk.stated[rows] - walk.start[rows]).astype(np.uint64)
        differs: NDArray[np.bool_] = value != length
        return differs
    same: NDArray[np.bool_] = value == field["value"]
    return ~same if field["op"] == EQ else same
