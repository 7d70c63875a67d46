# Index of a TPACKET_V3 block. The rules and the header's layout stand in reference_tpacket.py. The words are in the byte
# order of this machine. VLAN tags are put back into `bytes`, which is `f.buf` once more, to be written to.

cdef enum:
    TP_HEADER = 48
    TP_VLAN_VALID = 0x10
    TP_VLAN_TPID_VALID = 0x40
    TAG_BYTES = 4
    ADDRESS_BYTES = 12
    TP_ETHERNET = 1
    NS_PER_SECOND = 1000000000
    AHEAD = 8


cdef inline uint32_t own32(const uint8_t *p) noexcept nogil:
    cdef uint32_t v
    memcpy(&v, p, 4)
    return v


cdef inline uint16_t own16(const uint8_t *p) noexcept nogil:
    cdef uint16_t v
    memcpy(&v, p, 2)
    return v


cdef void put_tag_back(uint8_t *frame, uint16_t protocol, uint16_t tag) noexcept nogil:
    """`frame` is where it begins now; the caller has checked that there are 4 bytes in front."""
    memmove(frame - TAG_BYTES, frame, ADDRESS_BYTES)
    frame += ADDRESS_BYTES - TAG_BYTES
    frame[0], frame[1] = protocol >> 8, protocol & 0xFF
    frame[2], frame[3] = tag >> 8, tag & 0xFF


cdef int walk_tpacket(FrameColumns *f, uint8_t *bytes, int64_t *at, int64_t stop, uint16_t link) noexcept nogil:
    cdef const uint8_t *p
    cdef int64_t pos = at[0], row = f.count, off, ns, wired = 0
    cdef uint32_t following, fraction, cap, wire, status, mac
    cdef int why = MORE
    while pos < stop:
        if row == f.capacity:
            why = FULL
            break
        if stop - pos < TP_HEADER:
            why = BAD
            break
        p = bytes + pos
        following, fraction, cap, wire = own32(p), own32(p + 8), own32(p + 12), own32(p + 16)
        status, mac = own32(p + 20), own16(p + 24)
        off = pos + mac
        # The lines were written by another core. Those of packets to come, if they are alike, are fetched meanwhile.
        prefetch(p + AHEAD * <int64_t>following)
        prefetch(p + AHEAD * <int64_t>following + 64)
        prefetch(p + AHEAD * <int64_t>following + 128)
        if mac < TP_HEADER or cap > MAX_FRAME or wire > MAX_WIRE or off + cap > stop:
            why = BAD
            break
        if following and not TP_HEADER <= following <= stop - pos:
            why = BAD
            break
        if unlikely(
            status & TP_VLAN_VALID and link == TP_ETHERNET and ADDRESS_BYTES <= cap <= MAX_FRAME - TAG_BYTES
            and mac >= TP_HEADER + TAG_BYTES
        ):
            put_tag_back(bytes + off, own16(p + 36) if status & TP_VLAN_TPID_VALID else 0x8100, own32(p + 32) & 0xFFFF)
            off, cap, wire = off - TAG_BYTES, cap + TAG_BYTES, wire + TAG_BYTES
        if wire < cap:
            wire = cap
        if unlikely(fraction >= NS_PER_SECOND):
            f.totals[T_ODD] += 1
            if f.totals[T_ODD_AT] < 0:
                f.totals[T_ODD_AT] = pos
        ns = <int64_t>own32(p + 4) * NS_PER_SECOND + fraction
        f.totals[T_FIRST], f.totals[T_LAST] = min(f.totals[T_FIRST], ns), max(f.totals[T_LAST], ns)
        f.totals[T_CUT] += cap < wire
        wired += wire
        f.off[row], f.cap[row], f.wire[row], f.ns[row], f.link[row] = off, cap, wire, ns, link
        row += 1
        pos = pos + following if following else stop
    f.totals[T_BYTES] = <int64_t>(<uint64_t>f.totals[T_BYTES] + <uint64_t>wired)
    f.count, at[0] = row, pos
    return why


def index_tpacket(buf, Py_ssize_t start, Py_ssize_t stop, uint16_t link, frames):
    """See border.Kernel."""
    cdef HeldFrames held = held_frames(frames)
    cdef uint8_t[::1] data = buf    # written to, where a tag is put back
    cdef FrameColumns f = columns_in(held, frames, data)
    cdef int64_t pos = start
    cdef int why
    if not 0 <= start <= stop <= f.size:
        raise ValueError("index_tpacket: positions outside the buffer")
    with nogil:
        why = walk_tpacket(&f, &data[0], &pos, stop, link)
    frames.count = f.count
    return pos, why
