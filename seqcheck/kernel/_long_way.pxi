# What a decoder keeps, and one frame by the rules: for frames that are like none before, and whatever is in doubt.

cdef enum:
    WIDEST = 8 * WORDS + 8  # bytes from a frame's first that may be read before its template is known

cdef struct Decode:
    Program program
    Number number
    bint dynamic            # some fields need the lengths
    Table streams
    Table sources
    int64_t *seen           # frames by source id
    int64_t *counts         # [source id][reason], of frames that are no records
    Flows flows
    Template *templates     # and behind them the one being learnt; aligned to cache lines within `memory`
    void *memory
    int current             # the one whose stream is tried first
    int victim              # the one to give way next
    int patience            # records to let pass before the next is learnt
    int64_t tags            # given out
    int widen               # what a template needs of flows that are not as wide; 0: nothing
    Pick pick
    Loops loops

cdef inline void write_record(Decode *d, Out *out, int64_t row, int64_t stream, int64_t source, uint64_t seq) noexcept nogil:
    cdef int64_t n = out.count
    out.row[n], out.stream[n], out.seq[n] = <int32_t>row, <int32_t>stream, seq
    out.source[n], out.ordinal[n] = <int32_t>source, d.seen[source]
    d.seen[source] += 1
    out.count = n + 1


cdef inline bint needs_room(const Table *t) noexcept nogil:
    return t.count == t.room and t.count < t.limit


cdef int64_t intern_source(Decode *d, const Place *f) noexcept nogil:
    cdef uint64_t place = 0
    cdef int64_t found
    if f.address[1] == 0:
        return NO_SOURCE
    found = table_find(&d.sources, f.address, &place)
    if found < 0:
        if d.sources.count == d.sources.limit:
            return NO_SOURCE
        found = table_add(&d.sources, f.address, place)
    return found + 1


cdef Template *like_template(Decode *d, const uint8_t *p, int64_t room, int64_t cap, int link) noexcept nogil:
    """The template that the frame is like, which then is the one to try for its like; NULL if there is none."""
    cdef int n
    for n in range(TEMPLATES):
        if alike(p, &d.templates[n], room, cap, link):
            if room >= WIDEST:
                picked(&d.pick, p)[0] = &d.templates[n]
            d.templates[n].hits += 1
            return &d.templates[n]
    return NULL


cdef Template *adopt(Decode *d, const FrameColumns *f, int64_t row, int64_t stream, int64_t source) noexcept nogil:
    """Put a record in the place of an older template. Where that was of little use, or the frame cannot be one, learning
    pauses, so that traffic without two frames alike is not slowed down."""
    cdef Template *t = &d.templates[TEMPLATES]
    cdef uint64_t word, mask = ~<uint64_t>0
    cdef int n
    if d.patience > 0:
        d.patience -= 1
        return NULL
    d.patience = 256
    if d.tags == TAGS_MOST or not learn(f, row, &d.program, t):
        return NULL
    if t.words > d.flows.width:     # there is no room for its flows; `make_room` sees to it
        d.widen, d.patience = t.words, 0
        return NULL
    t.words, t.span = d.flows.width, max(t.span, 8 * d.flows.width)     # all compare as much: that can be foreseen
    if d.templates[d.victim].span == INT64_MAX or d.templates[d.victim].hits >= 256:
        d.patience = 0
    d.tags += 1
    t.tag, t.stream, t.source = d.tags, stream, source
    d.current = d.victim
    d.templates[d.current] = t[0]
    d.victim = (d.victim + 1) % TEMPLATES
    d.pick.at = max(link_header(t.link) - 2, 0)
    for n in range(TEMPLATES):
        if d.templates[n].span != INT64_MAX:
            memcpy(&word, <const uint8_t *>d.templates[n].fixed + d.pick.at, 8)
            mask &= word
    d.pick.mask = mask
    for n in range(16):
        d.pick.which[n] = &d.templates[d.current]
    return &d.templates[d.current]


cdef int long_way(
    Decode *d, const FrameColumns *f, int64_t row, Template *t, Place *place, int64_t *stream, int64_t *source
) noexcept nogil:
    """One frame by the rules. `t` is the template that it is like, NULL where there is none; then it may become one."""
    cdef const uint8_t *p = f.buf + f.off[row]
    cdef int64_t cap = f.cap[row], wire = f.wire[row], found
    cdef uint64_t slot = 0
    cdef int status = locate(p, cap, wire, f.link[row], &d.program, place, NULL)
    if status == RECORD:
        status = read_fields(p, cap, &d.program, place, NULL)
    source[0] = intern_source(d, place)
    if status != RECORD:
        return status
    found = table_find(&d.streams, <uint64_t *>&place.key, &slot)
    if found < 0:
        if d.streams.count == d.streams.limit:
            return STREAMS
        found = table_add(&d.streams, <uint64_t *>&place.key, slot)
    stream[0] = found
    if t == NULL:
        t = adopt(d, f, row, found, source[0])
    if t != NULL:
        flow_add(p, t, &d.flows, found, source[0])
    return RECORD


cdef int any_frame(Decode *d, const FrameColumns *f, Out *out, int64_t row) noexcept nogil:
    """A frame of which nothing is known: DONE, or why not."""
    cdef int64_t cap = f.cap[row], room = f.size - f.off[row], stream = 0, source = 0
    cdef Place place
    cdef int status
    if f.off[row] < 0 or cap > room:
        return OUTSIDE
    if needs_room(&d.streams) or needs_room(&d.sources):
        return NEED_ROOM
    status = long_way(
        d, f, row, like_template(d, f.buf + f.off[row], room, cap, f.link[row]), &place, &stream, &source
    )
    out.status[row] = status
    if status == RECORD:
        write_record(d, out, row, stream, source, place.seq)
    else:
        d.counts[source * REASONS + status] += 1
        d.seen[source] += 1
    return DONE
