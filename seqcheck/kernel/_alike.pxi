# Whether frames look like templates, many at a time: the innermost loops of decode, in C, since they are compiled twice.
#
# A frame looks like a template where no bit of a mask differs from the template's. Processors that have them (AVX2)
# compare 32 bytes at once, all others 16; which it is, is found out when a decoder is made. The answers are the same.
# Nothing is written here but the answers; what may be read was checked by comparing with `reach`, `room` or a span.

cdef extern from *:
    """
    #define SEQ_WORDS 16
    typedef struct {
        uint64_t value[SEQ_WORDS], fixed[SEQ_WORDS], key[SEQ_WORDS], both[SEQ_WORDS], all[SEQ_WORDS];
        int64_t span, deep, ip_at, ip_base, udp_at, udp_base;
        uint32_t ip_need, udp_need;
        int64_t seq_at, start, stream, source, tag, hits;
        int link, words;
    } __attribute__((aligned(64))) seq_template;
    typedef struct { int at; uint64_t mask; seq_template *which[16]; } seq_pick;
    typedef struct {
        uint64_t *words;
        void *memory;
        int bits, width, by_link;
        int64_t used;
        uint64_t odd[SEQ_WORDS];
    } seq_flows;
    typedef struct {
        const uint8_t *buf;
        int64_t size, count;
        const int64_t *off;
        const uint32_t *cap;
        const uint16_t *link;
    } seq_rows;
    typedef struct { int shift, big; uint64_t mask, top; } seq_number;
    /* The number whose 8 bytes are at p. */
    static inline uint64_t seq_number_at(const uint8_t *p, const seq_number *number) {
        return ((number->big ? be64(p) : le64(p)) >> number->shift) & number->mask;
    }

    typedef uint64_t seq_two __attribute__((vector_size(16), may_alias));
    typedef uint64_t seq_two_loose __attribute__((vector_size(16), aligned(1), may_alias));
    #define SEQ_2(j) ((*(const seq_two_loose *)(p + 16 * (j)) ^ *(const seq_two *)(value + 2 * (j))) \\
        & *(const seq_two *)(mask + 2 * (j)))
    /* The bits of `mask` in which the words at p are not `value`: 8, 12 or 16 words. Both are aligned to 32 bytes. */
    static inline uint64_t seq_differ_2(const uint8_t *p, const uint64_t *value, const uint64_t *mask, int words) {
        seq_two d = SEQ_2(0) | SEQ_2(1) | SEQ_2(2) | SEQ_2(3);
        if (words > 8) d |= SEQ_2(4) | SEQ_2(5);
        if (words > 12) d |= SEQ_2(6) | SEQ_2(7);
        return d[0] | d[1];
    }
    #if defined(__x86_64__) && defined(__GNUC__)
    #define SEQ_AVX2
    #include <immintrin.h>
    #define SEQ_LOAD(p) _mm256_loadu_si256((const __m256i *)(p))
    #define SEQ_4(j) _mm256_and_si256(_mm256_xor_si256(SEQ_LOAD(p + 32 * (j)), SEQ_LOAD(value + 4 * (j))), \\
        SEQ_LOAD(mask + 4 * (j)))
    __attribute__((target("avx2")))
    static inline int seq_differ_4(const uint8_t *p, const uint64_t *value, const uint64_t *mask, int words) {
        __m256i d = _mm256_or_si256(SEQ_4(0), SEQ_4(1));
        if (words > 8) d = _mm256_or_si256(d, SEQ_4(2));
        if (words > 12) d = _mm256_or_si256(d, SEQ_4(3));
        return !_mm256_testz_si256(d, d);
    }
    #endif

    /* Whether the lengths in its headers reach as deep as the template's way goes. */
    static inline int seq_lengths(const uint8_t *p, const seq_template *t) {
        return be16(p + t->ip_at) >= t->ip_need && be16(p + t->udp_at) >= t->udp_need;
    }
    /* Whether a frame is long enough to take the template's way; `room` bytes may be read at p. */
    static inline int seq_reaches(
        const uint8_t *p, const seq_template *t, int64_t room, int64_t cap, int link) {
        return room >= t->span && cap >= t->deep && link == t->link && seq_lengths(p, t);
    }
    /* Whether `all` holds the length words, so that frames that do not differ in it need no look at theirs. */
    static inline int seq_exact(const seq_template *t) {
        const uint8_t *all = (const uint8_t *)t->all;
        return (t->ip_need == 0 || be16(all + t->ip_at) == 0xFFFF)
            && (t->udp_need == 0 || be16(all + t->udp_at) == 0xFFFF);
    }
    /* The template to try for a frame. */
    static inline seq_template **seq_picked(seq_pick *pick, const uint8_t *p) {
        return &pick->which[((raw64(p + pick->at) & pick->mask) * UINT64_C(0x9E3779B97F4A7C15)) >> 60];
    }
    #define SEQ_FETCHED 8   /* frames ahead whose first lines are fetched */
    #define SEQ_LOOPS(name, how, differ) \\
    /* The first row from `row` on that is not just like t. */ \\
    how static int64_t seq_same_##name(const seq_rows *r, const seq_template *t, int64_t row, int64_t stop) { \\
        const uint8_t *const buf = r->buf; \\
        const uint64_t reach = t->span <= r->size ? r->size - t->span + 1 : 0; \\
        const int64_t deep = t->deep; \\
        const int link = t->link, words = t->words; \\
        if (words == 8 && seq_exact(t)) \\
            while (row < stop && (uint64_t)r->off[row] < reach && r->cap[row] >= deep \\
                && r->link[row] == link && !differ(buf + r->off[row], t->value, t->all, 8)) row++; \\
        else \\
            while (row < stop && (uint64_t)r->off[row] < reach && r->cap[row] >= deep && r->link[row] == link \\
                && seq_lengths(buf + r->off[row], t) && !differ(buf + r->off[row], t->value, t->all, words)) row++; \\
        return row; \\
    } \\
    /* The records of the rows from `row` on that are just like one of the templates, and of the stream that it remembers; \\
       the first row that is not. At p `most` bytes may be read before that is known. */ \\
    how static int64_t seq_few_##name( \\
        const seq_rows *r, seq_pick *pick, int64_t most, int words, const seq_number *counter, int64_t *seen, \\
        struct record_columns *out, int64_t row, int64_t stop) { \\
        const seq_rows f = *r;              /* copies, which no store to a column can be to */ \\
        const seq_number number = *counter; \\
        const struct record_columns o = *out; \\
        const int64_t first = row - o.count; \\
        for (; row < stop; row++) { \\
            const int64_t off = f.off[row], room = f.size - off, n = row - first; \\
            const uint8_t *const p = f.buf + off; \\
            seq_template *t; \\
            uint64_t seq; \\
            if (off < 0 || room < most) break; \\
            if (row + SEQ_FETCHED < f.count) { \\
                const uint8_t *const later = f.buf + f.off[row + SEQ_FETCHED]; \\
                __builtin_prefetch(later); \\
                __builtin_prefetch(later + 64); \\
            } \\
            t = *seq_picked(pick, p); \\
            if (!seq_reaches(p, t, room, f.cap[row], f.link[row]) || differ(p, t->value, t->both, words)) break; \\
            seq = seq_number_at(p + t->seq_at, &number); \\
            if (seq > number.top) break; \\
            o.row[n] = (int32_t)row, o.stream[n] = (int32_t)t->stream, o.seq[n] = seq; \\
            o.source[n] = (int32_t)t->source, o.ordinal[n] = seen[t->source]++; \\
            t->hits++; \\
        } \\
        out->count = row - first; \\
        return row; \\
    } \\
    /* Of rows row.. that look like the templates in `like`, the names of their flows, whose first places are given; how \\
       many there are before one is not known. A flow bears its template's tag. */ \\
    how static int64_t seq_names_##name( \\
        const seq_rows *r, const seq_flows *flows, int64_t row, int64_t count, seq_template *const *like, \\
        const uint64_t *place, int tag_shift, int probes, uint64_t *name_of) { \\
        const int width = flows->width; \\
        int64_t k; \\
        for (k = 0; k < count; k++) { \\
            const uint8_t *p = r->buf + r->off[row + k]; \\
            uint64_t at = place[k]; \\
            int probe; \\
            for (probe = 0; probe < probes; probe++) { \\
                const uint64_t *words = flows->words + at * width, called = words[width - 1]; \\
                if (called >> tag_shift == (uint64_t)like[k]->tag && !differ(p, words, like[k]->both, width)) { \\
                    name_of[k] = called; \\
                    break; \\
                } \\
                at = (at + 1) & ((UINT64_C(1) << flows->bits) - 1); \\
            } \\
            if (probe == probes) break; \\
        } \\
        return k; \\
    }
    typedef struct {
        int64_t (*same)(const seq_rows *, const seq_template *, int64_t, int64_t);
        int64_t (*few)(const seq_rows *, seq_pick *, int64_t, int, const seq_number *, int64_t *, struct record_columns *, int64_t, int64_t);
        int64_t (*names)(const seq_rows *, const seq_flows *, int64_t, int64_t, seq_template *const *, const uint64_t *,
            int, int, uint64_t *);
    } seq_loops;
    SEQ_LOOPS(2, , seq_differ_2)
    #ifdef SEQ_AVX2
    SEQ_LOOPS(4, __attribute__((target("avx2"))), seq_differ_4)
    #endif
    /* The loops for this processor, or those for any. */
    static seq_loops seq_loops_for(int any) {
        const seq_loops plain = {seq_same_2, seq_few_2, seq_names_2};
    #ifdef SEQ_AVX2
        const seq_loops wide = {seq_same_4, seq_few_4, seq_names_4};
        __builtin_cpu_init();
        if (!any && __builtin_cpu_supports("avx2")) return wide;
    #endif
        return plain;
    }
    """
    enum:
        WORDS "SEQ_WORDS"
    ctypedef struct Template "seq_template":    # see _template.pxi
        uint64_t value[16]
        uint64_t fixed[16]
        uint64_t key[16]
        uint64_t both[16]
        uint64_t all[16]
        int64_t span
        int64_t deep
        int64_t ip_at
        int64_t ip_base
        int64_t udp_at
        int64_t udp_base
        uint32_t ip_need
        uint32_t udp_need
        int64_t seq_at
        int64_t start
        int64_t stream
        int64_t source
        int64_t tag
        int64_t hits
        int link
        int words
    ctypedef struct Pick "seq_pick":
        int at                  # where the 8 bytes stand that tell which template to try,
        uint64_t mask           # the bits of them that all templates fix,
        Template *which[16]     # and which it is, by a hash of these
    ctypedef struct Flows "seq_flows":          # see _flows.pxi
        uint64_t *words
        void *memory
        int bits
        int width
        int by_link
        int64_t used
        uint64_t odd[16]
    ctypedef struct Rows "seq_rows":            # what is read of FrameColumns
        const uint8_t *buf
        int64_t size
        int64_t count
        const int64_t *off
        const uint32_t *cap
        const uint16_t *link
    ctypedef struct Number "seq_number":        # where in 8 bytes the counter stands, and its bounds
        int shift               # right, in its byte order
        bint big
        uint64_t mask           # after that
        uint64_t top            # modulus - 1
    ctypedef struct Loops "seq_loops":
        int64_t (*same)(const Rows *, const Template *, int64_t, int64_t) noexcept nogil
        int64_t (*few)(
            const Rows *, Pick *, int64_t, int, const Number *, int64_t *, Out *, int64_t, int64_t
        ) noexcept nogil
        int64_t (*names)(
            const Rows *, const Flows *, int64_t, int64_t, Template **, const uint64_t *, int, int, uint64_t *
        ) noexcept nogil
    Loops loops_for "seq_loops_for"(bint any) noexcept nogil
    uint64_t differ "seq_differ_2"(const uint8_t *p, const uint64_t *value, const uint64_t *mask, int words) noexcept nogil
    bint reaches "seq_reaches"(const uint8_t *p, const Template *t, int64_t room, int64_t cap, int link) noexcept nogil
    uint64_t number_at "seq_number_at"(const uint8_t *p, const Number *number) noexcept nogil
    Template **picked "seq_picked"(Pick *pick, const uint8_t *p) noexcept nogil
