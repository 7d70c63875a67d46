"""native/packed.h, for packing.pyx."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from seqcheck.kernel.binding.border cimport FrameColumns, Out

cdef extern from "../native/packed.h" nogil:
    enum:
        PACKED_FRAME
        PACKED_RECORD
        PACKED_MORE
    struct Expected "expected":
        int32_t *after
        uint64_t *seq
        int32_t *source
        int64_t streams
        int64_t *ordinal
        int64_t sources
        int32_t *last
    int64_t pack_block "pack"(const FrameColumns *f, const Out *r, Expected *e, uint8_t *out)
    int64_t times_of "unpack_times"(const uint8_t *data, int64_t size, FrameColumns *f)
    bint unpack_block "unpack"(
        const uint8_t *data, int64_t size, int64_t at, int64_t frames, Out *r, Expected *e
    )
