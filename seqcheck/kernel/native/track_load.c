/* A tracker out of what was written down; see track_saved.h. Nothing that is read becomes an address, an index or a size
 * before it was compared with its limits. */
#include "track_saved.h"

#include <stdlib.h>

#include "tape.h"
#include "track_chain.h"
#include "track_loop.h"
#include "track_strict.h"

#define MOST_RECORDS ((INT64_C(1) << 47) - 1)   /* of a stream; and frames: a window has 48 bits for them */
#define MOST_POSITION (INT64_C(1) << 60)

enum { STATE_WORDS = sizeof(struct stream_state) / 8, ENTRY_WORDS = 4, ARRIVAL_WORDS = 7, ROW_WORDS = 17 };
enum { DOUBLED = 20 };      /* how often a limit may have been */

static int64_t get_position(struct tape *p)
{
    return tape_within(p, -MOST_POSITION, MOST_POSITION);
}

/* A number of the counter. */
static uint64_t get_seq(struct tape *p, const struct tracker *t)
{
    const uint64_t seq = (uint64_t)tape_any(p);

    if (t->modulus == 0 || seq < t->modulus)
        return seq;
    p->bad = true;
    return 0;
}

/* Of the stream, so none is after its last one. */
static struct arrival get_arrival(struct tape *p, const struct tracker *t, const struct hot *h)
{
    struct arrival a;

    a.record = tape_within(p, 0, h->received);
    a.seq = get_seq(p, t);
    a.frame = tape_within(p, 0, h->last_frame);
    a.ns = tape_any(p);
    a.ordinal = tape_within(p, 0, MOST_RECORDS);
    a.copies = tape_within(p, 1, MOST_COPIES);
    a.source = tape_within(p, 0, MAX_SOURCES);
    return a;
}

/* The row, and what of it is in hot. */
static void get_state(struct tape *p, const struct tracker *t, struct stream_state *row, struct hot *h)
{
    int64_t words[STATE_WORDS];

    for (int n = 0; n < STATE_WORDS; n++)
        words[n] = tape_any(p);
    memcpy(row, words, sizeof *row);
    const int64_t sums[] = {
        row->duplicates, row->replicated, row->missing, row->gaps, row->late, row->restarts, row->outliers, row->early,
        row->beyond, row->unjudged, row->forgotten, row->unfollowed, row->reordered, row->extents, row->extent_sum,
        row->extent_max, row->jumps, row->jump_max, row->free_runs, row->free_length, row->reorder_gaps,
        row->reorder_gap_sum, row->reorder_gap_max,
    };
    for (size_t n = 0; n < sizeof sums / sizeof *sums; n++)
        p->bad |= sums[n] < -MOST_POSITION || sums[n] > MOST_POSITION;
    for (int n = 0; n < N_DEGREES; n++)
        p->bad |= row->degrees[n] < 0 || row->degrees[n] > MOST_POSITION;
    for (int degree = 0; degree < N_DEGREES - 1; degree++)
        row->degrees[degree] -= p->bad ? 0 : row->degrees[degree + 1];
    p->bad |= row->received < 0 || row->received > MOST_RECORDS || row->last_frame < 0 || row->last_frame > MOST_RECORDS;
    p->bad |= row->first_frame < 0 || row->first_frame > MOST_RECORDS || row->source < 0 || row->source > MAX_SOURCES;
    p->bad |= row->next < 0 || row->next > MOST_POSITION || row->epoch < 0 || row->epoch >= INT32_MAX;
    p->bad |= row->free_squares < 0 || (t->modulus != 0 && (row->base >= t->modulus || row->first_seq >= t->modulus));
    if (p->bad)
        *row = (struct stream_state){0};
    h->received = row->received;
    h->next = row->next;
    h->last_ns = row->last_ns;
    h->last_frame = row->last_frame;
}

/* `least`: entries that there must be. */
static void get_window(struct tape *p, struct tracker *t, struct hot *h, int64_t least)
{
    const int64_t entries = tape_count(p, t->widest, ENTRY_WORDS);
    int64_t size = WINDOW_FIRST;

    while (size < entries)
        size *= WINDOW_STEP;
    if (p->bad || entries < least || (entries != 0 && size != entries)) {
        p->bad = true;
        return;
    }
    if (entries == 0 || !window_of(t, h, entries))
        return;
    for (int64_t n = 0; n < entries; n++) {
        struct entry *const entry = h->window + n;
        entry->ns = tape_any(p);
        entry->frame = (uint64_t)tape_any(p);
        entry->record = (uint64_t)tape_any(p);
        entry->ordinal = (uint64_t)tape_any(p);
        p->bad |= (int64_t)(entry->frame >> 16) > h->last_frame || (int64_t)(entry->record >> 16) > h->received;
    }
}

static void get_tally(struct tape *p, struct tracker *t, struct tally *tally)
{
    const int64_t count = tape_count(p, DISTANCES + 1, 2);

    for (int64_t n = 0, least = 0; n < count && !p->bad; n++) {
        const int64_t distance = tape_within(p, least, DISTANCES);
        const int64_t copies = tape_within(p, -MOST_RECORDS, MOST_RECORDS);
        if (!tally_add(tally, distance, copies))
            t->no_memory = p->bad = true;
        least = distance + 1;
    }
}

static void get_rows(struct tape *p, struct tracker *t, struct other *o)
{
    const int64_t count = tape_count(p, t->most.chain_rows, ROW_WORDS);

    if (count > 0 && !track_room_for((void **)&o->rows, &o->rows_room, count, sizeof *o->rows)) {
        t->no_memory = p->bad = true;
        return;
    }
    for (int64_t n = 0; n < count && !p->bad; n++) {
        struct event *const row = o->rows + n;
        row->kind = (int32_t)tape_within(p, 0, OUTLIER);
        row->stream = o->id;
        row->epoch = (int32_t)tape_within(p, 0, INT32_MAX);
        row->source = (int32_t)tape_within(p, 0, MAX_SOURCES);
        row->seq = get_seq(p, t);
        row->x = tape_any(p);
        row->next = get_position(p);
        row->record = tape_within(p, 0, o->hot.received);
        row->frame = tape_within(p, 0, o->hot.last_frame);
        row->ns = tape_any(p);
        row->ordinal = tape_within(p, 0, MOST_RECORDS);
        row->e_record = tape_within(p, -1, o->hot.received);
        row->e_frame = tape_within(p, 0, o->hot.last_frame);
        row->e_ns = tape_any(p);
        row->e_ordinal = tape_within(p, -1, MOST_RECORDS);
        row->copies = tape_within(p, 0, MOST_COPIES);
        row->a = tape_any(p);
        row->b = tape_any(p);
        o->n_rows = n + 1;
    }
}

static void get_odd(struct tape *p, struct tracker *t, const struct stream *w);

static void get_other(struct tape *p, struct tracker *t, const struct stream *w, struct chain *chain)
{
    struct other *const o = chain->other = other_new(t, w, &chain->first);

    if (!o) {
        t->no_memory = p->bad = true;
        return;
    }
    const struct stream as = stream_of_other(o);
    get_state(p, t, &o->state, &o->hot);
    o->hot.odd = -1;
    p->bad |= o->hot.received != w->hot->received || o->hot.last_frame != w->hot->last_frame;
    get_window(p, t, &o->hot, 0);
    get_odd(p, t, &as);
    get_rows(p, t, o);
    get_tally(p, t, &o->counted);
}

static void get_refill(struct tape *p, struct tracker *t, const struct stream *w, struct chain *chain)
{
    const int64_t count = tape_count(p, INT64_MAX, 2);
    int64_t left = w->hot->received - chain->first.record;      /* positions: each came with a record */

    if (count > 0 && !track_room_for((void **)&chain->refill, &chain->refill_room, count, sizeof *chain->refill)) {
        t->no_memory = p->bad = true;
        return;
    }
    for (int64_t n = 0; n < count && !p->bad; n++) {
        const int64_t low = tape_within(p, 0, MOST_POSITION), high = tape_within(p, low + 1, MOST_POSITION + 1);
        left -= high - low;
        chain->filled += high - low;
        p->bad |= left < 0;
        chain->refill[n] = (struct span){0, low, high};
        chain->n_refill = n + 1;
    }
}

static void get_chain(struct tape *p, struct tracker *t, const struct stream *w)
{
    struct chain *const chain = w->odd->chain = calloc(1, sizeof *chain);
    struct hot before = {0};

    if (!chain) {
        t->no_memory = p->bad = true;
        return;
    }
    chain->first = get_arrival(p, t, w->hot);
    chain->next = get_seq(p, t);
    chain->length = tape_within(p, 1, MOST_RECORDS);
    chain->strays = tape_within(p, 0, MOST_RECORDS);
    chain->run = tape_within(p, 0, chain->strays);
    chain->run_next = get_seq(p, t);
    chain->fresh = tape_within(p, 0, MOST_RECORDS);
    chain->eager = tape_within(p, 0, 1);
    chain->paused = tape_within(p, 0, 1);
    chain->spread = chain->length > 1;      /* nobody saves records that share a frame */
    get_state(p, t, &chain->before, &before);
    p->bad |= before.received > w->hot->received;
    chain->before_next = before.next;
    chain->held_distance = tape_within(p, 0, INT64_MAX);
    if (chain->held_distance != 0)
        chain->held = get_arrival(p, t, w->hot);
    chain->provisional = tape_within(p, 0, MOST_RECORDS);
    chain->settled = tape_within(p, 0, MOST_RECORDS);
    chain->settled_from = tape_within(p, 0, MOST_RECORDS);
    get_tally(p, t, &chain->counted);
    get_refill(p, t, w, chain);
    const int64_t rows = tape_count(p, CHAIN_BUFFER, ARRIVAL_WORDS);
    if (rows > 0 && !track_room_for((void **)&chain->rows, &chain->rows_room, rows, sizeof *chain->rows))
        t->no_memory = p->bad = true;
    for (int64_t n = 0; n < rows && !p->bad; n++) {
        chain->rows[n] = get_arrival(p, t, w->hot);
        p->bad |= chain->rows[n].copies != 1;   /* as records come */
        chain->n_rows = n + 1;
    }
    if (tape_within(p, 0, rows == 0))
        get_other(p, t, w, chain);
}

static void get_openers(struct tape *p, struct tracker *t, struct odd *o)
{
    const int64_t openers = tape_within(p, 1, OPENERS);

    for (int64_t n = 0; n < openers; n++) {
        if (!opener_for(o, (uint32_t)n)) {
            t->no_memory = p->bad = true;
            return;
        }
        struct opener *const opener = opener_at(o, (uint32_t)n);
        o->lows[n] = biased(tape_within(p, NOWHERE, MOST_POSITION));
        opener->high = get_position(p);
        opener->unique = tape_within(p, 0, MOST_RECORDS);
        opener->ns = tape_any(p);
        opener->proven = tape_within(p, 0, 1);
    }
    o->next_opener = (uint32_t)openers;
    const int64_t backs = tape_within(p, 0, BACKS);
    for (int64_t n = 0; n < backs; n++) {
        o->back_unique[n] = tape_within(p, 0, MOST_RECORDS);
        o->back_x[n] = biased(get_position(p));
    }
    o->next_back = (uint32_t)backs;
}

static void get_early(struct tape *p, struct tracker *t, const struct stream *w)
{
    struct odd *const o = w->odd;
    const int64_t count = tape_within(p, 0, EARLY_MAX);

    if (count == 0 || p->bad)
        return;
    o->early = malloc((EARLY_MAX + 1) * sizeof *o->early);
    if (!o->early) {
        t->no_memory = p->bad = true;
        return;
    }
    o->early_room = EARLY_MAX + 1;
    for (int64_t n = 0; n < count; n++) {
        o->early[n].x = tape_within(p, w->hot->next, w->hot->next + EARLY_REACH);
        o->early[n].provisional = tape_within(p, 0, MOST_RECORDS);
        o->early[n].since = tape_within(p, 0, w->hot->received);
        o->early[n].arrival = get_arrival(p, t, w->hot);
    }
    o->n_early = (int32_t)count;
}

static void get_holes(struct tape *p, struct tracker *t, const struct stream *w)
{
    struct odd *const o = w->odd;
    const int64_t count = tape_count(p, t->most.holes, 3);
    struct span last = {0};

    if (count > 0 && !track_room_for((void **)&o->holes, &o->holes_room, count, sizeof *o->holes)) {
        t->no_memory = p->bad = true;
        return;
    }
    for (int64_t n = 0; n < count && !p->bad; n++) {
        struct span hole;
        hole.epoch = tape_within(p, last.epoch, w->state->epoch);
        hole.low = tape_within(p, hole.epoch == last.epoch ? last.high : 0, MOST_POSITION);
        hole.high = tape_within(p, hole.low + 1, MOST_POSITION + 1);
        o->holes[n] = last = hole;
        o->n_holes = n + 1;
        t->n_holes++;
    }
}

static void get_odd(struct tape *p, struct tracker *t, const struct stream *w)
{
    struct odd *const o = w->odd;

    o->seen = w->hot->next;
    o->strict_next = tape_within(p, 0, MOST_POSITION);
    o->unique = tape_within(p, 0, MOST_RECORDS);
    o->last_late = tape_within(p, -1, MOST_RECORDS);
    o->proven = tape_within(p, -1, MOST_RECORDS);
    o->provisional = tape_within(p, 0, MOST_RECORDS);
    o->settled = tape_within(p, 0, MOST_RECORDS);
    o->settled_from = tape_within(p, 0, MOST_RECORDS);
    o->floor = tape_within(p, NOWHERE, MOST_POSITION);
    o->held_distance = tape_within(p, 0, INT64_MAX);
    o->held_seen = o->held_distance <= EARLY_REACH;
    if (o->held_distance != 0)
        o->held = get_arrival(p, t, w->hot);
    get_early(p, t, w);
    get_openers(p, t, o);
    get_holes(p, t, w);
    if (tape_within(p, 0, !w->other || w->other->depth < CHAIN_DEPTH) && !p->bad)
        get_chain(p, t, w);
}

/* Whether nothing is known of the stream but that its records came in their place. */
static bool plain(const struct odd *o, const struct hot *h, int64_t first_ns)
{
    return o->strict_next == h->next && o->unique == h->next && o->last_late == -1 && o->proven == -1
        && o->provisional == 0 && o->settled == 0 && o->settled_from == 0 && o->floor == NOWHERE && !busy(o)
        && o->next_opener == 1 && o->next_back == 0 && o->n_holes == 0 && o->lows[0] == biased(NOWHERE)
        && o->few[0].high == 0 && o->few[0].unique == 0 && o->few[0].ns == first_ns && !o->few[0].proven;
}

static void get_stream(struct tape *p, struct tracker *t)
{
    const int32_t id = (int32_t)tape_within(p, 0, MAX_STREAMS - 1);

    turn_to(t, id);
    if (p->bad || (t->moduli && id >= t->n_moduli) || !stream_begin(t, id)) {
        p->bad = true;
        return;
    }
    struct hot *const h = t->hot + id;
    get_state(p, t, t->states + id, h);
    p->bad |= h->received < 1 || h->next < 1 || t->states[id].first_frame > h->last_frame;
    if (p->bad)
        h->received = 1;    /* it is one of the streams now, and its memory is known by that */
    get_window(p, t, h, WINDOW_FIRST);
    h->odd = (int32_t)t->odd_count++;
    const struct stream w = stream_of(t, id);
    odd_begin(w.odd, w.state->first_ns);
    get_odd(p, t, &w);
    if (p->bad)
        return;
    h->seq = expected_seq(t, &w);
    h->limit = busy(w.odd) ? -1 : short_limit(t, h);
    if (plain(w.odd, h, w.state->first_ns)) {
        odd_end(t, w.odd);
        t->odd_count--;
        h->odd = -1;
    }
}

static void get_pages(struct tape *p, struct tracker *t, struct pool *pool)
{
    const int64_t count = tape_count(p, pool->most, 3 + pool->size);
    struct page_key last = {INT64_MIN, -1};

    for (int64_t n = 0; n < count && !p->bad; n++) {
        const int64_t id = tape_within(p, 0, MAX_STREAMS - 1), epoch = tape_within(p, 0, INT32_MAX);
        const int64_t most = MOST_POSITION >> pool->shift;
        const struct page_key key = {tape_within(p, -most, most), id << 32 | epoch};
        const bool behind = key.set > last.set || (key.set == last.set && key.number > last.number);
        if (p->bad || !behind || id >= t->room || t->hot[id].received == 0) {
            p->bad = true;
            return;
        }
        if (!odd_for(t, (int32_t)id)) {
            t->no_memory = p->bad = true;
            return;
        }
        const int32_t page = page_add(pool, &key);
        if (page == NO_PAGE) {
            t->no_memory = p->bad = true;
            return;
        }
        for (int64_t k = 0; k < pool->size; k++)
            pool->words[page * pool->size + k] = (uint64_t)tape_any(p);
        last = key;
    }
}

static void get_distances(struct tape *p, struct tracker *t)
{
    const int64_t count = tape_count(p, DISTANCES + 1, 2);

    for (int64_t n = 0, least = 0; n < count && !p->bad; n++) {
        const int64_t distance = tape_within(p, least, DISTANCES);
        t->distances[distance] = tape_within(p, -MOST_RECORDS, MOST_RECORDS);
        least = distance + 1;
    }
}

/* `given` doubled some times. */
static int64_t get_limit(struct tape *p, int64_t given)
{
    const int64_t limit = tape_within(p, given, given << DOUBLED);
    int64_t doubled = given;

    while (doubled < limit)
        doubled *= 2;
    p->bad |= doubled != limit;
    return p->bad ? given : limit;
}

/* Those of the streams, or the one that all have, which is known. */
static void get_moduli(struct tape *p, struct tracker *t)
{
    const int64_t count = tape_count(p, MAX_STREAMS, 1);

    for (int64_t n = 0; n < count && !p->bad; n++) {
        const uint64_t modulus = (uint64_t)tape_any(p);
        p->bad |= modulus == 1;
        if (!p->bad && !tracker_count(t, &modulus, 1))
            t->no_memory = p->bad = true;
    }
    if (count == 0)
        p->bad |= (uint64_t)tape_any(p) != t->modulus;
}

int tracker_load(struct tracker *t, const int64_t *words, int64_t count)
{
    struct tape p = {.from = words, .room = count};
    int64_t widest = WINDOW_FIRST;

    get_moduli(&p, t);
    t->missing.most = get_limit(&p, t->missing.most);
    t->repeated.most = get_limit(&p, t->repeated.most);
    t->most.holes = get_limit(&p, t->most.holes);
    t->widest = tape_within(&p, WINDOW_FIRST, WINDOW_CAP);
    while (widest < t->widest)
        widest *= WINDOW_STEP;
    p.bad |= widest != t->widest;
    const int64_t streams = tape_count(&p, MAX_STREAMS, STATE_WORDS);
    for (int64_t n = 0; n < streams && !p.bad; n++)
        get_stream(&p, t);
    get_pages(&p, t, &t->missing);
    get_pages(&p, t, &t->repeated);
    get_distances(&p, t);
    if (t->no_memory)
        return TRACK_NO_MEMORY;
    return p.bad || p.at != count ? TRACK_OUTSIDE : TRACK_DONE;
}
