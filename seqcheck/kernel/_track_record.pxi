# One record that is not simply the next: what it is, and what it decides. Every function is the one of the same name in
# reference_track.py, in the same order of effects, since the rows come out in that order.

cdef inline Event *emit(T *t, int32_t id, int kind, const Arrival *a, int64_t x, int64_t expected) noexcept nogil:
    """A new row, the rest of it 0. The caller of the loop saw to it that there is room."""
    cdef Event *row
    if t.count >= t.capacity:
        return &t.spill
    row = t.out + t.count
    t.count += 1
    row.kind, row.stream, row.epoch, row.source = kind, id, <int32_t>t.states[id].epoch, <int32_t>a.source
    row.seq, row.x, row.next = a.seq, x, expected
    row.record, row.frame, row.ns, row.ordinal = a.record, a.frame, a.ns, a.ordinal
    row.e_record = row.e_frame = row.e_ns = row.e_ordinal = row.copies = row.a = row.b = 0
    return row


cdef inline void take(T *t, int32_t id, const Arrival *a) noexcept nogil:
    """A record of a stream that has its Odd."""
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    cdef int64_t d = distance(t, a.seq, expected_seq(t, id))
    o.pause = apart(a.ns, h.last_ns)
    h.received += 1
    h.last_ns, h.last_frame = a.ns, a.frame
    if o.held_distance != 0 and d >= 0 and decide(t, id, d):
        d = distance(t, a.seq, expected_seq(t, id))
    if d == 0:
        expected(t, id, a)
    elif d > 0:
        ahead(t, id, a, d)
    else:
        behind(t, id, a, d)


cdef inline uint64_t expected_seq(const T *t, int32_t id) noexcept nogil:
    return forward(t, t.states[id].base, t.hot[id].next)


cdef void expected(T *t, int32_t id, const Arrival *a) noexcept nogil:
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    cdef State *s = t.states + id
    cdef Chain *chain
    cdef int64_t x
    cdef int n
    if o.chain >= 0:
        chain = t.chains + o.chain
        if (
            chain.paused and chain.strays == 0 and chain.length >= 2 and chain.first.seq == s.base
            and chain.length == h.next and not t.replaying
        ):
            restart(t, id, a)
            return
        close(t, o)
    x = h.next
    grow(t, h, x)
    h.next = x + 1
    for n in range(o.n_early):
        if o.early[n].x == x:
            again(t, id, n, a)
            return
    first_copy(t, id, a, x)
    keep(t, h, x, a, 1, h.next)


cdef void first_copy(T *t, int32_t id, const Arrival *a, int64_t x) noexcept nogil:
    """A first copy at or above the expectation. It is late, provisionally, where a number ahead of its time came before:
    such rows have x == next."""
    cdef Odd *o = t.odds + t.hot[id].odd
    cdef Late late
    cdef Event *row
    if strict_take(o, t.states + id, x, a.ns, &late):
        t.states[id].late += 1
        o.provisional += 1
        row = emit(t, id, LATE, a, x, x)
        row.a, row.b, row.e_ns = late.extent, late.degree, late.ns


cdef void remove_early(Odd *o, int n) noexcept nogil:
    o.n_early -= 1
    memmove(&o.early[n], &o.early[n + 1], (o.n_early - n) * sizeof(Early))


cdef int first_early(const Odd *o) noexcept nogil:
    """The early number that came first, -1 where there is none."""
    cdef int n, found = -1
    for n in range(o.n_early):
        if found < 0 or o.early[n].arrival.record < o.early[found].arrival.record:
            found = n
    return found


cdef void again(T *t, int32_t id, int n, const Arrival *a) noexcept nogil:
    """The early number came again, in its place: what came between was not late."""
    cdef Odd *o = t.odds + t.hot[id].odd
    cdef Early early = o.early[n]
    remove_early(o, n)
    t.states[id].early += 1
    emit(t, id, EARLY, &early.arrival, early.x, early.x).a = 1
    withdraw(t, id, &early, a.record)
    duplicate(t, id, a, early.x, &early.arrival, early.x + 1)


cdef void withdraw(T *t, int32_t id, const Early *early, int64_t record) noexcept nogil:
    cdef Odd *o = t.odds + t.hot[id].odd
    cdef int other = first_early(o)
    cdef int64_t stop = o.early[other].provisional if other >= 0 else o.provisional
    cdef int64_t start = max(early.provisional, o.settled)
    cdef Event *row
    if stop > start:
        t.states[id].late -= stop - start
        row = emit(t, id, RETRACT_LATE, &early.arrival, early.x, early.x)
        row.a, row.b = early.arrival.record, o.early[other].arrival.record if other >= 0 else record
    o.settled = max(o.settled, stop)


cdef void ahead(T *t, int32_t id, const Arrival *a, int64_t d) noexcept nogil:
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    cdef int64_t x, below = 0, copies
    cdef int n, found = -1
    cdef bint near = d <= EARLY_REACH
    if near and o.n_early > 0:
        x = h.next + d
        for n in range(o.n_early):
            below += o.early[n].x < x
            if o.early[n].x == x:
                found = n
        if found >= 0:
            copies = o.early[found].arrival.copies
            close(t, o)
            duplicate(t, id, a, x, &o.early[found].arrival, x + 1)
            copy_words(&o.early[found].arrival, a, sizeof(Arrival))
            o.early[found].arrival.copies = copies + 1
            return
        if below == d:      # every number up to x came early
            close(t, o)
            grow(t, h, x)
            if o.n_early > 0:
                pass_early(t, id, x)
            h.next = x + 1
            first_copy(t, id, a, x)
            keep(t, h, x, a, 1, h.next)
            return
    if near:
        first_copy(t, id, a, h.next + d)
    copy_words(&o.held, a, sizeof(Arrival))
    o.held_distance, o.held_seen = d, near


cdef int take_lowest(Odd *o, int64_t x, Early *early) noexcept nogil:
    """Take the lowest early number below x out of the list; whether there was one."""
    cdef int n, found = -1
    for n in range(o.n_early):
        if o.early[n].x < x and (found < 0 or o.early[n].x < o.early[found].x):
            found = n
    if found < 0:
        return False
    early[0] = o.early[found]
    remove_early(o, found)
    return True


cdef void pass_early(T *t, int32_t id, int64_t x) noexcept nogil:
    """The count goes on past the early numbers below x: they were mere reordering."""
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    cdef Early early
    while take_lowest(o, x, &early):
        o.settled = o.provisional
        emit(t, id, EARLY, &early.arrival, early.x, early.x)
        keep(t, h, early.x, &early.arrival, early.arrival.copies, x)


cdef bint decide(T *t, int32_t id, int64_t d) noexcept nogil:
    """The held record, now that one at distance d >= 0 has come. Whether the expectation moved."""
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    cdef int64_t away = o.held_distance
    cdef int64_t x = <int64_t>(<uint64_t>h.next + <uint64_t>away)
    cdef Arrival a
    cdef Early top
    cdef int n, best = 0
    copy_words(&a, &o.held, sizeof(Arrival))
    o.held_distance = 0
    if d >= away:
        if began_anew(t, id, away, a.seq):
            epoch_from(t, id, &a)
        else:
            accept(t, id, x, &a, o.held_seen)
        return True
    if away > EARLY_REACH:
        outlier(t, id, &a, NOWHERE if away > FAR else x)
        return False
    copy_words(&o.early[o.n_early].arrival, &a, sizeof(Arrival))
    o.early[o.n_early].x, o.early[o.n_early].provisional = x, o.provisional
    o.n_early += 1
    if o.n_early <= EARLY_MAX:
        return False
    for n in range(o.n_early):
        if o.early[n].x > o.early[best].x:
            best = n
    top = o.early[best]
    remove_early(o, best)
    accept(t, id, top.x, &top.arrival, True)
    return True


cdef void accept(T *t, int32_t id, int64_t x, const Arrival *a, bint seen) noexcept nogil:
    """The jump to x holds: what lies between is missing, but for early numbers."""
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    cdef int64_t low, stop
    cdef int n
    close(t, o)
    low = h.next
    while True:
        stop = x
        for n in range(o.n_early):
            if low <= o.early[n].x < stop:
                stop = o.early[n].x
        if stop > low:
            gap(t, id, low, stop, a)
        low = stop + 1
        if stop == x:
            break
    grow(t, h, x)
    if o.n_early > 0:
        pass_early(t, id, x)
    h.next = x + 1
    if not seen:
        first_copy(t, id, a, x)
    keep(t, h, x, a, a.copies, h.next)


cdef void gap(T *t, int32_t id, int64_t low, int64_t high, const Arrival *a) noexcept nogil:
    cdef State *s = t.states + id
    cdef Event *row
    s.missing += high - low
    s.gaps += 1
    if not add_missing(&t.bits, t.states, id, low, high):
        t.odds[t.hot[id].odd].floor = high
    row = emit(t, id, GAP, a, low, low)
    row.seq, row.a = forward(t, s.base, low), high - low


cdef void behind(T *t, int32_t id, const Arrival *a, int64_t d) noexcept nogil:
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    cdef int64_t epoch = t.states[id].epoch, x = NOWHERE
    cdef bint missing = False, far = d < -FAR, odd, may_begin
    cdef uint64_t *word = NULL
    cdef Arrival earlier
    if not far:
        x = h.next + d
        if x >= 0:
            word = recent_word(&t.bits, id, epoch, x)
            missing = (word[0] >> (x & 63)) & 1 if word != NULL else bits_has(&t.bits, MISSING, id, epoch, x)
        else:
            missing = not bits_has(&t.bits, BELOW, id, epoch, x)
    odd = far or x < o.floor
    may_begin = odd or x < 0 or not missing
    if (may_begin or o.chain >= 0) and chained(t, id, a, may_begin, far):
        return
    if odd:
        t.states[id].unjudged += not far
        outlier(t, id, a, x)
    elif missing:
        was_late(t, id, a, x, word)
    elif look(t, h, x, &earlier):
        duplicate(t, id, a, x, &earlier, h.next)
    else:
        duplicate(t, id, a, x, NULL, h.next)


cdef inline void was_late(T *t, int32_t id, const Arrival *a, int64_t x, uint64_t *word) noexcept nogil:
    """`word`: see recent_word."""
    cdef Hot *h = t.hot + id
    cdef Odd *o = t.odds + h.odd
    cdef State *s = t.states + id
    cdef Late late
    cdef Event *row
    cdef Chain *chain
    cdef int neighbours
    if x >= 0:
        neighbours = missing_beside(&t.bits, word, id, s.epoch, x, h.next)
        if word != NULL and word[0] & (word[0] - 1) != 0:   # it is not the last one in its word
            word[0] &= ~(<uint64_t>1 << (x & 63))
        elif not discard_missing(&t.bits, t.states, id, x):
            o.floor = max(o.floor, x + 1)
        s.missing -= 1
        s.gaps += neighbours - 1
        if o.chain >= 0:
            chain = t.chains + o.chain
            t.segments[chain.tail].rows[(chain.rows - 1) & (CHAIN_SEGMENT - 1)].refill = x
    elif not bits_add(&t.bits, t.states, BELOW, id, s.epoch, x):
        o.floor = max(o.floor, x + 1)
    late.extent, late.degree, late.ns = -1, 0, 0
    strict_take(o, s, x, a.ns, &late)
    s.late += 1
    row = emit(t, id, LATE, a, x, h.next)
    row.a, row.b, row.e_ns = late.extent, late.degree, late.ns
    keep(t, h, x, a, 1, h.next)


cdef void duplicate(T *t, int32_t id, const Arrival *a, int64_t x, const Arrival *earlier, int64_t next_x) noexcept nogil:
    """`earlier` is the copy before this one, NULL where it lies beyond the window."""
    cdef Hot *h = t.hot + id
    cdef State *s = t.states + id
    cdef Event *row
    cdef int64_t distance = min(a.record - earlier.record, <int64_t>DISTANCES) if earlier != NULL else 0
    cdef Chain *chain
    t.distances[distance] += 1
    if t.odds[h.odd].chain >= 0:
        chain = t.chains + t.odds[h.odd].chain
        t.segments[chain.tail].rows[(chain.rows - 1) & (CHAIN_SEGMENT - 1)].counted = distance
    s.duplicates += 1
    if not bits_has(&t.repeated, REPEATED, id, s.epoch, x) and bits_add(&t.repeated, t.states, REPEATED, id, s.epoch, x):
        s.replicated += 1
    row = emit(t, id, DUPLICATE, a, x, next_x)
    row.a, row.e_record, row.e_ordinal = t.odds[h.odd].pause, -1, -1
    if earlier != NULL:
        row.e_record, row.e_frame, row.e_ns, row.copies = earlier.record, earlier.frame, earlier.ns, earlier.copies
        if earlier.source == a.source:
            row.e_ordinal = earlier.ordinal
    else:
        s.beyond += 1
    if x < h.next:
        keep(t, h, x, a, earlier.copies + 1 if earlier != NULL else 2, h.next)


cdef void outlier(T *t, int32_t id, const Arrival *a, int64_t x) noexcept nogil:
    t.states[id].outliers += 1
    emit(t, id, OUTLIER, a, x, t.hot[id].next)
