# The loop over a block's records, and what a stream is given when it first needs it.

cdef enum:
    LOOK_AHEAD = 24 # records
    FARTHER = 1024  # positions
    PATIENCE = 64   # records taken one by one where a run was short, before the next one is looked for
    MANY = 512      # streams: their Hot, a cache line each, no longer stay in the nearest cache
    SPARE = 64      # rows that any one record may cause, beside three for each row of a chain that is read again

# Why the loop stopped before the last record: the events are full, a table needs room, a row is none of the frames'.
cdef enum:          # beside those of decode
    EVENTS_FULL = 3
    NEED_STREAMS = 4
    NEED_ODDS = 5

cdef struct Records:
    const int32_t *row
    const int32_t *stream
    const uint64_t *seq
    const int32_t *source
    const int64_t *ordinal
    const int64_t *ns       # by row
    int64_t frames          # rows
    int64_t first           # number of row 0


cdef inline bint busy(const Odd *o) noexcept nogil:
    return o.held_distance != 0 or o.chain >= 0 or o.n_early > 0


cdef inline void settle(T *t, int32_t id) noexcept nogil:
    """Let Odd catch up with the records that came in their place since it was last looked at; make it, if need be."""
    cdef Hot *h = t.hot + id
    cdef Odd *o
    if h.odd < 0:
        h.odd = <int32_t>t.odd_count
        t.odd_count += 1
        o = t.odds + h.odd
        memset(o, 0, sizeof(Odd))
        strict_begin(o, t.states[id].first_ns)
        o.floor, o.chain = NOWHERE, -1
    o = t.odds + h.odd
    if o.seen != h.next:
        o.unique += h.next - o.seen
        o.strict_next = h.next


cdef inline void rest(T *t, int32_t id) noexcept nogil:
    """After the long way: what the short way goes by."""
    cdef Hot *h = t.hot + id
    t.odds[h.odd].seen = h.next
    h.seq = expected_seq(t, id)
    h.limit = -1 if busy(t.odds + h.odd) else short_limit(t, h)


cdef void first_record(T *t, int32_t id, const Arrival *a) noexcept nogil:
    """A new stream."""
    cdef Hot *h = t.hot + id
    cdef State *s = t.states + id
    t.order[t.known] = id
    t.known += 1
    memset(s, 0, sizeof(State))
    s.first_seq = s.base = a.seq
    s.first_ns, s.first_frame, s.source = a.ns, a.frame, a.source
    h.window, h.mask, h.odd, h.next = t.windows + WINDOW_BUDGET, 0, -1, 0
    grow(t, h, 0)
    h.next = h.received = 1
    h.last_ns, h.last_frame = a.ns, a.frame
    keep(t, h, 0, a, 1, 1)
    h.seq, h.limit = forward(t, a.seq, 1), short_limit(t, h)


cdef inline void in_order(Hot *h, const Records *r, int64_t at, uint64_t modulus) noexcept nogil:
    """The record expected, of a stream in which nothing is open."""
    cdef int64_t x = h.next, ns = r.ns[r.row[at]], frame = r.first + r.row[at]
    cdef uint64_t seq = h.seq + 1
    put(h.window + (<uint64_t>x & h.mask), ns, frame, r.source[at], h.received, r.ordinal[at])
    h.seq = 0 if seq == modulus else seq
    h.next = x + 1
    h.received += 1
    h.last_ns, h.last_frame = ns, frame


cdef int other_record(T *t, const Records *r, int64_t at) noexcept nogil:
    """A record that the loop does not know what to do with. DONE, or why it must wait."""
    cdef int32_t id = r.stream[at]
    cdef Hot *h
    cdef Arrival a
    cdef int64_t replay = 0
    if <uint64_t>r.row[at] >= <uint64_t>r.frames or id < 0:
        return OUTSIDE
    if id >= t.room:
        return NEED_STREAMS
    h = t.hot + id
    a.record, a.seq, a.frame, a.ns = h.received, r.seq[at], r.first + r.row[at], r.ns[r.row[at]]
    a.source, a.ordinal, a.copies = r.source[at], r.ordinal[at], 1
    if h.received == 0:
        if t.count + SPARE > t.capacity:
            return EVENTS_FULL
        first_record(t, id, &a)
        return DONE
    if a.seq == h.seq and (h.odd < 0 or not busy(t.odds + h.odd)):
        grow(t, h, h.next)
        in_order(h, r, at, t.modulus)
        h.limit = short_limit(t, h)
        return DONE
    if h.odd < 0 and t.odd_count == t.odd_room:
        return NEED_ODDS
    settle(t, id)
    if t.odds[h.odd].chain >= 0:
        replay = 3 * t.chains[t.odds[h.odd].chain].rows
    if t.count + SPARE + replay > t.capacity:
        rest(t, id)
        return EVENTS_FULL
    take(t, id, &a)
    rest(t, id)
    return DONE


cdef bint late_record(T *t, const Records *r, int64_t at) noexcept nogil:
    """A number that was missing, where no chain waits for it: what a stream out of order mostly sends, without
    the questions that `take` asks. False where it is something else; nothing was done then. The row must be one."""
    cdef int32_t id = r.stream[at]
    cdef int64_t row = r.row[at], d, x
    cdef Hot *h = t.hot + id
    cdef Odd *o
    cdef uint64_t *word
    cdef Arrival a
    if h.received == 0 or h.odd < 0 or t.count + SPARE > t.capacity:
        return False
    o = t.odds + h.odd
    if o.chain >= 0:
        return False
    d = distance(t, r.seq[at], h.seq)
    x = h.next + d
    if d >= 0 or d < -FAR or x < 0 or x < o.floor:
        return False
    word = recent_word(&t.bits, id, t.states[id].epoch, x)
    if word == NULL or (word[0] >> (x & 63)) & 1 == 0:
        return False
    prefetch_to_write(h.window + (<uint64_t>(x + FARTHER) & h.mask))    # which comes before long, in no order
    settle(t, id)
    o.seen = h.next
    a.record, a.seq, a.frame, a.ns = h.received, r.seq[at], r.first + row, r.ns[row]
    a.source, a.ordinal, a.copies = r.source[at], r.ordinal[at], 1
    h.received += 1
    h.last_ns, h.last_frame = a.ns, a.frame
    was_late(t, id, &a, x, word)
    return True


cdef int64_t follow(Hot *stream, const Records *r, int64_t at, int64_t high, uint64_t modulus) noexcept nogil:
    """Take the records in their place that follow one another in one stream, from `at` on; the first that is none. In
    stretches within which neither the window nor the number begins anew, so that the loop has little to look after."""
    cdef const int32_t *rows = r.row
    cdef const int32_t *streams = r.stream
    cdef const int32_t *sources = r.source
    cdef const uint64_t *seqs = r.seq
    cdef const int64_t *ordinals = r.ordinal
    cdef const int64_t *times = r.ns
    cdef int64_t first = r.first, frames = r.frames, low = at, begin, stop, expected = stream.next
    cdef uint64_t seq = stream.seq, record = <uint64_t>stream.received << 16 | 1
    cdef int32_t id = streams[at], row
    cdef Entry *entry
    while at < high and expected < stream.limit:
        begin = at
        stop = at + min(high - at, stream.limit - expected, <int64_t>stream.mask + 1 - (expected & stream.mask))
        if modulus != 0 and <uint64_t>(stop - at) > modulus - seq:
            stop = at + <int64_t>(modulus - seq)
        entry = stream.window + (<uint64_t>expected & stream.mask)
        while at < stop and streams[at] == id and seqs[at] == seq:
            row = rows[at]
            if <uint64_t>row >= <uint64_t>frames:
                break
            entry.ns, entry.frame = times[row], <uint64_t>(first + row) << 16 | <uint64_t>sources[at]
            entry.record, entry.ordinal = record, <uint64_t>ordinals[at] << 16
            entry += 1
            seq += 1
            record += 1 << 16
            at += 1
        expected += at - begin
        if seq == modulus:
            seq = 0
        if at < stop:
            break
    if at > low:
        stream.seq, stream.next, stream.received = seq, expected, stream.received + (at - low)
        stream.last_ns, stream.last_frame = times[rows[at - 1]], first + rows[at - 1]
    return at


cdef inline bint one_stream(const int32_t *stream) noexcept nogil:
    """Whether it looks as if the next records were of one stream. One branch for all, so that a mixture of a few streams
    is mostly foreseen as what it is."""
    cdef int32_t id = stream[0]
    return ((stream[1] ^ id) | (stream[2] ^ id) | (stream[3] ^ id) | (stream[LOOK_AHEAD] ^ id)) == 0


cdef inline void fetch_ahead(const Hot *hot, int64_t room, const int32_t *stream) noexcept nogil:
    """Where many streams come in turn, what the next records need: first the stream, later the place in its window."""
    cdef uint32_t far = <uint32_t>stream[LOOK_AHEAD], near = <uint32_t>stream[LOOK_AHEAD // 2]
    cdef const Hot *h
    if far < <uint64_t>room and near < <uint64_t>room:
        prefetch(hot + far)
        h = hot + near
        if h.window != NULL:
            prefetch(h.window + (<uint64_t>h.next & h.mask))


cdef int64_t weave(
    Hot *hot, int64_t room, const Records *records, int64_t at, int64_t high, uint64_t modulus, bint far
) noexcept nogil:
    """Take the records in their place, of whichever streams, from `at` on; the first that is none. A function of its own
    so that the loop has the processor's registers for itself. `far`: many streams, and LOOK_AHEAD records behind `high`."""
    cdef Records r = records[0]     # a copy, which no store to a window or a stream can be to
    cdef Hot *h
    while at < high:
        if far:
            fetch_ahead(hot, room, r.stream + at)
        if <uint64_t>r.stream[at] >= <uint64_t>room or <uint64_t>r.row[at] >= <uint64_t>r.frames:
            break
        h = hot + r.stream[at]
        if r.seq[at] != h.seq or h.next >= h.limit:
            break
        in_order(h, &r, at, modulus)
        at += 1
    return at


cdef int64_t feed_rows(T *t, const Records *r, int64_t low, int64_t high, int *why) noexcept nogil:
    """Take records from `low` on; the one reached."""
    cdef Records q = r[0]       # a copy, which no store to a window or a stream can be to
    cdef int64_t at = low, reached, retry = low, room = t.room
    cdef uint64_t modulus = t.modulus
    cdef bint many = t.known > MANY
    cdef Hot *hot = t.hot
    cdef Hot *h
    why[0] = DONE
    while at < high:
        if likely(at + LOOK_AHEAD < high):
            if many and at < retry:
                fetch_ahead(hot, room, q.stream + at)
            elif at >= retry:
                if many:
                    reached = weave(hot, room, r, at, min(at + MANY, high - LOOK_AHEAD), modulus, True)
                elif not one_stream(q.stream + at):
                    reached = weave(hot, room, r, at, min(at + PATIENCE, high), modulus, False)
                elif <uint64_t>q.stream[at] < <uint64_t>room:
                    reached = follow(hot + q.stream[at], r, at, high, modulus)
                else:
                    reached = at
                if reached - at < LOOK_AHEAD:
                    retry = reached + PATIENCE
                at = reached
                if at == high:
                    break
        if likely(<uint64_t>q.stream[at] < <uint64_t>room and <uint64_t>q.row[at] < <uint64_t>q.frames):
            h = hot + q.stream[at]
            if likely(q.seq[at] == h.seq and h.next < h.limit):
                in_order(h, &q, at, modulus)
                at += 1
                continue
            if late_record(t, &q, at):
                at += 1
                continue
        why[0] = other_record(t, r, at)
        if why[0] != DONE:
            break
        at += 1
    return at


cdef bint finish_streams(T *t) noexcept nogil:
    """Decide what is left open; False where the events are full before all is done."""
    cdef int32_t id
    cdef Hot *h
    cdef int64_t replay
    while t.finished < t.known:
        id = t.order[t.finished]
        h = t.hot + id
        replay = 0
        if h.odd >= 0 and t.odds[h.odd].chain >= 0:
            replay = 3 * t.chains[t.odds[h.odd].chain].rows
        if t.count + SPARE + replay > t.capacity:
            return False
        if h.odd >= 0:
            settle(t, id)
            end_stream(t, id)
            rest(t, id)
        t.finished += 1
    return True
