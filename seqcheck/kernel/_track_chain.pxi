# Chains, restarts and epochs, as reference_track.py has them. The rows of a chain lie in segments of a common pool.

cdef bint chained(T *t, int32_t id, const Arrival *a, bint may_begin, bint far) noexcept nogil:
    """Follow the chain, or begin one. Whether a restart has taken the record."""
    cdef Odd *o = t.odds + t.hot[id].odd
    cdef Chain *chain = t.chains + o.chain if o.chain >= 0 else NULL
    if t.replaying:
        return False
    if chain != NULL and ahead_of(t, a.seq, chain.next) < CHAIN_SKIP:
        chain.length += 1
        chain.next = forward(t, a.seq, 1)
    elif chain != NULL and chain.length >= 3 and chain.strays < chain.length:
        chain.strays += 1
    else:
        close(t, o)
        if not may_begin:
            return False
        chain = open_chain(t, id, a, far)
    if chain.rows % CHAIN_SEGMENT == 0 and not add_segment(t, chain):
        close(t, o)
        return False
    copy_words(&t.segments[chain.tail].rows[chain.rows % CHAIN_SEGMENT].arrival, a, sizeof(Arrival))
    t.segments[chain.tail].rows[chain.rows % CHAIN_SEGMENT].refill = NOWHERE
    t.segments[chain.tail].rows[chain.rows % CHAIN_SEGMENT].counted = -1
    chain.rows += 1
    if (
        chain.length >= CHAIN_LONG
        or (chain.eager and chain.length >= CHAIN_EAGER)
        or (chain.paused and chain.length >= CHAIN_PAUSED)
    ):
        restart(t, id, NULL)
        return True
    return False


cdef Chain *open_chain(T *t, int32_t id, const Arrival *a, bint far) noexcept nogil:
    """There are as many chains as segments, and one more: each but the newest has a segment."""
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    cdef Chain *chain
    if t.free_chain >= 0:
        o.chain = t.free_chain
        t.free_chain = t.chains[o.chain].tail
    else:
        o.chain = <int32_t>t.top_chain
        t.top_chain += 1
    chain = t.chains + o.chain
    copy_words(&chain.first, a, sizeof(Arrival))
    copy_words(&chain.before, &t.states[id], sizeof(State))
    chain.before.received, chain.before.next = h.received - 1, h.next
    chain.before.last_ns, chain.before.last_frame = h.last_ns, h.last_frame
    chain.next, chain.length, chain.strays, chain.rows = forward(t, a.seq, 1), 1, 0, 0
    chain.head = chain.tail = -1
    chain.provisional = o.provisional
    chain.eager = far or near_base(t, a.seq, t.states[id].base)
    chain.paused = o.pause >= PAUSE_NS and long_pause(a, o.pause, t.states[id].first_ns)
    return chain


cdef bint long_pause(const Arrival *a, int64_t pause, int64_t first_ns) noexcept nogil:
    """Whether `pause` is far longer than the time between two records on the average."""
    cdef int128 whole = <int128>a.ns - pause - first_ns
    cdef int64_t count = max(1, a.record - 1)
    cdef int128 usual = whole // count
    if whole < 0 and usual * count != whole:    # C rounds towards 0, the reference down
        usual -= 1
    return pause >= PAUSE_FACTOR * usual


cdef bint add_segment(T *t, Chain *chain) noexcept nogil:
    cdef int32_t new
    if t.used_segments >= CHAIN_SEGMENTS:
        return False
    t.used_segments += 1
    if t.free_segment >= 0:
        new = t.free_segment
        t.free_segment = t.segments[new].following
    else:
        new = <int32_t>t.top_segment
        t.top_segment += 1
    t.segments[new].following = -1
    if chain.tail >= 0:
        t.segments[chain.tail].following = new
    else:
        chain.head = new
    chain.tail = new
    return True


cdef void close(T *t, Odd *o) noexcept nogil:
    if o.chain >= 0:
        free_rows(t, t.chains + o.chain)
        t.chains[o.chain].tail = t.free_chain
        t.free_chain = o.chain
        o.chain = -1


cdef void free_rows(T *t, Chain *chain) noexcept nogil:
    if chain.head >= 0:
        t.used_segments -= (chain.rows + CHAIN_SEGMENT - 1) // CHAIN_SEGMENT
        t.segments[chain.tail].following = t.free_segment
        t.free_segment = chain.head


cdef void restart(T *t, int32_t id, const Arrival *last) noexcept nogil:
    """The sender began anew with the chain's first record: take back what was said since, and read it again, and
    then `last`, unless it is NULL. The chain's rows outlive the chain until they are read."""
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    cdef State *s = t.states + id
    cdef Chain chain = t.chains[o.chain]
    cdef int64_t received = h.received, last_ns = h.last_ns, last_frame = h.last_frame, n
    cdef ChainRow *row_of
    cdef bint refill
    cdef int64_t away = o.held_distance
    cdef bint last_one = 0 < away <= EARLY_REACH and o.held.record < chain.first.record
    cdef Arrival held = o.held
    cdef int32_t segment
    cdef Event *row
    if away != 0 and not last_one:
        chain.before.outliers += 1
        emit(t, id, OUTLIER, &held, NOWHERE, h.next)
    segment = chain.head
    refill = True
    for n in range(chain.rows):
        if n > 0 and n % CHAIN_SEGMENT == 0:
            segment = t.segments[segment].following
        row_of = &t.segments[segment].rows[n % CHAIN_SEGMENT]
        if row_of.counted >= 0:
            t.distances[row_of.counted] -= 1
        if refill and row_of.refill != NOWHERE:
            refill = bits_add(&t.bits, t.states, MISSING, id, s.epoch, row_of.refill)
    o.provisional = chain.provisional
    abandon(t, id, &chain.before)
    row = emit(t, id, RETRACT, &chain.first, 0, h.next)
    row.a, row.b = chain.first.record, received - 1
    # `chain` is a copy: give the place back, but not the rows.
    t.chains[o.chain].head = -1
    close(t, o)
    s[0] = chain.before
    h.received, h.next, h.last_ns, h.last_frame = s.received, s.next, s.last_ns, s.last_frame
    if last_one:    # a jump to the old epoch's last number, which nothing could confirm
        accept(t, id, h.next + away, &held, o.held_seen)
    epoch_from(t, id, &t.segments[chain.head].rows[0].arrival)
    t.replaying = True
    segment = chain.head
    for n in range(1, chain.rows):
        if n % CHAIN_SEGMENT == 0:
            segment = t.segments[segment].following
        take(t, id, &t.segments[segment].rows[n % CHAIN_SEGMENT].arrival)
    if last != NULL:
        take(t, id, last)
    t.replaying = False
    free_rows(t, &chain)
    h.received, h.last_ns, h.last_frame = received, last_ns, last_frame


cdef void abandon(T *t, int32_t id, State *s) noexcept nogil:
    """The epoch ends: early numbers that are still open were alone. `s` is the row to count them in."""
    cdef Odd *o = t.odds + t.hot[id].odd
    cdef int64_t count, least = INT64_MAX
    cdef int first = first_early(o), n
    cdef Arrival at
    cdef Early early
    cdef Event *row
    if first < 0:
        return
    at = o.early[0].arrival
    for n in range(o.n_early):
        least = min(least, o.early[n].provisional)
    count = o.provisional - max(o.settled, least)
    least = o.early[first].arrival.record
    while take_lowest(o, INT64_MAX, &early):
        s.early += 1
        emit(t, id, EARLY, &early.arrival, early.x, early.x).a = -1
    if count > 0:
        s.late -= count
        row = emit(t, id, RETRACT_LATE, &at, 0, 0)
        row.a, row.b = least, s.received


cdef void begin(T *t, int32_t id, const Arrival *first) noexcept nogil:
    """A new epoch."""
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    t.states[id].base, h.next = first.seq, 0
    strict_begin(o, first.ns)
    o.held_distance, o.n_early, o.provisional, o.settled, o.floor = 0, 0, 0, 0, NOWHERE


cdef void epoch_from(T *t, int32_t id, const Arrival *a) noexcept nogil:
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    cdef State *s = t.states + id
    cdef Late late
    close(t, o)
    emit(t, id, RESTART, a, 0, h.next).a = <int64_t>s.base
    s.restarts += 1
    s.epoch += 1
    t.bits.over = t.repeated.over = True
    begin(t, id, a)
    h.next = 1
    strict_take(o, s, 0, a.ns, &late)
    keep(t, h, 0, a, 1, h.next)


cdef bint began_anew(const T *t, int32_t id, int64_t away, uint64_t seq) noexcept nogil:
    """Whether a jump that holds is a restart: over more than can be lost, or, where the counter is so short that ahead
    and behind look alike, over RFC 3550's MAX_DROPOUT and onto the base."""
    if away > FAR:
        return True
    if away <= 3000 or not near_base(t, seq, t.states[id].base):
        return False
    return <uint64_t>away > (t.modulus >> 2 if t.modulus != 0 else <uint64_t>1 << 62)


cdef void end_stream(T *t, int32_t id) noexcept nogil:
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    cdef Arrival a
    cdef int64_t away
    if o.chain >= 0 and t.chains[o.chain].paused and t.chains[o.chain].length >= 3:
        restart(t, id, NULL)
    close(t, o)
    away = o.held_distance
    if away != 0:
        o.held_distance = 0
        a = o.held
        if away <= EARLY_REACH:
            accept(t, id, h.next + away, &a, o.held_seen)
        else:
            outlier(t, id, &a, NOWHERE if away > FAR else h.next + away)
    abandon_open(t, id)


cdef void abandon_open(T *t, int32_t id) noexcept nogil:
    """`abandon` at the end of the input: the counts go into the row as it stands."""
    cdef State *s = t.states + id
    s.received = t.hot[id].received
    abandon(t, id, s)
