# RFC 4737 over the first copies of an epoch, sections 3 to 6; the sums go into the stream's State.

cdef struct Late:
    int64_t extent
    int64_t degree
    int64_t ns


cdef inline int64_t square_sum(int64_t sum, int64_t value) noexcept nogil:
    """sum + value**2, or the largest int64."""
    cdef int128 whole = <int128>value * value + sum
    return INT64_MAX if whole > INT64_MAX else <int64_t>whole


cdef void strict_begin(Odd *o, int64_t ns) noexcept nogil:
    o.strict_next, o.unique, o.last_late, o.proven = 0, 0, -1, -1
    o.n_openers, o.first_opener, o.n_backs, o.first_back = 1, 0, 0, 0
    o.openers[0].low, o.openers[0].high, o.openers[0].unique = NOWHERE, 0, 0
    o.openers[0].ns, o.openers[0].proven = ns, False


cdef int64_t degree_of(const Odd *o, int64_t u, int64_t x, int64_t opened) noexcept nogil:
    """How many first copies straight before this one were higher, counted up to N_DEGREES."""
    cdef int64_t lower = opened - 1 if opened >= 0 else -2
    cdef const Back *back
    cdef int n
    for n in range(o.n_backs - 1, -1, -1):
        back = &o.backs[(o.first_back + n) & (BACKS - 1)]
        if back.unique <= lower:
            break
        if back.x < x:
            lower = back.unique
            break
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


cdef bint strict_take(Odd *o, State *s, int64_t x, int64_t ns, Late *late) noexcept nogil:
    """Whether the first copy x is reordered; then how far."""
    cdef int64_t u = o.unique, opened = -1, free
    cdef Opener *opener
    cdef int n
    o.unique += 1
    if x >= o.strict_next:
        if x > o.strict_next:
            s.jumps += 1
            s.jump_max = max(s.jump_max, x - o.strict_next)
            if o.n_openers == OPENERS:
                o.first_opener = (o.first_opener + 1) & (OPENERS - 1)
            else:
                o.n_openers += 1
            opener = &o.openers[(o.first_opener + o.n_openers - 1) & (OPENERS - 1)]
            opener.low, opener.high, opener.unique, opener.ns, opener.proven = o.strict_next, x, u, ns, False
        o.strict_next = x + 1
        return False
    late.extent, late.ns = -1, 0
    for n in range(o.n_openers - 1, -1, -1):
        opener = &o.openers[(o.first_opener + n) & (OPENERS - 1)]
        if opener.low <= x < opener.high:
            opened = opener.unique
            note_opener(o, s, opener, u, ns, late)
            break
    late.degree = degree_of(o, u, x, opened)
    for n in range(late.degree):
        s.degrees[n] += 1
    s.reordered += 1
    free = u - o.last_late - 1
    s.free_runs += 1
    s.free_length += free
    s.free_squares = square_sum(s.free_squares, free)
    o.last_late = u
    if o.n_backs == BACKS:
        o.first_back = (o.first_back + 1) & (BACKS - 1)
    else:
        o.n_backs += 1
    n = (o.first_back + o.n_backs - 1) & (BACKS - 1)
    o.backs[n].unique, o.backs[n].x = u, x
    return True
