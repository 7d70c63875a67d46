/* Index of the packet blocks of a pcapng section; see index.h.
 *
 * Like the walk of a classic pcap it guesses that a block is as long as the one before it, and fetches ahead where they
 * vary. */
#include "hints.h"
#include "index.h"
#include "words.h"

enum {
    OBSOLETE = 2,           /* Packet Block: u16 interface, u16 drops, then as an enhanced one */
    SIMPLE = 3,
    ENHANCED = 6
};

/* ticks * 10**9 >> shift, exactly; whether it fits in 64 bits. The product has up to 94. */
static bool shifted(uint64_t ticks, uint64_t shift, uint64_t *ns)
{
    const uint64_t billion = 1000000000;
    uint64_t high = (ticks >> 32) * billion, low = (ticks & 0xFFFFFFFF) * billion;

    high += low >> 32;
    low = high << 32 | (low & 0xFFFFFFFF);
    high >>= 32;
    if (shift >= 64) {
        *ns = shift < 128 ? high >> (shift - 64) : 0;
        return true;
    }
    *ns = shift > 0 ? high << (64 - shift) | low >> shift : low;
    return high >> shift == 0;
}

/* The time of `ticks`, or the nearest int64 where it lies outside; whether it lies inside. */
static inline bool exact_ns(const struct interface *rule, uint64_t ticks, int64_t *ns)
{
    uint64_t whole = 0;
    bool inside = true;

    if (rule->kind == TIMES)
        inside = !__builtin_mul_overflow(ticks, rule->value, &whole);
    else if (rule->kind == OVER && rule->value != 0)
        whole = ticks / rule->value;
    else if (rule->kind == OVER)
        inside = false;
    else
        inside = shifted(ticks, rule->value, &whole);
    /* What does not fit in 64 bits, no offset brings back; and none takes what is never negative below the least. */
    if (usually(inside && !__builtin_add_overflow(whole, rule->offset, ns)))
        return true;
    *ns = INT64_MAX;
    return false;
}

/* Compiled once for each byte order. */
ALWAYS_INLINE int walk(struct frame_columns *f, struct pcapng_walk *w, const bool big)
{
    const uint8_t *const buf = f->buf;
    int64_t *const off = f->off, *const times = f->ns, *const totals = f->totals;
    uint32_t *const caps = f->cap, *const wires = f->wire;
    uint16_t *const links = f->link;
    const int64_t stop = w->stop, capacity = f->capacity;
    int64_t pos = w->pos, row = f->count, first = totals[T_FIRST], last = totals[T_LAST];
    uint64_t total = 0;
    struct ahead ahead = {.fetched = pos};
    int why = FULL;

    while (row < capacity) {
        if (stop - pos < 8) {
            why = MORE;
            break;
        }
        fetch_ahead(buf, pos, &ahead);
        const uint8_t *const p = buf + pos;
        const uint32_t kind = word32(p, big), length = word32(p + 4, big);
        const bool simple = kind == SIMPLE;
        const uint32_t least = simple ? 16 : 32;
        if (rarely(kind != ENHANCED && kind != OBSOLETE && !simple)) {
            why = BLOCK;
            break;
        }
        if (rarely(length < least || length > MAX_BLOCK || (length & 3) != 0)) {
            why = BAD;
            break;
        }
        if (rarely(stop - pos < length)) {
            why = MORE;
            break;
        }
        /* From here on the block lies whole in the buffer, and has at least the `least` bytes that are read below. */
        ahead.length = guessed(length, ahead.length, &ahead.right);
        if (rarely(word32(p + ahead.length - 4, big) != length)) {
            why = BAD;
            break;
        }
        const uint32_t number = simple ? 0 : kind == ENHANCED ? word32(p + 8, big) : word16(p + 8, big);
        if (rarely(number >= w->known)) {
            why = BAD;
            break;
        }
        const struct interface *const rule = w->interfaces + number;
        uint32_t cap, wire;
        if (usually(!simple)) {
            cap = word32(p + 20, big);
            wire = word32(p + 24, big);
        } else {
            wire = word32(p + 8, big);
            cap = rule->snap != 0 && rule->snap < wire ? rule->snap : wire;
        }
        if (rarely(cap > MAX_FRAME || wire > MAX_WIRE || cap > length - least)) {
            why = BAD;
            break;
        }
        int64_t ns = 0;
        if (usually(!simple)) {
            if (rarely(!exact_ns(rule, (uint64_t)word32(p + 12, big) << 32 | word32(p + 16, big), &ns))) {
                totals[T_ODD]++;
                if (totals[T_ODD_AT] < 0)
                    totals[T_ODD_AT] = pos;
            }
            first = min64(first, ns);
            last = max64(last, ns);
        }
        if (rarely(cap != wire)) {
            totals[T_CUT] += cap < wire;
            if (cap >= wire)
                wire = cap;
        }
        total += wire;
        off[row] = pos + least - 4;
        caps[row] = cap;
        wires[row] = wire;
        times[row] = ns;
        links[row] = rule->link;
        pos += ahead.length;
        row++;
    }
    totals[T_BYTES] = (int64_t)((uint64_t)totals[T_BYTES] + total);
    totals[T_FIRST] = first;
    totals[T_LAST] = last;
    f->count = row;
    w->pos = pos;
    return why;
}

int walk_pcapng(struct frame_columns *f, struct pcapng_walk *w)
{
    return w->big ? walk(f, w, true) : walk(f, w, false);
}
