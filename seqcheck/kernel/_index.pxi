# Index: the way from Python into native/index.h.

from seqcheck.kernel._index cimport (
    PcapngWalk, PcapWalk, TpacketWalk, walk_pcap, walk_pcapng, walk_tpacket,
)


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
