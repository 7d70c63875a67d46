"""What decoders with and without a layout have in common; see reading.pyx."""

from libc.stdint cimport int64_t

from seqcheck.kernel.binding.border cimport FrameColumns, Out, Source, StreamKey


cdef class Reader:
    cdef unsigned char busy
    cdef int admission

    # What each is by: calls of its C module.
    cdef bint let_in(self, int which) noexcept nogil
    cdef int run(
        self, const FrameColumns *f, int64_t first, Out *out, int64_t *row, int64_t high) noexcept nogil
    cdef bint fits(self, const FrameColumns *f, int64_t low, int64_t high, int64_t capacity) noexcept nogil
    cdef const StreamKey *stream_rows(self, int64_t *count) noexcept nogil
    cdef int64_t source_count(self) noexcept nogil
    cdef void source_row(self, int64_t id, Source *source) noexcept nogil

    cdef int take(self) except -1
    cdef void leave(self) noexcept
