# One frame, layer by layer, as reference_decode.py states the rules. Returns a status; `Place` says where and whose.
#
# Every read lies behind a `need` or an equal comparison with `cap`. While a template is being learnt (`m` is not NULL)
# each step also notes which bits it looked at: bits of `fixed` decide the way through the headers, bits of `key` name
# the stream and the source. The two length words are noted apart, since they may vary from frame to frame.

cdef enum:
    SPAN = 120          # bytes of a frame's front that a template can remember
    MAX_EXTENSIONS = 16

cdef struct Marks:
    bint fits           # all that was looked at lies within SPAN
    int64_t deep        # the lowest `end` and `cap` at which the way is the same
    uint8_t fixed[SPAN]
    uint8_t key[SPAN]
    int64_t ip_at       # position of the IP header's length word, -1 where there is none
    int64_t ip_base     # where its count begins
    int64_t udp_at
    int64_t udp_base

cdef struct Place:
    int64_t start
    int64_t end
    int64_t stated
    uint64_t address[2]     # of the source's link layer, zero-filled; and its length
    uint64_t seq
    StreamKey key


cdef void mark(Marks *m, int64_t at, uint32_t bits, int width) noexcept nogil:
    """`width` bytes (up to 4) at `at` decide, as far as `bits` (big endian) goes."""
    cdef int j
    if m == NULL:
        return
    if at + width > SPAN:
        m.fits = False
        return
    for j in range(width):
        m.fixed[at + j] |= <uint8_t>(bits >> (8 * (width - 1 - j)))


cdef void mark_key(Marks *m, int64_t at, int64_t width) noexcept nogil:
    if m == NULL:
        return
    if at + width > SPAN:
        m.fits = False
        return
    memset(m.key + at, 0xFF, width)


cdef inline int need(Place *f, int64_t cap, int64_t length, Marks *m) noexcept nogil:
    if f.start + length > f.end:
        return SHORT
    if f.start + length > cap:
        return CUT
    if m != NULL:
        m.deep = max(m.deep, f.start + length)
    return RECORD


cdef inline int link_header(int link) noexcept nogil:
    """Bytes of the link header, 0 for those without an ethertype."""
    return 14 if link == 1 else 16 if link == 113 else 20 if link == 276 else 0


cdef void link_addresses(const uint8_t *p, int64_t cap, int link, bint into_key, Place *f, Marks *m) noexcept nogil:
    cdef int length = 6, at = 6, header = link_header(link)
    f.address[0], f.address[1] = 0, 0
    if header == 0:
        return
    if cap < header:
        if m != NULL:
            m.fits = False
        return
    if link == 113:
        length = min(be16(p + 4), 8)
        mark(m, 4, 0xFFFF, 2)
    elif link == 276:
        at, length = 12, min(p[11], 8)
        mark(m, 11, 0xFF, 1)
    memcpy(&f.address[0], p + at, length)
    f.address[1] = length
    mark_key(m, at, length)
    if m != NULL:
        m.deep = max(m.deep, header)
    if into_key:
        memcpy(f.key.source, p + at, length)
        if link == 1:
            memcpy(f.key.target, p, 6)
            mark_key(m, 0, 6)


cdef int to_ethertype(const uint8_t *p, int64_t cap, int link, Place *f, uint16_t *kind, Marks *m) noexcept nogil:
    cdef int64_t at = 0 if link == 276 else 12 if link == 1 else 14
    cdef int status = need(f, cap, link_header(link), m)
    if status != RECORD:
        return status
    f.start = link_header(link)
    kind[0] = be16(p + at)
    mark(m, at, 0xFFFF, 2)
    while kind[0] == 0x8100 or kind[0] == 0x88A8 or kind[0] == 0x9100 or kind[0] == 0x9200:
        status = need(f, cap, 4, m)
        if status != RECORD:
            return status
        kind[0] = be16(p + f.start + 2)
        mark(m, f.start + 2, 0xFFFF, 2)
        f.start += 4
    return RECORD


cdef inline int family_version(uint32_t family) noexcept nogil:
    return 4 if family == 2 else 6 if family in (10, 24, 28, 30) else 0


cdef int to_network(const uint8_t *p, int64_t cap, int link, Place *f, Marks *m) noexcept nogil:
    """To the first byte of the IP header; its version into the key."""
    cdef uint16_t kind = 0
    cdef int status, announced = 0
    if link_header(link) != 0:
        status = to_ethertype(p, cap, link, f, &kind, m)
        if status != RECORD:
            return status
        announced = 4 if kind == 0x0800 else 6 if kind == 0x86DD else 0
        if announced == 0:
            return PROTOCOL
    elif link == 0 or link == 108:
        status = need(f, cap, 4, m)
        if status != RECORD:
            return status
        mark(m, 0, 0xFFFFFFFF, 4)
        announced = family_version(be32(p))
        if announced == 0:
            announced = family_version(le32(p))
        if announced == 0:
            return PROTOCOL
        f.start = 4
    elif link == 228:
        announced = 4
    elif link == 229:
        announced = 6
    elif link != 101 and link != 12 and link != 14:
        return LINK
    status = need(f, cap, 1, m)
    if status != RECORD:
        return status
    f.key.version = p[f.start] >> 4
    mark(m, f.start, 0xF0, 1)
    if announced != 0:
        return RECORD if f.key.version == announced else MALFORMED
    return RECORD if f.key.version == 4 or f.key.version == 6 else MALFORMED


cdef inline void state(Place *f, int64_t stated) noexcept nogil:
    f.stated = stated
    f.end = min(f.end, stated)


cdef int through_ip(const uint8_t *p, int64_t cap, int selector, Place *f, Marks *m) noexcept nogil:
    cdef int64_t at = f.start, header, total
    cdef int status = need(f, cap, 20 if f.key.version == 4 else 40, m)
    if status != RECORD:
        return status
    if f.key.version == 4:
        header, total = (p[at] & 15) * 4, be16(p + at + 2)
        if header < 20 or (total != 0 and total < header):
            return MALFORMED
        if total != 0:
            state(f, at + total)
        if be16(p + at + 6) & 0x1FFF != 0:
            return FRAGMENT
        f.key.protocol = p[at + 9]
        memcpy(f.key.source, p + at + 12, 4)
        memcpy(f.key.target, p + at + 16, 4)
        f.start = at + header
        mark(m, at, 0x0F, 1)
        mark(m, at + 6, 0x1FFF, 2)
        mark(m, at + 9, 0xFF, 1)
        mark_key(m, at + 12, 8)
    else:
        total = be16(p + at + 4)
        if total != 0:
            state(f, at + 40 + total)
        f.key.protocol = p[at + 6]
        memcpy(f.key.source, p + at + 8, 16)
        memcpy(f.key.target, p + at + 24, 16)
        f.start = at + 40
        mark(m, at + 6, 0xFF, 1)
        mark_key(m, at + 8, 32)
    if m != NULL:
        m.ip_at = at + (2 if f.key.version == 4 else 4)
        m.ip_base = at if f.key.version == 4 else at + 40
    return through_extensions(p, cap, selector, f, m)


cdef inline bint is_extension(int version, int protocol) noexcept nogil:
    if version == 4:
        return protocol == 51
    return protocol in (0, 43, 44, 51, 60, 135, 139, 140)


cdef int through_extensions(const uint8_t *p, int64_t cap, int selector, Place *f, Marks *m) noexcept nogil:
    cdef int count = 0, status
    cdef int64_t length
    while f.key.protocol != selector and is_extension(f.key.version, f.key.protocol):
        if count == MAX_EXTENSIONS:
            return MALFORMED
        count += 1
        status = need(f, cap, 8, m)
        if status != RECORD:
            return status
        if f.key.protocol == 44:
            mark(m, f.start + 2, 0xFFF8, 2)
            if be16(p + f.start + 2) & 0xFFF8 != 0:
                return FRAGMENT
            length = 8
        else:
            mark(m, f.start + 1, 0xFF, 1)
            length = <int64_t>p[f.start + 1] * (4 if f.key.protocol == 51 else 8) + 8
        mark(m, f.start, 0xFF, 1)
        f.key.protocol = p[f.start]
        f.start += length
    return RECORD


cdef int through_transport(const uint8_t *p, int64_t cap, int anchor, int selector, Place *f, Marks *m) noexcept nogil:
    cdef int64_t at = f.start, length
    cdef int status
    if f.key.protocol != (17 if anchor == A_UDP else 6):
        return PROTOCOL
    status = need(f, cap, 8 if anchor == A_UDP else 20, m)
    if status != RECORD:
        return status
    f.key.sport, f.key.dport = be16(p + at), be16(p + at + 2)
    mark_key(m, at, 4)
    if selector >= 0 and f.key.sport != selector and f.key.dport != selector:
        return PORT
    if anchor == A_UDP:
        length = be16(p + at + 4)
        if length != 0:
            if length < 8:
                return MALFORMED
            state(f, at + length)
        f.start = at + 8
        if m != NULL:
            m.udp_at, m.udp_base = at + 4, at
    else:
        mark(m, at + 12, 0xF0, 1)
        length = (p[at + 12] >> 4) * 4
        if length < 20:
            return MALFORMED
        f.start = at + length
    return RECORD


cdef void forget(int key, StreamKey *k) noexcept nogil:
    """Leave out of the stream's key what the program does not want in it."""
    if key >= K_HOSTS:
        k.sport, k.dport = 0, 0
    if key >= K_SOURCE:
        memset(k.target, 0, 16)
    if key >= K_NONE:
        memset(k.source, 0, 16)


cdef int locate(
    const uint8_t *p, int64_t cap, int64_t wire, int link, const Program *program, Place *f, Marks *m
) noexcept nogil:
    """Find the anchor's payload, the stream's key (but for its fields) and the source's address."""
    cdef int anchor = program.anchor, status = RECORD
    cdef uint16_t kind = 0
    memset(&f.key, 0, sizeof(StreamKey))
    f.start, f.end, f.stated, f.seq = 0, wire, wire, 0
    link_addresses(p, cap, link, anchor <= A_ETH, f, m)
    if anchor == A_ETH:
        if link_header(link) != 0:
            status = to_ethertype(p, cap, link, f, &kind, m)
            if status == RECORD and program.selector >= 0 and program.selector != kind:
                status = PROTOCOL
        else:
            status = PROTOCOL if link in (101, 12, 14, 228, 229, 0, 108) else LINK
    elif anchor != A_FRAME:
        status = to_network(p, cap, link, f, m)
        if status == RECORD:
            status = through_ip(p, cap, program.selector if anchor == A_IP else -1, f, m)
        if status == RECORD and anchor != A_IP:
            status = through_transport(p, cap, anchor, program.selector, f, m)
        elif status == RECORD and program.selector >= 0 and program.selector != f.key.protocol:
            status = PROTOCOL
    if m != NULL:
        m.deep = max(m.deep, f.start)
    forget(program.key, &f.key)
    if status == RECORD and f.start > f.stated:
        return MALFORMED
    return status


cdef int read_fields(const uint8_t *p, int64_t cap, const Program *program, Place *f, Marks *m) noexcept nogil:
    """Run the program over the payload that `locate` found."""
    cdef const Field *field
    cdef uint64_t word
    cdef int64_t at
    cdef int row, streams = 0, status = RECORD
    cdef bint holds
    for row in range(program.count):
        field = &program.fields[row]
        at = (f.start if field.offset >= 0 else f.stated) + field.offset
        if at < f.start or at + field.width > f.end:
            return SHORT
        if at + field.width > cap:
            status = CUT
            continue
        word = field_word(p + at, field)
        if field.role == MATCH:
            holds = (
                word == field.value if field.op == EQ else word != field.value if field.op == NE
                else word == <uint64_t>(f.stated - f.start)
            )
            if not holds:
                return MAGIC
        elif field.role == STREAM:
            f.key.fields[streams] = word >> field.shift
            streams += 1
        else:
            f.seq = word >> field.shift
            if program.modulus != 0 and f.seq >= program.modulus:
                return MAGIC
        if m != NULL and field.offset >= 0:
            mark_field(m, at, field)
    return status


cdef void mark_field(Marks *m, int64_t at, const Field *field) noexcept nogil:
    """A field at a fixed place: what matched has to be so again, a stream's number belongs to the key."""
    cdef int j
    cdef uint8_t bits
    m.deep = max(m.deep, at + field.width)
    if field.role == SEQ:
        return
    if at + field.width > SPAN:
        m.fits = False
        return
    for j in range(field.width):
        bits = <uint8_t>(field.mask >> (8 * (field.width - 1 - j if field.big else j)))
        if field.role == STREAM:
            m.key[at + j] |= bits
        elif field.role == MATCH and field.op != EQ_LENGTH:
            m.fixed[at + j] |= bits
