/* The loop over a block's records, and what a stream is given when it first needs it. */
#include "track_loop.h"

#include "track_strict.h"

enum {
    LOOK_AHEAD = 24,        /* records */
    PATIENCE = 64,          /* records taken one by one where a run was short, before the next one is looked for */
    MANY = 512              /* streams: their hot, a cache line each, no longer stay in the nearest cache */
};

void odd_begin(struct odd *o, int64_t first_ns)
{
    memset(o, 0, sizeof *o);
    strict_begin(o, first_ns);
    o->floor = NOWHERE;
}

/* Let odd catch up with the records that came in their place since it was last looked at; make it, if need be. */
void settle(struct tracker *t, int32_t id)
{
    struct hot *const h = t->hot + id;

    if (h->odd < 0) {
        h->odd = (int32_t)t->odd_count++;
        odd_begin(t->odds + h->odd, t->states[id].first_ns);
    }
    struct odd *const o = t->odds + h->odd;
    if (o->seen != h->next) {
        o->unique += h->next - o->seen;
        o->strict_next = h->next;
    }
}

/* After the long way: what the short way goes by. */
static void rest(struct tracker *t, const struct stream *w)
{
    w->odd->seen = w->hot->next;
    w->hot->seq = expected_seq(t, w);
    w->hot->limit = busy(w->odd) ? -1 : short_limit(t, w->hot);
}

/* A new stream. */
static void first_record(struct tracker *t, int32_t id, const struct arrival *a)
{
    struct hot *const h = t->hot + id;
    struct stream_state *const s = t->states + id;

    t->order[t->known++] = id;
    memset(s, 0, sizeof *s);
    s->first_seq = s->base = a->seq;
    s->first_ns = a->ns;
    s->first_frame = a->frame;
    s->source = a->source;
    *h = (struct hot){.odd = -1, .received = 1, .last_ns = a->ns, .last_frame = a->frame};
    grow(t, h, 0);
    h->next = 1;
    keep(h, 0, a, 1, 1);
    h->seq = forward(t, a->seq, 1);
    h->limit = short_limit(t, h);
}

/* The record expected, of a stream in which nothing is open. */
ALWAYS_INLINE void take_expected(struct hot *h, const struct records *r, int64_t at, uint64_t modulus)
{
    const int64_t x = h->next, ns = r->ns[r->row[at]], frame = r->first + r->row[at];
    const uint64_t seq = h->seq + 1;
    struct entry *const entry = h->window + ((uint64_t)x & h->mask);

    entry->ns = ns;
    entry->frame = (uint64_t)frame << 16 | (uint64_t)r->source[at];
    entry->record = (uint64_t)h->received << 16 | 1;
    entry->ordinal = (uint64_t)r->ordinal[at] << 16;
    h->seq = seq == modulus ? 0 : seq;
    h->next = x + 1;
    h->received++;
    h->last_ns = ns;
    h->last_frame = frame;
}

/* A record that the loop does not know what to do with. TRACK_DONE, or why it must wait. */
static int other_record(struct tracker *t, const struct records *r, int64_t at)
{
    const int32_t id = r->stream[at];

    if ((uint64_t)r->row[at] >= (uint64_t)r->frames || id < 0)
        return TRACK_OUTSIDE;
    if (id >= t->room)
        return NEED_STREAMS;
    struct hot *const h = t->hot + id;
    const struct arrival a = {
        h->received, r->seq[at], r->first + r->row[at], r->ns[r->row[at]], r->ordinal[at], 1, r->source[at],
    };
    if (h->received == 0) {
        if (t->out->count + SPARE > t->out->capacity)
            return TRACK_FULL;
        first_record(t, id, &a);
        return t->no_memory ? TRACK_NO_MEMORY : TRACK_DONE;
    }
    if (a.seq == h->seq && (h->odd < 0 || !busy(t->odds + h->odd))) {
        grow(t, h, h->next);
        take_expected(h, r, at, t->modulus);
        h->limit = short_limit(t, h);
        return TRACK_DONE;
    }
    if (h->odd < 0 && t->odd_count == t->odd_room)
        return NEED_ODDS;
    settle(t, id);
    const struct stream w = stream_of(t, id);
    if (t->out->count + SPARE + untold(w.odd) > t->out->capacity) {
        rest(t, &w);
        return TRACK_FULL;
    }
    take(t, &w, &a);
    rest(t, &w);
    return t->no_memory ? TRACK_NO_MEMORY : t->fault ? TRACK_FAULT : TRACK_DONE;
}

/* Take the records in their place that follow one another in one stream, from `at` on; the first that is none. In
 * stretches within which neither the window nor the number starts over, so that the loop has little to look after. */
static int64_t follow(struct hot *stream, const struct records *r, int64_t at, int64_t high, uint64_t modulus)
{
    const int32_t *const rows = r->row, *const streams = r->stream, *const sources = r->source;
    const uint64_t *const seqs = r->seq;
    const int64_t *const ordinals = r->ordinal, *const times = r->ns;
    const int64_t first = r->first, frames = r->frames, low = at;
    const int32_t id = streams[at];
    int64_t next = stream->next;
    uint64_t seq = stream->seq, record = (uint64_t)stream->received << 16 | 1;

    while (at < high && next < stream->limit) {
        const int64_t begin = at;
        int64_t stop = at + min64(min64(high - at, stream->limit - next), (int64_t)stream->mask + 1 - (next & stream->mask));
        if (modulus != 0 && (uint64_t)(stop - at) > modulus - seq)
            stop = at + (int64_t)(modulus - seq);
        struct entry *entry = stream->window + ((uint64_t)next & stream->mask);
        while (at < stop && streams[at] == id && seqs[at] == seq) {
            const int32_t row = rows[at];
            if ((uint64_t)row >= (uint64_t)frames)
                break;
            entry->ns = times[row];
            entry->frame = (uint64_t)(first + row) << 16 | (uint64_t)sources[at];
            entry->record = record;
            entry->ordinal = (uint64_t)ordinals[at] << 16;
            entry++;
            seq++;
            record += 1 << 16;
            at++;
        }
        next += at - begin;
        if (seq == modulus)
            seq = 0;
        if (at < stop)
            break;
    }
    if (at > low) {
        stream->seq = seq;
        stream->next = next;
        stream->received += at - low;
        stream->last_ns = times[rows[at - 1]];
        stream->last_frame = first + rows[at - 1];
    }
    return at;
}

/* Whether it looks as if the next records were of one stream. One branch for all, so that a mixture of a few streams is
 * mostly foreseen as what it is. */
static inline bool one_stream(const int32_t *stream)
{
    const int32_t id = stream[0];
    return ((stream[1] ^ id) | (stream[2] ^ id) | (stream[3] ^ id) | (stream[LOOK_AHEAD] ^ id)) == 0;
}

/* Where many streams come in turn, what the next records need: first the stream, later the place in its window. */
static inline void fetch_streams(const struct hot *hot, int64_t room, const int32_t *stream)
{
    const uint32_t far = (uint32_t)stream[LOOK_AHEAD], near = (uint32_t)stream[LOOK_AHEAD / 2];

    if (far < (uint64_t)room && near < (uint64_t)room) {
        const struct hot *const h = hot + near;
        prefetch(hot + far);
        if (h->window)
            prefetch(h->window + ((uint64_t)h->next & h->mask));
    }
}

/* Take the records in their place, of whichever streams, from `at` on; the first that is none. A function of its own so
 * that the loop has the processor's registers for itself. `far`: many streams, and LOOK_AHEAD records behind `high`. */
ALWAYS_INLINE int64_t weave(
    struct hot *hot, int64_t room, const struct records *records, int64_t at, int64_t high, uint64_t modulus, bool far)
{
    const struct records r = *records;      /* a copy, which no store to a window or a stream can be to */

    for (; at < high; at++) {
        if (far)
            fetch_streams(hot, room, r.stream + at);
        if ((uint64_t)r.stream[at] >= (uint64_t)room || (uint64_t)r.row[at] >= (uint64_t)r.frames)
            break;
        struct hot *const h = hot + r.stream[at];
        if (r.seq[at] != h->seq || h->next >= h->limit)
            break;
        take_expected(h, &r, at, modulus);
    }
    return at;
}

static int64_t weave_many(struct tracker *t, const struct records *r, int64_t at, int64_t high)
{
    return weave(t->hot, t->room, r, at, high, t->modulus, true);
}

static int64_t weave_few(struct tracker *t, const struct records *r, int64_t at, int64_t high)
{
    return weave(t->hot, t->room, r, at, high, t->modulus, false);
}

/* Where streams have moduli of their own: one record after another. */
static int feed_mixed(struct tracker *t, const struct records *r, int64_t *reached, int64_t high)
{
    int64_t at = *reached;
    int why = TRACK_DONE;

    for (; at < high; at++) {
        const int32_t id = r->stream[at];
        turn_to(t, id);
        if ((uint64_t)id < (uint64_t)t->room && (uint64_t)r->row[at] < (uint64_t)r->frames) {
            struct hot *const h = t->hot + id;
            if (r->seq[at] == h->seq && h->next < h->limit) {
                take_expected(h, r, at, t->modulus);
                continue;
            }
            if (distance_to(t, r->seq[at], h->seq) < 0 && late_record(t, r, at))
                continue;
        }
        why = other_record(t, r, at);
        if (why != TRACK_DONE)
            break;
    }
    *reached = at;
    return why;
}

int feed_rows(struct tracker *t, const struct records *r, int64_t *reached, int64_t high)
{
    if (t->moduli)
        return feed_mixed(t, r, reached, high);

    const struct records q = *r;    /* a copy, which no store to a window or a stream can be to */
    const int64_t room = t->room;
    const uint64_t modulus = t->modulus;
    const bool many = t->known > MANY;
    struct hot *const hot = t->hot;
    int64_t at = *reached, retry = at;
    int why = TRACK_DONE;

    while (at < high) {
        if (usually(at + LOOK_AHEAD < high)) {
            if (many && at < retry) {
                fetch_streams(hot, room, q.stream + at);
            } else if (at >= retry) {
                int64_t stop = at;
                if (many)
                    stop = weave_many(t, r, at, min64(at + MANY, high - LOOK_AHEAD));
                else if (!one_stream(q.stream + at))
                    stop = weave_few(t, r, at, min64(at + PATIENCE, high));
                else if ((uint64_t)q.stream[at] < (uint64_t)room)
                    stop = follow(hot + q.stream[at], r, at, high, modulus);
                if (stop - at < LOOK_AHEAD)
                    retry = stop + PATIENCE;
                at = stop;
                if (at == high)
                    break;
            }
        }
        if (usually((uint64_t)q.stream[at] < (uint64_t)room && (uint64_t)q.row[at] < (uint64_t)q.frames)) {
            struct hot *const h = hot + q.stream[at];
            if (usually(q.seq[at] == h->seq && h->next < h->limit)) {
                take_expected(h, &q, at, modulus);
                at++;
                continue;
            }
            if (distance_to(t, q.seq[at], h->seq) < 0 && late_record(t, &q, at)) {
                at++;
                continue;
            }
        }
        why = other_record(t, r, at);
        if (why != TRACK_DONE)
            break;
        at++;
    }
    *reached = at;
    return why;
}

bool finish_streams(struct tracker *t)
{
    for (; t->finished < t->known; t->finished++) {
        const int32_t id = t->order[t->finished];
        if (t->hot[id].odd < 0)
            continue;
        turn_to(t, id);
        settle(t, id);
        const struct stream w = stream_of(t, id);
        if (t->out->count + SPARE + untold(w.odd) > t->out->capacity)
            return false;
        end_stream(t, &w);
        rest(t, &w);
    }
    return true;
}
