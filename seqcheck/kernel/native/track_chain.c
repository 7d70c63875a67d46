/* Chains, and what they may turn out to be, as portable/chains.py has them; restarts are in track_epoch.c. */
#include <stdlib.h>

#include "track_chain.h"
#include "track_strict.h"

enum { CHAINS_KEPT = 1024, ROWS_KEPT = 64, TALLIES_SORTED = 1024 };

/* ---- tallies ---- */

static int by_distance(const void *one, const void *other)
{
    const int64_t a = ((const struct tallied *)one)->distance, b = ((const struct tallied *)other)->distance;
    return (a > b) - (a < b);
}

/* The same distances once each. */
static void compact(struct tally *tally)
{
    int64_t n = 0;

    qsort(tally->of, (size_t)tally->count, sizeof *tally->of, by_distance);
    for (int64_t k = 1; k < tally->count; k++)
        if (tally->of[k].distance == tally->of[n].distance)
            tally->of[n].count += tally->of[k].count;
        else
            tally->of[++n] = tally->of[k];
    tally->count = n + 1;
}

bool tally_add(struct tally *tally, int64_t distance, int64_t count)
{
    if (tally->count > 0 && tally->of[tally->count - 1].distance == distance) {
        tally->of[tally->count - 1].count += count;
        return true;
    }
    if (tally->count == tally->room) {
        if (tally->count >= TALLIES_SORTED)
            compact(tally);     /* there are no more distances than DISTANCES + 1 */
        if (tally->count >= tally->room / 2     /* else it is not sorted again before long */
            && !track_room_for((void **)&tally->of, &tally->room, tally->room + 1, sizeof *tally->of))
            return false;
    }
    tally->of[tally->count++] = (struct tallied){distance, count};
    return true;
}

void count_distance(struct tracker *t, const struct stream *w, int64_t distance, int64_t count)
{
    if (!w->other)
        t->distances[distance] += count;
    else if (!tally_add(&w->other->counted, distance, count))
        t->no_memory = true;
    if (w->odd->chain && !tally_add(&w->odd->chain->counted, distance, count))
        t->no_memory = true;
}

/* ---- what a chain may turn out to be ---- */

struct other *other_new(struct tracker *t, const struct stream *w, const struct arrival *first)
{
    struct other *const o = calloc(1, sizeof *o);

    if (!o)
        return NULL;
    o->id = w->id;
    o->depth = w->other ? w->other->depth + 1 : 1;
    o->state.base = first->seq;
    o->state.epoch = w->state->epoch + 1;
    o->hot.received = first->record;
    o->hot.odd = -1;
    odd_begin(&o->odd, first->ns);
    o->behind = t->others;
    if (t->others)
        t->others->before = o;
    t->others = o;
    return o;
}

void other_free(struct tracker *t, struct other *o)
{
    if (o->before)
        o->before->behind = o->behind;
    else
        t->others = o->behind;
    if (o->behind)
        o->behind->before = o->before;
    give_window_back(t, &o->hot);
    odd_end(t, &o->odd);
    free(o->rows);
    free(o->counted.of);
    free(o);
}

void odd_end(struct tracker *t, struct odd *o)
{
    t->n_holes -= o->n_holes;
    free(o->holes);
    free(o->early);
    free(o->more);
    o->holes = NULL;
    o->early = NULL;
    o->more = NULL;
    o->early_room = 0;
}

/* The chain's records as those of a new epoch; NULL if there is no memory. */
struct other *read_again(struct tracker *t, const struct stream *w, struct chain *chain)
{
    struct other *const other = chain->other = other_new(t, w, &chain->first);

    if (!other) {
        t->no_memory = true;
        return NULL;
    }
    const struct stream as = stream_of_other(other);
    for (int64_t n = 0; n < chain->n_rows; n++)
        take(t, &as, &chain->rows[n]);
    chain->n_rows = 0;
    return other;
}

int64_t untold(const struct odd *o)
{
    const struct chain *const chain = o->chain;

    if (!chain)
        return 0;
    return chain->other ? chain->other->n_rows + untold(&chain->other->odd) : 3 * chain->n_rows;
}

/* ---- chains ---- */

void chain_free(struct chain *chain)
{
    free(chain->rows);
    free(chain->refill);
    free(chain->counted.of);
    free(chain);
}

static bool paused(struct tracker *t, const struct stream *w, const struct arrival *a)
{
    const int64_t pause = w->odd->pause, last = w->hot->next - 1;
    struct arrival earlier;

    if (pause < PAUSE_NS)
        return false;
    for (int64_t back = min64(PACE, last); back > 0; back--)
        if (!is_new(t, w, last - back) && look(w, last - back, &earlier))
            return multiplied(pause, back) >= multiplied(apart(a->ns - pause, earlier.ns), PAUSE_FACTOR);
    return true;
}

/* A chain of which this record is the first; NULL if there is no memory. */
static struct chain *open_chain(struct tracker *t, const struct stream *w, const struct arrival *a, int64_t d)
{
    struct odd *const o = w->odd;
    struct chain *chain = t->chains;

    if (chain) {
        t->chains = chain->following;
        t->n_chains--;
    } else if (!(chain = calloc(1, sizeof *chain))) {
        return NULL;
    }
    chain->first = *a;
    chain->before = *w->state;
    chain->before.received = a->record;
    chain->before_next = w->hot->next;
    chain->held_distance = o->held_distance;
    if (o->held_distance != 0)
        chain->held = o->held;
    chain->provisional = o->provisional;
    chain->settled = o->settled;
    chain->settled_from = o->settled_from;
    chain->next = forward(t, a->seq, 1);
    chain->length = 1;
    chain->run_next = 0;
    chain->strays = chain->run = chain->fresh = chain->filled = chain->n_rows = chain->n_refill = chain->counted.count = 0;
    chain->other = NULL;
    chain->paused = paused(t, w, a);
    chain->spread = false;
    chain->eager = d < -FAR
        || ((chain->paused || (w->state->restarts > 0 && d < -SHORT_COUNT)) && near_base(t, a->seq, w->state->base));
    return o->chain = chain;
}

void put_away(struct tracker *t, struct odd *o)
{
    struct chain *const chain = o->chain;

    o->chain = NULL;
    if (t->n_chains >= CHAINS_KEPT || chain->rows_room > ROWS_KEPT || chain->refill_room > ROWS_KEPT || chain->counted.room > ROWS_KEPT) {
        chain_free(chain);
        return;
    }
    chain->following = t->chains;
    t->chains = chain;
    t->n_chains++;
}

void put_chain_away(struct tracker *t, const struct stream *w)
{
    struct other *const other = w->odd->chain->other;
    if (other) {
        const struct stream as = stream_of_other(other);
        close_chain(t, &as);
        other_free(t, other);
        drop_epochs_after(&t->missing, w->id, w->state->epoch);
        drop_epochs_after(&t->repeated, w->id, w->state->epoch);
    }
    put_away(t, w->odd);
}

void refill_later(struct tracker *t, struct chain *chain, int64_t x)
{
    struct span *const last = chain->n_refill > 0 ? chain->refill + chain->n_refill - 1 : NULL;

    chain->filled++;
    if (last && last->high == x)
        last->high++;
    else if (track_room_for((void **)&chain->refill, &chain->refill_room, chain->n_refill + 1, sizeof *last))
        chain->refill[chain->n_refill++] = (struct span){0, x, x + 1};
    else
        t->no_memory = true;
}

void note(struct tracker *t, const struct stream *w, const struct arrival *a)
{
    struct chain *const chain = w->odd->chain;

    if (chain->other) {
        const struct stream as = stream_of_other(chain->other);
        take(t, &as, a);
    } else {
        if (!track_room_for((void **)&chain->rows, &chain->rows_room, chain->n_rows + 1, sizeof *a)) {
            t->no_memory = true;
            return;
        }
        chain->rows[chain->n_rows++] = *a;
        if (chain->n_rows < CHAIN_BUFFER || !read_again(t, w, chain))
            return;
    }
    if (chain->other->n_rows > t->most.chain_rows) {
        w->state->unfollowed++;
        close_chain(t, w);
    }
}

bool repeated_all(const struct stream *w)
{
    const struct chain *const chain = w->odd->chain;
    return chain && chain->paused && chain->strays == 0 && chain->length >= 2 && chain->first.seq == w->state->base
        && chain->length == w->hot->next;
}

/* Whether a number continues from the chain, with fewer than `skip` passed over; of a counter so short that most numbers
 * would, a quarter of them: what is ahead of the chain must not be behind a count that it began. */
static bool follows(const struct tracker *t, const struct chain *chain, uint64_t seq, uint64_t skip)
{
    const uint64_t quarter = t->modulus >> 2, most = quarter ? quarter : 1;
    return ahead_of(t, seq, chain->next) < (t->modulus && most < skip ? most : skip);
}

/* A record that does not follow. Where enough of them count up ahead of the chain, it goes on there: what it passed over
 * was lost. */
static void stray(const struct tracker *t, struct chain *chain, const struct arrival *a)
{
    const uint64_t seq = a->seq;

    chain->strays++;
    chain->run = chain->run > 0 && seq == chain->run_next ? chain->run + 1 : 1;
    chain->run_next = forward(t, seq, 1);
    if (chain->run < CHAIN_EAGER || !follows(t, chain, seq, (uint64_t)min64(CHAIN_THIN * chain->length, SHORT_COUNT)))
        return;
    chain->length += chain->run;
    chain->strays -= chain->run;
    chain->next = chain->run_next;
    chain->spread |= a->frame != chain->first.frame;
    chain->run = 0;
}

static uint64_t reach(const struct tracker *t, const struct chain *chain)
{
    return ahead_of(t, chain->next, chain->first.seq);
}

bool is_count(const struct tracker *t, const struct chain *chain)
{
    return reach(t, chain) < (uint64_t)(CHAIN_THIN * chain->length)
        && 4 * chain->filled <= 3 * (chain->length + chain->strays);
}

bool waits(const struct tracker *t, const struct stream *w)
{
    const struct chain *const chain = w->odd->chain;
    return chain && !chain->eager && chain->spread && chain->length >= CHAIN_EAGER
        && near_base(t, chain->first.seq, w->state->base) && is_count(t, chain);
}

/* Whether about as many numbers were lost as the chain spans: old ones went out in the place of new ones. */
static bool displaced(uint64_t span, uint64_t lost)
{
    return span <= 2 * lost && lost <= 2 * span;
}

bool goes_on(const struct tracker *t, const struct stream *w, const struct arrival *a, int64_t d)
{
    const struct chain *const chain = w->odd->chain;
    const int64_t held = w->odd->held_distance;

    if (!waits(t, w))
        return false;
    if (d == 0)
        return follows(t, chain, a->seq, CHAIN_LOST);
    return (follows(t, chain, a->seq, CHAIN_SKIP) || (held >= CHAIN_SKIP && d >= held))
        && ahead_of(t, a->seq, chain->next) <= 2 * (uint64_t)d && !displaced(reach(t, chain), (uint64_t)d);
}

bool restart_with(struct tracker *t, const struct stream *w, const struct arrival *a)
{
    note(t, w, a);
    if (!w->odd->chain)
        return false;
    restart(t, w);
    return true;
}

bool chained(struct tracker *t, const struct stream *w, const struct arrival *a, int64_t d, bool may_begin, bool fresh)
{
    struct chain *chain = w->odd->chain;

    if (chain && follows(t, chain, a->seq, CHAIN_SKIP)) {
        chain->length++;
        chain->next = forward(t, a->seq, 1);
        chain->spread |= a->frame != chain->first.frame;
    } else if (chain && chain->length >= 3 && chain->strays < chain->length) {
        stray(t, chain, a);
    } else if (waits(t, w)) {
        return restart_with(t, w, a);
    } else {
        close_chain(t, w);
        if (!may_begin || !t->most.restarts || (w->other && w->other->depth == CHAIN_DEPTH))
            return false;
        chain = open_chain(t, w, a, d);
        if (!chain) {
            t->no_memory = true;
            return false;
        }
    }
    chain->fresh += fresh;
    note(t, w, a);
    if (!w->odd->chain)
        return false;
    if ((chain->eager && chain->spread && chain->length >= CHAIN_EAGER && is_count(t, chain))
        || (chain->length >= CHAIN_LONG && waits(t, w))
        || chain->fresh >= (chain->paused ? (int64_t)CHAIN_PAUSED : (int64_t)CHAIN_LONG)) {
        restart(t, w);
        return true;
    }
    return false;
}
