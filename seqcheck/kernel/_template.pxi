# Frames that look like one that was decoded before, recognised at once.
#
# Theory
#     What decode says of a frame is decided by few of its bits: those that lead through the headers (`fixed`), those
#     that name stream and source (`key`), the length words, and the counter. A template remembers the bits of a frame
#     that was decoded the long way, as a record. A frame with the same fixed bits, whose lengths reach as deep, takes
#     the same way to the same places; if its key bits are the same too, it is of the same stream and source. If they
#     are not, the *flows* know which stream and source belong to key bits seen before under this template. Whatever is
#     in doubt goes the long way, so a template can be too narrow, but never wrong.
# Why the lengths may vary
#     Every `need` and every field at a fixed place was satisfied up to `deep`. With both length words at least as far as
#     `deep`, and as many bytes captured, each of them is satisfied again; neither word is then 0.
# Fields that count from the end, or compare with the length, are read for each frame (`dynamic`); STREAM fields that
# count from the end rule templates out.

cdef enum:
    WORDS = SPAN // 8
    TEMPLATES = 8
    FLOW_WORDS = 14
    FLOW_PROBES = 4
    FLOW_BITS_FIRST = 10
    FLOW_BITS_MOST = 17

cdef struct Template:
    int64_t span        # bytes from the frame's first that are read here; INT64_MAX where this is no template
    int64_t deep
    int link
    int words           # of value, fixed and key in use: 8, 12 or 16
    int64_t ip_at       # 0 with a need of 0 where there is no such word
    int64_t ip_base
    uint32_t ip_need
    int64_t udp_at
    int64_t udp_base
    uint32_t udp_need
    int64_t seq_at
    int64_t start
    int64_t stream
    int64_t source
    int64_t tag         # its flows bear it; never used twice
    int64_t flow        # the flow met last
    int64_t hits
    int keys            # words with key bits
    uint8_t key_at[WORDS]
    uint64_t value[WORDS]
    uint64_t fixed[WORDS]
    uint64_t key[WORDS]

cdef struct Flow:
    int64_t tag
    int32_t stream
    int32_t source
    uint64_t key[FLOW_WORDS]


cdef inline void differ(const uint8_t *p, const Template *t, int low, int high, uint64_t *fixed, uint64_t *key) noexcept nogil:
    """Gather the fixed bits and the key bits in which the frame differs, in words low..high-1 (literals)."""
    cdef int j
    cdef uint64_t word, a = 0, b = 0
    for j in range(low, high):
        word = raw64(p + 8 * j) ^ t.value[j]
        a |= word & t.fixed[j]
        b |= word & t.key[j]
    fixed[0] |= a
    key[0] |= b


cdef inline bint alike(
    const uint8_t *p, const Template *t, int64_t room, int64_t cap, int link, uint64_t *key
) noexcept nogil:
    """Whether the frame takes the template's way; `key` is then 0 if it is of the same stream and source. `room`: bytes
    that may be read at `p`."""
    cdef uint64_t fixed = 0
    key[0] = 0
    if room < t.span or cap < t.deep or link != t.link:
        return False
    if be16(p + t.ip_at) < t.ip_need or be16(p + t.udp_at) < t.udp_need:
        return False
    differ(p, t, 0, 8, &fixed, key)
    if t.words > 8:
        differ(p, t, 8, 12, &fixed, key)
        if t.words > 12:
            differ(p, t, 12, 16, &fixed, key)
    return fixed == 0


cdef inline uint64_t fixed_seq(const uint8_t *p, const Field *field) noexcept nogil:
    """The counter at `p`, where 8 bytes may be read whatever its width."""
    cdef uint64_t word = be64(p) >> (64 - 8 * field.width) if field.big else le64(p)
    return (word & field.mask) >> field.shift


cdef bint dynamic_fields(
    const uint8_t *p, int64_t cap, int64_t wire, const Template *t, const Program *program, uint64_t *seq
) noexcept nogil:
    """Read the fields whose place or meaning depends on the lengths. False: in doubt, go the long way."""
    cdef const Field *field
    cdef int64_t at, stated = wire, end = wire
    cdef uint64_t word
    cdef int row
    if t.ip_need != 0:
        stated = t.ip_base + be16(p + t.ip_at)
        end = min(end, stated)
    if t.udp_need != 0:
        stated = t.udp_base + be16(p + t.udp_at)
        end = min(end, stated)
    for row in range(program.count):
        field = &program.fields[row]
        if field.offset >= 0 and not (field.role == MATCH and field.op == EQ_LENGTH):
            continue
        at = (t.start if field.offset >= 0 else stated) + field.offset
        if at < t.start or at + field.width > end or at + field.width > cap:
            return False
        word = field_word(p + at, field)
        if field.role == SEQ:
            seq[0] = word >> field.shift
        elif field.op == EQ_LENGTH:
            if word != <uint64_t>(stated - t.start):
                return False
        elif (word == field.value) != (field.op == EQ):
            return False
    return True


cdef bint learn(const FrameColumns *f, int64_t row, const Program *program, Template *t) noexcept nogil:
    """Make a template of a record; False where it cannot be one. Decodes it once more, with marks."""
    cdef const uint8_t *p = f.buf + f.off[row]
    cdef int64_t cap = f.cap[row], room = f.size - f.off[row]
    cdef const Field *field
    cdef Place place
    cdef Marks m
    cdef uint64_t key, seq
    cdef int j, last = 0
    memset(&m, 0, sizeof(Marks))
    memset(t, 0, sizeof(Template))
    m.fits, m.ip_at, m.udp_at = not program.trailing_stream, -1, -1
    if locate(p, cap, f.wire[row], f.link[row], program, &place, &m) != RECORD:
        return False
    if read_fields(p, cap, program, &place, &m) != RECORD or not m.fits:
        return False
    for j in range(SPAN):
        if (m.fixed[j] | m.key[j]) != 0:
            last = j
    t.words = 8 if last < 64 else 12 if last < 96 else 16
    t.span, t.seq_at, t.deep, t.link, t.start, t.flow = t.words * 8, -1, m.deep, f.link[row], place.start, -1
    for j in range(program.count):
        field = &program.fields[j]
        if field.role == SEQ and field.offset >= 0:
            t.seq_at = place.start + field.offset
            t.span = max(t.span, t.seq_at + 8)
    if room < t.span:
        return False
    memcpy(t.value, p, t.words * 8)
    memcpy(t.fixed, m.fixed, SPAN)
    memcpy(t.key, m.key, SPAN)
    if m.ip_at >= 0:
        t.ip_at, t.ip_base, t.ip_need = m.ip_at, m.ip_base, <uint32_t>max(m.deep - m.ip_base, 1)
    if m.udp_at >= 0:
        t.udp_at, t.udp_base, t.udp_need = m.udp_at, m.udp_base, <uint32_t>max(m.deep - m.udp_base, 1)
    for j in range(WORDS):
        if t.key[j] != 0:
            t.key_at[t.keys] = j
            t.keys += 1
    return alike(p, t, room, cap, t.link, &key) and dynamic_fields(p, cap, f.wire[row], t, program, &seq)
