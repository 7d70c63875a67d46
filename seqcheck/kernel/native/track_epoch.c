/* Restarts and the ends of epochs, as portable/chains.py has them. */
#include <stdlib.h>

#include "track_chain.h"
#include "track_strict.h"

/* The epoch ends: early numbers that are still open were alone. */
static void abandon(struct tracker *t, const struct stream *w)
{
    struct odd *const o = w->odd;
    int64_t least = INT64_MAX, first = INT64_MAX;

    if (o->n_early == 0)
        return;
    const struct arrival at = o->early[0].arrival;
    for (int n = 0; n < o->n_early; n++) {
        least = min64(least, o->early[n].provisional);
        first = min64(first, o->early[n].since);
    }
    while (o->n_early > 0) {
        int lowest = 0;
        for (int n = 1; n < o->n_early; n++)
            if (o->early[n].x < o->early[lowest].x)
                lowest = n;
        w->state->early++;
        emit(t, w, EARLY, &o->early[lowest].arrival, o->early[lowest].x, o->early[lowest].x)->a = -1;
        o->n_early--;
        memmove(o->early + lowest, o->early + lowest + 1, (size_t)(o->n_early - lowest) * sizeof *o->early);
    }
    const int64_t count = o->provisional - max64(o->settled, least);
    if (count > 0) {
        w->state->late -= count;
        struct event *const row = emit(t, w, RETRACT_LATE, &at, 0, 0);
        row->a = max64(first, o->settled_from);
        row->b = w->hot->received;
    }
}

/* The stream as it was before the chain. */
static void go_back(struct tracker *t, const struct stream *w, const struct chain *chain)
{
    struct odd *const o = w->odd;
    const int64_t forgotten = w->state->forgotten;

    for (int64_t n = 0; n < chain->n_refill; n++)
        for (int64_t x = chain->refill[n].low; x < chain->refill[n].high; x++)
            set_position(t, w, x);
    for (int64_t n = 0; n < chain->counted.count; n++)
        count_distance(t, w, chain->counted.of[n].distance, -chain->counted.of[n].count);
    int kept = 0;
    for (int n = 0; n < o->n_early; n++)
        if (o->early[n].since < chain->first.record
            && (chain->held_distance == 0 || o->early[n].since != chain->held.record))
            o->early[kept++] = o->early[n];
    o->n_early = kept;
    o->held_distance = 0;
    o->provisional = chain->provisional;
    o->settled = chain->settled;
    o->settled_from = chain->settled_from;
    *w->state = chain->before;
    w->state->forgotten = forgotten;
    w->hot->received = chain->before.received;
    w->hot->next = chain->before_next;
}

/* The figures of a new epoch, added to those so far. */
static void add_state(struct stream_state *s, const struct stream_state *new)
{
    s->duplicates += new->duplicates;
    s->replicated += new->replicated;
    s->missing += new->missing;
    s->gaps += new->gaps;
    s->late += new->late;
    s->restarts += new->restarts;
    s->outliers += new->outliers;
    s->early += new->early;
    s->beyond += new->beyond;
    s->unjudged += new->unjudged;
    s->unfollowed += new->unfollowed;
    s->reordered += new->reordered;
    s->extents += new->extents;
    s->extent_sum += new->extent_sum;
    s->jumps += new->jumps;
    s->free_runs += new->free_runs;
    s->free_length += new->free_length;
    s->reorder_gaps += new->reorder_gaps;
    s->reorder_gap_sum += new->reorder_gap_sum;
    for (int n = 0; n < N_DEGREES; n++)
        s->degrees[n] += new->degrees[n];
    if (__builtin_add_overflow(s->free_squares, new->free_squares, &s->free_squares))
        s->free_squares = INT64_MAX;
    s->extent_max = max64(s->extent_max, new->extent_max);
    s->late_ns_max = max64(s->late_ns_max, new->late_ns_max);
    s->jump_max = max64(s->jump_max, new->jump_max);
    s->reorder_gap_max = max64(s->reorder_gap_max, new->reorder_gap_max);
    s->received = new->received;
    s->base = new->base;
    s->epoch = new->epoch;
}

/* From here on the stream is what `other`, a new epoch of it, has become. */
static void become(struct tracker *t, const struct stream *w, struct other *other)
{
    struct odd *const o = w->odd;
    struct span *holes = o->holes;
    int64_t room = o->holes_room, count = o->n_holes;

    if (other->odd.chain) {     /* what it would go back to is now part of this stream */
        struct stream_state before = *w->state;
        add_state(&before, &other->odd.chain->before);
        other->odd.chain->before = before;
    }
    add_state(w->state, &other->state);
    if (other->odd.n_holes > 0) {
        if (!track_room_for((void **)&holes, &room, count + other->odd.n_holes, sizeof *holes)) {
            t->no_memory = true;
            return;
        }
        memcpy(holes + count, other->odd.holes, (size_t)other->odd.n_holes * sizeof *holes);
        count += other->odd.n_holes;
        other->odd.n_holes = 0;
    }
    free(other->odd.holes);
    free(o->early);
    free(o->more);
    const int32_t place = w->hot->odd;
    give_window_back(t, w->hot);
    *w->hot = other->hot;
    w->hot->odd = place;
    *o = other->odd;
    o->holes = holes;
    o->holes_room = room;
    o->n_holes = count;
    other->hot.window = NULL;
    other->odd.holes = NULL;
    other->odd.early = NULL;
    other->odd.more = NULL;
    for (struct chain *below = o->chain; below && below->other; below = below->other->odd.chain)
        below->other->depth--;
}

/* Its rows and distances, told as those of the stream. */
static void tell(struct tracker *t, const struct stream *w, const struct other *other)
{
    struct event *rows;

    for (int64_t n = 0; n < other->counted.count; n++)
        if (!w->other)
            t->distances[other->counted.of[n].distance] += other->counted.of[n].count;
        else if (!tally_add(&w->other->counted, other->counted.of[n].distance, other->counted.of[n].count))
            t->no_memory = true;
    if (other->n_rows == 0)
        return;
    if (!w->other) {
        if (t->out->count + other->n_rows > t->out->capacity) {
            t->fault = true;
            return;
        }
        rows = t->out->rows + t->out->count;
        t->out->count += other->n_rows;
    } else {
        if (!track_room_for(
                (void **)&w->other->rows, &w->other->rows_room, w->other->n_rows + other->n_rows, sizeof *rows)) {
            t->no_memory = true;
            return;
        }
        rows = w->other->rows + w->other->n_rows;
        w->other->n_rows += other->n_rows;
    }
    memcpy(rows, other->rows, (size_t)other->n_rows * sizeof *rows);
}

void restart(struct tracker *t, const struct stream *w)
{
    struct chain *const chain = w->odd->chain;
    struct other *const other = chain->other ? chain->other : read_again(t, w, chain);
    const int64_t received = w->hot->received;

    if (!other)
        return;
    w->odd->chain = NULL;
    go_back(t, w, chain);
    const bool last_one = chain->held_distance != 0 && chain->held_distance <= EARLY_REACH;
    if (chain->held_distance != 0 && !last_one)
        outlier(t, w, &chain->held, NOWHERE);
    abandon(t, w);
    struct event *row = emit(t, w, RETRACT, &chain->first, 0, w->hot->next);
    row->a = chain->first.record;
    row->b = received - 1;
    if (last_one)           /* a jump to the old epoch's last number, which nothing could confirm */
        accept_jump(t, w, w->hot->next + chain->held_distance, &chain->held, true);
    row = emit(t, w, RESTART, &chain->first, 0, w->hot->next);
    row->a = (int64_t)w->state->base;
    w->state->restarts++;
    become(t, w, other);
    tell(t, w, other);
    other_free(t, other);
    chain->other = NULL;
    struct odd closed = {.chain = chain};
    put_away(t, &closed);
}

void epoch_from(struct tracker *t, const struct stream *w, const struct arrival *a)
{
    struct late late;

    close_chain(t, w);
    emit(t, w, RESTART, a, 0, w->hot->next)->a = (int64_t)w->state->base;
    w->state->restarts++;
    w->state->epoch++;
    w->state->base = a->seq;
    strict_begin(w->odd, a->ns);
    w->odd->held_distance = w->odd->n_early = 0;
    w->odd->provisional = w->odd->settled = w->odd->settled_from = 0;
    w->odd->floor = NOWHERE;
    w->odd->window_from = w->hot->received - 1;     /* clearing it would cost as much as it is wide, for each record */
    w->hot->next = 1;
    strict_take(w->odd, w->state, 0, a->ns, &late);
    keep(w->hot, 0, a, 1, w->hot->next);
}

bool began_anew(const struct tracker *t, const struct stream *w, int64_t away, uint64_t seq)
{
    if (away > FAR)
        return true;
    if (away <= 3000 || !near_base(t, seq, w->state->base))
        return false;
    return (uint64_t)away > (t->modulus ? t->modulus >> 2 : (uint64_t)1 << 62);
}

void end_stream(struct tracker *t, const struct stream *w)
{
    struct odd *const o = w->odd;

    while (o->chain) {
        const struct chain *const chain = o->chain;
        const bool on = chain->next == expected_seq(t, w);      /* it came up to where the count stood */
        const bool lasting = (chain->length >= CHAIN_LONG || (chain->spread && chain->fresh >= CHAIN_EAGER)
            || (chain->paused && chain->length >= 3)) && is_count(t, chain);
        if (!repeated_all(w) && !waits(t, w) && (on || !lasting))
            break;
        restart(t, w);
        if (t->no_memory)
            return;
    }
    close_chain(t, w);
    const int64_t away = o->held_distance;
    if (away != 0) {
        const struct arrival a = o->held;
        o->held_distance = 0;
        if (away <= EARLY_REACH)
            accept_jump(t, w, w->hot->next + away, &a, o->held_seen);
        else
            outlier(t, w, &a, away > FAR ? NOWHERE : w->hot->next + away);
        if (away <= EARLY_REACH && o->settled == o->provisional)
            o->settled_from = max64(o->settled_from, w->hot->received);
    }
    abandon(t, w);
}
