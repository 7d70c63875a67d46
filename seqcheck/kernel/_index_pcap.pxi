# Index of a classic pcap. The rules stand in reference_index.py: full, header whole, lengths possible, record whole.
#
# Frames that were captured whole, in order of time, take the short way: four words read, four columns written. What the
# totals need of them is known from the positions alone.
#
# Where one record begins is known from the one before it, so the walk goes from one read to the next. Frames of one
# length are guessed; where lengths vary, what lies ahead is fetched, a few lines a frame, so that each read is a near one.

cdef enum:
    IN_ADVANCE = 4096   # bytes that are fetched ahead,
    FETCH = 8           # in so many lines for a frame: more than most frames have, few enough to be on their way at once

cdef struct PcapWalk:
    int64_t pos
    int64_t stop
    int64_t header      # bytes of a record's header: 16, or 24 where the pcap is of the modified kind
    uint32_t second     # how many units of the fraction are one
    uint16_t link
    bint swapped
    int why


cdef inline int64_t fetch_ahead_of(const uint8_t *buf, int64_t pos, int64_t fetched, int64_t right) noexcept nogil:
    """Fetch what comes behind `fetched`, unless lengths are guessed right, or it lies far ahead; up to where. Fetching
    reads nothing, so it may go past the buffer."""
    if right >= SURE or fetched - pos >= IN_ADVANCE:
        return fetched
    fetched = max(fetched, pos)
    fetch_lines(buf + fetched, FETCH)
    return fetched + FETCH * LINE


cdef void walk_pcap(FrameColumns *f, PcapWalk *w, Order *order) noexcept nogil:
    cdef const uint8_t *buf = f.buf
    cdef const uint8_t *p
    cdef int64_t *off = f.off
    cdef int64_t *times = f.ns
    cdef uint32_t *caps = f.cap
    cdef uint32_t *wires = f.wire
    cdef int64_t pos = w.pos, stop = w.stop, header = w.header, row = f.count, capacity = f.capacity
    cdef int64_t ns, last = f.totals[T_LAST], beyond = 0, length = 0, right = 0
    cdef uint64_t scale = 1000000000 // w.second
    cdef uint32_t cap, wire, fraction, second = w.second
    cdef int64_t fetched = pos      # up to here
    cdef int why = FULL
    while row < capacity:
        if stop - pos < header:
            why = MORE
            break
        fetched = fetch_ahead_of(buf, pos, fetched, right)
        p = buf + pos
        cap, wire, fraction = word32(p + 8, order), word32(p + 12, order), word32(p + 4, order)
        if unlikely(cap != wire):
            if w.swapped and cap > wire:
                cap, wire = wire, cap
            if wire > MAX_WIRE:
                why = BAD
                break
            wire = cap if wire < cap else wire
        if unlikely(cap > MAX_FRAME):
            why = BAD
            break
        if unlikely(cap > stop - pos - header):
            why = MORE
            break
        if unlikely(wire != cap):
            beyond += wire - cap
            f.totals[T_CUT] += 1
        if unlikely(fraction >= second):
            f.totals[T_ODD] += 1
            if f.totals[T_ODD_AT] < 0:
                f.totals[T_ODD_AT] = pos
        ns = <int64_t>word32(p, order) * 1000000000 + <int64_t>(fraction * scale)
        if unlikely(ns < last):
            f.totals[T_FIRST] = min(f.totals[T_FIRST], ns)
        else:
            last = ns
        pos += header
        off[row], caps[row], wires[row], times[row] = pos, cap, wire, ns
        length = guessed(cap, length, &right)
        pos += length
        row += 1
    if row > f.count:
        f.totals[T_FIRST], f.totals[T_LAST] = min(f.totals[T_FIRST], times[f.count]), last
    beyond += pos - w.pos - header * (row - f.count)
    f.totals[T_BYTES] = <int64_t>(<uint64_t>f.totals[T_BYTES] + <uint64_t>beyond)
    while f.count < row:
        f.link[f.count] = w.link
        f.count += 1
    w.pos, w.why = pos, why


def index_pcap(buf, Py_ssize_t start, Py_ssize_t stop, rule, frames):
    """See border.Kernel."""
    cdef HeldFrames held = held_frames(frames)
    cdef const uint8_t[::1] data = buf
    cdef FrameColumns f = columns_in(held, frames, data)
    cdef PcapWalk w
    cdef bint big = rule.big
    w.pos, w.stop, w.header, w.link, w.swapped = start, stop, rule.header, rule.link, rule.swapped
    w.second = 1000000000 if rule.nano else 1000000
    if not 0 <= start <= stop <= f.size or w.header < 16:
        raise ValueError("index_pcap: positions outside the buffer, or a record header of less than 16 bytes")
    with nogil:
        if big:
            walk_pcap(&f, &w, <Big *>NULL)
        else:
            walk_pcap(&f, &w, <Little *>NULL)
    frames.count = f.count
    return w.pos, w.why
