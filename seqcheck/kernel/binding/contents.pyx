# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: embedsignature=True, freethreading_compatible=True
"""Decode without a layout: frames told apart by their bytes."""

import os

from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

from seqcheck.kernel.binding.arrays cimport rows_of
from seqcheck.kernel.binding.border cimport (
    CONTENT_WINDOW, ContentFlow, ContentOften, FrameColumns, Out, Source, StreamKey,
)
from seqcheck.kernel.binding.reading cimport Reader


cdef class Content(Reader):
    """See protocols.ContentLike. For one thread at a time."""

    cdef ContentTable *t

    def __cinit__(self, Py_ssize_t window=CONTENT_WINDOW, *, random=None):
        """`random`: the key of all hashes, as bytes, where it is not to be random."""
        cdef uint64_t seed[CONTENT_WORDS]
        cdef bytes key = os.urandom(sizeof(seed)) if random is None else random
        if not 2 <= window <= 1 << 30 or window & (window - 1):
            raise ValueError("content: a window that is no power of two")
        if len(key) != sizeof(seed):
            raise ValueError("content: a key of another length")
        memcpy(seed, <const char *>key, sizeof(seed))
        self.t = content_new(window, seed)
        if self.t == NULL:
            raise MemoryError("no memory for the window of contents")

    def __dealloc__(self):
        content_free(self.t)

    cdef bint let_in(self, int which) noexcept nogil:
        content_admit(self.t, which)
        return True

    cdef int run(
        self, const FrameColumns *f, int64_t first, Out *out, int64_t *row, int64_t high) noexcept nogil:
        return content_decode(self.t, f, first, out, row, high)

    cdef const StreamKey *stream_rows(self, int64_t *count) noexcept nogil:
        return content_streams(self.t, count)

    cdef int64_t source_count(self) noexcept nogil:
        return content_sources(self.t)

    cdef void source_row(self, int64_t id, Source *source) noexcept nogil:
        content_source(self.t, id, source)

    def flows(self):
        """See protocols.ContentLike."""
        from seqcheck.kernel.border import CONTENT_FLOW
        cdef int64_t count
        self.take()
        try:
            content_streams(self.t, &count)
            return rows_of(content_flows(self.t), count, sizeof(ContentFlow), CONTENT_FLOW)
        finally:
            self.leave()

    def often(self):
        """See protocols.ContentLike."""
        from seqcheck.kernel.border import CONTENT_OFTEN
        cdef int64_t count
        cdef const ContentOften *rows
        self.take()
        try:
            rows = content_often_rows(self.t, &count)
            return rows_of(rows, count, sizeof(ContentOften), CONTENT_OFTEN)
        finally:
            self.leave()
