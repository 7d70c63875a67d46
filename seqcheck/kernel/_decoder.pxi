# Decode: the loop over a block, and the object that keeps its tables. The rules stand in reference_decode.py.

import os

cdef struct Decode:
    Program program
    Field seq
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


cdef Template *other_template(
    Decode *d, const uint8_t *p, int64_t room, int64_t cap, int link, uint64_t *key
) noexcept nogil:
    """A template that the frame is like, if the current one is not; NULL if there is none."""
    cdef int n
    for n in range(TEMPLATES):
        if n != d.current and alike(p, &d.templates[n], room, cap, link, key):
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


cdef int64_t decode_rows(Decode *d, const FrameColumns *f, Out *out, int64_t low, int64_t high) noexcept nogil:
    """Decode up to `high`; the row at which a table needs room, or -1 - row for a row outside the buffer."""
    cdef Template *t = &d.templates[d.current]
    cdef const uint8_t *p
    cdef int64_t row, room, cap, stream = 0, source = 0, found, n = out.count
    cdef uint64_t key = 0, seq = 0, modulus = d.program.modulus
    cdef Place place
    cdef int status
    for row in range(low, high):
        cap, room = f.cap[row], f.size - f.off[row]
        if unlikely(f.off[row] < 0 or cap > room):
            out.count = n
            return -1 - row
        p = f.buf + f.off[row]
        status = RECORD
        if unlikely(not alike(p, t, room, cap, f.link[row], &key)):
            t = other_template(d, p, room, cap, f.link[row], &key)
        if likely(t != NULL):
            if likely(key == 0):
                stream, source = t.stream, t.source
            else:
                found = flow_find(p, t, &d.flows)
                if likely(found >= 0):
                    stream, source = d.flows.slots[found].stream, d.flows.slots[found].source
                    if found == t.flow:
                        memcpy(t.value, p, t.words * 8)
                        t.stream, t.source = stream, source
                    t.flow = found
                else:
                    status = -1
            if d.dynamic:
                if not dynamic_fields(p, cap, f.wire[row], t, &d.program, &seq):
                    status = -1
            if t.seq_at >= 0:
                seq = fixed_seq(p + t.seq_at, &d.seq)
            if unlikely(modulus != 0 and seq >= modulus):
                status = -1
            t.hits += 1
        else:
            status = -1
        if unlikely(status < 0):
            if needs_room(&d.streams) or needs_room(&d.sources):
                out.count = n
                return row
            status = long_way(d, f, row, t, &place, &stream, &source)
            seq = place.seq
            if t == NULL:
                t = &d.templates[d.current]
        out.status[row] = status
        if likely(status == RECORD):
            out.row[n], out.stream[n], out.seq[n] = <int32_t>row, <int32_t>stream, seq
            out.source[n], out.ordinal[n] = <int32_t>source, d.seen[source]
            n += 1
        else:
            d.counts[source * REASONS + status] += 1
        d.seen[source] += 1
    out.count = n
    return high


cdef class Decoder:
    """See border.DecoderLike."""

    cdef Decode d

    def __cinit__(self, program):
        cdef int row
        read_program(&self.d.program, program)
        for row in range(self.d.program.count):
            if self.d.program.fields[row].role == SEQ:
                self.d.seq = self.d.program.fields[row]
            self.d.dynamic |= (
                self.d.program.fields[row].offset < 0
                or (self.d.program.fields[row].role == MATCH and self.d.program.fields[row].op == EQ_LENGTH)
            )
        for row in range(TEMPLATES):
            self.d.templates[row].span = INT64_MAX
        for row in range(FLOW_WORDS):
            self.d.flows.odd[row] = int.from_bytes(os.urandom(8), "little") | 1
        flows_start(&self.d.flows, FLOW_BITS_FIRST)
        table_start(&self.d.streams, sizeof(StreamKey) // 8, MAX_STREAMS, os.urandom(sizeof(StreamKey)))
        table_start(&self.d.sources, 2, MAX_SOURCES, os.urandom(16))
        self.grow_counts(0)

    def __dealloc__(self):
        table_end(&self.d.streams)
        table_end(&self.d.sources)
        PyMem_RawFree(self.d.flows.memory)
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
