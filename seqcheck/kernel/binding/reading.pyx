# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: embedsignature=True, freethreading_compatible=True
"""What decoders with and without a layout have in common: frames in, records out, and the tables of both."""

from libc.stdint cimport int64_t

from seqcheck.kernel.binding.arrays cimport ROWS, Array, array_of, rows_of
from seqcheck.kernel.binding.border cimport (
    ANY_STREAM, DONE, NO_MEMORY, NO_STREAM, OUTSIDE, FrameColumns, Out, Source, StreamKey,
)
from seqcheck.kernel.binding.busy cimport busy_leave, take
from seqcheck.kernel.binding.held cimport HeldFrames, HeldRecords, columns_of, held_frames, held_records


cdef class Reader:
    """See protocols.DecoderLike. For one thread at a time. Alone, it is a decoder that finds nothing."""

    cdef bint let_in(self, int which) noexcept nogil:
        """From now on, take in such unknown streams. False if there is no memory for it."""
        return True

    cdef int run(
        self, const FrameColumns *f, int64_t first, Out *out, int64_t *row, int64_t high) noexcept nogil:
        """Rows *row..high-1, where row 0 has the number `first`: DONE, or why it stopped at *row."""
        return DONE

    cdef const StreamKey *stream_rows(self, int64_t *count) noexcept nogil:
        """The streams' keys, until the next run."""
        count[0] = 0
        return NULL

    cdef int64_t source_count(self) noexcept nogil:
        """How many sources there are, NO_SOURCE included."""
        return 0

    cdef void source_row(self, int64_t id, Source *source) noexcept nogil:
        """One of them."""

    cdef bint fits(self, const FrameColumns *f, int64_t low, int64_t high, int64_t capacity) noexcept nogil:
        """Whether no more records than that can be in these rows."""
        return high - low <= capacity

    cdef int take(self) except -1:
        """Nobody else is at work with it, nor will be before `leave`."""
        return take(&self.busy, "decoder")

    cdef void leave(self) noexcept:
        """It is free again."""
        busy_leave(&self.busy)

    def admit(self, int which):
        """See protocols.DecoderLike."""
        cdef bint done
        if not ANY_STREAM <= which <= NO_STREAM:
            raise ValueError("decoder: which streams?")
        self.take()
        done = self.let_in(which)
        self.leave()
        if not done:
            raise MemoryError("no memory for the keys that wait")
        self.admission = which

    def decode(self, frames, Py_ssize_t low, Py_ssize_t high, records):
        """See protocols.DecoderLike."""
        cdef HeldFrames held = held_frames(frames)
        cdef HeldRecords held_too = held_records(records)
        cdef FrameColumns f = columns_of(held, frames)
        cdef Out out = held_too.columns
        cdef int64_t at = low, first = frames.first
        cdef int why
        if not 0 <= low <= high <= f.count or out.judged < high \
                or not self.fits(&f, low, high, out.capacity):
            raise ValueError("decode: rows outside the frames or the records")
        records.count = 0
        self.take()
        with nogil:
            why = self.run(&f, first, &out, &at, high)
        self.leave()
        if why == OUTSIDE:
            raise ValueError(f"decode: row {at} lies outside the buffer")
        if why == NO_MEMORY:
            raise MemoryError("decode: no memory for a larger table of streams, sources or flows")
        records.count = out.count

    def keys(self, Py_ssize_t low=0):
        """See protocols.KernelDecoder."""
        from seqcheck.kernel.border import STREAM_KEY
        cdef int64_t count
        cdef const StreamKey *rows
        self.take()
        try:
            rows = self.stream_rows(&count)
            if not 0 <= low <= count:
                raise ValueError("decoder: there are no such streams")
            return rows_of(rows + low, count - low, sizeof(StreamKey), STREAM_KEY)
        finally:
            self.leave()

    def sources(self):
        """See protocols.DecoderLike."""
        from seqcheck.kernel.border import SOURCE
        cdef int64_t n
        cdef Array rows
        self.take()
        try:
            table = rows_of(NULL, self.source_count(), sizeof(Source), SOURCE)
            rows = array_of(table, ROWS, sizeof(Source), True)
            for n in range(rows.count):
                self.source_row(n, <Source *>rows.at + n)
            return table
        finally:
            self.leave()
