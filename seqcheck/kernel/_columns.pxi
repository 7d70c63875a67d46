# The caller's arrays as pointers. Typed memoryviews check the dtype, the order and (where written) the permission, at a
# price of some 100 ns each; so Frames and RecordColumns carry (`held`) what was found out about their arrays, for as long
# as these are the same ones. Holding an array's memory also keeps it where it is (but for ndarray.resize told not to check).
# A call holds what it was given, so that arrays replaced meanwhile, by another thread, stay until it has ended.

cdef class HeldFrames:
    """What Frames.held is."""

    cdef object buf, off, cap, wire, ns, link, totals
    cdef list views
    cdef FrameColumns columns

    def __cinit__(self, frames):
        self.buf, self.off, self.cap, self.wire = frames.buf, frames.off, frames.cap, frames.wire
        self.ns, self.link, self.totals = frames.ns, frames.link, frames.totals
        cdef const uint8_t[::1] buf = self.buf
        cdef int64_t[::1] off = self.off, ns = self.ns, totals = self.totals
        cdef uint32_t[::1] cap = self.cap, wire = self.wire
        cdef uint16_t[::1] link = self.link
        cdef FrameColumns f
        f.buf, f.size = &buf[0], buf.shape[0]
        f.off, f.cap, f.wire, f.ns, f.link, f.totals = &off[0], &cap[0], &wire[0], &ns[0], &link[0], &totals[0]
        f.count, f.capacity = 0, off.shape[0]
        if totals.shape[0] != TOTALS:
            raise ValueError("frames: totals do not fit")
        if cap.shape[0] != f.capacity or wire.shape[0] != f.capacity or ns.shape[0] != f.capacity:
            raise ValueError("frames: columns of different lengths")
        if link.shape[0] != f.capacity:
            raise ValueError("frames: columns of different lengths")
        self.views = [buf, off, cap, wire, ns, link, totals]
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

    cdef object row, stream, seq, source, ordinal, status
    cdef list views
    cdef Out columns

    def __cinit__(self, records):
        self.row, self.stream, self.seq = records.row, records.stream, records.seq
        self.source, self.ordinal, self.status = records.source, records.ordinal, records.status
        cdef int32_t[::1] row = self.row, stream = self.stream, source = self.source
        cdef uint64_t[::1] seq = self.seq
        cdef int64_t[::1] ordinal = self.ordinal
        cdef uint8_t[::1] status = self.status
        cdef Out out
        out.row, out.stream, out.seq, out.source = &row[0], &stream[0], &seq[0], &source[0]
        out.ordinal, out.status, out.count = &ordinal[0], &status[0], 0
        out.capacity = min(row.shape[0], stream.shape[0], seq.shape[0], source.shape[0], ordinal.shape[0])
        out.judged = status.shape[0]
        self.views = [row, stream, seq, source, ordinal, status]
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


cdef FrameColumns columns_in(HeldFrames held, frames, const uint8_t[::1] buf) except *:
    """The same, for frames that lie in `buf`, which need not be theirs."""
    cdef FrameColumns f = columns_of(held, frames)
    f.buf, f.size = &buf[0], buf.shape[0]
    return f
