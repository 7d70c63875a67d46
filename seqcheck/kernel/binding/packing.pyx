# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: embedsignature=True, freethreading_compatible=True
"""Packed: what the tracker needs of a block as few bytes, and back."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc

from seqcheck.kernel.binding.arrays cimport SIGNED, UNSIGNED, Array, array_of
from seqcheck.kernel.binding.border cimport FrameColumns, Out
from seqcheck.kernel.binding.held cimport HeldFrames, HeldRecords, columns_of, held_frames, held_records


cdef class Kept:
    """The columns of a border.Expected, for as long as a call takes."""

    cdef Array after, seq, source, ordinal, last
    cdef Expected e

    def __cinit__(self, given):
        self.after, self.source = array_of(given.after, SIGNED, 4, True), array_of(given.source, SIGNED, 4, True)
        self.seq, self.ordinal = array_of(given.seq, UNSIGNED, 8, True), array_of(given.ordinal, SIGNED, 8, True)
        self.last = array_of(given.last, SIGNED, 4, True)
        if not self.after.count or self.seq.count != self.after.count or self.source.count != self.after.count:
            raise ValueError("expected: columns of different lengths")
        if self.last.count != 1 or not self.ordinal.count:
            raise ValueError("expected: no source, or several last streams")
        self.e.after, self.e.source = <int32_t *>self.after.at, <int32_t *>self.source.at
        self.e.seq, self.e.streams = <uint64_t *>self.seq.at, self.after.count
        self.e.ordinal, self.e.sources = <int64_t *>self.ordinal.at, self.ordinal.count
        self.e.last = <int32_t *>self.last.at


def pack(frames, records, expected):
    """See protocols.Kernel."""
    cdef HeldFrames held = held_frames(frames)
    cdef HeldRecords held_too = held_records(records)
    cdef FrameColumns f = columns_of(held, frames)
    cdef Out out = held_too.columns
    cdef Kept kept = Kept(expected)
    cdef uint8_t *space
    cdef int64_t size
    out.count = records.count
    if not 0 <= out.count <= out.capacity or out.judged < f.count:
        raise ValueError("pack: rows outside the records")
    space = <uint8_t *>malloc(PACKED_MORE + f.count * PACKED_FRAME + out.count * PACKED_RECORD)
    if space == NULL:
        raise MemoryError("pack: no memory for the bytes")
    try:
        with nogil:
            size = pack_block(&f, &out, &kept.e, space)
        if size < 0:
            raise ValueError("pack: a record without a row of its own, or a stream or source that there is no room for")
        return PyBytes_FromStringAndSize(<char *>space, size)
    finally:
        free(space)


def unpack_times(data, frames):
    """See protocols.Kernel."""
    cdef HeldFrames held = held_frames(frames)
    cdef FrameColumns f = columns_of(held, frames)
    cdef Array given = array_of(data, UNSIGNED, 1)
    cdef int64_t at
    with nogil:
        at = times_of(<const uint8_t *>given.at, given.count, &f)
    if at < 0:
        raise ValueError("unpack: times that nobody packed, or more than there is room for")
    frames.count = f.count
    return at


def unpack(data, Py_ssize_t at, Py_ssize_t frames, records, expected):
    """See protocols.Kernel."""
    cdef HeldRecords held = held_records(records)
    cdef Out out = held.columns
    cdef Kept kept = Kept(expected)
    cdef Array given = array_of(data, UNSIGNED, 1)
    cdef bint done
    if not 0 <= at <= given.count or not 0 <= frames <= out.judged:
        raise ValueError("unpack: more rows than there is room for")
    records.count = 0
    with nogil:
        done = unpack_block(<const uint8_t *>given.at, given.count, at, frames, &out, &kept.e)
    if not done:
        raise ValueError("unpack: records that nobody packed, or more than there is room for")
    records.count = out.count
