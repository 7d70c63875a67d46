/* One frame by the rules: for frames that are like none before, and whatever is in doubt; see decode.h. */
#include "decode.h"
#include "frame_inside.h"

enum { PAUSE = 256 };       /* records without learning, where it was of little use */

static int64_t intern_source(struct decoder *d, const struct place *f)
{
    uint64_t place;

    if (f->address[1] == 0)
        return NO_SOURCE;
    int64_t found = table_find(&d->sources, f->address, &place);
    if (found < 0) {
        if (d->sources.count == d->sources.limit)
            return NO_SOURCE;
        found = table_add(&d->sources, f->address, place);
    }
    return found + 1;
}

/* The template that the frame is like, which then is the one to try for its like; NULL if there is none. Where a port
 * decides whether a tunnel is looked into, two frames may differ in that alone: then their payloads begin elsewhere. */
static struct template *like_template(struct decoder *d, const struct frame *x, const struct place *f)
{
    for (int n = 0; n < TEMPLATES; n++)
        if (d->templates[n].start == f->start && template_is_like(x, &d->templates[n])) {
            if (x->room >= WIDEST)
                *picked(&d->pick, x->p) = &d->templates[n];
            d->templates[n].hits++;
            return &d->templates[n];
        }
    return NULL;
}

/* Let frames be told apart by what all templates fix of the 8 bytes that begin 2 before the link header's end. */
static void pick_by_fixed_bits(struct decoder *d, struct template *first)
{
    uint64_t mask = UINT64_MAX;

    d->pick.at = link_header(first->link) > 2 ? link_header(first->link) - 2 : 0;
    for (int n = 0; n < TEMPLATES; n++)
        if (d->templates[n].span != INT64_MAX)
            mask &= raw64((const uint8_t *)d->templates[n].fixed + d->pick.at);
    d->pick.mask = mask;
    for (int n = 0; n < 16; n++)
        d->pick.which[n] = first;
}

/* Put a record in the place of an older template. Where that was of little use, or the frame cannot be one, learning
 * pauses, so that traffic without two frames alike is not slowed down. */
static struct template *adopt(struct decoder *d, const struct frame *x, struct identity of)
{
    struct template *const t = &d->templates[TEMPLATES], *const victim = &d->templates[d->victim];

    if (d->patience > 0) {
        d->patience--;
        return NULL;
    }
    d->patience = PAUSE;
    if (d->tags == TAGS_MOST || !template_learn(x, &d->program, t))
        return NULL;
    if (t->words > d->flows.width) {    /* there is no room for its flows; the caller grows them */
        d->widen = t->words;
        d->patience = 0;
        return NULL;
    }
    t->words = d->flows.width;          /* all compare as much: that can be foreseen */
    t->span = max64(t->span, 8 * t->words);
    if (x->room < t->span)              /* more than there is of this frame, the last one in its buffer */
        return NULL;
    if (victim->span == INT64_MAX || victim->hits >= PAUSE)
        d->patience = 0;
    t->tag = ++d->tags;
    t->of = of;
    d->current = d->victim;
    *victim = *t;
    d->victim = (d->victim + 1) % TEMPLATES;
    pick_by_fixed_bits(d, victim);
    return victim;
}

/* Whether an unknown stream is taken in. */
static bool admitted(struct decoder *d, const struct stream_key *key)
{
    struct table *const young = &d->waiting[d->young], *const old = &d->waiting[!d->young];
    uint64_t place;

    if (d->streams.count == d->streams.limit || d->admission == NO_STREAM)
        return false;
    if (d->admission == ANY_STREAM || table_find(old, key, &place) >= 0 || table_find(young, key, &place) >= 0)
        return true;
    table_add(young, key, place);
    if (young->count == young->limit) {     /* the older half of the keys has waited long enough */
        table_clear(old);
        d->young = !d->young;
    }
    return false;
}

/* The id of a stream, -1 if it is not taken in. */
static int64_t stream_of(struct decoder *d, const struct stream_key *key)
{
    uint64_t slot;
    const int64_t found = table_find(&d->streams, key, &slot);

    if (found >= 0)
        return found;
    return admitted(d, key) ? table_add(&d->streams, key, slot) : -1;
}

/* The record's stream, whose source is known, remembered with what leads to it; a status. */
static int intern_stream(struct decoder *d, const struct frame *x, const struct place *f, struct identity *of)
{
    struct template *t = like_template(d, x, f);

    of->stream = stream_of(d, &f->key);
    if (of->stream < 0)
        return STREAMS;
    if (!t)
        t = adopt(d, x, *of);
    if (t)
        flows_add(&d->flows, x->p, t, *of);
    return RECORD;
}

int decode_any(struct decoder *d, const struct frame_columns *f, struct record_columns *out, int64_t row)
{
    struct frame x;
    struct place place;
    struct identity of = {0};

    if (!frame_at(f, row, &x))
        return OUTSIDE;
    if (table_is_full(&d->streams) || table_is_full(&d->sources))
        return NEED_ROOM;
    int status = frame_read(&x, &d->program, &place, NULL);
    of.source = intern_source(d, &place);
    if (status == RECORD)
        status = intern_stream(d, &x, &place, &of);
    out->status[row] = (uint8_t)status;
    if (status == RECORD) {
        write_record(d, out, row, of, place.seq);
    } else {
        d->counts[of.source * REASONS + status]++;
        d->seen[of.source]++;
    }
    return DONE;
}

/* Whose the last record was: most are of the same stream, and of the same sender. */
struct latest {
    struct stream_key key;
    int64_t stream;     /* -1: none, or one that was not taken in */
    uint64_t address[2];
    int64_t source;     /* -1: none */
};

/* The records of a frame, from the first one on that `place` is at: how many were taken in. -1 if there is no memory. */
static int64_t write_chain(
    struct decoder *d, struct record_columns *out, int64_t row, const struct frame *x, struct place *place,
    struct latest *latest)
{
    const int64_t before = out->count;

    do {
        if (table_is_full(&d->streams) && !decoder_make_room(d))
            return -1;
        if (latest->stream < 0 || memcmp(&latest->key, &place->key, sizeof place->key) != 0) {
            latest->stream = stream_of(d, &place->key);
            memcpy(&latest->key, &place->key, sizeof place->key);
        }
        if (latest->stream < 0)
            continue;
        const int64_t n = out->count++;
        out->row[n] = (int32_t)row;
        out->stream[n] = (int32_t)latest->stream;
        out->seq[n] = place->seq;
        out->source[n] = (int32_t)latest->source;
        out->ordinal[n] = d->seen[latest->source];
    } while (frame_next(x, &d->program, place));
    return out->count - before;
}

int decode_chains(
    struct decoder *d, const struct frame_columns *f, struct record_columns *out, int64_t *row, int64_t high)
{
    struct latest latest = {.stream = -1, .source = -1};

    for (; *row < high; ++*row) {
        struct frame x;
        struct place place;
        if (!frame_at(f, *row, &x))
            return OUTSIDE;
        if (!decoder_make_room(d))
            return NO_MEMORY;
        int status = frame_read(&x, &d->program, &place, NULL);
        if (latest.source < 0 || memcmp(latest.address, place.address, sizeof latest.address) != 0) {
            latest.source = intern_source(d, &place);
            memcpy(latest.address, place.address, sizeof latest.address);
        }
        if (status == RECORD) {
            const int64_t taken = write_chain(d, out, *row, &x, &place, &latest);
            if (taken < 0)
                return NO_MEMORY;
            status = taken > 0 ? RECORD : STREAMS;
        }
        out->status[*row] = (uint8_t)status;
        d->counts[latest.source * REASONS + status] += status != RECORD;
        d->seen[latest.source]++;
    }
    return DONE;
}
