# RFC 4737 over the first copies of an epoch, sections 3 to 6; the sums go into the stream's State.

cdef struct Late:
    int64_t extent
    int64_t degree
    int64_t ns


cdef void strict_begin(Odd *o, int64_t ns) noexcept nogil:
    cdef int n
    o.strict_next, o.unique, o.last_late, o.proven = 0, 0, -1, -1
    for n in range(OPENERS):
        o.lows[n] = biased(INT64_MAX)
    for n in range(BACKS):
        o.back_x[n] = biased(INT64_MAX)
    o.next_opener, o.next_back = 1, 0
    o.lows[0] = biased(NOWHERE)
    o.openers[0].high, o.openers[0].unique, o.openers[0].ns, o.openers[0].proven = 0, 0, ns, False


# Which of the last ones it is cannot be foreseen, so the next two ask all of them at once, without a branch: bit n is
# set where entry n lies below x (or at it), and the ring is turned so that the newest entry is the highest bit. Entries
# are `biased`, in the order of unsigned numbers, whose comparisons leave their answer in a flag.

cdef inline uint64_t biased(int64_t x) noexcept nogil:
    return <uint64_t>x ^ <uint64_t>1 << 63


cdef inline uint32_t below(const uint64_t *ring, int size, int64_t x, uint32_t following) noexcept nogil:
    cdef uint64_t limit = biased(x)
    cdef uint32_t bits = 0
    cdef int n
    for n in range(size - 1, -1, -1):
        bits = bits + bits + <uint32_t>(ring[n] < limit)
    following &= size - 1
    return ((bits >> following) | (bits << (size - following))) & ((<uint32_t>1 << size) - 1)


cdef inline Opener *opener_of(Odd *o, int64_t x) noexcept nogil:
    """The record that jumped over x (no two did), NULL where it is no longer known. x < INT64_MAX."""
    cdef uint32_t bits = below(o.lows, OPENERS, x + 1, o.next_opener)
    cdef Opener *opener
    if bits == 0:
        return NULL
    opener = &o.openers[(highest(bits) + o.next_opener) & (OPENERS - 1)]
    return opener if x < opener.high else NULL


cdef int64_t degree_of(const Odd *o, int64_t u, int64_t x, int64_t opened) noexcept nogil:
    """How many first copies straight before this one were higher, counted up to N_DEGREES."""
    cdef int64_t lower = opened - 1 if opened >= 0 else -2
    cdef uint32_t bits = below(o.back_x, BACKS, x, o.next_back)
    if bits != 0:
        lower = max(lower, o.back_unique[(highest(bits) + o.next_back) & (BACKS - 1)])
    return N_DEGREES if lower == -2 else min(u - 1 - lower, N_DEGREES)


cdef void note_opener(Odd *o, State *s, Opener *opener, int64_t u, int64_t ns, Late *late) noexcept nogil:
    """A late record and the one that jumped over it."""
    cdef int64_t gap
    late.extent, late.ns = u - opener.unique, opener.ns
    s.extents += 1
    s.extent_sum += late.extent
    s.extent_max = max(s.extent_max, late.extent)
    s.late_ns_max = max(s.late_ns_max, apart(ns, opener.ns))
    if opener.proven:
        return
    opener.proven = True
    if 0 <= o.proven < opener.unique:
        gap = opener.unique - o.proven
        s.reorder_gaps += 1
        s.reorder_gap_sum += gap
        s.reorder_gap_max = max(s.reorder_gap_max, gap)
    o.proven = max(o.proven, opener.unique)


cdef inline bint strict_take(Odd *o, State *s, int64_t x, int64_t ns, Late *late) noexcept nogil:
    """Whether the first copy x is reordered; then how far."""
    cdef int64_t u = o.unique, opened = -1, free
    cdef Opener *opener
    cdef int n
    o.unique += 1
    if x >= o.strict_next:
        if x > o.strict_next:
            s.jumps += 1
            s.jump_max = max(s.jump_max, x - o.strict_next)
            n = o.next_opener & (OPENERS - 1)
            o.next_opener += 1
            o.lows[n], opener = biased(o.strict_next), &o.openers[n]
            opener.high, opener.unique, opener.ns, opener.proven = x, u, ns, False
        o.strict_next = x + 1
        return False
    late.extent, late.ns = -1, 0
    opener = opener_of(o, x)
    if opener != NULL:
        opened = opener.unique
    late.degree = degree_of(o, u, x, opened)
    n = o.next_back & (BACKS - 1)
    o.next_back += 1
    o.back_unique[n], o.back_x[n] = u, biased(x)
    if opener != NULL:
        note_opener(o, s, opener, u, ns, late)
    s.degrees[(late.degree - 1) & (N_DEGREES - 1)] += late.degree > 0   # of just this degree; `streams` adds up
    s.reordered += 1
    free = u - o.last_late - 1
    s.free_runs += 1
    s.free_length += free
    s.free_squares = add_square(s.free_squares, free)
    o.last_late = u
    return True
