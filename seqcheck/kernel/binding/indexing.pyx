# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: embedsignature=True, freethreading_compatible=True
"""Index: from the bytes of a capture to frames."""

from libc.stdint cimport int64_t, uint8_t, uint16_t

from seqcheck.kernel.binding.arrays cimport ROWS, UNSIGNED, Array, array_of
from seqcheck.kernel.binding.border cimport FrameColumns, Interface
from seqcheck.kernel.binding.held cimport HeldFrames, columns_in, held_frames


def index_pcap(buf, Py_ssize_t start, Py_ssize_t stop, rule, frames):
    """See protocols.Kernel."""
    cdef HeldFrames held = held_frames(frames)
    cdef Array data = array_of(buf, UNSIGNED, 1)
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
    """See protocols.Kernel."""
    cdef HeldFrames held = held_frames(frames)
    cdef Array data = array_of(buf, UNSIGNED, 1), table = array_of(interfaces, ROWS, sizeof(Interface))
    cdef FrameColumns f = columns_in(held, frames, data)
    cdef PcapngWalk w
    cdef int why
    w.pos, w.stop, w.known, w.big = start, stop, table.count, big
    w.interfaces = <const Interface *>table.at
    if not 0 <= start <= stop <= f.size:
        raise ValueError("index_pcapng: positions outside the buffer")
    with nogil:
        why = walk_pcapng(&f, &w)
    frames.count = f.count
    return w.pos, why


def seek_pcap(buf, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t end, rule):
    """See protocols.Kernel."""
    cdef Array data = array_of(buf, UNSIGNED, 1)
    cdef PcapWalk w
    cdef int64_t found
    w.header, w.link, w.big, w.nano, w.swapped = rule.header, rule.link, rule.big, rule.nano, rule.swapped
    if not 0 <= start <= stop <= end <= data.count or w.header < 16:
        raise ValueError("seek_pcap: positions outside the buffer, or a record header of less than 16 bytes")
    if start == stop:
        return -1
    with nogil:
        found = first_pcap_record(<const uint8_t *>data.at, start, stop, end, &w)
    return found


def seek_pcapng(buf, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t end, bint big):
    """See protocols.Kernel."""
    cdef Array data = array_of(buf, UNSIGNED, 1)
    cdef int64_t found
    if not 0 <= start <= stop <= end <= data.count:
        raise ValueError("seek_pcapng: positions outside the buffer")
    if start == stop:
        return -1
    with nogil:
        found = first_pcapng_block(<const uint8_t *>data.at, start, stop, end, big)
    return found


def index_tpacket(buf, Py_ssize_t start, Py_ssize_t stop, uint16_t link, frames):
    """See protocols.Kernel."""
    cdef HeldFrames held = held_frames(frames)
    cdef Array data = array_of(buf, UNSIGNED, 1, True)     # written to, where a tag is put back
    cdef FrameColumns f = columns_in(held, frames, data)
    cdef TpacketWalk w
    cdef int why
    w.bytes, w.pos, w.stop, w.link = <uint8_t *>data.at, start, stop, link
    if not 0 <= start <= stop <= f.size:
        raise ValueError("index_tpacket: positions outside the buffer")
    with nogil:
        why = walk_tpacket(&f, &w)
    frames.count = f.count
    return w.pos, why
