/* One record that is not simply the next: what it is, and what it decides. Every function is the one of the same name in
 * portable/records.py, in the same order of effects, since the rows come out in that order. */
#include <stdlib.h>

#include "track_strict.h"
#include "tracker.h"

enum { FARTHER = 1024 };    /* positions ahead of a late one that are fetched */

struct event *row_elsewhere(struct tracker *t, const struct stream *w)
{
    struct other *const other = w->other;

    if (!other)
        t->fault = true;
    else if (track_room_for((void **)&other->rows, &other->rows_room, other->n_rows + 1, sizeof *other->rows))
        return other->rows + other->n_rows++;
    else
        t->no_memory = true;
    return &t->spill;
}

/* ---- at the expectation and above ---- */

/* A first copy at or above the expectation. It is late, provisionally, where a number ahead of its time came before: such
 * rows have x == next. */
static void first_copy(struct tracker *t, const struct stream *w, const struct arrival *a, int64_t x)
{
    struct late late;

    if (!strict_take(w->odd, w->state, x, a->ns, &late))
        return;
    w->state->late++;
    w->odd->provisional++;
    struct event *const row = emit(t, w, LATE, a, x, x);
    row->a = late.extent;
    row->b = late.degree;
    row->e_ns = late.ns;
}

static void remove_early(struct odd *o, int n)
{
    o->n_early--;
    memmove(o->early + n, o->early + n + 1, (size_t)(o->n_early - n) * sizeof *o->early);
}

/* The early number that came first, -1 if there is none. */
static int first_early(const struct odd *o)
{
    int found = -1;

    for (int n = 0; n < o->n_early; n++)
        if (found < 0 || o->early[n].since < o->early[found].since)
            found = n;
    return found;
}

/* `earlier` is the copy before this one, NULL if it lies beyond the window. */
static void duplicate(
    struct tracker *t, const struct stream *w, const struct arrival *a, int64_t x, const struct arrival *earlier, int64_t next)
{
    w->state->duplicates++;
    count_distance(t, w, earlier ? min64(a->record - earlier->record, DISTANCES) : 0, 1);
    w->state->replicated += repeat(t, w, x);
    w->state->beyond += !earlier;
    struct event *const row = emit(t, w, DUPLICATE, a, x, next);
    row->a = w->odd->pause;
    row->e_record = row->e_ordinal = -1;
    if (earlier) {
        row->e_record = earlier->record;
        row->e_frame = earlier->frame;
        row->e_ns = earlier->ns;
        row->copies = earlier->copies;
        if (earlier->source == a->source)
            row->e_ordinal = earlier->ordinal;
    }
    if (x < w->hot->next)
        keep(w->hot, x, a, earlier ? earlier->copies + 1 : 2, w->hot->next);
}

static void withdraw(struct tracker *t, const struct stream *w, const struct early *early, int64_t record)
{
    struct odd *const o = w->odd;
    const int other = first_early(o);
    const int64_t stop = other >= 0 ? o->early[other].provisional : o->provisional;
    const int64_t start = max64(early->provisional, o->settled);

    if (stop > start) {
        w->state->late -= stop - start;
        struct event *const row = emit(t, w, RETRACT_LATE, &early->arrival, early->x, early->x);
        row->a = max64(early->since, o->settled_from);
        row->b = other >= 0 ? o->early[other].since : record;
        o->settled = stop;
        o->settled_from = row->b + 1;
    }
}

/* The early number came again, in its place: what came between was not late. */
static void again(struct tracker *t, const struct stream *w, int n, const struct arrival *a)
{
    const struct early early = w->odd->early[n];

    remove_early(w->odd, n);
    w->state->early++;
    emit(t, w, EARLY, &early.arrival, early.x, early.x)->a = 1;
    withdraw(t, w, &early, a->record);
    duplicate(t, w, a, early.x, &early.arrival, early.x + 1);
}

/* Take the lowest early number below x out of the list; whether there was one. */
static bool take_lowest(struct odd *o, int64_t x, struct early *early)
{
    int found = -1;

    for (int n = 0; n < o->n_early; n++)
        if (o->early[n].x < x && (found < 0 || o->early[n].x < o->early[found].x))
            found = n;
    if (found < 0)
        return false;
    *early = o->early[found];
    remove_early(o, found);
    return true;
}

/* The count goes on past the early numbers below x: they were mere reordering. */
static void pass_early(struct tracker *t, const struct stream *w, int64_t x)
{
    struct early early;

    while (take_lowest(w->odd, x, &early)) {
        w->odd->settled = w->odd->provisional;
        w->odd->settled_from = w->hot->received - 1;
        emit(t, w, EARLY, &early.arrival, early.x, early.x);
        keep(w->hot, early.x, &early.arrival, early.arrival.copies, x);
    }
}

static void expected(struct tracker *t, const struct stream *w, const struct arrival *a)
{
    struct odd *const o = w->odd;

    if (rarely(repeated_all(w)) && restart_with(t, w, a))
        return;
    close_chain(t, w);
    const int64_t x = w->hot->next;
    grow(t, w->hot, x);
    w->hot->next = x + 1;
    for (int n = 0; n < o->n_early; n++)
        if (o->early[n].x == x) {
            again(t, w, n, a);
            return;
        }
    first_copy(t, w, a, x);
    keep(w->hot, x, a, 1, w->hot->next);
}

static void gap(struct tracker *t, const struct stream *w, int64_t low, int64_t high, const struct arrival *a)
{
    w->state->missing += high - low;
    w->state->gaps++;
    lose(t, w, low, high);
    struct event *const row = emit(t, w, GAP, a, low, low);
    row->seq = forward(t, w->state->base, low);
    row->a = high - low;
}

void accept_jump(struct tracker *t, const struct stream *w, int64_t x, const struct arrival *a, bool seen)
{
    struct odd *const o = w->odd;

    close_chain(t, w);
    for (int64_t low = w->hot->next, stop; low <= x; low = stop + 1) {
        stop = x;
        for (int n = 0; n < o->n_early; n++)
            if (low <= o->early[n].x && o->early[n].x < stop)
                stop = o->early[n].x;
        if (stop > low)
            gap(t, w, low, stop, a);
    }
    grow(t, w->hot, x);
    if (o->n_early > 0)
        pass_early(t, w, x);
    w->hot->next = x + 1;
    if (!seen)
        first_copy(t, w, a, x);
    keep(w->hot, x, a, a->copies, w->hot->next);
}

/* A number above the expectation, where others are known that came early; whether that is all there is to say of it. */
static bool among_early(struct tracker *t, const struct stream *w, const struct arrival *a, int64_t d)
{
    struct odd *const o = w->odd;
    const int64_t x = w->hot->next + d;
    int64_t below = 0;
    int found = -1;

    for (int n = 0; n < o->n_early; n++) {
        below += o->early[n].x < x;
        if (o->early[n].x == x)
            found = n;
    }
    if (found >= 0) {
        const int64_t copies = o->early[found].arrival.copies;
        close_chain(t, w);
        duplicate(t, w, a, x, &o->early[found].arrival, x + 1);
        o->early[found].arrival = *a;
        o->early[found].arrival.copies = copies + 1;
        return true;
    }
    if (below != d)
        return false;
    close_chain(t, w);      /* every number up to x came early */
    grow(t, w->hot, x);
    pass_early(t, w, x);
    w->hot->next = x + 1;
    first_copy(t, w, a, x);
    keep(w->hot, x, a, 1, w->hot->next);
    return true;
}

static void ahead(struct tracker *t, const struct stream *w, const struct arrival *a, int64_t d)
{
    const bool near = d <= EARLY_REACH;

    if (near && w->odd->n_early > 0 && among_early(t, w, a, d))
        return;
    if (near)
        first_copy(t, w, a, w->hot->next + d);
    w->odd->held = *a;
    w->odd->held_distance = d;
    w->odd->held_seen = near;
}

/* Room for one more: twice as much where it is too small, and never for more than there may be, since each of many
 * streams may have that many. False if there is no memory. */
static bool room_for_early(struct odd *o)
{
    const int64_t room = o->early_room ? min64(2 * o->early_room, EARLY_MAX + 1) : 4;

    if (o->n_early < o->early_room)
        return true;
    struct early *const early = realloc(o->early, (size_t)room * sizeof *early);
    if (!early)
        return false;
    o->early = early;
    o->early_room = room;
    return true;
}

/* A lone number ahead of its time; whether there were too many, so that the expectation moved to the highest. */
static bool add_early(struct tracker *t, const struct stream *w, const struct arrival *a, int64_t x)
{
    struct odd *const o = w->odd;
    int best = 0;

    if (!room_for_early(o)) {
        t->no_memory = true;
        return false;
    }
    o->early[o->n_early].arrival = *a;
    o->early[o->n_early].x = x;
    o->early[o->n_early].provisional = o->provisional;
    o->early[o->n_early].since = a->record;
    if (++o->n_early <= EARLY_MAX)
        return false;
    for (int n = 0; n < o->n_early; n++)
        if (o->early[n].x > o->early[best].x)
            best = n;
    const struct early top = o->early[best];
    remove_early(o, best);
    accept_jump(t, w, top.x, &top.arrival, true);
    return true;
}

/* The held record, now that one at distance d >= 0 has come. Whether the expectation moved. */
static bool decide(struct tracker *t, const struct stream *w, int64_t d)
{
    const int64_t away = w->odd->held_distance;
    const int64_t x = (int64_t)((uint64_t)w->hot->next + (uint64_t)away);
    struct arrival a;

    a = w->odd->held;
    w->odd->held_distance = 0;
    if (d >= away) {
        if (began_anew(t, w, away, a.seq))
            epoch_from(t, w, &a);
        else
            accept_jump(t, w, x, &a, w->odd->held_seen);
        return true;
    }
    if (away <= EARLY_REACH)
        return add_early(t, w, &a, x);
    outlier(t, w, &a, away > FAR ? NOWHERE : x);
    return false;
}

/* ---- below the expectation ---- */

void outlier(struct tracker *t, const struct stream *w, const struct arrival *a, int64_t x)
{
    w->state->outliers++;
    emit(t, w, OUTLIER, a, x, w->hot->next);
}

/* How many of x - 1 and x + 1 are missing. `word` is that of x: see recent_word. */
static inline int missing_beside(struct tracker *t, const struct stream *w, const uint64_t *word, int64_t x)
{
    const bool inner = x + 1 < w->hot->next;

    if (word && (x & 63) != 0 && (x & 63) != 63)
        return (int)(*word >> ((x - 1) & 63) & 1) + ((int)(*word >> ((x + 1) & 63) & 1) & (int)inner);
    return (x > 0 && is_new(t, w, x - 1)) + (inner && is_new(t, w, x + 1));
}

/* `word`: see recent_word. */
static inline void was_late(struct tracker *t, const struct stream *w, const struct arrival *a, int64_t x, uint64_t *word)
{
    struct late late = {-1, 0, 0};

    if (x >= 0) {
        const int neighbours = missing_beside(t, w, word, x);
        if (word && *word & (*word - 1))    /* it is not the last one in its word */
            *word &= ~((uint64_t)1 << (x & 63));
        else
            find_position(t, w, x);
        w->state->missing--;
        w->state->gaps += neighbours - 1;
        if (w->odd->chain)
            refill_later(t, w->odd->chain, x);
    } else {
        set_position(t, w, x);
        grow(t, w->hot, w->hot->next - x);
    }
    strict_take(w->odd, w->state, x, a->ns, &late);
    w->state->late++;
    struct event *const row = emit(t, w, LATE, a, x, w->hot->next);
    row->a = late.extent;
    row->b = late.degree;
    row->e_ns = late.ns;
    keep(w->hot, x, a, 1, w->hot->next);
}

static void behind(struct tracker *t, const struct stream *w, const struct arrival *a, int64_t d)
{
    const bool far = d < -FAR;
    const int64_t x = far ? NOWHERE : w->hot->next + d;
    uint64_t *const word = far || x < 0 ? NULL : recent_word(t, set_of(w), x);
    const bool new = word ? (*word >> (x & 63)) & 1 : !far && is_new(t, w, x);
    const bool odd = far || x < w->odd->floor;
    const bool may_begin = odd || x < 0 || !new;
    struct arrival earlier;

    if ((may_begin || w->odd->chain) && chained(t, w, a, d, may_begin, far || (new && x < 0)))
        return;
    if (odd) {
        w->state->unjudged += !far;
        outlier(t, w, a, x);
    } else if (new) {
        was_late(t, w, a, x, x < 0 ? NULL : recent_word(t, set_of(w), x));
    } else {
        duplicate(t, w, a, x, look(w, x, &earlier) ? &earlier : NULL, w->hot->next);
    }
}

void take(struct tracker *t, const struct stream *w, const struct arrival *a)
{
    int64_t d = distance_to(t, a->seq, expected_seq(t, w));

    w->odd->pause = apart(a->ns, w->hot->last_ns);
    w->hot->received++;
    w->hot->last_ns = a->ns;
    w->hot->last_frame = a->frame;
    if (w->odd->chain && d >= 0 && goes_on(t, w, a, d) && restart_with(t, w, a))
        return;
    if (w->odd->held_distance != 0 && d >= 0 && decide(t, w, d))
        d = distance_to(t, a->seq, expected_seq(t, w));
    if (d == 0) {
        expected(t, w, a);
    } else if (d > 0) {
        ahead(t, w, a, d);
        if (w->odd->chain)
            note(t, w, a);
    } else {
        behind(t, w, a, d);
    }
}

bool late_record(struct tracker *t, const struct records *r, int64_t at)
{
    const int32_t id = r->stream[at];
    struct hot *const h = t->hot + id;
    const int64_t row = r->row[at];

    if (h->received == 0 || h->odd < 0 || t->out->count + SPARE > t->out->capacity)
        return false;
    const struct stream w = stream_of(t, id);
    if (w.odd->chain)
        return false;
    const int64_t d = distance_to(t, r->seq[at], h->seq), x = h->next + d;
    if (d >= 0 || d < -FAR || x < 0 || x < w.odd->floor)
        return false;
    uint64_t *const word = recent_word(t, set_of(&w), x);
    if (!word || !((*word >> (x & 63)) & 1))
        return false;
    /* The window's place for what comes before long, in no order. */
    prefetch_to_write(h->window + ((uint64_t)(x + FARTHER) & h->mask));
    settle(t, id);
    w.odd->seen = h->next;
    const struct arrival a = {
        h->received, r->seq[at], r->first + row, r->ns[row], r->ordinal[at], 1, r->source[at],
    };
    h->received++;
    h->last_ns = a.ns;
    h->last_frame = a.frame;
    was_late(t, &w, &a, x, word);
    if (h->limit >= 0)      /* one more was received, so the window is due to grow one position earlier */
        h->limit = short_limit(t, h);
    return true;
}
