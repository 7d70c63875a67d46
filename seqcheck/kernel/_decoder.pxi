# The object that keeps a decoder's tables, and the way in and out. The rules stand in reference_decode.py.

import os


cdef class Decoder:
    """See border.DecoderLike. For one thread at a time."""

    cdef Decode d
    cdef bint running

    def __cinit__(self, program, *, bint any_processor=False):
        """`any_processor`: only what every processor can do."""
        cdef int row
        cdef Field seq
        self.d.loops = loops_for(any_processor)
        read_program(&self.d.program, program)
        for row in range(self.d.program.count):
            if self.d.program.fields[row].role == SEQ:
                seq = self.d.program.fields[row]
                self.d.number.big = seq.big
                self.d.number.shift = seq.shift + (64 - 8 * seq.width if seq.big else 0)
                self.d.number.mask = seq.mask >> seq.shift
            self.d.dynamic |= (
                self.d.program.fields[row].offset < 0
                or (self.d.program.fields[row].role == MATCH and self.d.program.fields[row].op == EQ_LENGTH)
            )
        self.d.number.top = self.d.program.modulus - 1
        self.d.memory = fresh((TEMPLATES + 1) * sizeof(Template) + LINE, 1)
        self.d.templates = <Template *>lined_up(self.d.memory)
        for row in range(TEMPLATES):
            self.d.templates[row].span = INT64_MAX
        for row in range(16):
            self.d.pick.which[row] = self.d.templates
        for row in range(WORDS):
            self.d.flows.odd[row] = int.from_bytes(os.urandom(8), "little") | 1
        self.d.flows.by_link = self.d.program.anchor <= A_ETH
        flows_start(&self.d.flows, FLOW_BITS_FIRST, NARROW)
        table_start(&self.d.streams, sizeof(StreamKey) // 8, MAX_STREAMS, os.urandom(sizeof(StreamKey)))
        table_start(&self.d.sources, 2, MAX_SOURCES, os.urandom(16))
        self.grow_counts(0)

    def __dealloc__(self):
        table_end(&self.d.streams)
        table_end(&self.d.sources)
        PyMem_RawFree(self.d.flows.memory)
        PyMem_RawFree(self.d.memory)
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

    cdef int tend_flows(self) except -1:
        """Larger or wider flows, where they are wanted. Templates start anew with wider ones."""
        cdef Flows *flows = &self.d.flows
        cdef int n, bits = flows.bits, width = flows.width
        if flows.used > 1 << (bits - 2):
            bits = min(bits + 3, FLOW_BITS_MOST)
        if self.d.widen != 0:
            width, self.d.widen = self.d.widen, 0
            for n in range(TEMPLATES):
                self.d.templates[n].span = INT64_MAX
        if bits != flows.bits or width != flows.width:
            flows_start(flows, bits, width)
        return 0

    def decode(self, frames, Py_ssize_t low, Py_ssize_t high, records):
        """See border.DecoderLike."""
        cdef HeldFrames held = held_frames(frames)
        cdef HeldRecords held_too = held_records(records)
        cdef FrameColumns f = columns_of(held, frames)
        cdef Out out = held_too.columns
        cdef int64_t at = low
        cdef int why
        if not 0 <= low <= high <= f.count or out.judged < high or out.capacity < high - low:
            raise ValueError("decode: rows outside the frames or the records")
        records.count = 0
        if self.running:
            raise RuntimeError("decode: this decoder is at work in another thread")
        self.running = True
        try:
            self.tend_flows()
            while at < high:
                with nogil:
                    why = decode_rows(&self.d, &f, &out, &at, high)
                if why == OUTSIDE:
                    raise ValueError(f"decode: row {at} lies outside the buffer")
                if why == NEED_ROOM:
                    self.make_room()
        finally:
            self.running = False
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
