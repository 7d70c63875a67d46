"""native/program.h, native/decoder.h and native/adopt.h, for decoding.pyx."""

from libc.stdint cimport int32_t, int64_t, uint64_t

from seqcheck.kernel.binding.border cimport Field, FrameColumns, Out, Source, StreamKey

cdef extern from "../native/program.h" nogil:
    struct PortRange "port_range":
        int low
        int high
    struct Rule "rule":
        int kind
        int shift
        uint64_t by
    struct Program "program":
        int anchor
        int32_t selector
        int port_ranges
        PortRange ports[32]
        Rule rule
        int key
        uint64_t modulus
    const char *program_read(Program *program, const Field *rows, int64_t count)

cdef extern from "../native/adopt.h" nogil:
    struct Renumbering "renumbering":
        const int32_t *streams
        int64_t stream_count
        const int32_t *sources
        const int64_t *shift
        int64_t source_count
    bint adopt_streams(Decode *d, const StreamKey *keys, int64_t count, int32_t *ids)
    bint adopt_sources(Decode *d, const Source *rows, int64_t count, int32_t *ids, int64_t *before)
    int64_t records_renumber "renumber"(Out *out, int64_t count, const Renumbering *by)

cdef extern from "../native/decoder.h" nogil:
    enum:
        DECODER_SEED
    struct Decode "decoder":
        pass
    Decode *decoder_new(const Program *program, const uint64_t *seed, bint any)
    void decoder_free(Decode *d)
    bint decoder_admit(Decode *d, int which)
    int decoder_decode(Decode *d, const FrameColumns *f, Out *out, int64_t *row, int64_t high)
    struct Known "known":
        const StreamKey *streams
        const StreamKey *waiting[2]
        const Source *sources
        int64_t n_streams
        int64_t n_waiting[2]
        int64_t n_sources
    int decoder_load(Decode *d, const Known *known)
    const StreamKey *decoder_waiting(const Decode *d, int older, int64_t *count)
    const StreamKey *decoder_streams(const Decode *d, int64_t *count)
    bint decoder_fits(const Decode *d, const FrameColumns *f, int64_t low, int64_t high, int64_t capacity)
    int64_t decoder_sources(const Decode *d)
    void decoder_source(const Decode *d, int64_t id, Source *source)
