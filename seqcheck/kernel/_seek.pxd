"""native/seek.h, for the binding."""

from libc.stdint cimport int64_t, uint8_t

from seqcheck.kernel._index cimport PcapWalk

cdef extern from "native/seek.h" nogil:
    int64_t seek_pcap(const uint8_t *buf, int64_t start, int64_t stop, int64_t end, const PcapWalk *rule)
    int64_t seek_pcapng(const uint8_t *buf, int64_t start, int64_t stop, int64_t end, bint big)
