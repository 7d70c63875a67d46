"""The caller's arrays as pointers; see held.pyx."""

from seqcheck.kernel.binding.arrays cimport Array
from seqcheck.kernel.binding.border cimport FrameColumns, Out


cdef class HeldFrames:
    cdef object buf, off, cap, wire, ns, link, totals
    cdef list arrays
    cdef FrameColumns columns
    cdef bint of(self, frames)


cdef class HeldRecords:
    cdef object row, stream, seq, source, ordinal, status
    cdef list arrays
    cdef Out columns
    cdef bint of(self, records)


cdef HeldFrames held_frames(frames)
cdef HeldRecords held_records(records)
cdef FrameColumns columns_of(HeldFrames held, frames) except *
cdef FrameColumns columns_in(HeldFrames held, frames, Array buf) except *
