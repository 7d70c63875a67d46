/* What a tracker knows, written down; see track_saved.h. */
#include "track_saved.h"

#include <stdlib.h>

#include "tape.h"
#include "track_chain.h"
#include "track_loop.h"
#include "track_strict.h"

static void put_stream(struct tape *p, const struct stream *w);

static void put_arrival(struct tape *p, const struct arrival *a)
{
    tape_put(p, a->record);
    tape_put(p, (int64_t)a->seq);
    tape_put(p, a->frame);
    tape_put(p, a->ns);
    tape_put(p, a->ordinal);
    tape_put(p, a->copies);
    tape_put(p, a->source);
}

/* The row as the report shows it, with what its hot is ahead of it. */
static void put_state(struct tape *p, struct stream_state row, const struct hot *h)
{
    int64_t words[sizeof row / 8];

    row.received = h->received;
    row.next = h->next;
    row.last_ns = h->last_ns;
    row.last_frame = h->last_frame;
    for (int degree = N_DEGREES - 1; degree > 0; degree--)
        row.degrees[degree - 1] += row.degrees[degree];
    memcpy(words, &row, sizeof row);
    for (size_t n = 0; n < sizeof row / 8; n++)
        tape_put(p, words[n]);
}

static void put_window(struct tape *p, const struct stream *w)
{
    const int64_t entries = entries_of(w->hot);
    const struct entry empty = {0};

    tape_put(p, entries);
    for (int64_t n = 0; n < entries; n++) {
        const struct entry *const entry = is_of_epoch(w->odd, w->hot->window, (uint64_t)n) ? w->hot->window + n : &empty;
        tape_put(p, entry->ns);
        tape_put(p, (int64_t)entry->frame);
        tape_put(p, (int64_t)entry->record);
        tape_put(p, (int64_t)entry->ordinal);
    }
}

static void put_held(struct tape *p, int64_t distance, const struct arrival *held)
{
    tape_put(p, distance);
    if (distance != 0)
        put_arrival(p, held);
}

static int by_distance(const void *one, const void *other)
{
    const int64_t a = ((const struct tallied *)one)->distance, b = ((const struct tallied *)other)->distance;
    return (a > b) - (a < b);
}

/* In order, each distance once, without those that were taken back. */
static void put_tally(struct tape *p, struct tally *tally)
{
    int64_t n = 0, some = 0;

    if (tally->count > 0)
        qsort(tally->of, (size_t)tally->count, sizeof *tally->of, by_distance);
    for (int64_t k = 0; k < tally->count; k++)
        if (n > 0 && tally->of[n - 1].distance == tally->of[k].distance)
            tally->of[n - 1].count += tally->of[k].count;
        else
            tally->of[n++] = tally->of[k];
    tally->count = n;
    for (int64_t k = 0; k < n; k++)
        some += tally->of[k].count != 0;
    tape_put(p, some);
    for (int64_t k = 0; k < n; k++)
        if (tally->of[k].count != 0) {
            tape_put(p, tally->of[k].distance);
            tape_put(p, tally->of[k].count);
        }
}

static void put_rows(struct tape *p, const struct event *rows, int64_t count)
{
    tape_put(p, count);
    for (int64_t n = 0; n < count; n++) {
        const struct event *const row = rows + n;
        const int64_t words[] = {
            row->kind, row->epoch, row->source, (int64_t)row->seq, row->x, row->next, row->record, row->frame, row->ns,
            row->ordinal, row->e_record, row->e_frame, row->e_ns, row->e_ordinal, row->copies, row->a, row->b,
        };
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            tape_put(p, words[k]);
    }
}

static void put_chain(struct tape *p, struct chain *chain)
{
    const struct hot before = {.received = chain->before.received, .next = chain->before_next};
    struct stream_state row = chain->before;

    put_arrival(p, &chain->first);
    tape_put(p, (int64_t)chain->next);
    tape_put(p, chain->length);
    tape_put(p, chain->strays);
    tape_put(p, chain->run);
    tape_put(p, (int64_t)chain->run_next);
    tape_put(p, chain->fresh);
    tape_put(p, chain->eager);
    tape_put(p, chain->paused);
    row.forgotten = 0;
    put_state(p, row, &before);
    put_held(p, chain->held_distance, &chain->held);
    tape_put(p, chain->provisional);
    tape_put(p, chain->settled);
    tape_put(p, chain->settled_from);
    put_tally(p, &chain->counted);
    tape_put(p, chain->n_refill);
    for (int64_t n = 0; n < chain->n_refill; n++) {
        tape_put(p, chain->refill[n].low);
        tape_put(p, chain->refill[n].high);
    }
    tape_put(p, chain->n_rows);
    for (int64_t n = 0; n < chain->n_rows; n++)
        put_arrival(p, chain->rows + n);
    tape_put(p, chain->other != NULL);
    if (chain->other) {
        const struct stream as = stream_of_other(chain->other);
        put_stream(p, &as);
        put_rows(p, chain->other->rows, chain->other->n_rows);
        put_tally(p, &chain->other->counted);
    }
}

static void put_openers(struct tape *p, const struct odd *o)
{
    const uint64_t unused = biased(INT64_MAX);
    uint32_t openers = 0, backs = 0;

    while (openers < OPENERS && o->lows[(o->next_opener - 1 - openers) & (OPENERS - 1)] != unused)
        openers++;
    while (backs < BACKS && o->back_x[(o->next_back - 1 - backs) & (BACKS - 1)] != unused)
        backs++;
    tape_put(p, openers);
    for (uint32_t n = o->next_opener - openers; n != o->next_opener; n++) {
        const struct opener *const opener = opener_at(o, n);
        tape_put(p, (int64_t)biased((int64_t)o->lows[n & (OPENERS - 1)]));
        tape_put(p, opener->high);
        tape_put(p, opener->unique);
        tape_put(p, opener->ns);
        tape_put(p, opener->proven);
    }
    tape_put(p, backs);
    for (uint32_t n = o->next_back - backs; n != o->next_back; n++) {
        tape_put(p, o->back_unique[n & (BACKS - 1)]);
        tape_put(p, (int64_t)biased((int64_t)o->back_x[n & (BACKS - 1)]));
    }
}

static void put_odd(struct tape *p, const struct odd *o)
{
    tape_put(p, o->strict_next);
    tape_put(p, o->unique);
    tape_put(p, o->last_late);
    tape_put(p, o->proven);
    tape_put(p, o->provisional);
    tape_put(p, o->settled);
    tape_put(p, o->settled_from);
    tape_put(p, o->floor);
    put_held(p, o->held_distance, &o->held);
    tape_put(p, o->n_early);
    for (int n = 0; n < o->n_early; n++) {
        tape_put(p, o->early[n].x);
        tape_put(p, o->early[n].provisional);
        tape_put(p, o->early[n].since);
        put_arrival(p, &o->early[n].arrival);
    }
    put_openers(p, o);
    tape_put(p, o->n_holes);
    for (int64_t n = 0; n < o->n_holes; n++) {
        tape_put(p, o->holes[n].epoch);
        tape_put(p, o->holes[n].low);
        tape_put(p, o->holes[n].high);
    }
    tape_put(p, o->chain != NULL);
    if (o->chain)
        put_chain(p, o->chain);
}

static void put_stream(struct tape *p, const struct stream *w)
{
    put_state(p, *w->state, w->hot);
    put_window(p, w);
    put_odd(p, w->odd);
}

static bool put_pages(struct tape *p, const struct pool *pool)
{
    struct ordered_page *const places = pool_in_order(pool);

    if (!places)
        return false;
    tape_put(p, pool->pages);
    for (int64_t n = 0; n < pool->pages; n++) {
        tape_put(p, places[n].key.set >> 32);
        tape_put(p, places[n].key.set & 0xFFFFFFFF);
        tape_put(p, places[n].key.number);
        for (int64_t k = 0; k < pool->size; k++)
            tape_put(p, (int64_t)pool->words[places[n].page * pool->size + k]);
    }
    free(places);
    return true;
}

static void put_distances(struct tape *p, const struct tracker *t)
{
    int64_t some = 0;

    for (int n = 0; n <= DISTANCES; n++)
        some += t->distances[n] != 0;
    tape_put(p, some);
    for (int n = 0; n <= DISTANCES; n++)
        if (t->distances[n] != 0) {
            tape_put(p, n);
            tape_put(p, t->distances[n]);
        }
}

int64_t tracker_save(struct tracker *t, int64_t *words, int64_t room)
{
    struct tape p = {.words = words, .room = room};
    struct odd plain;

    tape_put(&p, t->n_moduli);
    for (int64_t n = 0; n < t->n_moduli; n++)
        tape_put(&p, (int64_t)t->moduli[n]);
    if (t->n_moduli == 0)
        tape_put(&p, (int64_t)t->modulus);
    tape_put(&p, t->missing.most);
    tape_put(&p, t->repeated.most);
    tape_put(&p, t->most.holes);
    tape_put(&p, t->widest);
    tape_put(&p, t->known);
    for (int64_t n = 0; n < t->known; n++) {
        struct stream w = stream_of(t, t->order[n]);
        turn_to(t, w.id);
        tape_put(&p, w.id);
        if (w.odd) {
            settle(t, w.id);
            w.odd->seen = w.hot->next;
        } else {
            odd_begin(&plain, w.state->first_ns);
            plain.unique = plain.strict_next = w.hot->next;
            w.odd = &plain;
        }
        put_stream(&p, &w);
    }
    if (!put_pages(&p, &t->missing) || !put_pages(&p, &t->repeated))
        return -1;
    put_distances(&p, t);
    return p.at;
}
