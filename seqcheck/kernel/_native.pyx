# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: embedsignature=True, freethreading_compatible=True
"""The native kernel: the same answers as portable/, bit for bit, at the speed of memory.

What border.py promises, compiled: three loops without Python objects, without allocation and without the GIL. They are C
modules (native/), each with a header that states what it does and what it asks of its caller; this is the way from
Python to them, and checks what they ask. Every read of captured bytes is preceded by a comparison with the end of what
may be read; every write to a column by one with its capacity. Importing this module imports neither NumPy nor border.py,
so that `--version` need not wait.
"""

import os

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from seqcheck.kernel._border cimport *
from seqcheck.kernel._content cimport (
    CONTENT_NO_MEMORY, CONTENT_OUTSIDE, CONTENT_WORDS, ContentTable, content_admit, content_decode, content_flows,
    content_free, content_new, content_often_rows, content_source, content_sources, content_streams,
)
from seqcheck.kernel._decode cimport (
    DECODER_SEED, DONE, NO_MEMORY, OUTSIDE, Decode, Known, Program, Renumbering, adopt_sources, adopt_streams,
    decoder_admit, decoder_decode, decoder_free, decoder_load, decoder_new, decoder_source, decoder_sources,
    decoder_streams, decoder_waiting, program_read, records_renumber,
)
from seqcheck.kernel._index cimport PcapngWalk, PcapWalk, TpacketWalk, walk_pcap, walk_pcapng, walk_tpacket
from seqcheck.kernel._seek cimport seek_pcap as first_pcap, seek_pcapng as first_pcapng
from seqcheck.kernel._track cimport (
    TRACK_DONE, TRACK_FAULT, TRACK_NO_MEMORY, TRACK_OUTSIDE, Events, Records, Track, TrackRoom, tracker_distances,
    tracker_count, tracker_feed, tracker_finish, tracker_free, tracker_holes, tracker_load, tracker_missing,
    tracker_new, tracker_pages, tracker_save, tracker_stream, tracker_streams,
)

cdef extern from "native/busy.h" nogil:
    bint busy_take(unsigned char *flag)
    void busy_leave(unsigned char *flag)

NAME = "native"


def row_bytes():
    """The bytes of each kind of row that this was built with, by its name in border.py."""
    return {
        "INTERFACE": sizeof(Interface), "FIELD": sizeof(Field), "STREAM_KEY": sizeof(StreamKey), "SOURCE": sizeof(Source),
        "CONTENT_FLOW": sizeof(ContentFlow), "CONTENT_OFTEN": sizeof(ContentOften), "EVENT": sizeof(Event),
        "MISSING_PAGE": sizeof(MissingPage), "HOLE": sizeof(Stretch),
        "STREAM_STATE": sizeof(State),
    }


cdef object rows_of(const void *rows, int64_t count, size_t size, object dtype):
    """A NumPy array of `count` rows with a copy of what lies at `rows` (zeros for NULL)."""
    import numpy
    if dtype.itemsize != size:
        raise RuntimeError("the kernel was built for another border.py; build it again")
    table = numpy.zeros(count, dtype)
    cdef uint8_t[::1] raw = table.view("u1")
    if rows != NULL and count > 0:
        memcpy(&raw[0], rows, count * size)
    return table


cdef object raw_rows(object rows, size_t size):
    """Their bytes, one at least."""
    import numpy
    if rows.dtype.itemsize != size:
        raise ValueError("rows of another kind")
    return numpy.append(numpy.ascontiguousarray(rows).view("u1"), numpy.uint8(0))


# ---- the caller's arrays ---------------------------------------------------------------------------------------------

# As pointers. Typed memoryviews check the dtype, the order and (where written) the permission, at a
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


# ---- index -----------------------------------------------------------------------------------------------------------


def index_pcap(buf, Py_ssize_t start, Py_ssize_t stop, rule, frames):
    """See border.Kernel."""
    cdef HeldFrames held = held_frames(frames)
    cdef const uint8_t[::1] data = buf
    cdef FrameColumns f = columns_in(held, frames, data)
    cdef PcapWalk w
    cdef int why
    w.pos, w.stop, w.header, w.link = start, stop, rule.header, rule.link
    w.big, w.nano, w.swapped = rule.big, rule.nano, rule.swapped
    if not 0 <= start <= stop <= f.size or w.header < 16:
        raise ValueError("index_pcap: positions outside the buffer, or a record header of less than 16 bytes")
    with nogil:
        why = walk_pcap(&f, &w)
    frames.count = f.count
    return w.pos, why


def index_pcapng(buf, Py_ssize_t start, Py_ssize_t stop, bint big, interfaces, frames):
    """See border.Kernel."""
    cdef HeldFrames held = held_frames(frames)
    cdef const uint8_t[::1] data = buf, table = interfaces.view("u1")
    cdef FrameColumns f = columns_in(held, frames, data)
    cdef PcapngWalk w
    cdef int64_t row
    cdef int why
    w.pos, w.stop, w.known, w.big = start, stop, len(interfaces), big
    w.interfaces = <const Interface *>&table[0]
    if not 0 <= start <= stop <= f.size or table.shape[0] != w.known * <int64_t>sizeof(Interface):
        raise ValueError("index_pcapng: positions outside the buffer, or interfaces that are no INTERFACE rows")
    for row in range(w.known):
        if w.interfaces[row].kind == OVER and w.interfaces[row].value == 0:
            raise ValueError("index_pcapng: an interface that divides by 0")
    with nogil:
        why = walk_pcapng(&f, &w)
    frames.count = f.count
    return w.pos, why


def seek_pcap(buf, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t end, rule):
    """See border.Kernel."""
    cdef const uint8_t[::1] data = buf
    cdef PcapWalk w
    cdef int64_t found
    w.header, w.link, w.big, w.nano, w.swapped = rule.header, rule.link, rule.big, rule.nano, rule.swapped
    if not 0 <= start <= stop <= end <= data.shape[0] or w.header < 16:
        raise ValueError("seek_pcap: positions outside the buffer, or a record header of less than 16 bytes")
    if start == stop:
        return -1
    with nogil:
        found = first_pcap(&data[0], start, stop, end, &w)
    return found


def seek_pcapng(buf, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t end, bint big):
    """See border.Kernel."""
    cdef const uint8_t[::1] data = buf
    cdef int64_t found
    if not 0 <= start <= stop <= end <= data.shape[0]:
        raise ValueError("seek_pcapng: positions outside the buffer")
    if start == stop:
        return -1
    with nogil:
        found = first_pcapng(&data[0], start, stop, end, big)
    return found


def index_tpacket(buf, Py_ssize_t start, Py_ssize_t stop, uint16_t link, frames):
    """See border.Kernel."""
    cdef HeldFrames held = held_frames(frames)
    cdef uint8_t[::1] data = buf    # written to, where a tag is put back
    cdef FrameColumns f = columns_in(held, frames, data)
    cdef TpacketWalk w
    cdef int why
    w.bytes, w.pos, w.stop, w.link = &data[0], start, stop, link
    if not 0 <= start <= stop <= f.size:
        raise ValueError("index_tpacket: positions outside the buffer")
    with nogil:
        why = walk_tpacket(&f, &w)
    frames.count = f.count
    return w.pos, why


# ---- decode ----------------------------------------------------------------------------------------------------------


cdef int read_program(Program *program, object given) except -1:
    """The program as a struct, checked."""
    cdef const uint8_t[::1] table = given.fields.view("u1")
    cdef const char *wrong
    if table.shape[0] != len(given.fields) * <int64_t>sizeof(Field):
        raise ValueError("program: fields that are no FIELD rows")
    program.anchor, program.selector, program.modulus, program.key = given.anchor, given.selector, given.modulus, given.key
    program.rule.kind, program.rule.shift, program.rule.by = given.rule
    if len(given.ports) > MOST_PORTS:
        raise ValueError("program: too many ranges of ports")
    program.port_ranges = len(given.ports)
    for row, (low, high) in enumerate(given.ports):
        program.ports[row].low, program.ports[row].high = low, high
    wrong = program_read(program, <const Field *>&table[0], len(given.fields))
    if wrong != NULL:
        raise ValueError(wrong.decode())
    return 0


cdef object checked(rows, dtype, size_t size):
    """The bytes of these rows."""
    if rows.dtype != dtype or dtype.itemsize != size or not rows.flags.c_contiguous:
        raise ValueError(f"rows that are none of {dtype}")
    return rows.view("u1")


def renumber(records, streams, sources, shift):
    """See border.Kernel."""
    cdef HeldRecords held = held_records(records)
    cdef Out out = held.columns
    cdef const int32_t[::1] to_stream = streams, to_source = sources
    cdef const int64_t[::1] by = shift
    cdef Renumbering how
    cdef int64_t count = records.count, done
    if not 0 <= count <= out.capacity or by.shape[0] != to_source.shape[0]:
        raise ValueError("renumber: rows outside the records, or sources without a shift")
    if not count:
        return
    how.streams, how.stream_count = &to_stream[0] if to_stream.shape[0] else NULL, to_stream.shape[0]
    how.sources, how.shift = &to_source[0] if to_source.shape[0] else NULL, &by[0] if by.shape[0] else NULL
    how.source_count = to_source.shape[0]
    with nogil:
        done = records_renumber(&out, count, &how)
    if done < count:
        raise ValueError(f"renumber: record {done} has a stream or a source without a number")


cdef class Decoder:
    """See border.DecoderLike. For one thread at a time."""

    cdef Decode *d
    cdef unsigned char busy

    cdef int admission

    def __cinit__(self, program, saved=None, *, bint any_processor=False):
        """`any_processor`: only what every processor can do."""
        cdef Program checked
        cdef uint64_t seed[DECODER_SEED]
        cdef const uint8_t[::1] random = os.urandom(sizeof(seed))
        memcpy(seed, &random[0], sizeof(seed))
        read_program(&checked, program)
        self.d = decoder_new(&checked, seed, any_processor)
        if self.d == NULL:
            raise MemoryError("no memory for a decoder's tables")
        self.admission = ANY_STREAM
        if saved is not None:
            self.load(saved)

    def __dealloc__(self):
        decoder_free(self.d)

    cdef int load(self, saved) except -1:
        """Know what was saved."""
        cdef const uint8_t[::1] streams = raw_rows(saved.streams, sizeof(StreamKey))
        cdef const uint8_t[::1] sources = raw_rows(saved.sources, sizeof(Source))
        cdef const uint8_t[::1] young = raw_rows(saved.waiting, sizeof(StreamKey))
        cdef const uint8_t[::1] old = raw_rows(saved.older, sizeof(StreamKey))
        cdef Known known
        cdef int why
        known.n_streams, known.n_sources = len(saved.streams), len(saved.sources)
        known.n_waiting[0], known.n_waiting[1] = len(saved.waiting), len(saved.older)
        known.streams, known.sources = <const StreamKey *>&streams[0], <const Source *>&sources[0]
        known.waiting[0], known.waiting[1] = <const StreamKey *>&young[0], <const StreamKey *>&old[0]
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
        """See border.KernelDecoder."""
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
            busy_leave(&self.busy)

    cdef int take(self) except -1:
        """Nobody else is at work with it, nor will be before `busy_leave`."""
        if not busy_take(&self.busy):
            raise RuntimeError("decode: this decoder is at work in another thread")
        return 0

    def admit(self, int which):
        """See border.DecoderLike."""
        cdef bint done
        if not ANY_STREAM <= which <= NO_STREAM:
            raise ValueError("decoder: which streams?")
        self.take()
        done = decoder_admit(self.d, which)
        busy_leave(&self.busy)
        if not done:
            raise MemoryError("no memory for the keys that wait")
        self.admission = which

    def decode(self, frames, Py_ssize_t low, Py_ssize_t high, records):
        """See border.DecoderLike."""
        cdef HeldFrames held = held_frames(frames)
        cdef HeldRecords held_too = held_records(records)
        cdef FrameColumns f = columns_of(held, frames)
        cdef Out out = held_too.columns
        cdef int64_t at = low
        cdef int why
        if not 0 <= low <= high <= f.count or out.judged < high or out.capacity < high - low:
            raise ValueError("decode: rows outside the frames or the records")
        records.count = 0
        self.take()
        with nogil:
            why = decoder_decode(self.d, &f, &out, &at, high)
        busy_leave(&self.busy)
        if why == OUTSIDE:
            raise ValueError(f"decode: row {at} lies outside the buffer")
        if why == NO_MEMORY:
            raise MemoryError("decode: no memory for a larger table of streams, sources or flows")
        records.count = out.count

    def known(self):
        """See border.KernelDecoder."""
        cdef int64_t count
        self.take()
        decoder_streams(self.d, &count)
        try:
            return count, decoder_sources(self.d)
        finally:
            busy_leave(&self.busy)

    def adopt_streams(self, keys):
        """See border.KernelDecoder."""
        import numpy
        from seqcheck.kernel.border import STREAM_KEY
        cdef const uint8_t[::1] raw
        cdef int32_t[::1] ids
        cdef int64_t count = len(keys)
        cdef bint done
        found = numpy.empty(count, numpy.int32)
        if not count:
            return found
        raw, ids = checked(keys, STREAM_KEY, sizeof(StreamKey)), found
        self.take()
        with nogil:
            done = adopt_streams(self.d, <const StreamKey *>&raw[0], count, &ids[0])
        busy_leave(&self.busy)
        if not done:
            raise MemoryError("decoder: no memory or no number for more streams")
        return found

    def adopt_sources(self, rows):
        """See border.KernelDecoder."""
        import numpy
        from seqcheck.kernel.border import SOURCE
        cdef const uint8_t[::1] raw
        cdef int32_t[::1] ids
        cdef int64_t[::1] before
        cdef int64_t count = len(rows)
        cdef bint done
        found, sent = numpy.empty(count, numpy.int32), numpy.empty(count, numpy.int64)
        if not count:
            return found, sent
        raw, ids, before = checked(rows, SOURCE, sizeof(Source)), found, sent
        self.take()
        with nogil:
            done = adopt_sources(self.d, <const Source *>&raw[0], count, &ids[0], &before[0])
        busy_leave(&self.busy)
        if not done:
            raise MemoryError("decoder: no memory or no number for more sources")
        return found, sent

    def keys(self, Py_ssize_t low=0):
        """See border.KernelDecoder."""
        from seqcheck.kernel.border import STREAM_KEY
        cdef int64_t count
        cdef const StreamKey *rows
        self.take()
        try:
            rows = decoder_streams(self.d, &count)
            if not 0 <= low <= count:
                raise ValueError("decoder: there are no such streams")
            return rows_of(rows + low, count - low, sizeof(StreamKey), STREAM_KEY)
        finally:
            busy_leave(&self.busy)

    def sources(self):
        """See border.DecoderLike."""
        from seqcheck.kernel.border import SOURCE
        cdef int64_t n
        cdef uint8_t[::1] raw
        self.take()
        try:
            table = rows_of(NULL, decoder_sources(self.d), sizeof(Source), SOURCE)
            raw = table.view("u1")
            for n in range(decoder_sources(self.d)):
                decoder_source(self.d, n, <Source *>&raw[0] + n)
            return table
        finally:
            busy_leave(&self.busy)


# ---- content ---------------------------------------------------------------------------------------------------------


cdef class Content:
    """See border.ContentLike. For one thread at a time."""

    cdef ContentTable *t
    cdef unsigned char busy

    def __cinit__(self, Py_ssize_t window=CONTENT_WINDOW, *, random=None):
        """`random`: the key of all hashes, as bytes, where it is not to be random."""
        cdef uint64_t seed[CONTENT_WORDS]
        cdef const uint8_t[::1] key = os.urandom(sizeof(seed)) if random is None else random
        if not 2 <= window <= 1 << 30 or window & (window - 1):
            raise ValueError("content: a window that is no power of two")
        if key.shape[0] != sizeof(seed):
            raise ValueError("content: a key of another length")
        memcpy(seed, &key[0], sizeof(seed))
        self.t = content_new(window, seed)
        if self.t == NULL:
            raise MemoryError("no memory for the window of contents")

    def __dealloc__(self):
        content_free(self.t)

    cdef int take(self) except -1:
        """Nobody else is at work with it, nor will be before `busy_leave`."""
        if not busy_take(&self.busy):
            raise RuntimeError("content: this decoder is at work in another thread")
        return 0

    def admit(self, int which):
        """See border.DecoderLike."""
        if not ANY_STREAM <= which <= NO_STREAM:
            raise ValueError("content: which streams?")
        self.take()
        content_admit(self.t, which)
        busy_leave(&self.busy)

    def decode(self, frames, Py_ssize_t low, Py_ssize_t high, records):
        """See border.DecoderLike."""
        cdef HeldFrames held = held_frames(frames)
        cdef HeldRecords held_too = held_records(records)
        cdef FrameColumns f = columns_of(held, frames)
        cdef Out out = held_too.columns
        cdef int64_t at = low, first = frames.first
        cdef int why
        if not 0 <= low <= high <= f.count or out.judged < high or out.capacity < high - low:
            raise ValueError("content: rows outside the frames or the records")
        records.count = 0
        self.take()
        with nogil:
            why = content_decode(self.t, &f, first, &out, &at, high)
        busy_leave(&self.busy)
        if why == CONTENT_OUTSIDE:
            raise ValueError(f"content: row {at} lies outside the buffer")
        if why == CONTENT_NO_MEMORY:
            raise MemoryError("content: no memory for a larger table of streams or sources")
        records.count = out.count

    def keys(self):
        """See border.DecoderLike."""
        from seqcheck.kernel.border import STREAM_KEY
        cdef int64_t count
        cdef const StreamKey *rows
        self.take()
        try:
            rows = content_streams(self.t, &count)
            return rows_of(rows, count, sizeof(StreamKey), STREAM_KEY)
        finally:
            busy_leave(&self.busy)

    def flows(self):
        """See border.ContentLike."""
        from seqcheck.kernel.border import CONTENT_FLOW
        cdef int64_t count
        self.take()
        try:
            content_streams(self.t, &count)
            return rows_of(content_flows(self.t), count, sizeof(ContentFlow), CONTENT_FLOW)
        finally:
            busy_leave(&self.busy)

    def often(self):
        """See border.ContentLike."""
        from seqcheck.kernel.border import CONTENT_OFTEN
        cdef int64_t count
        cdef const ContentOften *rows
        self.take()
        try:
            rows = content_often_rows(self.t, &count)
            return rows_of(rows, count, sizeof(ContentOften), CONTENT_OFTEN)
        finally:
            busy_leave(&self.busy)

    def sources(self):
        """See border.DecoderLike."""
        from seqcheck.kernel.border import SOURCE
        cdef int64_t n
        cdef uint8_t[::1] raw
        self.take()
        try:
            table = rows_of(NULL, content_sources(self.t), sizeof(Source), SOURCE)
            raw = table.view("u1")
            for n in range(content_sources(self.t)):
                content_source(self.t, n, <Source *>&raw[0] + n)
            return table
        finally:
            busy_leave(&self.busy)


# ---- track -----------------------------------------------------------------------------------------------------------


cdef class Tracker:
    """See border.TrackerLike. For one thread at a time."""

    cdef Track *t
    cdef unsigned char busy
    cdef object events          # those of the last call,
    cdef uint8_t[::1] rows      # and their memory

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
        cdef const int64_t[::1] words = saved
        cdef int64_t count = words.shape[0]
        cdef const int64_t *first = &words[0] if count else NULL
        cdef int why
        with nogil:
            why = tracker_load(self.t, first, count)
        if why == TRACK_OUTSIDE:
            raise ValueError("tracker: this is not what a tracker with this modulus and this room saved")
        return check(why)

    def save(self):
        """See border.TrackerLike."""
        import numpy
        cdef int64_t[::1] words
        cdef int64_t count
        self.take()
        try:
            count = tracker_save(self.t, NULL, 0)
            found = numpy.empty(max(count, 1), numpy.int64)
            words = found
            if count < 0 or tracker_save(self.t, &words[0], count) != count:
                raise MemoryError("tracker: no memory to put pages in order")
            return found
        finally:
            busy_leave(&self.busy)

    def __dealloc__(self):
        tracker_free(self.t)

    cdef int take(self) except -1:
        """Nobody else is at work with it, nor will be before `busy_leave`."""
        if not busy_take(&self.busy):
            raise RuntimeError("tracker: it is at work in another thread")
        return 0

    def count_by(self, moduli):
        """See border.TrackerLike."""
        cdef const uint64_t[::1] rows = moduli
        cdef bint done
        if len(moduli) == 0:
            return
        if (moduli == 1).any():
            raise ValueError("tracker: a modulus of 1")
        self.take()
        done = tracker_count(self.t, &rows[0], rows.shape[0])
        busy_leave(&self.busy)
        if not done:
            raise MemoryError("tracker: no memory for the streams' moduli")

    cdef int begin_rows(self, events, Events *out) except -1:
        """Let rows go to the caller's events."""
        cdef uint8_t[::1] rows
        if self.events is not events:
            rows = events.view("u1")
            if rows.shape[0] != len(events) * <Py_ssize_t>sizeof(Event):
                raise ValueError("tracker: events that are no EVENT rows")
            self.events, self.rows = events, rows
        out.rows, out.count, out.capacity = <Event *>&self.rows[0], 0, self.rows.shape[0] // sizeof(Event)
        return 0

    def feed(self, frames, records, Py_ssize_t low, events):
        """See border.TrackerLike."""
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
        """See border.TrackerLike."""
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
        """See border.TrackerLike."""
        from seqcheck.kernel.border import STREAM_STATE
        cdef int64_t n
        cdef uint8_t[::1] raw
        self.take()
        try:
            table = rows_of(NULL, tracker_streams(self.t), sizeof(State), STREAM_STATE)
            raw = table.view("u1")
            for n in range(tracker_streams(self.t)):
                tracker_stream(self.t, n, <State *>&raw[0] + n)
            return table
        finally:
            busy_leave(&self.busy)

    def distances(self):
        """See border.TrackerLike."""
        import numpy
        cdef int64_t[::1] rows
        self.take()
        try:
            found = numpy.empty(DISTANCES + 1, numpy.int64)
            rows = found
            memcpy(&rows[0], tracker_distances(self.t), (DISTANCES + 1) * sizeof(int64_t))
            return found
        finally:
            busy_leave(&self.busy)

    def missing(self):
        """See border.TrackerLike."""
        from seqcheck.kernel.border import HOLE, MISSING_PAGE
        cdef uint8_t[::1] raw, holes_raw
        self.take()
        try:
            pages = rows_of(NULL, tracker_pages(self.t), sizeof(MissingPage), MISSING_PAGE)
            holes = rows_of(NULL, tracker_holes(self.t), sizeof(Stretch), HOLE)
            raw, holes_raw = pages.view("u1"), holes.view("u1")
            if not tracker_missing(self.t, <MissingPage *>&raw[0], <Stretch *>&holes_raw[0]):
                raise MemoryError("tracker: no memory to put what is missing in order")
            return pages, holes
        finally:
            busy_leave(&self.busy)


cdef int check(int why) except -1:
    """Raise what a call of the tracker ended with."""
    if why == TRACK_NO_MEMORY:
        raise MemoryError("tracker: no memory for what is out of order")
    if why == TRACK_FAULT:
        raise RuntimeError("tracker: an event found no room: a fault in it")
    return 0
