# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: embedsignature=True, freethreading_compatible=True
"""Decode with a layout: from frames to the records that carry its header."""

import os

from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.string cimport memcpy

from seqcheck.kernel.binding.arrays cimport SIGNED, Array, array_of, rows_in, rows_of
from seqcheck.kernel.binding.border cimport (
    DONE, MOST_PORTS, NO_MEMORY, OUTSIDE, SECOND_RECORD, Field, FrameColumns, Out, Source, StreamKey,
)
from seqcheck.kernel.binding.held cimport HeldRecords, held_records
from seqcheck.kernel.binding.reading cimport Reader


cdef int read_program(Program *program, object given) except -1:
    """The program as a struct, checked."""
    cdef Array fields = rows_in(given.fields, sizeof(Field))
    cdef const char *wrong
    program.anchor, program.selector, program.modulus, program.key = given.anchor, given.selector, given.modulus, given.key
    program.rule.kind, program.rule.shift, program.rule.by = given.rule
    if len(given.ports) > MOST_PORTS:
        raise ValueError("program: too many ranges of ports")
    program.port_ranges = len(given.ports)
    for row, (low, high) in enumerate(given.ports):
        program.ports[row].low, program.ports[row].high = low, high
    wrong = program_read(program, <const Field *>fields.at, fields.count)
    if wrong != NULL:
        raise ValueError(wrong.decode())
    return 0


cdef class Decoder(Reader):
    """See protocols.KernelDecoder. For one thread at a time."""

    cdef Decode *d

    def __cinit__(self, program, saved=None, *, bint any_processor=False):
        """`any_processor`: only what every processor can do."""
        cdef Program checked
        cdef uint64_t seed[DECODER_SEED]
        cdef bytes random = os.urandom(sizeof(seed))
        memcpy(seed, <const char *>random, sizeof(seed))
        read_program(&checked, program)
        self.d = decoder_new(&checked, seed, any_processor)
        if self.d == NULL:
            raise MemoryError("no memory for a decoder's tables")
        if saved is not None:
            self.load(saved)

    def __dealloc__(self):
        decoder_free(self.d)

    cdef bint let_in(self, int which) noexcept nogil:
        return decoder_admit(self.d, which)

    cdef int run(
        self, const FrameColumns *f, int64_t first, Out *out, int64_t *row, int64_t high) noexcept nogil:
        return decoder_decode(self.d, f, out, row, high)

    cdef bint fits(self, const FrameColumns *f, int64_t low, int64_t high, int64_t capacity) noexcept nogil:
        return decoder_fits(self.d, f, low, high, capacity)

    cdef const StreamKey *stream_rows(self, int64_t *count) noexcept nogil:
        return decoder_streams(self.d, count)

    cdef int64_t source_count(self) noexcept nogil:
        return decoder_sources(self.d)

    cdef void source_row(self, int64_t id, Source *source) noexcept nogil:
        decoder_source(self.d, id, source)

    cdef int load(self, saved) except -1:
        """Know what was saved."""
        cdef Array streams = rows_in(saved.streams, sizeof(StreamKey)), sources = rows_in(saved.sources, sizeof(Source))
        cdef Array young = rows_in(saved.waiting, sizeof(StreamKey)), old = rows_in(saved.older, sizeof(StreamKey))
        cdef Known known
        cdef int why
        known.n_streams, known.n_sources = streams.count, sources.count
        known.n_waiting[0], known.n_waiting[1] = young.count, old.count
        known.streams, known.sources = <const StreamKey *>streams.at, <const Source *>sources.at
        known.waiting[0], known.waiting[1] = <const StreamKey *>young.at, <const StreamKey *>old.at
        if known.n_waiting[0] or known.n_waiting[1]:
            self.admit(SECOND_RECORD)   # which makes room for them
        self.admit(saved.admission)
        with nogil:
            why = decoder_load(self.d, &known)
        if why == OUTSIDE:
            raise ValueError("decoder: this is not what a decoder saved")
        if why == NO_MEMORY:
            raise MemoryError("decoder: no memory for what was saved")
        return 0

    def save(self):
        """See protocols.KernelDecoder."""
        from seqcheck.kernel.border import STREAM_KEY, Known as Saved
        cdef int64_t count
        cdef const StreamKey *rows
        streams, sources = self.keys(), self.sources()
        self.take()
        try:
            waits = []
            for older in range(2):
                rows = decoder_waiting(self.d, older, &count)
                waits.append(rows_of(rows, count, sizeof(StreamKey), STREAM_KEY))
            return Saved(
                streams=streams, sources=sources, admission=self.admission, waiting=waits[0], older=waits[1]
            )
        finally:
            self.leave()

    def known(self):
        """See protocols.KernelDecoder."""
        cdef int64_t count
        self.take()
        decoder_streams(self.d, &count)
        try:
            return count, decoder_sources(self.d)
        finally:
            self.leave()

    def adopt_streams(self, keys):
        """See protocols.KernelDecoder."""
        import numpy
        cdef Array streams = rows_in(keys, sizeof(StreamKey))
        cdef bint done
        found = numpy.empty(streams.count, numpy.int32)
        cdef Array ids = array_of(found, SIGNED, 4, True)
        self.take()
        with nogil:
            done = adopt_streams(self.d, <const StreamKey *>streams.at, streams.count, <int32_t *>ids.at)
        self.leave()
        if not done:
            raise MemoryError("decoder: no memory or no number for more streams")
        return found

    def adopt_sources(self, rows):
        """See protocols.KernelDecoder."""
        import numpy
        cdef Array sources = rows_in(rows, sizeof(Source))
        cdef bint done
        found, sent = numpy.empty(sources.count, numpy.int32), numpy.empty(sources.count, numpy.int64)
        cdef Array ids = array_of(found, SIGNED, 4, True), before = array_of(sent, SIGNED, 8, True)
        self.take()
        with nogil:
            done = adopt_sources(
                self.d, <const Source *>sources.at, sources.count, <int32_t *>ids.at, <int64_t *>before.at)
        self.leave()
        if not done:
            raise MemoryError("decoder: no memory or no number for more sources")
        return found, sent


def renumber(records, streams, sources, shift):
    """See protocols.Kernel."""
    cdef HeldRecords held = held_records(records)
    cdef Out out = held.columns
    cdef Array to_stream = array_of(streams, SIGNED, 4), to_source = array_of(sources, SIGNED, 4)
    cdef Array by = array_of(shift, SIGNED, 8)
    cdef Renumbering how
    cdef int64_t count = records.count, done
    if not 0 <= count <= out.capacity or by.count != to_source.count:
        raise ValueError("renumber: rows outside the records, or sources without a shift")
    how.streams, how.stream_count = <const int32_t *>to_stream.at, to_stream.count
    how.sources, how.source_count = <const int32_t *>to_source.at, to_source.count
    how.shift = <const int64_t *>by.at
    with nogil:
        done = records_renumber(&out, count, &how)
    if done < count:
        raise ValueError(f"renumber: record {done} has a stream or a source without a number")
