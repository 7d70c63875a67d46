"""native/track.h and native/track_saved.h, for tracking.pyx."""

from libc.stdint cimport int32_t, int64_t, uint64_t

from seqcheck.kernel.binding.border cimport Event, MissingPage, State, Stretch

cdef extern from "../native/track.h" nogil:
    enum:
        TRACK_DONE
        TRACK_FULL
        TRACK_OUTSIDE
        TRACK_NO_MEMORY
        TRACK_FAULT
    struct TrackRoom "track_room":
        int64_t entries
        int64_t pages
        int64_t small_pages
        int64_t holes
        int64_t chain_rows
        bint restarts
    struct Records "records":
        const int32_t *row
        const int32_t *stream
        const uint64_t *seq
        const int32_t *source
        const int64_t *ordinal
        const int64_t *ns
        int64_t frames
        int64_t first
    struct Events "events":
        Event *rows
        int64_t count
        int64_t capacity
    struct Track "tracker":
        pass
    Track *tracker_new(uint64_t modulus, const TrackRoom *room, uint64_t seed)
    void tracker_free(Track *t)
    bint tracker_count(Track *t, const uint64_t *moduli, int64_t count)
    int tracker_feed(Track *t, const Records *r, int64_t *at, int64_t high, Events *out)
    int tracker_finish(Track *t, Events *out)
    int64_t tracker_streams(const Track *t)
    void tracker_stream(const Track *t, int64_t n, State *row)
    const int64_t *tracker_distances(const Track *t)
    int64_t tracker_pages(const Track *t)
    int64_t tracker_holes(const Track *t)
    bint tracker_missing(const Track *t, MissingPage *pages, Stretch *holes)
    bint tracker_forget(Track *t)

cdef extern from "../native/track_saved.h" nogil:
    int64_t tracker_save(Track *t, int64_t *words, int64_t room)
    int tracker_load(Track *t, const int64_t *words, int64_t count)
