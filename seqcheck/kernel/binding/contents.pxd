"""native/content.h, for contents.pyx."""

from libc.stdint cimport int64_t, uint64_t

from seqcheck.kernel.binding.border cimport ContentFlow, ContentOften, FrameColumns, Out, Source, StreamKey

cdef extern from "../native/content.h" nogil:
    enum:
        CONTENT_WORDS
    struct ContentTable "content":
        pass
    ContentTable *content_new(int64_t window, const uint64_t *seed)
    void content_free(ContentTable *t)
    void content_admit(ContentTable *t, int which)
    int content_decode(
        ContentTable *t, const FrameColumns *f, int64_t first, Out *out, int64_t *row, int64_t high)
    const StreamKey *content_streams(const ContentTable *t, int64_t *count)
    const ContentFlow *content_flows(const ContentTable *t)
    const ContentOften *content_often_rows(const ContentTable *t, int64_t *count)
    int64_t content_sources(const ContentTable *t)
    void content_source(const ContentTable *t, int64_t id, Source *source)
