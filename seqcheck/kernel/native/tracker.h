/* The steps that the tracker's modules share, on what it keeps (track_kept.h); see track.h. */
#ifndef SEQCHECK_TRACKER_H
#define SEQCHECK_TRACKER_H

#include <stdlib.h>

#include "hints.h"
#include "track_kept.h"
#include "words.h"

static inline struct stream stream_of(struct tracker *t, int32_t id)
{
    struct hot *const h = t->hot + id;
    return (struct stream){h, t->states + id, h->odd < 0 ? NULL : t->odds + h->odd, NULL, id};
}

static inline struct stream stream_of_other(struct other *o)
{
    return (struct stream){&o->hot, &o->state, &o->odd, o, o->id};
}

/* Number n of the ring, which is in use. */
static inline struct opener *opener_at(const struct odd *o, uint32_t n)
{
    n &= OPENERS - 1;
    return n < FEW ? (struct opener *)o->few + n : o->more + (n - FEW);
}

/* Whether it can be used. */
static inline bool opener_for(struct odd *o, uint32_t n)
{
    if (usually((n & (OPENERS - 1)) < FEW || o->more))
        return true;
    o->more = calloc(OPENERS - FEW, sizeof *o->more);
    return o->more != NULL;
}

static inline bool busy(const struct odd *o)
{
    return o->held_distance != 0 || o->chain || o->n_early > 0;
}

/* ---- memory ---- */

/* Room for `count` things of `size` bytes at *memory, of which *room tells how many it can take: doubled, where it is
 * too small. False, and all as it was, if there is no memory. */
bool track_room_for(void **memory, int64_t *room, int64_t count, size_t size);

/* A stream more, of which nothing is known yet, with room for an odd; false if there is no memory, or it is known. */
bool stream_begin(struct tracker *t, int32_t id);

/* Its odd, made if need be; false if there is no memory. */
bool odd_for(struct tracker *t, int32_t id);

/* ---- the counter, round its modulus ---- */

static inline void turn_by(struct tracker *t, uint64_t modulus)
{
    t->modulus = modulus;
    t->low_bits = (modulus & (modulus - 1)) == 0 ? modulus - 1 : 0;
}

/* From now on the counter is that of this stream, if it has one of its own. */
static inline void turn_to(struct tracker *t, int32_t id)
{
    if (t->moduli && id >= 0 && id < t->n_moduli && t->modulus != t->moduli[id])
        turn_by(t, t->moduli[id]);
}

/* The number `steps` >= 0 behind `base`. */
static inline uint64_t forward(const struct tracker *t, uint64_t base, int64_t steps)
{
    if (usually(t->low_bits != 0))
        return (base + (uint64_t)steps) & t->low_bits;
    const uint64_t rest = (uint64_t)steps % t->modulus, sum = base + rest;
    return sum < rest || sum >= t->modulus ? sum - t->modulus : sum;
}

/* (seq - old) modulo the modulus. */
static inline uint64_t ahead_of(const struct tracker *t, uint64_t seq, uint64_t old)
{
    return seq >= old ? seq - old : seq - old + t->modulus;
}

/* From `old` to `seq` by the shorter way round; half is ahead, but behind for 2**64. */
static inline int64_t distance_to(const struct tracker *t, uint64_t seq, uint64_t old)
{
    const uint64_t ahead = ahead_of(t, seq, old);
    if (t->modulus == 0 || ahead <= t->modulus >> 1)
        return (int64_t)ahead;
    return -(int64_t)(t->modulus - ahead);
}

static inline uint64_t expected_seq(const struct tracker *t, const struct stream *w)
{
    return forward(t, w->state->base, w->hot->next);
}

/* ---- windows ---- */

static inline int64_t entries_of(const struct hot *h)
{
    return h->window ? (int64_t)h->mask + 1 : 0;
}

static inline void put(struct entry *entry, const struct arrival *a, int64_t copies)
{
    entry->ns = a->ns;
    entry->frame = (uint64_t)a->frame << 16 | (uint64_t)a->source;
    entry->record = (uint64_t)a->record << 16 | ((uint64_t)copies & 0xFFFF);
    entry->ordinal = (uint64_t)a->ordinal << 16 | (uint64_t)copies >> 16;
}

/* Into the window, where x lies within it. */
static inline void keep(struct hot *h, int64_t x, const struct arrival *a, int64_t copies, int64_t expected)
{
    if (expected - x <= entries_of(h))
        put(h->window + ((uint64_t)x & h->mask), a, copies < MOST_COPIES ? copies : MOST_COPIES);
}

/* Whether entry n of the window is of the stream's epoch: those of the one before are not cleared away. */
static inline bool is_of_epoch(const struct odd *o, const struct entry *window, uint64_t n)
{
    return n == 0 || (int64_t)(window[n].record >> 16) >= o->window_from;
}

/* The last copy of x, which was received; false where it lies beyond the window. */
static inline bool look(const struct stream *w, int64_t x, struct arrival *a)
{
    const struct hot *const h = w->hot;
    const uint64_t n = (uint64_t)x & h->mask;

    if (h->next - x > entries_of(h) || !is_of_epoch(w->odd, h->window, n))
        return false;
    const struct entry *const entry = h->window + n;
    a->copies = (int64_t)((entry->record & 0xFFFF) | (entry->ordinal & 0xFFFF) << 16);
    a->ns = entry->ns;
    a->frame = (int64_t)(entry->frame >> 16);
    a->source = (int64_t)(entry->frame & 0xFFFF);
    a->record = (int64_t)(entry->record >> 16);
    a->ordinal = (int64_t)(entry->ordinal >> 16);
    return a->copies != 0;
}

/* A window twice as large as x, as far as limits allow; what the old one held moves over. It reaches back to the first
 * record, and as far again below. A jump alone does not make it large. None is larger than all those that have come as
 * far can be, so that it does not matter who came first. */
void grow_window(struct tracker *t, struct hot *h, int64_t x);

static inline void grow(struct tracker *t, struct hot *h, int64_t x)
{
    if (rarely(2 * x >= entries_of(h)))
        grow_window(t, h, x);
}

/* Up to which position nothing but the window has to be looked after. */
static inline int64_t short_limit(const struct tracker *t, const struct hot *h)
{
    const int64_t entries = entries_of(h);
    if (entries * WINDOW_STEP > t->widest)
        return INT64_MAX;
    return max64(entries / 2, h->next + entries / 4 - h->received);
}

void give_window_back(struct tracker *t, struct hot *h);

/* An empty window of that many entries, a size that windows have, for one that has none; false if there is no memory. */
bool window_of(struct tracker *t, struct hot *h, int64_t entries);
void windows_end(struct windows *w);

/* ---- sets of positions (track_sets.c) ---- */


/* Whether x < next was not received. */
bool is_new(struct tracker *t, const struct stream *w, int64_t x);

/* Missing, or below 0 received. */
void set_position(struct tracker *t, const struct stream *w, int64_t x);

/* x >= 0 is missing no longer. */
void find_position(struct tracker *t, const struct stream *w, int64_t x);

/* low <= x < high, which lie above all that was before, are missing. */
void lose(struct tracker *t, const struct stream *w, int64_t low, int64_t high);

/* x came more than once; whether this is the second time. */
bool repeat(struct tracker *t, const struct stream *w, int64_t x);

static inline int64_t set_of(const struct stream *w)
{
    return (int64_t)w->id << 32 | w->state->epoch;
}

/* The word of missing numbers in which x >= 0 lies, where its page is the one that was asked for last; else NULL. */
static inline uint64_t *recent_word(const struct tracker *t, int64_t set, int64_t x)
{
    const struct pool *const p = &t->missing;
    if (p->recent[0].page >= 0 && p->recent[0].key.number == x / PAGE && p->recent[0].key.set == set)
        return p->words + (int64_t)p->recent[0].page * PAGE_WORDS + (x / 64) % PAGE_WORDS;
    return NULL;
}

/* ---- records (track_record.c) and chains (track_chain.c) ---- */

/* Room for a row if there is none in the events, or it is to wait. */
struct event *row_elsewhere(struct tracker *t, const struct stream *w);

/* A new row, the rest of it 0. */
static inline struct event *emit(
    struct tracker *t, const struct stream *w, int kind, const struct arrival *a, int64_t x, int64_t expected)
{
    struct event *const row = usually(!w->other && t->out->count < t->out->capacity) ? t->out->rows + t->out->count++
                                                                                     : row_elsewhere(t, w);
    row->kind = kind;
    row->stream = w->id;
    row->epoch = (int32_t)w->state->epoch;
    row->source = (int32_t)a->source;
    row->seq = a->seq;
    row->x = x;
    row->next = expected;
    row->record = a->record;
    row->frame = a->frame;
    row->ns = a->ns;
    row->ordinal = a->ordinal;
    row->e_record = row->e_frame = row->e_ns = row->e_ordinal = row->copies = row->a = row->b = 0;
    return row;
}

/* A record of a stream that has its odd. */
void take(struct tracker *t, const struct stream *w, const struct arrival *a);

/* A number that was missing, where no chain waits for it; false, and nothing was done, where it is something else. */
bool late_record(struct tracker *t, const struct records *r, int64_t at);

void settle(struct tracker *t, int32_t id);
void odd_begin(struct odd *o, int64_t first_ns);
void accept_jump(struct tracker *t, const struct stream *w, int64_t x, const struct arrival *a, bool seen);
void outlier(struct tracker *t, const struct stream *w, const struct arrival *a, int64_t x);
void count_distance(struct tracker *t, const struct stream *w, int64_t distance, int64_t count);

/* Follow the chain, or begin one with a record `d` from the expectation. Whether a restart has taken the record. */
bool chained(struct tracker *t, const struct stream *w, const struct arrival *a, int64_t d, bool may_begin, bool fresh);
bool repeated_all(const struct stream *w);

/* Whether a chain left out no more than a count does. */
bool is_count(const struct tracker *t, const struct chain *chain);

/* Whether the chain began near the base or near 0, and not far back, and is a restart unless the count goes on where it
 * stood. */
bool waits(const struct tracker *t, const struct stream *w);

/* Whether a number at distance d >= 0 continues from that chain: near its last one; or confirms a jump that is none of the
 * count's. */
bool goes_on(const struct tracker *t, const struct stream *w, const struct arrival *a, int64_t d);

/* It was a restart, and this record is one of the new epoch's. False if the chain can be followed no longer. */
bool restart_with(struct tracker *t, const struct stream *w, const struct arrival *a);

void note(struct tracker *t, const struct stream *w, const struct arrival *a);
void refill_later(struct tracker *t, struct chain *chain, int64_t x);
void put_chain_away(struct tracker *t, const struct stream *w);

/* The chain was none, or can be followed no longer. */
static inline void close_chain(struct tracker *t, const struct stream *w)
{
    if (w->odd->chain)
        put_chain_away(t, w);
}

void restart(struct tracker *t, const struct stream *w);
void epoch_from(struct tracker *t, const struct stream *w, const struct arrival *a);
bool began_anew(const struct tracker *t, const struct stream *w, int64_t away, uint64_t seq);
void end_stream(struct tracker *t, const struct stream *w);
int64_t untold(const struct odd *o);
void odd_end(struct tracker *t, struct odd *o);
void chain_free(struct chain *chain);

#endif
