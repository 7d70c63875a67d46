/* RFC 4737 over the first copies of an epoch, sections 3 to 6; the sums go into the stream's state. */
#ifndef SEQCHECK_TRACK_STRICT_H
#define SEQCHECK_TRACK_STRICT_H

#include "tracker.h"

struct late {
    int64_t extent;
    int64_t degree;
    int64_t ns;
};

/* In the order of unsigned numbers, whose comparisons leave their answer in a flag. */
static inline uint64_t biased(int64_t x)
{
    return (uint64_t)x ^ (uint64_t)1 << 63;
}

static inline void strict_begin(struct odd *o, int64_t ns)
{
    o->strict_next = o->unique = 0;
    o->last_late = o->proven = -1;
    for (int n = 0; n < OPENERS; n++)
        o->lows[n] = biased(INT64_MAX);
    for (int n = 0; n < BACKS; n++)
        o->back_x[n] = biased(INT64_MAX);
    o->next_opener = 1;
    o->next_back = 0;
    o->lows[0] = biased(NOWHERE);
    o->few[0] = (struct opener){0, 0, ns, false};
}

/* Which of the last ones it is cannot be foreseen, so the next two ask all of them at once, without a branch: bit n is
 * set where entry n lies below x (or at it), and the ring is turned so that the newest entry is the highest bit. */
ALWAYS_INLINE uint32_t those_below(const uint64_t *ring, int size, int64_t x, uint32_t following)
{
    const uint64_t limit = biased(x);
    uint32_t bits = 0;

    for (int n = size - 1; n >= 0; n--)
        bits = bits + bits + (uint32_t)(ring[n] < limit);
    following &= (uint32_t)size - 1;
    return ((bits >> following) | (bits << ((uint32_t)size - following))) & (((uint32_t)1 << size) - 1);
}

/* The record that jumped over x < INT64_MAX (no two did), NULL if it is no longer known. */
static inline struct opener *opener_of(struct odd *o, int64_t x)
{
    const uint32_t bits = those_below(o->lows, OPENERS, x + 1, o->next_opener);
    if (bits == 0)
        return NULL;
    struct opener *const opener = opener_at(o, (uint32_t)highest(bits) + o->next_opener);
    return x < opener->high ? opener : NULL;
}

/* How many first copies straight before this one were higher, counted up to N_DEGREES. */
static inline int64_t degree_of(const struct odd *o, int64_t u, int64_t x, int64_t opened)
{
    int64_t lower = opened >= 0 ? opened - 1 : -2;
    const uint32_t bits = those_below(o->back_x, BACKS, x, o->next_back);
    if (bits != 0)
        lower = max64(lower, o->back_unique[((uint32_t)highest(bits) + o->next_back) & (BACKS - 1)]);
    return lower == -2 ? N_DEGREES : min64(u - 1 - lower, N_DEGREES);
}

/* A late record and the one that jumped over it. */
static inline void note_opener(struct odd *o, struct stream_state *s, struct opener *opener, int64_t ns, struct late *late)
{
    s->extents++;
    s->extent_sum += late->extent;
    s->extent_max = max64(s->extent_max, late->extent);
    s->late_ns_max = max64(s->late_ns_max, apart(ns, opener->ns));
    if (opener->proven)
        return;
    opener->proven = true;
    if (o->proven >= 0 && o->proven < opener->unique) {
        const int64_t gap = opener->unique - o->proven;
        s->reorder_gaps++;
        s->reorder_gap_sum += gap;
        s->reorder_gap_max = max64(s->reorder_gap_max, gap);
    }
    o->proven = max64(o->proven, opener->unique);
}

/* Whether the first copy x is reordered; then how far. `degrees` counts those of just this degree. */
static inline bool strict_take(struct odd *o, struct stream_state *s, int64_t x, int64_t ns, struct late *late)
{
    const int64_t u = o->unique++;

    if (x >= o->strict_next) {
        if (x > o->strict_next) {
            const uint32_t n = o->next_opener & (OPENERS - 1);
            s->jumps++;
            s->jump_max = max64(s->jump_max, x - o->strict_next);
            if (opener_for(o, n)) {     /* else it is not known any more */
                o->lows[n] = biased(o->strict_next);
                *opener_at(o, n) = (struct opener){x, u, ns, false};
                o->next_opener++;
            }
        }
        o->strict_next = x + 1;
        return false;
    }
    struct opener *const opener = opener_of(o, x);
    late->extent = opener ? u - opener->unique : -1;
    late->ns = opener ? opener->ns : 0;
    late->degree = degree_of(o, u, x, opener ? opener->unique : -1);
    const uint32_t n = o->next_back++ & (BACKS - 1);
    o->back_unique[n] = u;
    o->back_x[n] = biased(x);
    if (opener)
        note_opener(o, s, opener, ns, late);
    s->degrees[(late->degree - 1) & (N_DEGREES - 1)] += late->degree > 0;
    s->reordered++;
    const int64_t free = u - o->last_late - 1;
    s->free_runs++;
    s->free_length += free;
    s->free_squares = add_square(s->free_squares, free);
    o->last_late = u;
    return true;
}

#endif
