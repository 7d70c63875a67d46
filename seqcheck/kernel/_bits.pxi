# Sparse sets of positions, as reference_bits.py: pages of PAGE bits under (kind, stream, epoch, page number), and holes,
# stretches of whole MISSING pages that are not kept as pages. REPEATED has a pool of its own, of SMALL_PAGE bits a page.
#
# All memory is set aside at once, for the most there may be; the operating system hands it out as it is touched. Pages
# are found by an open-addressing table with linear probing (deleting moves later ones back, so there are no tombs), of
# which so much is in use as the pages ask for: a table for all there may be would be touched all over by a few. The last
# page asked for, of each kind, is remembered, also when there was none. Holes lie sorted.

cdef enum:
    MISSING = 0
    REPEATED = 1
    BELOW = 2
    SLOTS_BITS_FIRST = 10

cdef struct PageKey:
    int64_t number
    int64_t epoch
    int64_t set         # 4 * stream + kind

cdef struct Hole:
    int32_t stream
    int64_t epoch
    int64_t first       # page
    int64_t past

cdef struct Recent:
    PageKey key
    int32_t page        # -1: there is none; -2: nothing is remembered

cdef struct Bits:
    int64_t cap         # PAGES_CAP, or SMALL_PAGES_CAP: powers of two
    int64_t size        # words of a page
    int64_t shift       # log2 of its bits
    int64_t slots_bits  # log2 of the slots in use, at least twice as many as pages
    uint64_t *words     # cap * size
    PageKey *keys       # by page; `set` is -1 where it was given back
    int32_t *free       # stack of pages that were given back
    int32_t *slots      # page + 1
    Hole *holes
    int64_t pages       # in use
    int64_t top         # pages ever taken
    int64_t frees
    int64_t n_holes
    bint over           # an epoch ended since the last purge
    Recent recent[3]
    uint64_t odd


cdef void begin_bits(Bits *bits, int64_t cap, int64_t page, uint64_t odd) noexcept nogil:
    cdef int n
    bits.cap, bits.size, bits.shift, bits.slots_bits, bits.odd = cap, page // 64, 0, SLOTS_BITS_FIRST, odd
    while <int64_t>1 << bits.shift < page:
        bits.shift += 1
    for n in range(3):
        bits.recent[n].page = -2


cdef inline int64_t page_of(int64_t x) noexcept nogil:
    return x >> 12      # PAGE is 4096; rounds down, for positions below 0 too


cdef inline bint same_key(const PageKey *a, const PageKey *b) noexcept nogil:
    return a.number == b.number and a.set == b.set and a.epoch == b.epoch


cdef inline uint64_t home_of(const Bits *bits, const PageKey *key) noexcept nogil:
    cdef uint64_t h = <uint64_t>key.number * bits.odd
    h = (h ^ (h >> 29) ^ <uint64_t>key.set) * bits.odd
    h = (h ^ (h >> 32) ^ <uint64_t>key.epoch) * bits.odd
    return h >> (64 - bits.slots_bits)


cdef inline int32_t page_find(Bits *bits, const PageKey *key) noexcept nogil:
    """The page, or -1."""
    cdef Recent *recent = &bits.recent[key.set & 3]
    cdef uint64_t at, mask = (<uint64_t>1 << bits.slots_bits) - 1
    if likely(recent.page != -2 and same_key(&recent.key, key)):
        return recent.page
    copy_words(&recent.key, key, sizeof(PageKey))
    recent.page = -1
    at = home_of(bits, key)
    while bits.slots[at] != 0:
        if same_key(&bits.keys[bits.slots[at] - 1], key):
            recent.page = bits.slots[at] - 1
            break
        at = (at + 1) & mask
    return recent.page


cdef void page_drop(Bits *bits, int32_t page) noexcept nogil:
    """Give a page back; those behind it in the table that would no longer be found move up."""
    cdef uint64_t mask = (<uint64_t>1 << bits.slots_bits) - 1, at = home_of(bits, &bits.keys[page]), behind, home
    bits.recent[bits.keys[page].set & 3].page = -2
    while bits.slots[at] != page + 1:
        at = (at + 1) & mask
    behind = at
    while True:
        behind = (behind + 1) & mask
        if bits.slots[behind] == 0:
            break
        home = home_of(bits, &bits.keys[bits.slots[behind] - 1])
        if ((behind - home) & mask) >= ((behind - at) & mask):
            bits.slots[at] = bits.slots[behind]
            at = behind
    bits.slots[at] = 0
    bits.keys[page].set = -1
    bits.free[bits.frees] = page
    bits.frees += 1
    bits.pages -= 1


cdef inline void page_place(Bits *bits, int32_t page) noexcept nogil:
    """Into the table, where it is not yet."""
    cdef uint64_t at = home_of(bits, &bits.keys[page]), mask = (<uint64_t>1 << bits.slots_bits) - 1
    while bits.slots[at] != 0:
        at = (at + 1) & mask
    bits.slots[at] = page + 1


cdef void more_slots(Bits *bits) noexcept nogil:
    """Four times as many."""
    cdef int32_t page
    bits.slots_bits += 2
    memset(bits.slots, 0, sizeof(int32_t) << bits.slots_bits)
    for page in range(<int32_t>bits.top):
        if bits.keys[page].set >= 0:
            page_place(bits, page)


cdef int32_t page_make(Bits *bits, const PageKey *key, const State *states) noexcept nogil:
    """A new page without a bit, or -1 where the pool is spent."""
    cdef int32_t page
    if bits.pages >= bits.cap:
        purge(bits, states)
        if bits.pages >= bits.cap:
            return -1
    if unlikely(bits.pages >= <int64_t>1 << (bits.slots_bits - 1)):
        more_slots(bits)
    if bits.frees > 0:
        bits.frees -= 1
        page = bits.free[bits.frees]
    else:
        page = <int32_t>bits.top
        bits.top += 1
    memset(bits.words + page * bits.size, 0, bits.size * sizeof(uint64_t))
    copy_words(bits.keys + page, key, sizeof(PageKey))
    page_place(bits, page)
    bits.pages += 1
    copy_words(&bits.recent[key.set & 3].key, key, sizeof(PageKey))
    bits.recent[key.set & 3].page = page
    return page


cdef void purge(Bits *bits, const State *states) noexcept nogil:
    """Drop the pages and holes of epochs that are over. Free where none is: a full pool asks again and again."""
    cdef int64_t n, kept = 0
    cdef uint64_t at
    cdef int32_t page
    if not bits.over:
        return
    bits.over = False
    at = 0
    while at < <uint64_t>1 << bits.slots_bits:
        page = bits.slots[at] - 1
        if page >= 0 and bits.keys[page].epoch != states[bits.keys[page].set >> 2].epoch:
            page_drop(bits, page)   # may have put another into this slot: look again
        else:
            at += 1
    for n in range(bits.n_holes):
        if bits.holes[n].epoch == states[bits.holes[n].stream].epoch:
            bits.holes[kept] = bits.holes[n]
            kept += 1
    bits.n_holes = kept


cdef int64_t hole_find(const Bits *bits, int32_t stream, int64_t epoch, int64_t number) noexcept nogil:
    """The first hole at or behind page `number` of that stream and epoch, in the order they lie in."""
    cdef int64_t low = 0, high = bits.n_holes, middle
    cdef const Hole *hole
    while low < high:
        middle = (low + high) >> 1
        hole = bits.holes + middle
        if hole.stream != stream:
            if hole.stream < stream:
                low = middle + 1
            else:
                high = middle
        elif hole.epoch != epoch:
            if hole.epoch < epoch:
                low = middle + 1
            else:
                high = middle
        elif hole.past <= number:
            low = middle + 1
        else:
            high = middle
    return low


cdef inline bint in_hole(const Bits *bits, int32_t stream, int64_t epoch, int64_t number) noexcept nogil:
    cdef int64_t at
    if bits.n_holes == 0:
        return False
    at = hole_find(bits, stream, epoch, number)
    if at == bits.n_holes or bits.holes[at].stream != stream or bits.holes[at].epoch != epoch:
        return False
    return bits.holes[at].first <= number


cdef inline bint bits_has(Bits *bits, int kind, int32_t stream, int64_t epoch, int64_t x) noexcept nogil:
    cdef PageKey key
    cdef int32_t page
    key.number, key.epoch, key.set = x >> bits.shift, epoch, <int64_t>stream * 4 + kind
    page = page_find(bits, &key)
    if page >= 0:
        return (bits.words[page * bits.size + ((x >> 6) & (bits.size - 1))] >> (x & 63)) & 1
    return kind == MISSING and in_hole(bits, stream, epoch, key.number)


cdef inline uint64_t *recent_word(Bits *bits, int32_t stream, int64_t epoch, int64_t x) noexcept nogil:
    """The word of MISSING in which x lies, where its page is the one that was asked for last; else NULL."""
    cdef const Recent *recent = &bits.recent[MISSING]
    cdef int64_t page = recent.page
    if page >= 0 and recent.key.number == page_of(x) and recent.key.epoch == epoch and recent.key.set == <int64_t>stream * 4:
        return bits.words + page * PAGE_WORDS + ((x >> 6) & (PAGE_WORDS - 1))
    return NULL


cdef inline int missing_beside(
    Bits *bits, const uint64_t *word, int32_t stream, int64_t epoch, int64_t x, int64_t below
) noexcept nogil:
    """How many of x - 1 and x + 1 are MISSING; x + 1 only where it lies below `below`. `word`: see recent_word."""
    if word != NULL and 0 < (x & 63) < 63:
        return <int>((word[0] >> ((x - 1) & 63)) & 1) + (<int>((word[0] >> ((x + 1) & 63)) & 1) & (x + 1 < below))
    return bits_has(bits, MISSING, stream, epoch, x - 1) + (x + 1 < below and bits_has(bits, MISSING, stream, epoch, x + 1))


cdef bint bits_add(Bits *bits, const State *states, int kind, int32_t stream, int64_t epoch, int64_t x) noexcept nogil:
    cdef PageKey key
    cdef int32_t page
    key.number, key.epoch, key.set = x >> bits.shift, epoch, <int64_t>stream * 4 + kind
    page = page_find(bits, &key)
    if page < 0:
        page = page_make(bits, &key, states)
        if page < 0:
            return False
    bits.words[page * bits.size + ((x >> 6) & (bits.size - 1))] |= <uint64_t>1 << (x & 63)
    return True


cdef bint add_within(Bits *bits, const State *states, PageKey *key, int64_t low, int64_t high) noexcept nogil:
    """Put low <= x < high into MISSING, page by page."""
    cdef int64_t stop, word
    cdef uint64_t *words
    cdef uint64_t mask
    cdef int32_t page
    while low < high:
        key.number = page_of(low)
        page = page_find(bits, key)
        if page < 0:
            page = page_make(bits, key, states)
            if page < 0:
                return False
        words = bits.words + <int64_t>page * PAGE_WORDS
        stop = min(high, (key.number + 1) * PAGE)
        while low < stop:
            word = (low >> 6) & (PAGE_WORDS - 1)
            mask = ~<uint64_t>0 << (low & 63)
            if stop - (low & ~<int64_t>63) < 64:
                mask &= (<uint64_t>1 << (stop & 63)) - 1
            words[word] |= mask
            low = (low & ~<int64_t>63) + 64
        low = stop
    return True


cdef bint add_missing(Bits *bits, const State *states, int32_t stream, int64_t low, int64_t high) noexcept nogil:
    """Put low <= x < high, of which none is in it, into MISSING of the stream's epoch."""
    cdef int64_t first = page_of(low + PAGE - 1), past = page_of(high), at
    cdef uint64_t *word = recent_word(bits, stream, states[stream].epoch, low)
    cdef PageKey key
    if word != NULL and (low & 63) + (high - low) < 64:     # most gaps are small ones
        word[0] |= ((<uint64_t>1 << (high - low)) - 1) << (low & 63)
        return True
    key.epoch, key.set = states[stream].epoch, <int64_t>stream * 4 + MISSING
    if past - first < HOLE_PAGES:
        return add_within(bits, states, &key, low, high)
    if bits.n_holes >= HOLES_CAP:
        purge(bits, states)
        if bits.n_holes >= HOLES_CAP:
            return False
    at = hole_find(bits, stream, key.epoch, first)
    memmove(bits.holes + at + 1, bits.holes + at, (bits.n_holes - at) * sizeof(Hole))
    bits.n_holes += 1
    bits.holes[at].stream, bits.holes[at].epoch, bits.holes[at].first, bits.holes[at].past = stream, key.epoch, first, past
    if not add_within(bits, states, &key, low, first * PAGE):
        return False
    return add_within(bits, states, &key, past * PAGE, high)


cdef bint open_page(Bits *bits, const State *states, const PageKey *key) noexcept nogil:
    """Cut one page out of the hole that covers it."""
    cdef int64_t at, past
    cdef int32_t page
    if not in_hole(bits, <int32_t>(key.set >> 2), key.epoch, key.number) or bits.n_holes >= HOLES_CAP:
        return False
    page = page_make(bits, key, states)
    if page < 0:
        return False
    memset(bits.words + <int64_t>page * PAGE_WORDS, 0xFF, PAGE // 8)
    if not in_hole(bits, <int32_t>(key.set >> 2), key.epoch, key.number):
        return False
    at = hole_find(bits, <int32_t>(key.set >> 2), key.epoch, key.number)
    past = bits.holes[at].past
    if bits.holes[at].first == key.number and past == key.number + 1:
        memmove(bits.holes + at, bits.holes + at + 1, (bits.n_holes - at - 1) * sizeof(Hole))
        bits.n_holes -= 1
    elif bits.holes[at].first == key.number:
        bits.holes[at].first += 1
    elif past == key.number + 1:
        bits.holes[at].past -= 1
    else:
        memmove(bits.holes + at + 1, bits.holes + at, (bits.n_holes - at) * sizeof(Hole))
        bits.n_holes += 1
        bits.holes[at].past = key.number
        bits.holes[at + 1].first = key.number + 1
    return True


cdef bint discard_missing(Bits *bits, const State *states, int32_t stream, int64_t x) noexcept nogil:
    """Take x, which is in it, out of MISSING of the stream's epoch."""
    cdef PageKey key
    cdef int32_t page
    cdef uint64_t *words
    cdef int n
    key.number, key.epoch, key.set = page_of(x), states[stream].epoch, <int64_t>stream * 4 + MISSING
    page = page_find(bits, &key)
    if page < 0:
        if not open_page(bits, states, &key):
            return False
        page = page_find(bits, &key)
    words = bits.words + <int64_t>page * PAGE_WORDS
    words[(x >> 6) & (PAGE_WORDS - 1)] &= ~(<uint64_t>1 << (x & 63))
    for n in range(PAGE_WORDS):
        if words[n] != 0:
            return True
    page_drop(bits, page)
    return True
