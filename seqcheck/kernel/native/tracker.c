/* The life of a tracker, and the growth of what there is for each stream; see track.h. */
#include "tracker.h"

#include <stdlib.h>

#include "memory.h"
#include "track_loop.h"

enum { STREAMS_FIRST = 64, ODDS_FIRST = 16 };

bool track_room_for(void **memory, int64_t *room, int64_t count, size_t size)
{
    int64_t more = *room ? *room : 4;

    if (count <= *room)
        return true;
    while (more < count)
        more *= 2;
    void *const larger = realloc(*memory, (size_t)more * size);
    if (!larger)
        return false;
    *memory = larger;
    *room = more;
    return true;
}

static bool grow_streams(struct tracker *t, int64_t room)
{
    void *memory;
    struct hot *const hot = memory_lines((size_t)room * sizeof *hot, &memory);

    if (!hot)
        return false;
    struct stream_state *const states = realloc(t->states, (size_t)room * sizeof *states);
    if (states)
        t->states = states;
    int32_t *const order = realloc(t->order, (size_t)room * sizeof *order);
    if (order)
        t->order = order;
    if (!states || !order) {
        free(memory);
        return false;
    }
    if (t->room > 0)
        memcpy(hot, t->hot, (size_t)t->room * sizeof *hot);
    free(t->hot_memory);
    t->hot = hot;
    t->hot_memory = memory;
    t->room = room;
    return true;
}

static bool grow_odds(struct tracker *t, int64_t room)
{
    struct odd *const odds = realloc(t->odds, (size_t)room * sizeof *odds);

    if (!odds)
        return false;
    t->odds = odds;
    t->odd_room = room;
    return true;
}

bool stream_begin(struct tracker *t, int32_t id)
{
    int64_t room = t->room;

    while (room <= id)
        room *= 2;
    if ((room > t->room && !grow_streams(t, room)) || (t->odd_count == t->odd_room && !grow_odds(t, 2 * t->odd_room))) {
        t->no_memory = true;
        return false;
    }
    if (t->hot[id].received > 0)
        return false;
    t->order[t->known++] = id;
    t->states[id] = (struct stream_state){0};
    t->hot[id] = (struct hot){.odd = -1};
    return true;
}

bool odd_for(struct tracker *t, int32_t id)
{
    if (t->hot[id].odd >= 0)
        return true;
    if (t->odd_count == t->odd_room && !grow_odds(t, 2 * t->odd_room))
        return false;
    settle(t, id);
    t->odds[t->hot[id].odd].seen = t->hot[id].next;
    return true;
}

struct tracker *tracker_new(uint64_t modulus, const struct track_room *room, uint64_t seed)
{
    struct tracker *const t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    turn_by(t, modulus);
    t->most = *room;
    t->widest = WINDOW_CAP;
    if (!pool_begin(&t->missing, room->pages, PAGE, seed) || !pool_begin(&t->repeated, room->small_pages, SMALL_PAGE, seed)
        || !grow_streams(t, STREAMS_FIRST) || !grow_odds(t, ODDS_FIRST)) {
        tracker_free(t);
        return NULL;
    }
    return t;
}

/* Those not in use. */
static void free_chains(struct tracker *t)
{
    while (t->chains) {
        struct chain *const chain = t->chains;
        t->chains = chain->following;
        chain_free(chain);
    }
    t->n_chains = 0;
}

/* What they hold. */
static void free_odds(struct tracker *t)
{
    for (int64_t n = 0; n < t->odd_count; n++) {
        if (t->odds[n].chain)
            chain_free(t->odds[n].chain);
        odd_end(t, t->odds + n);
    }
}

void tracker_free(struct tracker *t)
{
    if (!t)
        return;
    while (t->others) {
        struct other *const o = t->others;
        t->others = o->behind;
        if (o->odd.chain)
            chain_free(o->odd.chain);
        odd_end(t, &o->odd);
        free(o->rows);
        free(o->counted.of);
        free(o);
    }
    free_chains(t);
    free_odds(t);
    pool_end(&t->missing);
    pool_end(&t->repeated);
    windows_end(&t->windows);
    free(t->hot_memory);
    free(t->states);
    free(t->order);
    free(t->odds);
    free(t->moduli);
    free(t);
}

bool tracker_count(struct tracker *t, const uint64_t *moduli, int64_t count)
{
    void *memory = t->moduli;

    if (!track_room_for(&memory, &t->moduli_room, t->n_moduli + count, sizeof *moduli))
        return false;
    t->moduli = memory;
    for (int64_t n = 0; n < count; n++)
        t->moduli[t->n_moduli++] = moduli[n];
    return true;
}

int tracker_feed(struct tracker *t, const struct records *r, int64_t *at, int64_t high, struct events *out)
{
    t->out = out;
    while (*at < high) {
        const int why = feed_rows(t, r, at, high);
        if (why == NEED_STREAMS) {
            int64_t room = t->room;
            while (room <= r->stream[*at])
                room *= 2;
            if (!grow_streams(t, room))
                return TRACK_NO_MEMORY;
        } else if (why == NEED_ODDS) {
            if (!grow_odds(t, 2 * t->odd_room))
                return TRACK_NO_MEMORY;
        } else if (why != TRACK_DONE) {
            return why;
        }
    }
    return TRACK_DONE;
}

/* What only more records would ask for: there is room for copies of the rest, then. */
static bool let_go(struct tracker *t)
{
    const uint64_t seed = t->repeated.odd;

    for (int64_t n = 0; n < t->known; n++) {
        t->hot[t->order[n]].window = NULL;
        t->hot[t->order[n]].mask = 0;
    }
    for (int64_t n = 0; n < t->odd_count; n++) {
        free(t->odds[n].early);
        t->odds[n].early = NULL;
        t->odds[n].early_room = t->odds[n].n_early = 0;
    }
    free_chains(t);
    windows_end(&t->windows);
    memset(t->windows_of, 0, sizeof t->windows_of);
    t->allotted = 0;
    pool_end(&t->repeated);
    memory_back();
    return pool_begin(&t->repeated, t->most.small_pages, SMALL_PAGE, seed);
}

bool tracker_forget(struct tracker *t)
{
    const uint64_t seed = t->missing.odd;

    for (int64_t n = 0; n < t->known; n++)
        t->hot[t->order[n]].odd = -1;
    free_odds(t);
    free(t->odds);
    t->odds = NULL;
    t->odd_count = t->odd_room = 0;
    pool_end(&t->missing);
    memory_back();
    return pool_begin(&t->missing, t->most.pages, PAGE, seed) && grow_odds(t, ODDS_FIRST);
}

int tracker_finish(struct tracker *t, struct events *out)
{
    t->out = out;
    const bool done = finish_streams(t);
    if (t->no_memory || t->fault)
        return t->no_memory ? TRACK_NO_MEMORY : TRACK_FAULT;
    if (done && !let_go(t))
        return TRACK_NO_MEMORY;
    return done ? TRACK_DONE : TRACK_FULL;
}

int64_t tracker_streams(const struct tracker *t)
{
    return t->known;
}

void tracker_stream(const struct tracker *t, int64_t n, struct stream_state *row)
{
    const struct hot *const h = t->hot + t->order[n];

    *row = t->states[t->order[n]];
    row->received = h->received;
    row->next = h->next;
    row->last_ns = h->last_ns;
    row->last_frame = h->last_frame;
    for (int degree = N_DEGREES - 1; degree > 0; degree--)
        row->degrees[degree - 1] += row->degrees[degree];
}

const int64_t *tracker_distances(const struct tracker *t)
{
    return t->distances;
}
