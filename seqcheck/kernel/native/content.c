/* Frames told apart by their bytes; see content.h. */
#include "content.h"

#include <stdlib.h>
#include <string.h>

#include "content_window.h"
#include "hints.h"
#include "words.h"

enum { STRIP = 32, MOST_TIMES = 255 };

struct content {
    uint64_t seed[CONTENT_SEED];
    struct table streams;
    struct table sources;
    struct content_flow *flows;     /* streams.room */
    int64_t *counts;                /* (sources.room + 1) * REASONS */
    int64_t *seen;                  /* frames by source */
    struct content_often *often;
    int64_t n_often;
    int64_t often_room;
    struct content_window window;
    uint64_t address[2];            /* of the last source, which most frames have as well, */
    int64_t source;
    int64_t stream;                 /* and the last stream of new content, */
    uint64_t addresses;             /* if it is one of IPv4: how it is told without its key */
    uint32_t ports;
    int protocol;                   /* -1: it is none */
    int admission;
};

/* The frames of a call: `first` is the number of row 0, `low` the row that it began with. */
struct call {
    const struct frame_columns *f;
    int64_t first;
    int64_t low;
};

/* Rows of a strip. */
struct strip {
    struct frame frame[STRIP];
    struct content_frame content[STRIP];
    uint64_t hash[STRIP];
    int status[STRIP];
    int64_t count;
};

struct content *content_new(int64_t window, const uint64_t *seed)
{
    struct content *const t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    memcpy(t->seed, seed, sizeof t->seed);
    t->protocol = -1;
    const bool room = window_begin(&t->window, window);
    const bool begun = table_begin(&t->streams, sizeof(struct stream_key) / 8, MAX_STREAMS, seed + CONTENT_SEED);
    const bool both = table_begin(&t->sources, 2, MAX_SOURCES, seed + CONTENT_SEED + TABLE_WORDS);
    t->flows = calloc(TABLE_FIRST, sizeof *t->flows);
    t->counts = calloc((TABLE_FIRST + 1) * REASONS, sizeof *t->counts);
    t->seen = calloc(TABLE_FIRST + 1, sizeof *t->seen);
    if (room && begun && both && t->flows && t->counts && t->seen)
        return t;
    content_free(t);
    return NULL;
}

void content_free(struct content *t)
{
    if (!t)
        return;
    table_end(&t->streams);
    table_end(&t->sources);
    free(t->flows);
    free(t->counts);
    free(t->seen);
    free(t->often);
    window_end(&t->window);
    free(t);
}

void content_admit(struct content *t, int which)
{
    t->admission = which;
}

/* ---- room ---- */

/* `memory` with room for `rows`, of which those after the first `kept` are zeros; NULL if there is none, and it stays. */
static void *grown(void *memory, size_t kept, size_t rows, size_t size)
{
    uint8_t *const larger = realloc(memory, rows * size);

    if (larger)
        memset(larger + kept * size, 0, (rows - kept) * size);
    return larger;
}

/* What belongs to the keys grows first: a table without it would be written past its end. */
static bool room_for_streams(struct content *t)
{
    const size_t room = (size_t)t->streams.room;

    if (t->streams.count + STRIP <= t->streams.room || t->streams.room >= t->streams.limit)
        return true;
    void *const flows = grown(t->flows, room, 2 * room, sizeof *t->flows);
    if (!flows)
        return false;
    t->flows = flows;
    return table_grow(&t->streams, 2 * t->streams.room);
}

static bool room_for_sources(struct content *t)
{
    const size_t room = (size_t)t->sources.room;

    if (t->sources.count + STRIP <= t->sources.room || t->sources.count >= t->sources.limit)
        return true;
    void *const counts = grown(t->counts, (room + 1) * REASONS, (2 * room + 1) * REASONS, sizeof *t->counts);
    if (!counts)
        return false;
    t->counts = counts;
    void *const seen = grown(t->seen, room + 1, 2 * room + 1, sizeof *t->seen);
    if (!seen)
        return false;
    t->seen = seen;
    return table_grow(&t->sources, 2 * t->sources.room);
}

static bool room_for_often(struct content *t)
{
    if (t->n_often + STRIP <= t->often_room)
        return true;
    const int64_t more = t->often_room ? 2 * t->often_room : 2 * STRIP;
    void *const larger = realloc(t->often, (size_t)more * sizeof *t->often);
    if (!larger)
        return false;
    t->often = larger;
    t->often_room = more;
    return true;
}

/* ---- the window ---- */

/* Whether the frame of an entry is one of this call's, and differs after all. */
static bool differs(const struct call *call, const struct content_entry *e, const struct content_frame *c)
{
    struct frame x;
    struct content_frame other;

    if (e->frame < call->first + call->low || !frame_at(call->f, e->frame - call->first, &x))
        return false;
    return content_read(&x, &other) != RECORD || !content_same(&other, c);
}

/* The newest entry of this content, or NULL. */
static const struct content_entry *look_up(
    const struct content *t, const struct call *call, const struct content_frame *c, uint64_t hash)
{
    uint32_t back = 0, link = *window_head(&t->window, hash);
    const struct content_entry *e;

    while ((e = window_follow(&t->window, link, &back))) {
        if (e->hash == hash && !differs(call, e, c))
            return e;
        link = e->next;
    }
    return NULL;
}

/* ---- the rules ---- */

/* The frame's stream, or -1 where it is new and not taken in. */
static int64_t stream_of(struct content *t, const struct frame *x, const struct content_frame *c)
{
    const bool ipv4 = c->version == 4;
    const uint64_t addresses = ipv4 ? raw64(c->network + 12) : 0;
    const uint32_t ports = c->ports != 0 ? raw32(c->network + c->ports) : 0;
    struct stream_key key;
    uint64_t place;

    if (ipv4 && t->protocol == c->protocol && t->addresses == addresses && t->ports == ports)
        return t->stream;
    content_key(x, c, &key);
    int64_t found = table_find(&t->streams, &key, &place);
    if (found < 0) {
        if (t->admission == NO_STREAM || t->streams.count >= t->streams.limit)
            return -1;
        found = table_add(&t->streams, &key, place);
    }
    t->stream = found;
    t->addresses = addresses;
    t->ports = ports;
    t->protocol = ipv4 ? c->protocol : -1;
    return found;
}

static int new_content(struct content *t, const struct strip *s, int64_t n, int64_t frame, int64_t *stream, int64_t *number)
{
    const struct content_frame *const c = &s->content[n];

    *stream = stream_of(t, &s->frame[n], c);
    if (*stream < 0)
        return STREAMS;
    struct content_flow *const flow = &t->flows[*stream];
    if (flow->round) {
        flow->frames++;
        return INDISTINCT;
    }
    const struct content_entry e = {
        .hash = s->hash[n], .number = flow->contents, .place = flow->frames, .frame = frame, .stream = (int32_t)*stream,
        .identification = c->identification, .hops = c->hops, .times = 1,
    };
    window_put(&t->window, &e);
    *number = flow->contents++;
    flow->frames++;
    flow->row = max64(flow->row - ROUND_BACK, 0);
    flow->varied += c->identification != 0 && c->identification != flow->last;
    flow->last = c->identification;
    return RECORD;
}

/* Whether the same content, of the same hop count, is a copy. */
static bool means_something(struct content *t, struct content_entry *e, struct content_flow *flow, int64_t distance)
{
    const bool identified = e->identification > 0 && flow->varied >= IDENTIFIED && 2 * flow->varied >= flow->contents;

    if (!identified && e->times >= OFTEN) {
        e->mute = true;
        if (t->n_often < MOST_OFTEN)
            t->often[t->n_often++] = (struct content_often){e->stream, (int32_t)e->counted, e->number};
        else
            flow->round = 1;
        return false;
    }
    if (!identified && flow->contents < PROVEN)
        return false;
    flow->row++;
    if (flow->row >= ROUND && flow->row > distance && !(identified && distance < ROUND_SHORT))
        flow->round = 1;
    return !flow->round;
}

static int again(struct content *t, const struct content_frame *c, const struct content_entry *before, int64_t frame)
{
    struct content_flow *const flow = &t->flows[before->stream];
    struct content_entry e = *before;
    int status = INDISTINCT;

    e.place = flow->frames++;
    if (flow->round)
        return INDISTINCT;
    e.frame = frame;
    if (c->identification != e.identification) {
        flow->again++;
        e.identification = c->identification;
        e.mute = true;
    }
    if (!e.mute) {
        flow->copies++;
        bool counts = c->hops != e.hops;
        if (!counts) {
            e.times = (uint8_t)min64(e.times + 1, MOST_TIMES);
            counts = means_something(t, &e, flow, e.place - before->place);
        }
        if (counts) {
            e.hops = c->hops;
            e.counted++;
            flow->counted++;
            status = RECORD;
        }
    }
    window_put(&t->window, &e);
    return status;
}

/* ---- rows ---- */

static int64_t source_of(struct content *t, const struct content_frame *c)
{
    uint64_t place;

    if (c->address[0] == t->address[0] && c->address[1] == t->address[1])
        return t->source;
    if (c->address[1] == 0)
        return NO_SOURCE;
    int64_t found = table_find(&t->sources, c->address, &place);
    if (found < 0) {
        if (t->sources.count >= t->sources.limit)
            return NO_SOURCE;
        found = table_add(&t->sources, c->address, place);
    }
    memcpy(t->address, c->address, sizeof t->address);
    return t->source = found + 1;
}

/* Read the strip's frames, and let what they will ask of the window be on its way. False: one is not in the buffer. */
static bool read_strip(struct content *t, const struct frame_columns *f, int64_t row, struct strip *s)
{
    for (int64_t n = 0; n < s->count; n++) {
        if (!frame_at(f, row + n, &s->frame[n])) {
            s->count = n;
            return false;
        }
        s->status[n] = content_read(&s->frame[n], &s->content[n]);
        if (s->status[n] != RECORD)
            continue;
        s->hash[n] = content_hash(&s->content[n], t->seed);
        prefetch_to_write(window_head(&t->window, s->hash[n]));
    }
    for (int64_t n = 0; n < s->count; n++) {
        if (s->status[n] != RECORD)
            continue;
        uint32_t back = 0;
        const struct content_entry *const newest = window_follow(&t->window, *window_head(&t->window, s->hash[n]), &back);
        if (newest)
            prefetch(newest);
    }
    return true;
}

static void judge_strip(
    struct content *t, const struct call *call, struct record_columns *out, int64_t row, const struct strip *s)
{
    const int64_t first = call->first;

    for (int64_t n = 0; n < s->count; n++) {
        const struct content_frame *const c = &s->content[n];
        const int64_t source = source_of(t, c);
        int64_t stream = 0, number = 0;
        int status = s->status[n];

        if (status == RECORD) {
            const struct content_entry *const before = look_up(t, call, c, s->hash[n]);
            if (before) {
                stream = before->stream;
                number = before->number;
                status = again(t, c, before, first + row + n);
            } else {
                status = new_content(t, s, n, first + row + n, &stream, &number);
            }
        }
        if (status == RECORD) {
            const int64_t at = out->count++;
            out->row[at] = (int32_t)(row + n);
            out->stream[at] = (int32_t)stream;
            out->seq[at] = (uint64_t)number;
            out->source[at] = (int32_t)source;
            out->ordinal[at] = t->seen[source];
        }
        out->status[row + n] = (uint8_t)status;
        t->counts[source * REASONS + status]++;
        t->seen[source]++;
    }
}

int content_decode(
    struct content *t, const struct frame_columns *f, int64_t first, struct record_columns *out, int64_t *row, int64_t high)
{
    const struct call call = {f, first, *row};
    struct strip s;

    while (*row < high) {
        if (!room_for_streams(t) || !room_for_sources(t) || !room_for_often(t))
            return NO_MEMORY;
        s.count = min64(STRIP, high - *row);
        const bool inside = read_strip(t, f, *row, &s);
        judge_strip(t, &call, out, *row, &s);
        *row += s.count;
        if (!inside)
            return OUTSIDE;
    }
    return DONE;
}

/* ---- what was found ---- */

const struct stream_key *content_streams(const struct content *t, int64_t *count)
{
    *count = t->streams.count;
    return (const struct stream_key *)(const void *)t->streams.keys;
}

const struct content_flow *content_flows(const struct content *t)
{
    return t->flows;
}

const struct content_often *content_often_rows(const struct content *t, int64_t *count)
{
    *count = t->n_often;
    return t->often;
}

int64_t content_sources(const struct content *t)
{
    return t->sources.count + 1;
}

void content_source(const struct content *t, int64_t id, struct source *source)
{
    *source = (struct source){0};
    if (id != NO_SOURCE) {
        const uint64_t *const key = t->sources.keys + 2 * (id - 1);
        memcpy(source->address, key, sizeof source->address);
        source->length = (uint32_t)key[1];
    }
    memcpy(source->counts, t->counts + id * REASONS, sizeof source->counts);
}
