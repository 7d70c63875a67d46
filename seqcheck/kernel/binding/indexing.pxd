"""native/index.h and native/seek.h, for indexing.pyx."""

from libc.stdint cimport int64_t, uint8_t, uint16_t

from seqcheck.kernel.binding.border cimport FrameColumns, Interface

cdef extern from "../native/index.h" nogil:
    struct PcapWalk "pcap_walk":
        int64_t pos
        int64_t stop
        int64_t header
        uint16_t link
        bint big
        bint nano
        bint swapped
    int walk_pcap(FrameColumns *f, PcapWalk *w)
    struct PcapngWalk "pcapng_walk":
        int64_t pos
        int64_t stop
        const Interface *interfaces
        int64_t known
        bint big
    int walk_pcapng(FrameColumns *f, PcapngWalk *w)
    struct TpacketWalk "tpacket_walk":
        uint8_t *bytes
        int64_t pos
        int64_t stop
        uint16_t link
    int walk_tpacket(FrameColumns *f, TpacketWalk *w)

cdef extern from "../native/seek.h" nogil:
    int64_t first_pcap_record "seek_pcap"(
        const uint8_t *buf, int64_t start, int64_t stop, int64_t end, const PcapWalk *rule)
    int64_t first_pcapng_block "seek_pcapng"(const uint8_t *buf, int64_t start, int64_t stop, int64_t end, bint big)
