# Decode: the loop over a block, and the object that keeps its tables. The rules stand in reference_decode.py.

import os

cdef struct Decode:
    Program program
    Field seq
    int seq_shift           # right, of the 8 bytes at the counter, in its byte order
    uint64_t seq_mask       # after that
    uint64_t seq_top        # modulus - 1
    bint dynamic            # some fields need the lengths
    Table streams
    Table sources
    int64_t *seen           # frames by source id
    int64_t *counts         # [source id][reason], of frames that are no records
    Flows flows
    Template templates[TEMPLATES]
    Template fresh          # the one being learnt
    int current             # the one that matched last
    int victim              # the one to give way next
    int patience            # records to let pass before the next is learnt
    int64_t tags

cdef struct Out:
    int32_t *row
    int32_t *stream
    uint64_t *seq
    int32_t *source
    int64_t *ordinal
    uint8_t *status
    int64_t count


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
    """A template that the frame is like, which then is the current one; NULL if there is none."""
    cdef int n
    if alike(p, &d.templates[d.current], room, cap, link):
        return &d.templates[d.current]
    for n in range(TEMPLATES):
        if n != d.current and alike(p, &d.templates[n], room, cap, link):
            d.current = n
            return &d.templates[n]
    return NULL


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


cdef Template *adopt(Decode *d, const FrameColumns *f, int64_t row, int64_t stream, int64_t source) noexcept nogil:
    """Put a record in the place of an older template. Where that was of little use, or the frame cannot be one, learning
    pauses, so that traffic without two frames alike is not slowed down."""
    cdef Template *t = &d.fresh
    cdef uint64_t key
    if d.patience > 0:
        d.patience -= 1
        return NULL
    d.patience = 256
    if not learn(f, row, &d.program, t):
        return NULL
    if d.templates[d.victim].span == INT64_MAX or d.templates[d.victim].hits >= 256:
        d.patience = 0
    d.tags += 1
    t.tag, t.stream, t.source = d.tags, stream, source
    d.current = d.victim
    d.templates[d.current] = t[0]
    d.victim = (d.victim + 1) % TEMPLATES
    return &d.templates[d.current]


cdef inline bint flow_of(Decode *d, const uint8_t *p, Template *t, int64_t *stream, int64_t *source) noexcept nogil:
    """Stream and source of a frame that is like `t`, if its flow is known."""
    cdef int64_t found = flow_find(p, t, &d.flows)
    if found < 0:
        return False
    stream[0], source[0] = d.flows.slots[found].stream, d.flows.slots[found].source
    if unlikely(found == t.flow):  # twice running: from now on it is known at once
        if t.stream == stream[0] and t.source == source[0]:
            bare(t)
        memcpy(t.value, p, t.words * 8)
        t.stream, t.source = stream[0], source[0]
    t.flow = found
    return True


cdef int other_way(
    Decode *d, const FrameColumns *f, int64_t row, int64_t *stream, int64_t *source, uint64_t *seq
) noexcept nogil:
    """Any frame: its status, or -1 where a table needs room first, -2 where it lies outside the buffer."""
    cdef const uint8_t *p = f.buf + f.off[row]
    cdef int64_t cap = f.cap[row], room = f.size - f.off[row]
    cdef Template *t
    cdef Place place
    cdef int status = -1
    if f.off[row] < 0 or cap > room:
        return -2
    t = like_template(d, p, room, cap, f.link[row])
    if t != NULL:
        t.hits += 1
        if flow_of(d, p, t, stream, source) and (not d.dynamic or dynamic_fields(p, cap, f.wire[row], t, &d.program, seq)):
            if t.seq_at >= 0:
                seq[0] = (word64(p + t.seq_at, d.seq.big) >> d.seq_shift) & d.seq_mask
            status = RECORD if seq[0] <= d.seq_top else -1
    if status != RECORD:
        if needs_room(&d.streams) or needs_room(&d.sources):
            return -1
        status = long_way(d, f, row, t, &place, stream, source)
        seq[0] = place.seq
    return status


cdef int64_t decode_rows(Decode *d, const FrameColumns *f, Out *out, int64_t low, int64_t high) noexcept nogil:
    """Decode up to `high`; the row at which a table needs room, or -1 - row for a row outside the buffer. The loop
    itself knows one template and one stream; whatever is not just like them goes the other way."""
    cdef Template *t = &d.templates[d.current]
    cdef const uint8_t *p
    cdef const uint8_t *buf = f.buf
    cdef const int64_t *off = f.off
    cdef const uint32_t *cap = f.cap
    cdef const uint16_t *link = f.link
    cdef int64_t *seen = d.seen
    cdef int64_t row = low, stream = 0, source = 0, n = out.count
    cdef uint64_t seq = 0, reach = template_reach(d, f)
    cdef bint known, big = d.seq.big
    cdef int status, shift = d.seq_shift
    memset(out.status + low, RECORD, high - low)
    while row < high:
        p = buf + off[row]
        if likely(<uint64_t>off[row] < reach and cap[row] >= t.deep and link[row] == t.link):
            if likely(differ(p, t.value, t.all, t.words) == 0):
                stream, source, known = t.stream, t.source, True
            else:
                known = alike(p, t, t.span, cap[row], link[row]) and flow_of(d, p, t, &stream, &source)
            seq = (word64(p + t.seq_at, big) >> shift) & d.seq_mask
            if likely(known and seq <= d.seq_top):
                out.row[n], out.stream[n], out.seq[n] = <int32_t>row, <int32_t>stream, seq
                out.source[n], out.ordinal[n] = <int32_t>source, seen[source]
                seen[source] += 1
                n += 1
                row += 1
                continue
        status = other_way(d, f, row, &stream, &source, &seq)
        if status < 0:
            break
        t, reach = &d.templates[d.current], template_reach(d, f)
        if status == RECORD:
            out.row[n], out.stream[n], out.seq[n] = <int32_t>row, <int32_t>stream, seq
            out.source[n], out.ordinal[n] = <int32_t>source, seen[source]
            n += 1
        else:
            out.status[row] = status
            d.counts[source * REASONS + status] += 1
        seen[source] += 1
        row += 1
    else:
        status = 0
    out.count = n
    return -1 - row if status == -2 else row


cdef inline uint64_t template_reach(const Decode *d, const FrameColumns *f) noexcept nogil:
    """Offsets below this one leave room for all that the current template reads; 0 where it has to go the other way."""
    cdef const Template *t = &d.templates[d.current]
    return 0 if d.dynamic or t.span > f.size else f.size - t.span + 1


cdef class Decoder:
    """See border.DecoderLike."""

    cdef Decode d

    def __cinit__(self, program):
        cdef int row
        read_program(&self.d.program, program)
        for row in range(self.d.program.count):
            if self.d.program.fields[row].role == SEQ:
                self.d.seq = self.d.program.fields[row]
                self.d.seq_shift = self.d.seq.shift + (64 - 8 * self.d.seq.width if self.d.seq.big else 0)
                self.d.seq_mask = self.d.seq.mask >> self.d.seq.shift
            self.d.dynamic |= (
                self.d.program.fields[row].offset < 0
                or (self.d.program.fields[row].role == MATCH and self.d.program.fields[row].op == EQ_LENGTH)
            )
        self.d.seq_top = self.d.program.modulus - 1
        for row in range(TEMPLATES):
            self.d.templates[row].span = INT64_MAX
        for row in range(WORDS):
            self.d.flows.odd[row] = int.from_bytes(os.urandom(8), "little") | 1
        flows_start(&self.d.flows, FLOW_BITS_FIRST)
        table_start(&self.d.streams, sizeof(StreamKey) // 8, MAX_STREAMS, os.urandom(sizeof(StreamKey)))
        table_start(&self.d.sources, 2, MAX_SOURCES, os.urandom(16))
        self.grow_counts(0)

    def __dealloc__(self):
        table_end(&self.d.streams)
        table_end(&self.d.sources)
        flows_end(&self.d.flows)
        PyMem_RawFree(self.d.seen)
        PyMem_RawFree(self.d.counts)

    cdef int grow_counts(self, int64_t rows) except -1:
        """Counters for as many sources as their table has room for; the first `rows` are kept."""
        cdef size_t new = self.d.sources.room + 1
        cdef int64_t *seen = <int64_t *>PyMem_RawCalloc(new, sizeof(int64_t))
        cdef int64_t *counts = <int64_t *>PyMem_RawCalloc(new, REASONS * sizeof(int64_t))
        if seen == NULL or counts == NULL:
            PyMem_RawFree(seen)
            PyMem_RawFree(counts)
            raise MemoryError("no memory for the counts of more sources")
        if rows > 0:
            memcpy(seen, self.d.seen, rows * sizeof(int64_t))
            memcpy(counts, self.d.counts, rows * REASONS * sizeof(int64_t))
        PyMem_RawFree(self.d.seen)
        PyMem_RawFree(self.d.counts)
        self.d.seen, self.d.counts = seen, counts
        return 0

    cdef int make_room(self) except -1:
        cdef int64_t rows = self.d.sources.room + 1
        if needs_room(&self.d.streams):
            table_grow(&self.d.streams, 2 * self.d.streams.room)
        if needs_room(&self.d.sources):
            table_grow(&self.d.sources, 2 * self.d.sources.room)
            self.grow_counts(rows)
        return 0

    def decode(self, frames, Py_ssize_t low, Py_ssize_t high, records):
        """See border.DecoderLike."""
        cdef const uint8_t[::1] data = frames.buf
        cdef int64_t[::1] off = frames.off, ns = frames.ns, totals = frames.totals, ordinal = records.ordinal
        cdef uint32_t[::1] cap = frames.cap, wire = frames.wire
        cdef uint16_t[::1] link = frames.link
        cdef int32_t[::1] row = records.row, stream = records.stream, source = records.source
        cdef uint64_t[::1] seq = records.seq
        cdef uint8_t[::1] status = records.status
        cdef FrameColumns f = columns_of(frames, data, off, cap, wire, ns, link, totals)
        cdef Out out
        cdef int64_t at = low, most = high - low
        out.row, out.stream, out.seq, out.source = &row[0], &stream[0], &seq[0], &source[0]
        out.ordinal, out.status, out.count = &ordinal[0], &status[0], 0
        if not 0 <= low <= high <= f.count or status.shape[0] < high or row.shape[0] < most:
            raise ValueError("decode: rows outside the frames or the records")
        if min(stream.shape[0], seq.shape[0], source.shape[0], ordinal.shape[0]) < most:
            raise ValueError("decode: columns of different lengths")
        records.count = 0
        if self.d.flows.evicted > 1 << (self.d.flows.bits - 2) and self.d.flows.bits < FLOW_BITS_MOST:
            flows_start(&self.d.flows, self.d.flows.bits + 2 if self.d.flows.bits + 2 < FLOW_BITS_MOST else FLOW_BITS_MOST)
        while at < high:
            with nogil:
                at = decode_rows(&self.d, &f, &out, at, high)
            if at < 0:
                raise ValueError(f"decode: row {-1 - at} lies outside the buffer")
            if at < high:
                self.make_room()
        records.count = out.count

    def keys(self):
        """See border.DecoderLike."""
        from seqcheck.kernel.border import STREAM_KEY
        return rows_of(self.d.streams.keys, self.d.streams.count, sizeof(StreamKey), STREAM_KEY)

    def sources(self):
        """See border.DecoderLike."""
        from seqcheck.kernel.border import SOURCE
        cdef int64_t n, j
        table = rows_of(NULL, self.d.sources.count + 1, sizeof(Source), SOURCE)
        cdef uint8_t[::1] raw = table.view("u1")
        cdef Source *row = <Source *>&raw[0]
        for n in range(self.d.sources.count + 1):
            if n > 0:
                memcpy(row[n].address, self.d.sources.keys + 2 * (n - 1), 8)
                row[n].length = <uint32_t>self.d.sources.keys[2 * (n - 1) + 1]
            row[n].counts[RECORD] = self.d.seen[n]
            for j in range(1, REASONS):
                row[n].counts[j] = self.d.counts[n * REASONS + j]
                row[n].counts[RECORD] -= row[n].counts[j]
        return table


cdef object rows_of(const void *rows, int64_t count, size_t size, object dtype):
    """A NumPy array of `count` rows with a copy of what lies at `rows` (zeros for NULL)."""
    import numpy
    if dtype.itemsize != size:
        raise RuntimeError("the kernel was built for another border.py; build it again")
    table = numpy.zeros(count, dtype)
    cdef uint8_t[::1] raw = table.view("u1")
    if rows != NULL and count > 0:
        memcpy(&raw[0], rows, count * size)
    return table
