"""The kernel's border: the columns that go in and come out, and what the two kernels must agree on.

Three steps, each a loop over a block, none with a Python object in it:

    index    bytes of a capture   -> Frames    where each frame lies, how long it is, when it came
    decode   Frames x Program     -> Records   which frames carry the header: stream, number, place in the source
    track    Records              -> Events    only what is out of order; healthy records leave no row

protocols.py states what a kernel offers. `portable.kernel` (reported as "reference") and `binding.kernel` both
offer it, and give the same columns, bit for bit. All columns are owned by the caller and reused from block to block.
Times are int64 nanoseconds since 1970; counts are unsigned; positions (`x`) are int64, counted from the first record of
an epoch.

One long file on purpose: native/border.h says the same for C, and a test holds the two together name by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass

MAX_FRAME = 262_144  # bytes; libpcap's MAXIMUM_SNAPLEN. A record that claims more is damage.
MAX_BLOCK = 2 * MAX_FRAME  # bytes of a whole pcapng packet block with its options. A longer one is damage.
MAX_WIRE = (1 << 31) - 1  # bytes; a length on the wire that is negative as signed is damage.

# Why `index` stopped.
MORE, FULL, BAD, BLOCK = range(4)
# MORE: the record at the returned position is not whole in the buffer. FULL: the columns are full.
# BAD: the record there contradicts itself. BLOCK: pcapng only, a block there that is not a packet (Python's to read).

# Indexes into Frames.totals, added up over the life of the object.
T_BYTES, T_CUT, T_ODD, T_ODD_AT, T_FIRST, T_LAST, T_UNHANDLED = range(7)
# Wire bytes; frames with cap < wire; odd times; position in buf of the first record with an odd time (-1: none yet);
# lowest and highest time stamp of the frames that have one (INT64_MAX and INT64_MIN while there is none); frames that
# the host received with a VLAN tag and a protocol other than IPv4, ARP and IPv6 (index_tpacket only).


def new_totals() -> NDArray[np.int64]:
    """Totals of nothing yet. Several Frames of one input may share one."""
    return np.array([0, 0, 0, -1, np.iinfo(np.int64).max, np.iinfo(np.int64).min, 0], np.int64)


class Frames:
    """A block of frames, as columns of one capacity.

    buf    uint8[...]   the bytes; off[i] : off[i] + cap[i] is frame i as captured
    off    int64[n]     offset of the frame in buf
    cap    uint32[n]    bytes captured
    wire   uint32[n]    bytes on the wire (never less than cap)
    ns     int64[n]     time stamp
    link   uint16[n]    LINKTYPE (tcpdump.org/linktypes.html)
    count  int          rows in use
    first  int          number of row 0 over the whole input, counted from 1
    totals int64[7]     T_BYTES, T_CUT, T_ODD, T_ODD_AT, T_FIRST, T_LAST, T_UNHANDLED
    held   object       what a kernel knows of the arrays, its own business
    decoded object      what was read of all rows already, if anything (decode/decoded.py)
    within object       has a function called by the thread in whose processor's cache all of this lies; None: any
    """

    __slots__ = ("buf", "cap", "count", "decoded", "first", "held", "link", "ns", "off", "totals", "wire", "within")

    def __init__(self, capacity: int) -> None:
        self.buf: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self.off: NDArray[np.int64] = np.zeros(capacity, np.int64)
        self.cap: NDArray[np.uint32] = np.zeros(capacity, np.uint32)
        self.wire: NDArray[np.uint32] = np.zeros(capacity, np.uint32)
        self.ns: NDArray[np.int64] = np.zeros(capacity, np.int64)
        self.link: NDArray[np.uint16] = np.zeros(capacity, np.uint16)
        self.totals: NDArray[np.int64] = new_totals()
        self.count = 0
        self.first = 1
        self.held: Any = None
        self.decoded: Any = None
        self.within: Any = None

    @property
    def capacity(self) -> int:
        return len(self.off)

    def one(self, row: int) -> tuple[bytes, int, int]:
        """A single frame: its bytes as captured, its length on the wire, its LINKTYPE."""
        begin = int(self.off[row])
        return self.buf[begin : begin + int(self.cap[row])].tobytes(), int(self.wire[row]), int(self.link[row])

    def grow(self, rows: int) -> None:
        """Room for that many more rows; those in use stay, in new arrays."""
        for name in ("off", "cap", "wire", "ns", "link"):
            old = getattr(self, name)
            new = np.zeros(len(old) + rows, old.dtype)
            new[: self.count] = old[: self.count]
            setattr(self, name, new)


@dataclass(frozen=True, slots=True, kw_only=True)
class PcapRule:
    """How to read the records of a classic pcap: `big` endian, `nano` second fractions, 16 or 24 (modified) byte
    record headers, `link` for every frame. `swapped`: before version 2.4 the two lengths stood the other way round, or
    either way; the smaller is then what was captured. A header's thiszone is ignored, as every reader does. `fcs`:
    bytes of a frame check sequence at the end of each frame, which the kernels do not look at."""

    big: bool
    nano: bool
    header: int
    link: int
    swapped: bool = False
    fcs: int = 0


# One row per interface of the current pcapng section, for index_pcapng. A time stamp t of 64 bits is, by `kind`:
# TIMES t * value, OVER t // value (an odd time if that is 0), SHIFT t * 10**9 >> value (exact, 2**-value seconds a
# tick); then + offset.
TIMES, OVER, SHIFT = range(3)
INTERFACE = np.dtype(
    [("link", "<u2"), ("kind", "<u2"), ("snap", "<u4"), ("value", "<u8"), ("offset", "<i8")], align=True
)

# What decode says of a frame. RECORD carries the header; all others are reasons why not.
(RECORD, LINK, CUT, SHORT, PROTOCOL, PORT, MAGIC, FRAGMENT, MALFORMED, STREAMS, INDISTINCT) = range(11)
REASONS = (
    "record", "link-type", "cut", "short", "protocol", "port", "magic", "fragment", "malformed", "too-many-streams",
    "indistinct",
)  # fmt: skip
# link-type: a link layer we do not read. cut: matched as far as it was captured, the header lies behind that.
# short: the frame itself ends before the header does. protocol: not the anchor's protocol. port: other ports.
# magic: a magic or match value differs. fragment: not the first fragment. malformed: lengths contradict each other.
# indistinct: without a layout of numbers (content), nothing tells the frame from others of its kind or flow.

MAX_STREAMS = 1 << 20

# Which streams that it does not know a decoder takes in: any; those of which a second record comes while their key
# waits among the last ones, so that a flow of one record takes no place; none.
ANY_STREAM, SECOND_RECORD, NO_STREAM = range(3)
WAITING = 1 << 14  # keys that wait, at least: they are dropped, the older half of twice as many, where there are more

MAX_SOURCES = (1 << 16) - 1
NO_SOURCE = 0  # source id of frames whose link layer has no source address (and of sources beyond MAX_SOURCES)


class RecordColumns:
    """The records of a block.

    row      int32[n]   row in Frames
    stream   int32[n]   stream id, from 0 in order of first appearance
    seq      uint64[n]  number as on the wire (after mask; below the modulus)
    source   int32[n]   source id, from 1 in order of first appearance; NO_SOURCE without a link-layer address
    ordinal  int64[n]   how many frames of that source came before this one (frames of any kind)
    status   uint8[n]   per *frame* of the block: RECORD or a reason
    count    int        rows in use
    held     object     what a kernel knows of the arrays, its own business
    """

    __slots__ = ("count", "held", "ordinal", "row", "seq", "source", "status", "stream")

    def __init__(self, capacity: int) -> None:
        self.row: NDArray[np.int32] = np.zeros(capacity, np.int32)
        self.stream: NDArray[np.int32] = np.zeros(capacity, np.int32)
        self.seq: NDArray[np.uint64] = np.zeros(capacity, np.uint64)
        self.source: NDArray[np.int32] = np.zeros(capacity, np.int32)
        self.ordinal: NDArray[np.int64] = np.zeros(capacity, np.int64)
        self.status: NDArray[np.uint8] = np.zeros(capacity, np.uint8)
        self.count = 0
        self.held: Any = None

    def take(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """These are the records from now on: `row`, `stream`, `seq`, `source` and `ordinal`, however many."""
        self.count = len(columns["row"])
        for name in ("row", "stream", "seq", "source", "ordinal"):
            if len(getattr(self, name)) < self.count:
                setattr(self, name, np.zeros(self.count + self.count // 4, getattr(self, name).dtype))
            getattr(self, name)[: self.count] = columns[name]


class Expected:
    """What the next record is expected to be, by both packing and unpacking (portable/packed.py), in the ids of
    the decoder that read it; the same on both sides before each block. Of one decoder, all its blocks, in order.

    after    int32[n]   by stream: that of the record after its last one, at first itself
    seq      uint64[n]  by stream: the next number
    source   int32[n]   by stream: who sent its last record
    ordinal  int64[m]   by source: of its next frame
    last     int32[1]   the stream of the last record
    """

    __slots__ = ("after", "last", "ordinal", "seq", "source")

    def __init__(self) -> None:
        self.after: NDArray[np.int32] = np.zeros(1, np.int32)
        self.seq: NDArray[np.uint64] = np.zeros(1, np.uint64)
        self.source: NDArray[np.int32] = np.zeros(1, np.int32)
        self.ordinal: NDArray[np.int64] = np.zeros(1, np.int64)
        self.last: NDArray[np.int32] = np.zeros(1, np.int32)

    def make_room(self, streams: int, sources: int) -> None:
        """For at least that many."""
        if (more := streams - len(self.after)) > 0:
            more += streams // 4
            self.after = np.concatenate(
                [self.after, np.arange(len(self.after), streams + streams // 4, dtype=np.int32)]
            )
            self.seq = np.concatenate([self.seq, np.zeros(more, np.uint64)])
            self.source = np.concatenate([self.source, np.zeros(more, np.int32)])
        if (more := sources - len(self.ordinal)) > 0:
            self.ordinal = np.concatenate([self.ordinal, np.zeros(more + sources // 4, np.int64)])


# ---- the program: a layout as numbers --------------------------------------------------------------------------------

A_FRAME, A_ETH, A_IP, A_UDP, A_TCP = range(5)  # anchor
# Role of a field; decode reads SEQ, STREAM and MATCH only, LABEL, which belongs to SEQ, MOVE and EACH.
SEQ, STREAM, MATCH, SLOT, TIME, BUF, LABEL, MOVE, EACH = range(9)
K_ALL, K_HOSTS, K_SOURCE, K_NONE = range(4)  # key: addresses and ports, no ports, no ports and target, none of them
EQ, NE, EQ_LENGTH = range(3)  # MATCH: equal to value, not equal to value, equal to the payload's length in bytes
TEXT, HEX, BCD, VARINT = range(3, 7)  # SEQ: digits; portable/digits.py says how they are read
PIECE = 7  # SEQ: one of several words, the first one highest; `value` is its bits
BER = 8  # SEQ, STREAM: an integer in the BER element whose tag is `value`; portable/moves.py says how it is found
ONLY_IF, AMOUNT, UNTIL, INTO = range(4)  # MOVE: what it does; portable/moves.py. EACH: the first two; portable/chain.py
HERE = 1 << 24  # offsets from HERE on count from where the moves end
MOST_MOVES, MOST_ELEMENTS = 12, 64  # rows; elements of a list that are passed
MOST_EACH = 8  # rows
MOST_DIGITS, MOST_LABEL, LABEL_REACH = 20, 32, 4096  # characters; bytes; bytes in which a label is looked for
MOST_PIECES, MOST_PORTS = 4, 32
PLAIN, BY_STEP, BY_DIVISION, FROM_LEAST = range(4)  # Program.rule

# A LABEL holds up to 16 bytes, the first 8 in value, the others in mask (first byte lowest); two are up to 32.
# offset: from the anchor's payload; negative ones count from its end, those from HERE on from where MOVEs lead. width:
# bytes, 1..8 (digits: 0..20; 0: any). A
# field's value is (word & mask) >> shift; shift is 0 for MATCH and the mask's trailing zeros otherwise.
FIELD = np.dtype(
    [
        ("role", "u1"), ("width", "u1"), ("big", "u1"), ("op", "u1"), ("shift", "u1"), ("offset", "<i4"),
        ("mask", "<u8"), ("value", "<u8"),
    ],
    align=True,
)  # fmt: skip


Sought = tuple[int, int, tuple[tuple[int, int], ...]]  # anchor, selector, ranges of ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A layout, ready for decode. `selector` is the ethertype, protocol or port, -1 for any; `ports` are ranges (first
    and last) that stand for it, up to MOST_PORTS. `fields` is FIELD[n] with one SEQ (or up to MOST_PIECES that are
    PIECE), up to 8 STREAM and up to 8 MATCH. A number at or above `modulus` (0 = 2**64) is not a record (MAGIC). `key`
    says what of addresses and ports stays in the stream key; the rest is 0.

    `rule` (kind, shift, by) says how the value v there becomes the number n, by which it counts by one:

        PLAIN        n = v
        BY_STEP      n = (v >> shift) * by modulo `modulus`, a power of two; v >> shift at or above it is not a record
        BY_DIVISION  n = v // by
        FROM_LEAST   n = v modulo `modulus`; v below by, or at or above by + `modulus`, is not a record
    """

    anchor: int
    selector: int
    fields: NDArray[Any]
    modulus: int
    key: int = K_ALL
    ports: tuple[tuple[int, int], ...] = ()
    rule: tuple[int, int, int] = (PLAIN, 0, 0)

    @property
    def sought(self) -> Sought:
        """What the anchor is, and what is asked of it."""
        return self.anchor, self.selector, self.ports


MAX_STREAM_FIELDS = 8
MAX_STOREYS = 8  # headers inside of headers that are looked into, each inside a tunnel's
# The full key of a stream. IP anchors: addresses, protocol and ports (0 if there are none), link-layer addresses
# left out, since a routed or mirrored copy has others. FRAME and ETH anchors: link-layer addresses, the rest 0.
STREAM_KEY = np.dtype(
    [
        ("version", "u1"),  # 4, 6, or 0 for link-layer keys
        ("protocol", "u1"),
        ("sport", "<u2"), ("dport", "<u2"),
        ("source", "u1", 16), ("target", "u1", 16),  # IPv4 and MAC addresses in front, zero-filled
        ("spare", "<u2"),  # 0: keys are compared byte by byte, so there is no hole that a copy may leave as it was
        ("tunnel", "<u8"),  # the ids of the two innermost tunnels that have one, 32 bits each, the inner one low
        ("fields", "<u8", MAX_STREAM_FIELDS),
    ],
    align=True,
)  # fmt: skip
# A source and what it sent: `counts[r]` frames with status r.
SOURCE = np.dtype([("address", "u1", 8), ("length", "<u4"), ("counts", "<i8", len(REASONS))], align=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a decoder knows: `streams` is STREAM_KEY[n], row = stream id; `sources` SOURCE[m], row = source id, the
    first one NO_SOURCE; `admission` says which streams are taken in; `waiting` and `older` are STREAM_KEY rows that
    came once, the last ones and those before them."""

    streams: NDArray[Any]
    sources: NDArray[Any]
    admission: int
    waiting: NDArray[Any]
    older: NDArray[Any]


# ---- events: what is out of order ------------------------------------------------------------------------------------

DUPLICATE, LATE, GAP, RESTART, RETRACT, RETRACT_LATE, EARLY, OUTLIER = range(8)
# x is the position of the number in its epoch; next the tracker's expectation when the record came, so that
# next - x is the lag. record counts the records of the stream from 0, ordinal the frames of the source.
# DUPLICATE  e_* is the copy before this one (e_ordinal -1: beyond the window); copies: how many came before, 0 unknown;
#            a = ns since the stream's record before this one (in a chain that is read again: since the last one read)
# LATE       a = RFC 4737 reordering extent, b = how many records straight before it were higher (n-reordering);
#            -1 where not known; e_ns = arrival of the record that jumped over it
# GAP        x = first missing position, a = how many; frame, ns: the record that jumped
# RESTART    seq = first number of the new epoch, next = positions in the old one; a = the old one's first number as
#            int64 bits; record, frame, ns: the first record of the new epoch
# RETRACT    the DUPLICATE and LATE rows of this stream so far with a <= record <= b were not: drop them; a restart
#            was behind it
# RETRACT_LATE  of the LATE rows so far with a <= record <= b, those with x == next were not late: drop them
# EARLY      a lone number ahead of its time, now decided: a = 1 it came again in its place, 0 it was mere reordering,
#            -1 the input ended before its place; record, frame, ns: its first arrival
# OUTLIER    a lone number so far off that it is no part of the count; x = INT64_MIN where it has no position
EVENT = np.dtype(
    [
        ("kind", "<i4"), ("stream", "<i4"), ("epoch", "<i4"), ("source", "<i4"),
        ("seq", "<u8"), ("x", "<i8"), ("next", "<i8"),
        ("record", "<i8"), ("frame", "<i8"), ("ns", "<i8"), ("ordinal", "<i8"),
        ("e_record", "<i8"), ("e_frame", "<i8"), ("e_ns", "<i8"), ("e_ordinal", "<i8"),
        ("copies", "<i8"), ("a", "<i8"), ("b", "<i8"),
    ],
    align=True,
)  # fmt: skip


def total(column: NDArray[np.int64]) -> int:
    """Its exact sum, also where that is more than 64 bits hold: what is missing can be."""
    return (int((column >> 32).sum()) << 32) + int((column & 0xFFFFFFFF).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Limits of a tracker, over all streams. Where one is reached, the streams that have most give way, and their rows
    of STREAM_STATE say what that cost: beyond, unjudged, forgotten, unfollowed.

    entries     of all windows of earlier copies, 32 bytes each
    pages       of missing numbers, 512 bytes each
    small_pages of repeated numbers, 64 bytes each
    holes       long stretches of missing numbers, 24 bytes each
    chain_rows  findings of one chain that waits for what follows it, 128 bytes each

    restarts    whether a sender may start over; if not, old numbers in a row are copies, whatever follows them
    """

    entries: int = 1 << 21
    pages: int = 1 << 17
    small_pages: int = 1 << 20
    holes: int = 1 << 20
    chain_rows: int = 1 << 15
    restarts: bool = True


ROOM = Room()


# ---- content: frames told apart by their bytes -----------------------------------------------------------------------

CONTENT_WINDOW = 1 << 20  # frames in which content is known again
PROVEN, OFTEN, IDENTIFIED = 16, 4, 2  # contents; times; identifications: rules of portable/content.py
ROUND, ROUND_BACK, ROUND_SHORT = 64, 8, 1 << 15  # copies in a row; what a new content takes off; distance
MOST_OFTEN = 1 << 16
# What is known of a flow, row = stream id: frames; contents; copies (the same content and identification), and those
# that counted; contents that came again under another identification; contents whose identification differs from the
# one before; copies in a row, as the rules count them; the last identification; whether its contents wrap, so
# that nothing of it counts.
CONTENT_FLOW = np.dtype(
    [
        ("frames", "<i8"), ("contents", "<i8"), ("copies", "<i8"), ("counted", "<i8"), ("again", "<i8"),
        ("varied", "<i8"), ("row", "<i8"), ("last", "<i4"), ("round", "<i4"),
    ],
    align=True,
)  # fmt: skip
# Contents that came too often to mean anything: how many of their records count all the same, beyond the first.
CONTENT_OFTEN = np.dtype([("stream", "<i4"), ("counted", "<i4"), ("number", "<i8")], align=True)


# ---- track's limits --------------------------------------------------------------------------------------------------

# Rows an events buffer should have. Fewer than CHAIN_DEPTH * CHAIN_ROWS + 3 * CHAIN_BUFFER + 2048 can stop the tracker
# for good: a chain that turns out to be a restart gives all rows of its new epoch at once.
EVENTS = 1 << 18

DISTANCES = 1 << 17  # the histogram counts distances up to this one, and all larger ones together

WINDOW_FIRST, WINDOW_STEP, WINDOW_CAP = 4, 4, 1 << 16  # positions a stream's window of earlier copies begins with, ...
EARLY_MAX, EARLY_REACH = 256, 1 << 16  # lone early numbers kept per stream, and how far ahead
OPENERS, BACKS = 16, 8  # last records of a stream that jumped ahead, that came late
CHAIN_SKIP, CHAIN_EAGER, CHAIN_PAUSED, CHAIN_LONG = 64, 32, 1024, 1 << 14  # backward steps, see portable/track.py
# Numbers back, within which old ones near the base or 0 may be a replay; and from how many on that are left out behind
# them, up to where the count stood, they are one.
SHORT_COUNT, CHAIN_LOST = 1 << 14, 1
CHAIN_BUFFER, CHAIN_DEPTH = 1024, 6  # records of a chain that are kept to be read again; chains within one another
NEAR_BASE, FAR = 8, 1 << 32
CHAIN_THIN = 3  # numbers of a chain's span for each of its records, from which on it is no count, but single old ones
PAUSE_NS, PAUSE_FACTOR, PACE = 200_000_000, 20, 64  # the pace: over so many positions just before
PAGE, HOLE_LEAST = 4096, 1024  # sparse sets of positions, see portable/sets.py
PAGE_WORDS = PAGE // 64
SMALL_PAGE = 512  # those of numbers that were repeated, which lie far apart

# PAGE numbers of a stream and epoch, from number * PAGE on: bit n of the words is set where number n is missing.
MISSING_PAGE = np.dtype(
    [("stream", "<i4"), ("epoch", "<i4"), ("number", "<i8"), ("words", "<u8", PAGE_WORDS)], align=True
)
# A long stretch low <= x < high of missing numbers.
HOLE = np.dtype([("stream", "<i4"), ("epoch", "<i4"), ("low", "<i8"), ("high", "<i8")], align=True)

# ---- what the tracker knows of a stream ------------------------------------------------------------------------------

N_DEGREES = 8
STREAM_STATE = np.dtype(
    [
        # what came: received = unique + duplicates; unique counts first copies
        ("received", "<i8"), ("duplicates", "<i8"), ("replicated", "<i8"),  # replicated: numbers with copies
        ("missing", "<i8"), ("gaps", "<i8"),  # numbers, and the stretches they form
        ("late", "<i8"), ("restarts", "<i8"), ("outliers", "<i8"), ("early", "<i8"),
        # where a limit was reached: duplicates whose earlier copy lay beyond the window; records below the floor;
        # missing numbers that are no longer known one by one; chains given up
        ("beyond", "<i8"), ("unjudged", "<i8"), ("forgotten", "<i8"), ("unfollowed", "<i8"),
        # the counter: first number of the stream, of the current epoch; positions in the epoch that are settled
        ("first_seq", "<u8"), ("base", "<u8"), ("next", "<i8"), ("epoch", "<i8"),
        ("first_ns", "<i8"), ("last_ns", "<i8"), ("first_frame", "<i8"), ("last_frame", "<i8"), ("source", "<i8"),
        # RFC 4737, first copies only, a lone early number included (reordered >= late)
        ("reordered", "<i8"), ("extents", "<i8"), ("extent_sum", "<i8"), ("extent_max", "<i8"), ("late_ns_max", "<i8"),
        ("degrees", "<i8", N_DEGREES),  # degrees[n-1]: records that are n-reordered, n = 1..8
        ("jumps", "<i8"), ("jump_max", "<i8"),  # sequence discontinuities and the largest, in numbers passed over
        ("free_runs", "<i8"), ("free_length", "<i8"), ("free_squares", "<i8"),  # x, a and q of RFC 4737 section 4.6
        ("reorder_gaps", "<i8"), ("reorder_gap_sum", "<i8"), ("reorder_gap_max", "<i8"),  # RFC 4737 section 4.5
    ],
    align=True,
)  # fmt: skip
