# Track: the object that owns the memory, and the way in and out. All of it is set aside for the most there may be, and
# handed out by the operating system as it is touched; only what grows with the number of streams is moved.

cdef enum:
    PARTS = 13

cdef struct Part:
    void **at
    size_t size         # bytes set aside
    size_t used         # bytes that a copy has to have


cdef int parts_of(T *t, Part *parts) noexcept:
    """What is of a fixed size, with how much of it is in use."""
    parts[0].at, parts[0].size = <void **>&t.window_memory, (WINDOW_BUDGET + 1) * sizeof(Entry) + LINE
    parts[0].used = 0
    parts[1].at, parts[1].size = <void **>&t.bits.holes, (HOLES_CAP + 1) * sizeof(Hole)
    parts[1].used = t.bits.n_holes * sizeof(Hole)
    parts[2].at, parts[2].size = <void **>&t.segments, CHAIN_SEGMENTS * sizeof(Segment)
    parts[2].used = t.top_segment * sizeof(Segment)
    parts[3].at, parts[3].size = <void **>&t.chains, (CHAIN_SEGMENTS + 1) * sizeof(Chain)
    parts[3].used = t.top_chain * sizeof(Chain)
    bits_parts(&t.bits, parts + 4)
    bits_parts(&t.repeated, parts + 8)
    parts[12].at, parts[12].size = <void **>&t.distances, (DISTANCES + 1) * sizeof(int64_t)
    parts[12].used = parts[12].size
    return PARTS


cdef void bits_parts(Bits *bits, Part *parts) noexcept:
    """The four of a pool."""
    parts[0].at, parts[0].size = <void **>&bits.words, bits.cap * bits.size * sizeof(uint64_t)
    parts[0].used = bits.top * bits.size * sizeof(uint64_t)
    parts[1].at, parts[1].size = <void **>&bits.keys, bits.cap * sizeof(PageKey)
    parts[1].used = bits.top * sizeof(PageKey)
    parts[2].at, parts[2].size = <void **>&bits.free, bits.cap * sizeof(int32_t)
    parts[2].used = bits.frees * sizeof(int32_t)
    parts[3].at, parts[3].size = <void **>&bits.slots, 4 * bits.cap * sizeof(int32_t)
    parts[3].used = sizeof(int32_t) << bits.slots_bits


cdef class Tracker:
    """See border.TrackerLike. For one thread at a time."""

    cdef T t
    cdef bint running
    cdef object events          # those of the last call,
    cdef uint8_t[::1] rows      # and their memory

    def __cinit__(self, modulus):
        cdef Part parts[PARTS]
        cdef int n
        cdef uint64_t span = modulus
        self.t.modulus = span
        self.t.low_bits = span - 1 if span & (span - 1) == 0 else 0
        if span == 1:
            raise ValueError("tracker: a modulus of 1")
        self.t.free_segment = self.t.free_chain = -1
        begin_bits(&self.t.bits, PAGES_CAP, PAGE, int.from_bytes(os.urandom(8), "little") | 1)
        begin_bits(&self.t.repeated, SMALL_PAGES_CAP, SMALL_PAGE, int.from_bytes(os.urandom(8), "little") | 1)
        for n in range(parts_of(&self.t, parts)):
            parts[n].at[0] = fresh(parts[n].size, 1)
        large_pages(self.t.window_memory, WINDOW_BUDGET * sizeof(Entry))
        self.t.windows = <Entry *>lined_up(self.t.window_memory)
        self.grow_streams(64)
        self.grow_odds(16)

    def __dealloc__(self):
        cdef Part parts[PARTS]
        cdef int n
        for n in range(parts_of(&self.t, parts)):
            PyMem_RawFree(parts[n].at[0])
        PyMem_RawFree(self.t.hot_memory)
        PyMem_RawFree(self.t.states)
        PyMem_RawFree(self.t.order)
        PyMem_RawFree(self.t.odds)

    cdef int grow_streams(self, int64_t room) except -1:
        cdef void *memory = fresh(room + 1, sizeof(Hot))
        cdef Hot *hot = <Hot *>lined_up(memory)
        cdef void *states = PyMem_RawRealloc(self.t.states, room * sizeof(State))
        cdef void *order
        if states != NULL:
            self.t.states = <State *>states
        order = PyMem_RawRealloc(self.t.order, room * sizeof(int32_t))
        if order != NULL:
            self.t.order = <int32_t *>order
        if states == NULL or order == NULL:
            PyMem_RawFree(memory)
            raise MemoryError("no memory for more streams")
        if self.t.room > 0:
            memcpy(hot, self.t.hot, self.t.room * sizeof(Hot))
        PyMem_RawFree(self.t.hot_memory)
        self.t.hot, self.t.hot_memory, self.t.room = hot, memory, room
        return 0

    cdef int grow_odds(self, int64_t room) except -1:
        cdef void *odds = PyMem_RawRealloc(self.t.odds, room * sizeof(Odd))
        if odds == NULL:
            raise MemoryError("no memory for what is out of order in more streams")
        self.t.odds, self.t.odd_room = <Odd *>odds, room
        return 0

    cdef int begin_rows(self, events) except -1:
        """Let rows go to the caller's events."""
        if self.running:
            raise RuntimeError("tracker: it is at work in another thread")
        cdef uint8_t[::1] rows
        if self.events is not events:
            rows = events.view("u1")
            if rows.shape[0] != len(events) * <Py_ssize_t>sizeof(Event):
                raise ValueError("tracker: events that are no EVENT rows")
            self.events, self.rows = events, rows
        self.t.out, self.t.count, self.t.capacity = <Event *>&self.rows[0], 0, self.rows.shape[0] // sizeof(Event)
        return 0

    def feed(self, frames, records, Py_ssize_t low, events):
        """See border.TrackerLike."""
        cdef HeldFrames held = held_frames(frames)
        cdef HeldRecords held_too = held_records(records)
        cdef FrameColumns f = columns_of(held, frames)
        cdef Out columns = held_too.columns
        cdef int64_t high = records.count, at = low, room
        cdef int why = DONE
        cdef Records r
        r.row, r.stream, r.seq, r.source = columns.row, columns.stream, columns.seq, columns.source
        r.ordinal, r.ns, r.frames, r.first = columns.ordinal, f.ns, f.count, frames.first
        if not 0 <= low <= high <= columns.capacity:
            raise ValueError("tracker: rows outside the records")
        self.begin_rows(events)
        self.running = True
        try:
            while at < high and why != EVENTS_FULL:
                with nogil:
                    at = feed_rows(&self.t, &r, at, high, &why)
                if why == NEED_STREAMS:
                    room = self.t.room
                    while room <= r.stream[at]:
                        room *= 2
                    self.grow_streams(room)
                elif why == NEED_ODDS:
                    self.grow_odds(2 * self.t.odd_room)
                elif why == OUTSIDE:
                    raise ValueError(f"tracker: record {at} names a row or a stream that cannot be")
        finally:
            self.running = False
        return at, self.t.count

    def finish(self, events):
        """See border.TrackerLike."""
        cdef bint done
        self.begin_rows(events)
        self.running = True
        try:
            with nogil:
                done = finish_streams(&self.t)
        finally:
            self.running = False
        return done, self.t.count

    def streams(self):
        """See border.TrackerLike."""
        from seqcheck.kernel.border import STREAM_STATE
        cdef int64_t n
        cdef int degree
        cdef const Hot *h
        table = rows_of(NULL, self.t.known, sizeof(State), STREAM_STATE)
        cdef uint8_t[::1] raw = table.view("u1")
        cdef State *row = <State *>&raw[0]
        for n in range(self.t.known):
            h = self.t.hot + self.t.order[n]
            row[n] = self.t.states[self.t.order[n]]
            row[n].received, row[n].next, row[n].last_ns, row[n].last_frame = h.received, h.next, h.last_ns, h.last_frame
            for degree in range(N_DEGREES - 1, 0, -1):
                row[n].degrees[degree - 1] += row[n].degrees[degree]
        return table

    def distances(self):
        """See border.TrackerLike."""
        import numpy
        found = numpy.empty(DISTANCES + 1, numpy.int64)
        cdef int64_t[::1] rows = found
        memcpy(&rows[0], self.t.distances, (DISTANCES + 1) * sizeof(int64_t))
        return found

    def missing(self):
        """See border.TrackerLike."""
        from seqcheck.kernel.border import HOLE, MISSING_PAGE
        import numpy
        cdef const Bits *bits = &self.t.bits
        cdef int64_t page, count = 0
        cdef MissingPage *row
        cdef Stretch *hole
        for page in range(bits.top):
            count += bits.keys[page].set >= 0 and bits.keys[page].set & 3 == MISSING
        pages = rows_of(NULL, count, sizeof(MissingPage), MISSING_PAGE)
        holes = rows_of(NULL, bits.n_holes, sizeof(Stretch), HOLE)
        cdef uint8_t[::1] raw = pages.view("u1"), holes_raw = holes.view("u1")
        count = 0
        for page in range(bits.top):
            if bits.keys[page].set >= 0 and bits.keys[page].set & 3 == MISSING:
                row = <MissingPage *>&raw[count * sizeof(MissingPage)]
                row.stream, row.epoch = <int32_t>(bits.keys[page].set >> 2), <int32_t>bits.keys[page].epoch
                row.number = bits.keys[page].number
                memcpy(row.words, bits.words + page * PAGE_WORDS, sizeof(row.words))
                count += 1
        for page in range(bits.n_holes):
            hole = <Stretch *>&holes_raw[page * sizeof(Stretch)]
            hole.stream, hole.epoch = bits.holes[page].stream, <int32_t>bits.holes[page].epoch
            hole.low, hole.high = bits.holes[page].first * PAGE, bits.holes[page].past * PAGE
        return pages[numpy.lexsort((pages["number"], pages["epoch"], pages["stream"]))], holes

    def copy(self):
        """See border.TrackerLike."""
        cdef Tracker new = Tracker(self.t.modulus)
        cdef Part parts[PARTS]
        cdef Part theirs[PARTS]
        cdef void *hot_memory
        cdef int64_t n
        if self.running:
            raise RuntimeError("tracker: it is at work in another thread")
        new.grow_streams(self.t.room)
        new.grow_odds(self.t.odd_room)
        memcpy(new.t.hot, self.t.hot, self.t.room * sizeof(Hot))
        memcpy(new.t.states, self.t.states, self.t.room * sizeof(State))
        memcpy(new.t.order, self.t.order, self.t.room * sizeof(int32_t))
        memcpy(new.t.odds, self.t.odds, self.t.odd_count * sizeof(Odd))
        parts_of(&new.t, theirs)
        for n in range(parts_of(&self.t, parts)):
            memcpy(theirs[n].at[0], parts[n].at[0], parts[n].used)
        memcpy(new.t.windows, self.t.windows, self.t.allotted * sizeof(Entry))
        for n in range(self.t.known):
            new.t.hot[self.t.order[n]].window = new.t.windows + (self.t.hot[self.t.order[n]].window - self.t.windows)
        copy_counts(&self.t, &new.t)
        return new


cdef void copy_counts(const T *old, T *new) noexcept:
    """All that is neither memory nor of the moment."""
    new.known, new.odd_count, new.allotted, new.finished = old.known, old.odd_count, old.allotted, old.finished
    new.free_segment, new.free_chain = old.free_segment, old.free_chain
    new.top_segment, new.top_chain, new.used_segments = old.top_segment, old.top_chain, old.used_segments
    copy_bits(&old.bits, &new.bits)
    copy_bits(&old.repeated, &new.repeated)


cdef void copy_bits(const Bits *old, Bits *new) noexcept:
    new.pages, new.top, new.frees, new.slots_bits = old.pages, old.top, old.frees, old.slots_bits
    new.n_holes, new.odd, new.over = old.n_holes, old.odd, old.over
