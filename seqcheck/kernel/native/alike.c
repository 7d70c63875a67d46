/* Whether frames look like templates; see alike.h. Each loop is written once, and compiled for each instruction set: its
 * `differ` is a constant wherever it is called. */
#include "alike.h"

#include "hints.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_WIDE 1
/* From a cache line on: these loops are up to 6 % slower where they lie elsewhere. */
#define WIDE_CODE __attribute__((target("avx2"), aligned(64)))
#else
#define HAS_WIDE 0
#endif

enum { FETCHED = 8 };       /* frames ahead whose first lines are fetched */

/* Whether a bit of `mask` in the words at p is not that of `value`: 8, 12 or 16 words, both aligned to 32 bytes. */
typedef bool differ_function(const uint8_t *p, const uint64_t *value, const uint64_t *mask, int words);

typedef uint64_t two __attribute__((vector_size(16), may_alias));
typedef uint64_t two_anywhere __attribute__((vector_size(16), aligned(1), may_alias));

static inline void add_two(two *d, const uint8_t *p, const uint64_t *value, const uint64_t *mask, int j)
{
    *d |= (((const two_anywhere *)p)[j] ^ ((const two *)value)[j]) & ((const two *)mask)[j];
}

static inline bool differ_by_two(const uint8_t *p, const uint64_t *value, const uint64_t *mask, int words)
{
    two d = {0};

    for (int j = 0; j < NARROW / 2; j++)
        add_two(&d, p, value, mask, j);
    if (words > NARROW) {
        add_two(&d, p, value, mask, 4);
        add_two(&d, p, value, mask, 5);
    }
    if (words > WIDE) {
        add_two(&d, p, value, mask, 6);
        add_two(&d, p, value, mask, 7);
    }
    return (d[0] | d[1]) != 0;
}

#if HAS_WIDE
WIDE_CODE static inline __m256i differ_in_four(const uint8_t *p, const uint64_t *value, const uint64_t *mask, int j)
{
    const __m256i a = _mm256_loadu_si256((const __m256i *)p + j), b = _mm256_load_si256((const __m256i *)value + j);
    return _mm256_and_si256(_mm256_xor_si256(a, b), _mm256_load_si256((const __m256i *)mask + j));
}

WIDE_CODE static inline bool differ_by_four(const uint8_t *p, const uint64_t *value, const uint64_t *mask, int words)
{
    __m256i d = _mm256_or_si256(differ_in_four(p, value, mask, 0), differ_in_four(p, value, mask, 1));
    if (words > NARROW)
        d = _mm256_or_si256(d, differ_in_four(p, value, mask, 2));
    if (words > WIDE)
        d = _mm256_or_si256(d, differ_in_four(p, value, mask, 3));
    return !_mm256_testz_si256(d, d);
}
#endif

/* Whether `all` holds the length words, so that frames that do not differ in it need no look at theirs. */
static bool is_exact(const struct template *t)
{
    const uint8_t *const all = (const uint8_t *)t->all;

    return (t->ip_need == 0 || be16(all + t->ip_at) == 0xFFFF) && (t->udp_need == 0 || be16(all + t->udp_at) == 0xFFFF);
}

ALWAYS_INLINE int64_t same(
    const struct frame_columns *f, const struct template *t, int64_t row, int64_t stop, differ_function *differ)
{
    const uint8_t *const buf = f->buf;
    const int64_t *const off = f->off;
    const uint32_t *const cap = f->cap;
    const uint16_t *const links = f->link;
    const uint64_t reach = t->span <= f->size ? (uint64_t)(f->size - t->span + 1) : 0;
    const int64_t deep = t->deep;
    const int link = t->link, words = t->words;

    if (words == NARROW && is_exact(t))
        while (row < stop && (uint64_t)off[row] < reach && cap[row] >= deep && links[row] == link
               && !differ(buf + off[row], t->value, t->all, NARROW))
            row++;
    else
        while (row < stop && (uint64_t)off[row] < reach && cap[row] >= deep && links[row] == link
               && lengths_reach(buf + off[row], t) && !differ(buf + off[row], t->value, t->all, words))
            row++;
    return row;
}

ALWAYS_INLINE int64_t few(
    const struct frame_columns *columns, const struct few *with, int64_t row, int64_t stop, differ_function *differ)
{
    const struct frame_columns f = *columns;    /* copies, which no store to a column can be to */
    const struct record_columns o = *with->out;
    const struct number number = *with->number;
    struct pick *const pick = with->pick;
    int64_t *const seen = with->seen;
    const int words = with->words;
    const int64_t first = row - o.count;

    for (; row < stop; row++) {
        const int64_t off = f.off[row], room = f.size - off, n = row - first;
        const uint8_t *const p = f.buf + off;
        if (off < 0 || room < WIDEST)
            break;
        if (usually(row + FETCHED < f.count))
            fetch_lines((uintptr_t)f.buf + (uintptr_t)f.off[row + FETCHED], 2);
        struct template *const t = *picked(pick, p);
        if (!frame_reaches(p, t, room, f.cap[row], f.link[row]) || differ(p, t->value, t->both, words))
            break;
        const uint64_t seq = number_at(p + t->seq_at, &number);
        if (seq > number.top)
            break;
        o.row[n] = (int32_t)row;
        o.stream[n] = (int32_t)t->of.stream;
        o.seq[n] = seq;
        o.source[n] = (int32_t)t->of.source;
        o.ordinal[n] = seen[t->of.source]++;
        t->hits++;
    }
    with->out->count = row - first;
    return row;
}

ALWAYS_INLINE int64_t names(
    const struct frame_columns *f, const struct flows *flows, struct strip *strip, differ_function *differ)
{
    const int width = flows->width;
    const uint64_t mask = ((uint64_t)1 << flows->bits) - 1;
    int64_t k;

    for (k = 0; k < strip->count; k++) {
        const uint8_t *const p = f->buf + f->off[strip->row + k];
        const struct template *const t = strip->like[k];
        uint64_t at = strip->place[k];
        int probe;
        for (probe = 0; probe < FLOW_PROBES; probe++) {
            const uint64_t *const words = flows->words + at * (uint64_t)width, name = words[width - 1];
            if (tag_of(name) == (uint64_t)t->tag && !differ(p, words, t->both, width)) {
                strip->name[k] = name;
                break;
            }
            at = (at + 1) & mask;
        }
        if (probe == FLOW_PROBES)
            break;
    }
    return k;
}

static int64_t same_by_two(const struct frame_columns *f, const struct template *t, int64_t row, int64_t stop)
{
    return same(f, t, row, stop, differ_by_two);
}

static int64_t few_by_two(const struct frame_columns *f, const struct few *with, int64_t row, int64_t stop)
{
    return few(f, with, row, stop, differ_by_two);
}

static int64_t names_by_two(const struct frame_columns *f, const struct flows *flows, struct strip *strip)
{
    return names(f, flows, strip, differ_by_two);
}

#if HAS_WIDE
WIDE_CODE static int64_t same_by_four(const struct frame_columns *f, const struct template *t, int64_t row, int64_t stop)
{
    return same(f, t, row, stop, differ_by_four);
}

WIDE_CODE static int64_t few_by_four(const struct frame_columns *f, const struct few *with, int64_t row, int64_t stop)
{
    return few(f, with, row, stop, differ_by_four);
}

WIDE_CODE static int64_t names_by_four(const struct frame_columns *f, const struct flows *flows, struct strip *strip)
{
    return names(f, flows, strip, differ_by_four);
}
#endif

struct loops loops_for(bool any)
{
#if HAS_WIDE
    if (!any && __builtin_cpu_supports("avx2"))
        return (struct loops){.same = same_by_four, .few = few_by_four, .names = names_by_four};
#endif
    (void)any;
    return (struct loops){.same = same_by_two, .few = few_by_two, .names = names_by_two};
}
