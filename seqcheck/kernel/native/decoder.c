/* The life of a decoder, and its tables' growth; see decoder.h. */
#include "decoder.h"

#include <stdlib.h>

#include "decode.h"
#include "memory.h"

/* Counters for `rows` sources; the first `kept` stay. False if there is no memory, and all is as it was. */
static bool grow_counts(struct decoder *d, size_t rows, size_t kept)
{
    int64_t *const seen = calloc(rows, sizeof *seen), *const counts = calloc(rows, REASONS * sizeof *counts);

    if (!seen || !counts) {
        free(seen);
        free(counts);
        return false;
    }
    if (kept > 0) {
        memcpy(seen, d->seen, kept * sizeof *seen);
        memcpy(counts, d->counts, kept * REASONS * sizeof *counts);
    }
    free(d->seen);
    free(d->counts);
    d->seen = seen;
    d->counts = counts;
    return true;
}

/* The counts grow first: a table without them would be written past their end. */
bool decoder_make_room(struct decoder *d)
{
    if (table_is_full(&d->streams) && !table_grow(&d->streams, 2 * d->streams.room))
        return false;
    if (!table_is_full(&d->sources))
        return true;
    const size_t room = (size_t)d->sources.room;
    return grow_counts(d, 2 * room + 1, room + 1) && table_grow(&d->sources, 2 * d->sources.room);
}

/* Larger or wider flows, where they are wanted. Templates start over with wider ones. */
static bool tend_flows(struct decoder *d)
{
    int bits = d->flows.bits, width = d->flows.width;

    if (d->flows.used > (int64_t)1 << (bits - 2))
        bits = bits + 3 < FLOW_BITS_MOST ? bits + 3 : FLOW_BITS_MOST;
    if (d->widen != 0)
        width = d->widen;
    if (bits == d->flows.bits && width == d->flows.width)
        return true;
    if (!flows_begin(&d->flows, bits, width))
        return false;
    if (d->widen != 0)
        for (int n = 0; n < TEMPLATES; n++)
            d->templates[n].span = INT64_MAX;
    d->widen = 0;
    return true;
}

static void set_number(struct decoder *d)
{
    const struct field *const counter = program_counter(&d->program);

    d->number.big = counter->big;
    d->number.shift = field_is_digits(counter) || field_is_ber(counter) ? 0 : counter->shift + (counter->big ? 64 - 8 * counter->width : 0);
    d->number.mask = counter->mask >> counter->shift;
    d->number.top = d->program.modulus - 1;
    for (int row = 0; row < d->program.count; row++)
        d->dynamic |= field_is_dynamic(&d->program.fields[row]);
}

struct decoder *decoder_new(const struct program *program, const uint64_t *seed, bool any)
{
    struct decoder *const d = calloc(1, sizeof *d);

    if (!d)
        return NULL;
    d->loops = loops_for(any);
    d->program = *program;
    set_number(d);
    d->templates = memory_lines((TEMPLATES + 1) * sizeof *d->templates, &d->memory);
    for (int n = 0; n < WORDS; n++)
        d->flows.odd[n] = seed[n] | 1;
    d->flows.by_link = program->anchor <= A_ETH;
    if (!d->templates || !flows_begin(&d->flows, FLOW_BITS_FIRST, NARROW)
        || !table_begin(&d->streams, sizeof(struct stream_key) / 8, MAX_STREAMS, seed + WORDS)
        || !table_begin(&d->sources, 2, MAX_SOURCES, seed + WORDS + TABLE_WORDS)
        || !grow_counts(d, TABLE_FIRST + 1, 0)) {
        decoder_free(d);
        return NULL;
    }
    for (int n = 0; n < TEMPLATES; n++)
        d->templates[n].span = INT64_MAX;
    for (int n = 0; n < 16; n++)
        d->pick.which[n] = d->templates;
    return d;
}

void decoder_free(struct decoder *d)
{
    if (!d)
        return;
    table_end(&d->streams);
    table_end(&d->sources);
    for (int n = 0; n < 2; n++)
        table_end(&d->waiting[n]);
    flows_end(&d->flows);
    free(d->memory);
    free(d->seen);
    free(d->counts);
    free(d);
}

bool decoder_admit(struct decoder *d, int which)
{
    for (int n = 0; n < 2 && which == SECOND_RECORD; n++) {
        struct table *const t = &d->waiting[n];
        if (t->keys)
            continue;
        if (!table_begin(t, d->streams.words, WAITING, d->streams.odd) || !table_grow(t, WAITING)) {
            table_end(t);
            return false;
        }
    }
    d->admission = which;
    return true;
}

int decoder_decode(struct decoder *d, const struct frame_columns *f, struct record_columns *out, int64_t *row, int64_t high)
{
    if (!tend_flows(d))
        return NO_MEMORY;
    while (*row < high) {
        const int why = d->program.each_count > 0 ? decode_chains(d, f, out, row, high)
                                                  : decode_rows(d, f, out, row, high);
        if (why == OUTSIDE)
            return OUTSIDE;
        if (why == NEED_ROOM && !decoder_make_room(d))
            return NO_MEMORY;
    }
    return DONE;
}

bool decoder_fits(const struct decoder *d, const struct frame_columns *f, int64_t low, int64_t high, int64_t capacity)
{
    if (d->program.each_count == 0)
        return high - low <= capacity;
    for (int64_t row = low; row < high && capacity >= 0; row++)
        capacity -= f->cap[row] > 0 && f->cap[row] <= f->size ? f->cap[row] : 1;    /* others lie outside the buffer */
    return capacity >= 0;
}

const struct stream_key *decoder_streams(const struct decoder *d, int64_t *count)
{
    *count = d->streams.count;
    return (const struct stream_key *)(const void *)d->streams.keys;
}

const struct stream_key *decoder_waiting(const struct decoder *d, int older, int64_t *count)
{
    const struct table *const t = &d->waiting[older ? !d->young : d->young];

    *count = t->keys ? t->count : 0;
    return (const struct stream_key *)(const void *)t->keys;
}

/* Keys that are all different, at most `most`. */
static int load_keys(struct table *t, const struct stream_key *keys, int64_t count, int64_t most)
{
    uint64_t place;

    if (count < 0 || count > most)
        return OUTSIDE;
    for (int64_t n = 0; n < count; n++) {
        if (table_is_full(t) && !table_grow(t, 2 * t->room))
            return NO_MEMORY;
        if (table_find(t, keys + n, &place) >= 0)
            return OUTSIDE;
        table_add(t, keys + n, place);
    }
    return DONE;
}

static int load_source(struct decoder *d, const struct source *source, int64_t id)
{
    const uint64_t most = (uint64_t)1 << 47;    /* frames */
    uint64_t key[2] = {0, source->length}, place;

    memcpy(key, source->address, sizeof source->address);
    for (int status = RECORD; status < REASONS; status++) {
        if ((uint64_t)source->counts[status] > most)
            return OUTSIDE;
        d->seen[id] += source->counts[status];
        d->counts[id * REASONS + status] = status == RECORD ? 0 : source->counts[status];
    }
    if (id == NO_SOURCE)
        return key[0] == 0 && key[1] == 0 ? DONE : OUTSIDE;
    if (key[1] == 0 || table_find(&d->sources, key, &place) >= 0)
        return OUTSIDE;
    table_add(&d->sources, key, place);
    return DONE;
}

int decoder_load(struct decoder *d, const struct known *known)
{
    int why = load_keys(&d->streams, known->streams, known->n_streams, MAX_STREAMS);

    for (int n = 0; n < 2 && why == DONE; n++)
        if (known->n_waiting[n] > 0)
            why = d->waiting[n].keys ? load_keys(&d->waiting[n], known->waiting[n], known->n_waiting[n], WAITING) : OUTSIDE;
    if (known->n_waiting[0] == WAITING || known->n_sources < 1 || known->n_sources > MAX_SOURCES + 1)
        why = OUTSIDE;
    for (int64_t id = 0; id < known->n_sources && why == DONE; id++)
        why = decoder_make_room(d) ? load_source(d, known->sources + id, id) : NO_MEMORY;
    return why;
}

int64_t decoder_sources(const struct decoder *d)
{
    return d->sources.count + 1;
}

void decoder_source(const struct decoder *d, int64_t id, struct source *source)
{
    *source = (struct source){0};
    if (id != NO_SOURCE) {
        const uint64_t *const key = d->sources.keys + 2 * (id - 1);
        memcpy(source->address, key, sizeof source->address);
        source->length = (uint32_t)key[1];
    }
    source->counts[RECORD] = d->seen[id];
    for (int reason = RECORD + 1; reason < REASONS; reason++) {
        source->counts[reason] = d->counts[id * REASONS + reason];
        source->counts[RECORD] -= source->counts[reason];
    }
}
