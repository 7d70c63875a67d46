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
    NARROW = 8
    WIDE = 12
    TEMPLATES = 8

# What a Template holds (its struct stands in _alike.pxi):
#     value               the bytes of the frame that it was made of, as words
#     fixed, key, both    the bits that decide, those that name stream and source, and both
#     all                 both and, until they were seen to vary, the length words
#     span                bytes from the frame's first that are read here; INT64_MAX where this is no template
#     deep, ip_*, udp_*   the lengths that are needed, and where they stand: at 0 with a need of 0 where there is no such word
#     seq_at              the counter's place, -1 where that depends on the lengths
#     tag                 its flows bear it; never used twice
#     words               that are compared: NARROW, WIDE or WORDS. The last one is never asked for, see _flows.pxi

cdef inline bint alike(const uint8_t *p, const Template *t, int64_t room, int64_t cap, int link) noexcept nogil:
    """Whether it does take it, be it of another stream."""
    return reaches(p, t, room, cap, link) and differ(p, t.value, t.fixed, t.words) == 0


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
    cdef uint64_t seq
    cdef int j, last = 0
    memset(&m, 0, sizeof(Marks))
    memset(t, 0, sizeof(Template))
    m.fits, m.ip_at, m.udp_at = not program.trailing_stream, -1, -1
    if locate(p, cap, f.wire[row], f.link[row], program, &place, &m) != RECORD:
        return False
    if read_fields(p, cap, program, &place, &m) != RECORD or not m.fits:
        return False
    if m.ip_at + 2 > SPAN or m.udp_at + 2 > SPAN:
        return False
    for j in range(SPAN):
        if (m.fixed[j] | m.key[j]) != 0 or j == m.ip_at + 1 or j == m.udp_at + 1:
            last = j
    t.words = NARROW if last < 8 * (NARROW - 1) else WIDE if last < 8 * (WIDE - 1) else WORDS
    t.span, t.seq_at, t.deep, t.link, t.start = t.words * 8, -1, m.deep, f.link[row], place.start
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
        t.both[j] = t.all[j] = t.fixed[j] | t.key[j]
    if m.ip_at >= 0:
        memset(<uint8_t *>t.all + m.ip_at, 0xFF, 2)
    if m.udp_at >= 0:
        memset(<uint8_t *>t.all + m.udp_at, 0xFF, 2)
    return alike(p, t, room, cap, t.link) and dynamic_fields(p, cap, f.wire[row], t, program, &seq)
