# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: embedsignature=True, freethreading_compatible=True
"""Track: from records to events, which are what is out of order."""

import os

from libc.stdint cimport int64_t, uint64_t

from seqcheck.kernel.binding.arrays cimport ROWS, SIGNED, UNSIGNED, Array, array_of, rows_of
from seqcheck.kernel.binding.border cimport (
    DISTANCES, Event, FrameColumns, MissingPage, Out, State, Stretch,
)
from seqcheck.kernel.binding.busy cimport busy_leave, take
from seqcheck.kernel.binding.held cimport HeldFrames, HeldRecords, columns_of, held_frames, held_records


cdef int check(int why) except -1:
    """Raise what a call of the tracker ended with."""
    if why == TRACK_NO_MEMORY:
        raise MemoryError("tracker: no memory for what is out of order")
    if why == TRACK_FAULT:
        raise RuntimeError("tracker: an event found no room: a fault in it")
    return 0


cdef class Tracker:
    """See protocols.TrackerLike. For one thread at a time."""

    cdef Track *t
    cdef unsigned char busy
    cdef object events          # those of the last call,
    cdef Array rows             # and their memory

    def __cinit__(self, modulus, room=None, saved=None):
        from seqcheck.kernel.border import ROOM
        cdef TrackRoom most
        cdef uint64_t span = modulus
        limits = ROOM if room is None else room
        most.entries, most.pages, most.small_pages = limits.entries, limits.pages, limits.small_pages
        most.holes, most.chain_rows = limits.holes, limits.chain_rows
        most.restarts = limits.restarts
        if span == 1 or min(most.entries, most.pages, most.small_pages, most.holes, most.chain_rows) < 8:
            raise ValueError("tracker: a modulus of 1, or a limit that leaves no room")
        self.t = tracker_new(span, &most, int.from_bytes(os.urandom(8), "little"))
        if self.t == NULL:
            raise MemoryError("no memory for a tracker's tables")
        if saved is not None:
            self.load(saved)

    cdef int load(self, saved) except -1:
        """Become what was saved."""
        cdef Array words = array_of(saved, SIGNED, 8)
        cdef int why
        with nogil:
            why = tracker_load(self.t, <const int64_t *>words.at, words.count)
        if why == TRACK_OUTSIDE:
            raise ValueError("tracker: this is not what a tracker with this modulus and this room saved")
        return check(why)

    def save(self):
        """See protocols.TrackerLike."""
        import numpy
        cdef Array words
        cdef int64_t count
        self.take()
        try:
            count = tracker_save(self.t, NULL, 0)
            found = numpy.empty(max(count, 1), numpy.int64)
            words = array_of(found, SIGNED, 8, True)
            if count < 0 or tracker_save(self.t, <int64_t *>words.at, count) != count:
                raise MemoryError("tracker: no memory to put pages in order")
            return found
        finally:
            busy_leave(&self.busy)

    def __dealloc__(self):
        tracker_free(self.t)

    cdef int take(self) except -1:
        """Nobody else is at work with it, nor will be before `busy_leave`."""
        return take(&self.busy, "tracker")

    def count_by(self, moduli):
        """See protocols.TrackerLike."""
        cdef Array rows = array_of(moduli, UNSIGNED, 8)
        cdef bint done
        if rows.count == 0:
            return
        if (moduli == 1).any():
            raise ValueError("tracker: a modulus of 1")
        self.take()
        done = tracker_count(self.t, <const uint64_t *>rows.at, rows.count)
        busy_leave(&self.busy)
        if not done:
            raise MemoryError("tracker: no memory for the streams' moduli")

    cdef int begin_rows(self, events, Events *out) except -1:
        """Let rows go to the caller's events."""
        if self.events is not events:
            if events.dtype.itemsize != sizeof(Event):
                raise ValueError("tracker: events that are no EVENT rows")
            self.rows = array_of(events, ROWS, sizeof(Event), True)
            self.events = events
        out.rows, out.count, out.capacity = <Event *>self.rows.at, 0, self.rows.count
        return 0

    def feed(self, frames, records, Py_ssize_t low, events):
        """See protocols.TrackerLike."""
        cdef HeldFrames held = held_frames(frames)
        cdef HeldRecords held_too = held_records(records)
        cdef FrameColumns f = columns_of(held, frames)
        cdef Out columns = held_too.columns
        cdef int64_t high = records.count, at = low
        cdef int why
        cdef Records r
        cdef Events out
        r.row, r.stream, r.seq, r.source = columns.row, columns.stream, columns.seq, columns.source
        r.ordinal, r.ns, r.frames, r.first = columns.ordinal, f.ns, f.count, frames.first
        if not 0 <= low <= high <= columns.capacity:
            raise ValueError("tracker: rows outside the records")
        self.take()
        try:
            self.begin_rows(events, &out)
            with nogil:
                why = tracker_feed(self.t, &r, &at, high, &out)
        finally:
            busy_leave(&self.busy)
        if why == TRACK_OUTSIDE:
            raise ValueError(f"tracker: record {at} names a row or a stream that cannot be")
        check(why)
        return at, out.count

    def finish(self, events):
        """See protocols.TrackerLike."""
        cdef Events out
        cdef int why
        self.take()
        try:
            self.begin_rows(events, &out)
            with nogil:
                why = tracker_finish(self.t, &out)
        finally:
            busy_leave(&self.busy)
        check(why)
        return why == TRACK_DONE, out.count

    def streams(self):
        """See protocols.TrackerLike."""
        from seqcheck.kernel.border import STREAM_STATE
        cdef int64_t n
        cdef Array rows
        self.take()
        try:
            table = rows_of(NULL, tracker_streams(self.t), sizeof(State), STREAM_STATE)
            rows = array_of(table, ROWS, sizeof(State), True)
            for n in range(rows.count):
                tracker_stream(self.t, n, <State *>rows.at + n)
            return table
        finally:
            busy_leave(&self.busy)

    def distances(self):
        """See protocols.TrackerLike."""
        import numpy
        self.take()
        try:
            return rows_of(tracker_distances(self.t), DISTANCES + 1, sizeof(int64_t), numpy.dtype(numpy.int64))
        finally:
            busy_leave(&self.busy)

    def missing(self):
        """See protocols.TrackerLike."""
        from seqcheck.kernel.border import HOLE, MISSING_PAGE
        cdef Array page_rows, hole_rows
        self.take()
        try:
            pages = rows_of(NULL, tracker_pages(self.t), sizeof(MissingPage), MISSING_PAGE)
            holes = rows_of(NULL, tracker_holes(self.t), sizeof(Stretch), HOLE)
            page_rows = array_of(pages, ROWS, sizeof(MissingPage), True)
            hole_rows = array_of(holes, ROWS, sizeof(Stretch), True)
            if not tracker_missing(self.t, <MissingPage *>page_rows.at, <Stretch *>hole_rows.at):
                raise MemoryError("tracker: no memory to put what is missing in order")
            return pages, holes
        finally:
            busy_leave(&self.busy)

    def forget(self):
        """See protocols.TrackerLike."""
        self.take()
        try:
            if not tracker_forget(self.t):
                raise MemoryError("tracker: no memory to begin again")
        finally:
            busy_leave(&self.busy)
