# What the tracker keeps. Its rules stand in reference_track.py; names are the same there and here.
#
# A stream has up to three parts, so that healthy traffic touches as little memory as can be: `Hot`, one cache line, is
# all that a record in its place needs beside its window; `State` is the row that the report shows; `Odd` is made when
# something first happens. While only records in their place come, Hot runs ahead of the other two (`settle` catches up).

cdef extern from *:
    int64_t NOWHERE "INT64_MIN"

cdef enum:
    MOST_COPIES = 0x7FFFFFFF    # that the window counts

cdef struct Arrival:        # one record
    int64_t record
    uint64_t seq
    int64_t frame
    int64_t ns
    int64_t ordinal
    int64_t copies
    int64_t source

cdef struct Entry:          # the same as the window keeps it, without its number: 48 bits are enough for counts
    int64_t ns
    uint64_t frame          # << 16 | source
    uint64_t record         # << 16 | low half of copies; copies 0 is an empty entry
    uint64_t ordinal        # << 16 | high half of copies

cdef struct Hot:
    uint64_t seq            # the number expected
    int64_t next
    int64_t received
    int64_t limit           # the short way is open to positions below this one; -1: to none
    int64_t last_ns
    int64_t last_frame
    Entry *window
    uint32_t mask           # entries of the window - 1
    int32_t odd             # -1: none

cdef struct Early:
    int64_t x
    int64_t provisional
    Arrival arrival

cdef struct Opener:         # a record that jumped over low <= x < high; Odd has the lows
    int64_t high
    int64_t unique
    int64_t ns
    bint proven

cdef struct Odd:
    int64_t seen            # Hot.next when this was up to date
    int64_t strict_next     # RFC 4737's NextExp
    int64_t unique
    int64_t last_late
    int64_t proven
    int64_t held_distance   # 0: none is held
    int64_t provisional
    int64_t settled
    int64_t floor
    int64_t pause
    int32_t chain           # -1: none
    bint held_seen
    int n_early
    uint32_t next_opener    # of a ring; how many there ever were
    uint32_t next_back
    Arrival held
    uint64_t back_x[BACKS]  # biased; INT64_MAX: not in use
    int64_t back_unique[BACKS]
    uint64_t lows[OPENERS]  # biased; INT64_MAX: not in use
    Opener openers[OPENERS]
    Early early[EARLY_MAX + 1]

cdef struct ChainRow:
    Arrival arrival
    int64_t counted         # the distance that a duplicate was counted at, or -1
    int64_t refill          # the position that was missing until this row filled it, or NOWHERE

cdef struct Segment:
    int32_t following       # -1: none
    ChainRow rows[CHAIN_SEGMENT]

cdef struct Chain:
    Arrival first
    State before
    uint64_t next
    int64_t length
    int64_t strays
    int64_t rows
    int64_t provisional     # Odd's, before the first row
    int32_t head            # segments
    int32_t tail            # (of a free chain: the next free one)
    bint eager
    bint paused

cdef struct T:
    uint64_t modulus
    uint64_t low_bits       # modulus - 1 where the modulus is a power of two, else 0
    Hot *hot                # aligned to cache lines within `hot_memory`
    void *hot_memory
    State *states
    Odd *odds
    int32_t *order          # streams in order of first appearance
    int64_t room            # streams that hot, states and order have room for
    int64_t known           # streams
    int64_t odd_room
    int64_t odd_count
    Entry *windows          # WINDOW_BUDGET of them, and one more for streams without a window; aligned, too
    void *window_memory
    int64_t allotted
    Bits bits               # MISSING and BELOW
    Bits repeated           # REPEATED
    Segment *segments
    Chain *chains
    int32_t free_segment    # -1: none was given back
    int32_t free_chain
    int64_t top_segment     # segments ever taken
    int64_t top_chain
    int64_t used_segments
    int64_t *distances      # DISTANCES + 1
    bint replaying
    int64_t finished        # streams that `finish` has done
    Event *out
    int64_t count
    int64_t capacity
    Event spill             # where a row goes that finds no room, which never happens


# ---- the counter, round its modulus ----------------------------------------------------------------------------------

cdef inline uint64_t forward(const T *t, uint64_t base, int64_t steps) noexcept nogil:
    """The number `steps` >= 0 behind `base`."""
    cdef uint64_t rest, sum
    if likely(t.low_bits != 0):
        return (base + <uint64_t>steps) & t.low_bits
    rest = <uint64_t>steps % t.modulus
    sum = base + rest
    return sum - t.modulus if sum < rest or sum >= t.modulus else sum


cdef inline uint64_t ahead_of(const T *t, uint64_t seq, uint64_t old) noexcept nogil:
    """(seq - old) modulo the modulus."""
    return seq - old if seq >= old else seq - old + t.modulus


cdef inline int64_t distance(const T *t, uint64_t seq, uint64_t old) noexcept nogil:
    """From `old` to `seq` by the shorter way round; half is ahead, but behind for 2**64."""
    cdef uint64_t ahead = ahead_of(t, seq, old)
    if t.modulus == 0 or ahead <= t.modulus >> 1:
        return <int64_t>ahead
    return -<int64_t>(t.modulus - ahead)


cdef inline bint near_base(const T *t, uint64_t seq, uint64_t base) noexcept nogil:
    return seq < NEAR_BASE or ahead_of(t, seq, base) < NEAR_BASE


# ---- the window ------------------------------------------------------------------------------------------------------

cdef inline int64_t entries_of(const T *t, const Hot *h) noexcept nogil:
    return 0 if h.window == t.windows + WINDOW_BUDGET else <int64_t>h.mask + 1


cdef inline void put(Entry *entry, int64_t ns, int64_t frame, int64_t source, int64_t record, int64_t ordinal) noexcept nogil:
    """A first copy."""
    entry.ns, entry.frame = ns, <uint64_t>frame << 16 | <uint64_t>source
    entry.record, entry.ordinal = <uint64_t>record << 16 | 1, <uint64_t>ordinal << 16


cdef inline void keep(T *t, Hot *h, int64_t x, const Arrival *a, int64_t copies, int64_t expected) noexcept nogil:
    """Into the window, where x lies within it. Nothing is ever taken out: what a restart leaves behind lies at
    positions that are not received, which nobody asks for."""
    cdef int64_t entries = entries_of(t, h)
    cdef Entry *entry = h.window + (<uint64_t>x & h.mask)
    if entries == 0 or expected - x > entries:
        return
    copies = min(copies, MOST_COPIES)
    put(entry, a.ns, a.frame, a.source, a.record, a.ordinal)
    entry.record = (<uint64_t>a.record << 16) | <uint64_t>(copies & 0xFFFF)
    entry.ordinal |= <uint64_t>(copies >> 16)


cdef bint look(const T *t, const Hot *h, int64_t x, Arrival *a) noexcept nogil:
    """The last copy of x, which was received; False where it lies beyond the window."""
    cdef int64_t entries = entries_of(t, h)
    cdef const Entry *entry = h.window + (<uint64_t>x & h.mask)
    if entries == 0 or h.next - x > entries:
        return False
    a.copies = <int64_t>((entry.record & 0xFFFF) | (entry.ordinal & 0xFFFF) << 16)
    a.ns, a.frame, a.source = entry.ns, <int64_t>(entry.frame >> 16), <int64_t>(entry.frame & 0xFFFF)
    a.record, a.ordinal = <int64_t>(entry.record >> 16), <int64_t>(entry.ordinal >> 16)
    return a.copies != 0


cdef inline void grow(T *t, Hot *h, int64_t x) noexcept nogil:
    """Allot a window twice as large as x, or what the budget has; what the old one held moves over."""
    if unlikely(2 * x >= entries_of(t, h)) and likely(h.mask < WINDOW_CAP - 1):
        grow_window(t, h, x)


cdef void grow_window(T *t, Hot *h, int64_t x) noexcept nogil:
    cdef int64_t old, new, at
    cdef Entry *was
    while True:
        old = entries_of(t, h)
        if 2 * x < old:
            return
        new = old * WINDOW_STEP if old != 0 else WINDOW_FIRST
        if new > WINDOW_CAP or t.allotted + new > WINDOW_BUDGET:
            return
        was = h.window
        h.window = t.windows + t.allotted
        t.allotted += new
        for at in range(h.next - old, h.next):
            h.window[<uint64_t>at & <uint64_t>(new - 1)] = was[<uint64_t>at & h.mask]
        h.mask = <uint32_t>(new - 1)


cdef inline int64_t short_limit(const T *t, const Hot *h) noexcept nogil:
    """Up to which position nothing but the window has to be looked after."""
    cdef int64_t entries = entries_of(t, h), new = entries * WINDOW_STEP if entries != 0 else WINDOW_FIRST
    if new > WINDOW_CAP or t.allotted + new > WINDOW_BUDGET:
        return INT64_MAX
    return entries // 2
