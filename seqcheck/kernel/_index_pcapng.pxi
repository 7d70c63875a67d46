# Index of the packet blocks of a pcapng section. The rules stand in reference_index.py.
#
# Like the walk of a classic pcap it guesses that a block is as long as the one before it, and fetches ahead where they vary.

cdef enum:
    OBSOLETE = 2    # Packet Block: u16 interface, u16 drops, then as an enhanced one
    SIMPLE = 3
    ENHANCED = 6

cdef struct BlockWalk:
    int64_t pos
    int64_t stop
    const Interface *interfaces
    int64_t known       # how many interfaces
    int why


cdef inline int64_t exact_ns(const Interface *rule, uint64_t ticks, bint *odd) noexcept nogil:
    """The time of `ticks`, or the nearest int64 where it lies outside, which is odd."""
    cdef uint128 whole
    cdef int128 ns
    if rule.kind == TIMES:
        whole = <uint128>ticks * rule.value
    elif rule.kind == OVER:
        whole = ticks // rule.value
    else:
        whole = 0 if rule.value >= 128 else (<uint128>ticks * 1000000000) >> rule.value
    if unlikely(whole >> 65 != 0):  # no offset brings it back
        odd[0] = True
        return INT64_MAX
    ns = <int128>whole + rule.offset
    if unlikely(ns != <int64_t>ns):
        odd[0] = True
        return INT64_MAX if ns > 0 else INT64_MIN
    return <int64_t>ns


cdef void walk_blocks(FrameColumns *f, BlockWalk *w, Order *order) noexcept nogil:
    cdef const uint8_t *buf = f.buf
    cdef const uint8_t *p
    cdef const Interface *rule
    cdef int64_t *off = f.off
    cdef int64_t *times = f.ns
    cdef uint32_t *caps = f.cap
    cdef uint32_t *wires = f.wire
    cdef uint16_t *links = f.link
    cdef int64_t pos = w.pos, stop = w.stop, row = f.count, capacity = f.capacity, fetched = pos
    cdef int64_t ns, first = f.totals[T_FIRST], last = f.totals[T_LAST], size = 0, right = 0
    cdef uint64_t total = 0
    cdef uint32_t kind, length, least, number, cap, wire
    cdef bint odd = False
    cdef int why = FULL
    while row < capacity:
        if stop - pos < 8:
            why = MORE
            break
        fetched = fetch_ahead_of(buf, pos, fetched, right)
        p = buf + pos
        kind, length = word32(p, order), word32(p + 4, order)
        if likely(kind == ENHANCED):
            least = 32
        elif kind == OBSOLETE:
            least = 32
        elif kind == SIMPLE:
            least = 16
        else:
            why = BLOCK
            break
        if unlikely(length < least or length > MAX_BLOCK or length & 3 != 0):
            why = BAD
            break
        if unlikely(stop - pos < length):
            why = MORE
            break
        # From here on the block lies whole in the buffer, and has at least the `least` bytes that are read below.
        size = guessed(length, size, &right)
        if unlikely(word32(p + size - 4, order) != length):
            why = BAD
            break
        number = 0
        if likely(kind != SIMPLE):
            number = word32(p + 8, order) if kind == ENHANCED else word16(p + 8, order)
        if unlikely(number >= w.known):
            why = BAD
            break
        rule = w.interfaces + number
        if likely(kind != SIMPLE):
            cap, wire = word32(p + 20, order), word32(p + 24, order)
        else:
            wire = word32(p + 8, order)
            cap = rule.snap if rule.snap != 0 and rule.snap < wire else wire
        if unlikely(cap > MAX_FRAME or wire > MAX_WIRE or cap > length - least):
            why = BAD
            break
        ns = 0
        if likely(kind != SIMPLE):
            ns = exact_ns(rule, <uint64_t>word32(p + 12, order) << 32 | word32(p + 16, order), &odd)
            first, last = min(first, ns), max(last, ns)
            if unlikely(odd):
                odd = False
                f.totals[T_ODD] += 1
                if f.totals[T_ODD_AT] < 0:
                    f.totals[T_ODD_AT] = pos
        if unlikely(cap != wire):
            f.totals[T_CUT] += cap < wire
            wire = cap if wire < cap else wire
        total += wire
        off[row], caps[row], wires[row], times[row], links[row] = pos + least - 4, cap, wire, ns, rule.link
        pos += size
        row += 1
    f.totals[T_BYTES] = <int64_t>(<uint64_t>f.totals[T_BYTES] + total)
    f.totals[T_FIRST], f.totals[T_LAST] = first, last
    f.count, w.pos, w.why = row, pos, why


def index_pcapng(buf, Py_ssize_t start, Py_ssize_t stop, bint big, interfaces, frames):
    """See border.Kernel."""
    cdef HeldFrames held = held_frames(frames)
    cdef const uint8_t[::1] data = buf, table = interfaces.view("u1")
    cdef FrameColumns f = columns_in(held, frames, data)
    cdef BlockWalk w
    cdef int64_t row
    w.pos, w.stop, w.known = start, stop, len(interfaces)
    w.interfaces = <const Interface *>&table[0]
    if not 0 <= start <= stop <= f.size or table.shape[0] != w.known * <int64_t>sizeof(Interface):
        raise ValueError("index_pcapng: positions outside the buffer, or interfaces that are no INTERFACE rows")
    for row in range(w.known):
        if w.interfaces[row].kind == OVER and w.interfaces[row].value == 0:
            raise ValueError("index_pcapng: an interface that divides by 0")
    with nogil:
        if big:
            walk_blocks(&f, &w, <Big *>NULL)
        else:
            walk_blocks(&f, &w, <Little *>NULL)
    frames.count = f.count
    return w.pos, w.why
