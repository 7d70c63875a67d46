# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: embedsignature=True, freethreading_compatible=True
"""The caller's arrays as pointers.

To look at an array's type, order and permission costs about 100 ns, and there are seven of them; so Frames and
RecordColumns carry (`held`) what was found out about their arrays, for as long as these are the same ones. Holding an
array's memory also keeps it where it is (except for ndarray.resize told not to check). A call holds what it was given, so
that arrays replaced meanwhile, by another thread, stay until it has ended.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from seqcheck.kernel.binding.arrays cimport SIGNED, UNSIGNED, Array, array_of
from seqcheck.kernel.binding.border cimport TOTALS, FrameColumns, Out


cdef class HeldFrames:
    """What Frames.held is."""

    def __cinit__(self, frames):
        self.buf, self.off, self.cap, self.wire = frames.buf, frames.off, frames.cap, frames.wire
        self.ns, self.link, self.totals = frames.ns, frames.link, frames.totals
        cdef Array buf = array_of(self.buf, UNSIGNED, 1), totals = array_of(self.totals, SIGNED, 8, True)
        cdef Array off = array_of(self.off, SIGNED, 8, True), ns = array_of(self.ns, SIGNED, 8, True)
        cdef Array cap = array_of(self.cap, UNSIGNED, 4, True), wire = array_of(self.wire, UNSIGNED, 4, True)
        cdef Array link = array_of(self.link, UNSIGNED, 2, True)
        cdef FrameColumns f
        f.buf, f.size = <const uint8_t *>buf.at, buf.count
        f.off, f.ns, f.totals = <int64_t *>off.at, <int64_t *>ns.at, <int64_t *>totals.at
        f.cap, f.wire, f.link = <uint32_t *>cap.at, <uint32_t *>wire.at, <uint16_t *>link.at
        f.count, f.capacity = 0, off.count
        if totals.count != TOTALS:
            raise ValueError("frames: totals do not fit")
        if {cap.count, wire.count, ns.count, link.count} != {f.capacity}:
            raise ValueError("frames: columns of different lengths")
        self.arrays = [buf, off, cap, wire, ns, link, totals]
        self.columns = f

    def __reduce__(self):
        return type(None), ()   # a copy of Frames has other arrays

    cdef bint of(self, frames):
        """Whether the arrays are still these."""
        return (
            frames.off is self.off and frames.buf is self.buf and frames.totals is self.totals and frames.ns is self.ns
            and frames.cap is self.cap and frames.wire is self.wire and frames.link is self.link
        )


cdef class HeldRecords:
    """What RecordColumns.held is."""

    def __cinit__(self, records):
        self.row, self.stream, self.seq = records.row, records.stream, records.seq
        self.source, self.ordinal, self.status = records.source, records.ordinal, records.status
        cdef Array row = array_of(self.row, SIGNED, 4, True), stream = array_of(self.stream, SIGNED, 4, True)
        cdef Array seq = array_of(self.seq, UNSIGNED, 8, True), source = array_of(self.source, SIGNED, 4, True)
        cdef Array ordinal = array_of(self.ordinal, SIGNED, 8, True), status = array_of(self.status, UNSIGNED, 1, True)
        cdef Out out
        out.row, out.stream, out.source = <int32_t *>row.at, <int32_t *>stream.at, <int32_t *>source.at
        out.seq, out.ordinal, out.status = <uint64_t *>seq.at, <int64_t *>ordinal.at, <uint8_t *>status.at
        out.count, out.judged = 0, status.count
        out.capacity = min(row.count, stream.count, seq.count, source.count, ordinal.count)
        self.arrays = [row, stream, seq, source, ordinal, status]
        self.columns = out

    def __reduce__(self):
        return type(None), ()

    cdef bint of(self, records):
        """Whether the arrays are still these."""
        return (
            records.row is self.row and records.stream is self.stream and records.seq is self.seq
            and records.source is self.source and records.ordinal is self.ordinal and records.status is self.status
        )


cdef HeldFrames held_frames(frames):
    """What is known of them. Whoever uses it keeps it meanwhile."""
    cdef object held = frames.held
    if type(held) is not HeldFrames or not (<HeldFrames>held).of(frames):
        held = frames.held = HeldFrames(frames)
    return <HeldFrames>held


cdef HeldRecords held_records(records):
    """The same of records."""
    cdef object held = records.held
    if type(held) is not HeldRecords or not (<HeldRecords>held).of(records):
        held = records.held = HeldRecords(records)
    return <HeldRecords>held


cdef FrameColumns columns_of(HeldFrames held, frames) except *:
    """The columns of frames, with their count."""
    cdef FrameColumns f = held.columns
    f.count = frames.count
    if not 0 <= f.count <= f.capacity:
        raise ValueError("frames: the count does not fit")
    return f


cdef FrameColumns columns_in(HeldFrames held, frames, Array buf) except *:
    """The same, for frames that lie in `buf`, which need not be theirs."""
    cdef FrameColumns f = columns_of(held, frames)
    f.buf, f.size = <const uint8_t *>buf.at, buf.count
    return f
